// Errors of system calls as JavaScript errors: `code` is the name ("ENODEV"), `errno` the number, as Node's own errors
// have it.
#pragma once
#include <napi.h>
#include <net/if.h>

#include <string>

#include "udp_socket.h"

namespace agile {

inline Napi::Error SystemError(Napi::Env env, int code, const std::string& what) {
  Napi::Error error = Napi::Error::New(env, what + ": " + strerror(code));
  error.Set("code", ErrorName(code));
  error.Set("errno", Napi::Number::New(env, code));
  return error;
}

/// 0 when there is none of that name.
inline uint32_t AdapterIndex(const std::string& name) {
  return name.size() < IFNAMSIZ ? if_nametoindex(name.c_str()) : 0;
}

}  // namespace agile
