// JavaScript face of udp_socket.h.
#include <unistd.h>

#include <cerrno>

#include "init.h"
#include "system_error.h"
#include "udp_socket.h"

namespace {

/// openUdp(adapter: string | null, address: string, port: number) -> { fd, address, port, marked }
Napi::Value OpenUdp(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 3 || !(info[0].IsString() || info[0].IsNull()) || !info[1].IsString() || !info[2].IsNumber()) {
    throw Napi::TypeError::New(env, "openUdp(adapter, address, port)");
  }
  agile::UdpOptions options;
  if (info[0].IsString()) options.adapter = info[0].As<Napi::String>().Utf8Value();
  const uint32_t port = info[2].As<Napi::Number>().Uint32Value();
  if (port > 65535) throw agile::SystemError(env, EINVAL, "port");
  const uint32_t scope = options.adapter.empty() ? 0 : agile::AdapterIndex(options.adapter);
  const auto local =
      agile::ParseSocketAddress(info[1].As<Napi::String>().Utf8Value(), static_cast<uint16_t>(port), scope);
  if (!local) throw agile::SystemError(env, EINVAL, "address");
  options.local = *local;
  const int fd = agile::OpenUdpSocket(options);
  if (fd < 0) throw agile::SystemError(env, -fd, "open UDP socket");
  agile::SocketAddress bound;
  bound.length = sizeof bound.storage;
  if (getsockname(fd, bound.get(), &bound.length) != 0) {
    const int code = errno;
    close(fd);
    throw agile::SystemError(env, code, "getsockname");
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("fd", fd);
  result.Set("address", bound.address());
  result.Set("port", bound.port());
  result.Set("marked", agile::IsMarked(fd));
  return result;
}

/// sendUdp(fd, datagram, address, port, whole) -> null when sent, else the error's name
Napi::Value SendUdp(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 5 || !info[0].IsNumber() || !info[1].IsTypedArray() || !info[2].IsString() ||
      !info[3].IsNumber() || !info[4].IsBoolean()) {
    throw Napi::TypeError::New(env, "sendUdp(fd, datagram, address, port, whole)");
  }
  const auto data = info[1].As<Napi::Uint8Array>();
  const uint32_t port = info[3].As<Napi::Number>().Uint32Value();
  const auto to = agile::ParseSocketAddress(info[2].As<Napi::String>().Utf8Value(), static_cast<uint16_t>(port));
  if (!to || port > 65535) return Napi::String::New(env, "EINVAL");
  const auto send = info[4].As<Napi::Boolean>().Value() ? agile::SendWhole : agile::SendDatagram;
  const int code = send(info[0].As<Napi::Number>().Int32Value(), data.Data(), data.ByteLength(), *to);
  if (code == 0) return env.Null();
  return Napi::String::New(env, agile::ErrorName(code));
}

/// allowUdpFragments(fd, six, allow) -> null, else the error's name
Napi::Value AllowUdpFragments(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 3 || !info[0].IsNumber() || !info[1].IsBoolean() || !info[2].IsBoolean())
    throw Napi::TypeError::New(env, "allowUdpFragments(fd, six, allow)");
  const int code = agile::AllowFragments(info[0].As<Napi::Number>().Int32Value(),
                                         info[1].As<Napi::Boolean>().Value() ? AF_INET6 : AF_INET,
                                         info[2].As<Napi::Boolean>().Value());
  if (code == 0) return env.Null();
  return Napi::String::New(env, agile::ErrorName(code));
}

/// closeDescriptor(fd): the caller owns it and forgets it.
Napi::Value CloseDescriptor(const Napi::CallbackInfo& info) {
  if (info.Length() == 1 && info[0].IsNumber()) close(info[0].As<Napi::Number>().Int32Value());
  return info.Env().Undefined();
}

}  // namespace

void InitUdp(Napi::Env env, Napi::Object exports) {
  exports.Set("openUdp", Napi::Function::New(env, OpenUdp, "openUdp"));
  exports.Set("sendUdp", Napi::Function::New(env, SendUdp, "sendUdp"));
  exports.Set("allowUdpFragments", Napi::Function::New(env, AllowUdpFragments, "allowUdpFragments"));
  exports.Set("closeDescriptor", Napi::Function::New(env, CloseDescriptor, "closeDescriptor"));
}
