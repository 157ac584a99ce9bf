// Reads one UDP socket on a thread of its own: ESP goes to the data path that was attached to the socket and is
// finished on this very thread; IKE, and everything while no data path is attached, goes to JavaScript (RFC 3948
// section 2).
#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>

#include <algorithm>
#include <memory>
#include <mutex>
#include <vector>

#include "esp_receiver.h"
#include "init.h"
#include "system_error.h"
#include "udp_socket.h"
#include "wakeable_thread.h"

namespace {

using namespace agile;

constexpr uint16_t kIkePort = 500;

struct Arrival {
  std::vector<uint8_t> datagram;
  SocketAddress from;
  /// An errno: then it is an error, not a datagram.
  int error = 0;
  uint32_t mtu = 0;
};

class Reader {
 public:
  Reader(Napi::Env env, Napi::Function listener, int fd) : fd_(fd), buffer_(new uint8_t[kMessages * kStride]) {
    call_ = Napi::ThreadSafeFunction::New(env, listener, "UDP socket", kQueue, 1);
    call_.Unref(env);
  }
  ~Reader() { close(); }

  int start();
  void close();

  int fd() const { return fd_; }

  void attach(const std::shared_ptr<EspReceiver>& receiver) {
    // Segments of one sender arrive joined where the kernel can (5.0 and later); refusal costs speed only.
    const int on = 1;
    setsockopt(fd_, SOL_UDP, UDP_GRO, &on, sizeof on);
    const std::lock_guard<std::mutex> lock(receiverMutex_);
    receiver_ = receiver;
  }
  void detach(const EspReceiver* receiver) {
    const std::lock_guard<std::mutex> lock(receiverMutex_);
    if (receiver_.get() == receiver) receiver_.reset();
  }
  void detachAll() {
    const std::lock_guard<std::mutex> lock(receiverMutex_);
    receiver_.reset();
  }

 private:
  /// Datagrams waiting for JavaScript; more are dropped, as the kernel would.
  static constexpr size_t kQueue = 1024;
  static constexpr size_t kMessages = 16;
  /// A whole joined datagram, and not a multiple of a page: buffers at equal page offsets would share cache sets.
  static constexpr size_t kStride = 65536 + 2112;

  bool drain();
  bool demultiplex(uint8_t* data, size_t length, const SocketAddress& from, bool toDataPath);
  bool deliver(Arrival* arrival);

  std::shared_ptr<EspReceiver> receiver() {
    const std::lock_guard<std::mutex> lock(receiverMutex_);
    return receiver_;
  }

  int fd_;
  bool closed_ = false;
  /// Not initialised: pages that no datagram needs are never touched.
  const std::unique_ptr<uint8_t[]> buffer_;
  std::vector<Octets> esp_;
  std::mutex receiverMutex_;
  std::shared_ptr<EspReceiver> receiver_;
  WakeableThread thread_;
  Napi::ThreadSafeFunction call_;
};

/// Every running reader of the process.
struct Readers {
  std::mutex mutex;
  std::vector<Reader*> list;
};

Readers& AllReaders() {
  static auto* readers = new Readers();
  return *readers;
}

int Reader::start() {
  const int code = thread_.start(fd_, [this] { return drain(); });
  if (code != 0) return code;
  Readers& all = AllReaders();
  const std::lock_guard<std::mutex> lock(all.mutex);
  all.list.push_back(this);
  return 0;
}

void Reader::close() {
  if (closed_) return;
  closed_ = true;
  {
    Readers& all = AllReaders();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.list.erase(std::remove(all.list.begin(), all.list.end(), this), all.list.end());
  }
  thread_.stop();
  detachAll();
  call_.Abort();
}

/// Segment size of a datagram that the kernel joined; 0: it is one datagram.
size_t SegmentSize(msghdr* message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(message); c != nullptr; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
      int size = 0;
      memcpy(&size, CMSG_DATA(c), sizeof size);
      return size > 0 ? static_cast<size_t>(size) : 0;
    }
  }
  return 0;
}

