// The parts of the addon. Each is called once per environment (main thread or worker) and adds functions to `exports`.
#pragma once
#include <napi.h>

void InitUdp(Napi::Env env, Napi::Object exports);
void InitAdapters(Napi::Env env, Napi::Object exports);
void InitChannel(Napi::Env env, Napi::Object exports);
void InitTcp(Napi::Env env, Napi::Object exports);
void InitUdpReader(Napi::Env env, Napi::Object exports);
void InitTunReader(Napi::Env env, Napi::Object exports);
