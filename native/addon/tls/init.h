// TLS over memory for the EAP methods.
#pragma once
#include <napi.h>

void InitTls(Napi::Env env, Napi::Object exports);
