// The ESP data path (docs/data-path.md 6): threads that move packets between a TUN descriptor and UDP sockets.
#pragma once
#include <napi.h>

void InitDataPath(Napi::Env env, Napi::Object exports);
