// TLS over memory for the EAP methods, and keys on PKCS#11 tokens.
#pragma once
#include <napi.h>

void InitTls(Napi::Env env, Napi::Object exports);
void InitPkcs11(Napi::Env env, Napi::Object exports);
