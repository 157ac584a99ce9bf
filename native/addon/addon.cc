// Entry point of the addon. Each part adds its functions to the exports; native/index.ts is their typed face.
#include <napi.h>

#include "init.h"

#ifdef AGILE_VPN_DATA_PATH
#include "datapath/init.h"
#include "tls/init.h"
#endif

static Napi::Object Init(Napi::Env env, Napi::Object exports) {
  exports.Set("version", Napi::Number::New(env, 1));
  InitUdp(env, exports);
  InitTcp(env, exports);
  InitUdpReader(env, exports);
  InitTunReader(env, exports);
  InitAdapters(env, exports);
  InitChannel(env, exports);
#ifdef AGILE_VPN_DATA_PATH
  InitDataPath(env, exports);
  InitTls(env, exports);
#endif
  return exports;
}

NODE_API_MODULE(agile_vpn, Init)