bool Reader::drain() {
  SocketError error;
  for (int count = 0; count < 64 && ReadErrorQueue(fd_, &error) == 1; count++) {
    auto* arrival = new Arrival();
    arrival->error = error.code;
    arrival->mtu = error.mtu;
    if (!deliver(arrival)) return false;
  }
  mmsghdr messages[kMessages];
  iovec parts[kMessages];
  SocketAddress from[kMessages];
  alignas(cmsghdr) char control[kMessages][CMSG_SPACE(sizeof(int))];
  for (int round = 0; round < 8; round++) {
    for (size_t i = 0; i < kMessages; i++) {
      parts[i] = {buffer_.get() + i * kStride, 65536};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = from[i].get();
      messages[i].msg_hdr.msg_namelen = sizeof from[i].storage;
      messages[i].msg_hdr.msg_control = control[i];
      messages[i].msg_hdr.msg_controllen = sizeof control[i];
    }
    const int got = recvmmsg(fd_, messages, kMessages, MSG_DONTWAIT, nullptr);
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
    const std::shared_ptr<EspReceiver> dataPath = receiver();
    esp_.clear();
    for (int i = 0; i < got; i++) {
      if ((messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
      uint8_t* const data = static_cast<uint8_t*>(parts[i].iov_base);
      const size_t length = messages[i].msg_len;
      from[i].length = messages[i].msg_hdr.msg_namelen;
      size_t segment = SegmentSize(&messages[i].msg_hdr);
      if (segment == 0) segment = std::max<size_t>(length, 1);
      size_t offset = 0;
      // The marker is looked for in each segment: IKE may be the shorter tail of joined ESP.
      do {
        const size_t piece = std::min(segment, length - offset);
        if (!demultiplex(data + offset, piece, from[i], dataPath != nullptr)) return false;
        offset += piece;
      } while (offset < length);
    }
    if (!esp_.empty()) dataPath->receive(esp_.data(), esp_.size());
    if (got < static_cast<int>(kMessages)) return true;
  }
  return true;
}

/// false: JavaScript is gone.
bool Reader::demultiplex(uint8_t* data, size_t length, const SocketAddress& from, bool toDataPath) {
  // NAT keepalives prove nothing and say nothing (E-21).
  if (length == 1 && data[0] == 0xff) return true;
  if (toDataPath && from.port() != kIkePort) {
    if (length < 4) return true;
    // No non-ESP marker (RFC 3948 section 2.2): ESP.
    if ((data[0] | data[1] | data[2] | data[3]) != 0) {
      esp_.push_back({data, length});
      return true;
    }
  }
  auto* arrival = new Arrival();
  arrival->datagram.assign(data, data + length);
  arrival->from = from;
  return deliver(arrival);
}

bool Reader::deliver(Arrival* arrival) {
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

/// readUdp(fd, listener) -> stop function. listener(datagram, address, port) or listener(null, code, mtu).
Napi::Value ReadUdp(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 2 || !info[0].IsNumber() || !info[1].IsFunction())
    throw Napi::TypeError::New(env, "readUdp(fd, listener)");
  auto reader = std::make_shared<Reader>(env, info[1].As<Napi::Function>(), info[0].As<Napi::Number>().Int32Value());
  const int code = reader->start();
  if (code != 0) throw SystemError(env, code, "read UDP socket");
  // The environment ends what nobody stopped before; it owns a reference until then.
  auto* const owned = new std::shared_ptr<Reader>(reader);
  auto hook = env.AddCleanupHook(
      [](std::shared_ptr<Reader>* last) {
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

namespace agile {

bool AttachEspReceiver(int fd, const std::shared_ptr<EspReceiver>& receiver) {
  Readers& all = AllReaders();
  const std::lock_guard<std::mutex> lock(all.mutex);
  for (Reader* reader : all.list) {
    if (reader->fd() == fd) return reader->attach(receiver), true;
  }
  return false;
}

void DetachEspReceiver(const EspReceiver* receiver) {
  Readers& all = AllReaders();
  const std::lock_guard<std::mutex> lock(all.mutex);
  for (Reader* reader : all.list) reader->detach(receiver);
}

}  // namespace agile

void InitUdpReader(Napi::Env env, Napi::Object exports) {
  exports.Set("readUdp", Napi::Function::New(env, ReadUdp, "readUdp"));
}
