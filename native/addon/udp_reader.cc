// Reads one UDP socket on a thread of its own and hands datagrams and path errors to JavaScript: for sockets without a data path.
#include <sys/socket.h>

#include <cerrno>

#include <memory>
#include <vector>

#include "init.h"
#include "system_error.h"
#include "udp_socket.h"
#include "wakeable_thread.h"

namespace {

using namespace agile;

struct Arrival {
  std::vector<uint8_t> datagram;
  SocketAddress from;
  /// An errno: then it is an error, not a datagram.
  int error = 0;
  uint32_t mtu = 0;
};

class Reader {
 public:
  Reader(Napi::Env env, Napi::Function listener, int fd) : fd_(fd), buffer_(65536) {
    call_ = Napi::ThreadSafeFunction::New(env, listener, "UDP socket", kQueue, 1);
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
  /// Datagrams waiting for JavaScript; more are dropped, as the kernel would.
  static constexpr size_t kQueue = 1024;

  bool drain() {
    SocketError error;
    for (int count = 0; count < 64 && ReadErrorQueue(fd_, &error) == 1; count++) {
      auto* arrival = new Arrival();
      arrival->error = error.code;
      arrival->mtu = error.mtu;
      if (!deliver(arrival)) return false;
    }
    for (int count = 0; count < 64; count++) {
      SocketAddress from;
      from.length = sizeof from.storage;
      const ssize_t got = recvfrom(fd_, buffer_.data(), buffer_.size(), MSG_DONTWAIT, from.get(), &from.length);
      if (got < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN) return true;
        if (errno == EBADF || errno == ENOTSOCK) return false;
        // A pending error of the socket (SO_ERROR), reported once: ENETDOWN and the like.
        auto* arrival = new Arrival();
        arrival->error = errno;
        if (!deliver(arrival)) return false;
        continue;
      }
      auto* arrival = new Arrival();
      arrival->datagram.assign(buffer_.begin(), buffer_.begin() + got);
      arrival->from = from;
      if (!deliver(arrival)) return false;
    }
    return true;
  }

  bool deliver(Arrival* arrival) {
    const napi_status status = call_.NonBlockingCall(arrival, [](Napi::Env env, Napi::Function listener, Arrival* data) {
      const std::unique_ptr<Arrival> owned(data);
      if (env == nullptr) return;
      if (owned->error != 0) {
        listener.Call({env.Null(), Napi::String::New(env, ErrorName(owned->error)), Napi::Number::New(env, owned->mtu)});
        return;
      }
      // A copy of its own: the listener keeps it.
      Napi::Uint8Array bytes = Napi::Uint8Array::New(env, owned->datagram.size());
      if (!owned->datagram.empty()) memcpy(bytes.Data(), owned->datagram.data(), owned->datagram.size());
      listener.Call({bytes, Napi::String::New(env, owned->from.address()), Napi::Number::New(env, owned->from.port())});
    });
    if (status != napi_ok) delete arrival;
    return status == napi_ok || status == napi_queue_full;
  }

  int fd_;
  bool closed_ = false;
  std::vector<uint8_t> buffer_;
  WakeableThread thread_;
  Napi::ThreadSafeFunction call_;
};

/// readUdp(fd, listener) -> stop function. listener(datagram, address, port) or listener(null, code, mtu).
Napi::Value ReadUdp(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 2 || !info[0].IsNumber() || !info[1].IsFunction()) throw Napi::TypeError::New(env, "readUdp(fd, listener)");
  auto reader = std::make_shared<Reader>(env, info[1].As<Napi::Function>(), info[0].As<Napi::Number>().Int32Value());
  const int code = reader->start();
  if (code != 0) throw SystemError(env, code, "read UDP socket");
  env.AddCleanupHook([weak = std::weak_ptr<Reader>(reader)] {
    if (const auto alive = weak.lock()) alive->close();
  });
  return Napi::Function::New(env, [reader](const Napi::CallbackInfo& call) -> Napi::Value {
    reader->close();
    return call.Env().Undefined();
  });
}

}  // namespace

void InitUdpReader(Napi::Env env, Napi::Object exports) { exports.Set("readUdp", Napi::Function::New(env, ReadUdp, "readUdp")); }
