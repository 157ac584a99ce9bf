// JavaScript face of udp_reader.h.
#include <memory>

#include "init.h"
#include "system_error.h"
#include "udp_reader.h"
#include "udp_socket.h"

namespace {

using namespace agile;

/// A reader with its way to JavaScript. It lives until it is stopped or the environment ends.
class BoundReader {
 public:
  BoundReader(Napi::Env env, Napi::Function listener, int fd)
      : reader_(fd, [this](std::unique_ptr<Arrival> arrival) { return deliver(std::move(arrival)); }) {
    call_ = Napi::ThreadSafeFunction::New(env, listener, "UDP socket", kQueue, 1);
    call_.Unref(env);
  }
  ~BoundReader() { close(); }

  int start() { return reader_.start(); }

  void close() {
    if (closed_) return;
    closed_ = true;
    reader_.stop();
    call_.Abort();
  }

 private:
  /// Datagrams waiting for JavaScript; more are dropped, as the kernel would.
  static constexpr size_t kQueue = 1024;

  bool deliver(std::unique_ptr<Arrival> arrival) {
    Arrival* const raw = arrival.release();
    const napi_status status = call_.NonBlockingCall(raw, [](Napi::Env env, Napi::Function listener, Arrival* data) {
      const std::unique_ptr<Arrival> owned(data);
      if (env == nullptr) return;
      if (owned->error != 0) {
        listener.Call(
            {env.Null(), Napi::String::New(env, ErrorName(owned->error)), Napi::Number::New(env, owned->mtu)});
        return;
      }
      // A copy of its own: the listener keeps it.
      Napi::Uint8Array bytes = Napi::Uint8Array::New(env, owned->datagram.size());
      if (!owned->datagram.empty()) memcpy(bytes.Data(), owned->datagram.data(), owned->datagram.size());
      listener.Call({bytes, Napi::String::New(env, owned->from.address()), Napi::Number::New(env, owned->from.port())});
    });
    if (status != napi_ok) delete raw;
    return status == napi_ok || status == napi_queue_full;
  }

  bool closed_ = false;
  Napi::ThreadSafeFunction call_;
  // Ends before what its thread calls.
  UdpReader reader_;
};

/// readUdp(fd, listener) -> stop function. listener(datagram, address, port) or listener(null, code, mtu).
Napi::Value ReadUdp(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 2 || !info[0].IsNumber() || !info[1].IsFunction())
    throw Napi::TypeError::New(env, "readUdp(fd, listener)");
  auto reader =
      std::make_shared<BoundReader>(env, info[1].As<Napi::Function>(), info[0].As<Napi::Number>().Int32Value());
  const int code = reader->start();
  if (code != 0) throw SystemError(env, code, "read UDP socket");
  // The environment ends what nobody stopped before; it owns a reference until then.
  auto* const owned = new std::shared_ptr<BoundReader>(reader);
  auto hook = env.AddCleanupHook(
      [](std::shared_ptr<BoundReader>* last) {
        (*last)->close();
        delete last;
      },
      owned);
  return Napi::Function::New(env, [reader, owned, hook](const Napi::CallbackInfo& call) mutable -> Napi::Value {
    if (reader) {
      hook.Remove(call.Env());
      reader->close();
      delete owned;
      reader.reset();
    }
    return call.Env().Undefined();
  });
}

}  // namespace

void InitUdpReader(Napi::Env env, Napi::Object exports) {
  exports.Set("readUdp", Napi::Function::New(env, ReadUdp, "readUdp"));
}
