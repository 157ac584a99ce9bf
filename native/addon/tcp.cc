// TCP sockets that leave by one adapter. Connecting, reading and writing are the host's: it adopts the descriptor.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "init.h"
#include "socket_address.h"
#include "system_error.h"

namespace {

/// openTcp(adapter: string, address: string) -> descriptor, bound to the adapter (SO_BINDTODEVICE) and to its address,
/// not connected
Napi::Value OpenTcp(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 2 || !info[0].IsString() || !info[1].IsString())
    throw Napi::TypeError::New(env, "openTcp(adapter, address)");
  const std::string adapter = info[0].As<Napi::String>().Utf8Value();
  const auto local = agile::ParseSocketAddress(info[1].As<Napi::String>().Utf8Value(), 0, agile::AdapterIndex(adapter));
  if (adapter.empty() || !local) throw agile::SystemError(env, EINVAL, "adapter and address");
  const int fd = socket(local->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) throw agile::SystemError(env, errno, "open TCP socket");
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, adapter.c_str(), static_cast<socklen_t>(adapter.size())) != 0 ||
      bind(fd, local->get(), local->length) != 0) {
    const int code = errno;
    close(fd);
    throw agile::SystemError(env, code, "open TCP socket");
  }
  return Napi::Number::New(env, fd);
}

}  // namespace

void InitTcp(Napi::Env env, Napi::Object exports) {
  exports.Set("openTcp", Napi::Function::New(env, OpenTcp, "openTcp"));
}
