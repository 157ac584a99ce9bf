// Packets of a TUN descriptor through JavaScript: for the TypeScript data path. The native one reads the descriptor
// itself.
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "init.h"
#include "system_error.h"
#include "wakeable_thread.h"

namespace {

using namespace agile;

class Reader {
 public:
  Reader(Napi::Env env, Napi::Function listener, int fd) : fd_(fd), buffer_(65536) {
    call_ = Napi::ThreadSafeFunction::New(env, listener, "TUN reader", 1024, 1);
    call_.Unref(env);
  }
  ~Reader() { close(); }

  int start() {
    return thread_.start(fd_, [this] { return drain(); });
  }

  void close() {
    if (closed_) return;
    closed_ = true;
    thread_.stop();
    call_.Abort();
  }

 private:
  bool drain() {
    for (int count = 0; count < 64; count++) {
      const ssize_t got = read(fd_, buffer_.data(), buffer_.size());
      if (got < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN) return true;
        // EBADFD: the adapter was deleted. The helper makes it anew behind this descriptor; poll reports an error until
        // then.
        if (errno == EBADFD) usleep(20 * 1000);
        return errno == EBADFD || errno == EIO;
      }
      auto* packet = new std::vector<uint8_t>(buffer_.begin(), buffer_.begin() + got);
      const napi_status status =
          call_.NonBlockingCall(packet, [](Napi::Env env, Napi::Function listener, std::vector<uint8_t>* data) {
            const std::unique_ptr<std::vector<uint8_t>> owned(data);
            if (env == nullptr) return;
            Napi::Uint8Array bytes = Napi::Uint8Array::New(env, owned->size());
            if (!owned->empty()) memcpy(bytes.Data(), owned->data(), owned->size());
            listener.Call({bytes});
          });
      if (status != napi_ok) delete packet;
      if (status != napi_ok && status != napi_queue_full) return false;
    }
    return true;
  }

  int fd_;
  bool closed_ = false;
  std::vector<uint8_t> buffer_;
  WakeableThread thread_;
  Napi::ThreadSafeFunction call_;
};

/// readPackets(fd, listener) -> stop function
Napi::Value ReadPackets(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 2 || !info[0].IsNumber() || !info[1].IsFunction())
    throw Napi::TypeError::New(env, "readPackets(fd, listener)");
  auto reader = std::make_shared<Reader>(env, info[1].As<Napi::Function>(), info[0].As<Napi::Number>().Int32Value());
  const int code = reader->start();
  if (code != 0) throw SystemError(env, code, "read packets");
  env.AddCleanupHook([weak = std::weak_ptr<Reader>(reader)] {
    if (const auto alive = weak.lock()) alive->close();
  });
  return Napi::Function::New(env, [reader](const Napi::CallbackInfo& call) -> Napi::Value {
    reader->close();
    return call.Env().Undefined();
  });
}

/// writePacket(fd, packet) -> null, or the error's name
Napi::Value WritePacket(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 2 || !info[0].IsNumber() || !info[1].IsTypedArray())
    throw Napi::TypeError::New(env, "writePacket(fd, packet)");
  const auto packet = info[1].As<Napi::Uint8Array>();
  for (int attempt = 0; attempt < 8; attempt++) {
    if (write(info[0].As<Napi::Number>().Int32Value(), packet.Data(), packet.ByteLength()) >= 0) return env.Null();
    if (errno != EINTR) break;
  }
  return Napi::String::New(env, ErrorName(errno));
}

}  // namespace

void InitTunReader(Napi::Env env, Napi::Object exports) {
  exports.Set("readPackets", Napi::Function::New(env, ReadPackets, "readPackets"));
  exports.Set("writePacket", Napi::Function::New(env, WritePacket, "writePacket"));
}
