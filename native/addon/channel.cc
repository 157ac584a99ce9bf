// Message channel to the privileged helper: Unix SOCK_SEQPACKET, one JSON text a message, descriptors by SCM_RIGHTS.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "init.h"
#include "system_error.h"
#include "wakeable_thread.h"

namespace {

using namespace agile;

/// Longest message either side sends.
constexpr size_t kMaxMessage = 128 * 1024;
constexpr size_t kMaxDescriptors = 4;
/// native/helper/sockets.h: kMaxSockets.
constexpr size_t kMaxSent = 8;

struct Incoming {
  std::string text;
  std::vector<int> descriptors;
  bool closed = false;

  Incoming() = default;
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;
  /// Descriptors nobody took must not leak.
  ~Incoming() {
    for (const int fd : descriptors) ::close(fd);
  }
};

class Channel {
 public:
  Channel(Napi::Env env, Napi::Function listener, int fd) : fd_(fd), buffer_(kMaxMessage) {
    call_ = Napi::ThreadSafeFunction::New(env, listener, "helper channel", 0, 1);
  }
  ~Channel() { close(); }

  int start() {
    return thread_.start(fd_, [this] { return receive(); });
  }

  /// 0 or errno.
  int send(const std::string& text, const std::vector<int>& descriptors) {
    if (fd_ < 0) return EPIPE;
    if (text.size() > kMaxMessage || descriptors.size() > kMaxSent) return EMSGSIZE;
    iovec part{const_cast<char*>(text.data()), text.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxSent)] = {};
    if (!descriptors.empty()) {
      const size_t size = descriptors.size() * sizeof(int);
      header.msg_control = control;
      header.msg_controllen = CMSG_SPACE(size);
      cmsghdr* c = CMSG_FIRSTHDR(&header);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(size);
      memcpy(CMSG_DATA(c), descriptors.data(), size);
    }
    for (;;) {
      if (sendmsg(fd_, &header, MSG_NOSIGNAL) >= 0) return 0;
      if (errno != EINTR) return errno;
    }
  }

  void close() {
    if (fd_ < 0) return;
    thread_.stop();
    ::close(fd_);
    fd_ = -1;
    call_.Abort();
  }

 private:
  /// One message to JavaScript; false when the channel ended.
  bool receive() {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMaxDescriptors)];
    iovec part{buffer_.data(), buffer_.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(fd_, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    auto incoming = std::make_unique<Incoming>();
    for (cmsghdr* c = got >= 0 ? CMSG_FIRSTHDR(&header) : nullptr; c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
      const size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof fd);
        incoming->descriptors.push_back(fd);
      }
    }
    // An empty message is the end of the stream: the helper never sends one.
    incoming->closed = got <= 0 || (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    if (!incoming->closed) incoming->text.assign(buffer_.data(), static_cast<size_t>(got));
    const bool goOn = !incoming->closed;
    Incoming* raw = incoming.release();
    const napi_status status = call_.NonBlockingCall(raw, [](Napi::Env env, Napi::Function listener, Incoming* data) {
      const std::unique_ptr<Incoming> owned(data);
      if (env == nullptr) return;
      if (owned->closed) {
        listener.Call({env.Null(), Napi::Array::New(env)});
        return;
      }
      Napi::Array descriptors = Napi::Array::New(env, owned->descriptors.size());
      for (size_t i = 0; i < owned->descriptors.size(); i++)
        descriptors.Set(static_cast<uint32_t>(i), owned->descriptors[i]);
      owned->descriptors.clear();
      listener.Call({Napi::String::New(env, owned->text), descriptors});
    });
    if (status != napi_ok) delete raw;
    return goOn && status == napi_ok;
  }

  int fd_;
  std::vector<char> buffer_;
  WakeableThread thread_;
  Napi::ThreadSafeFunction call_;
};

/// openChannel(fd, listener: (text | null, descriptors: number[]) => void) -> { send, close }. Takes the descriptor
/// over. null: the other end is gone.
Napi::Value OpenChannel(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 2 || !info[0].IsNumber() || !info[1].IsFunction())
    throw Napi::TypeError::New(env, "openChannel(fd, listener)");
  auto channel = std::make_shared<Channel>(env, info[1].As<Napi::Function>(), info[0].As<Napi::Number>().Int32Value());
  const int code = channel->start();
  if (code != 0) throw SystemError(env, code, "open channel");
  env.AddCleanupHook([weak = std::weak_ptr<Channel>(channel)] {
    if (const auto alive = weak.lock()) alive->close();
  });
  Napi::Object out = Napi::Object::New(env);
  out.Set("send", Napi::Function::New(env, [channel](const Napi::CallbackInfo& call) -> Napi::Value {
            if (call.Length() != 2 || !call[0].IsString() || !call[1].IsArray())
              throw Napi::TypeError::New(call.Env(), "send(text, descriptors)");
            const auto list = call[1].As<Napi::Array>();
            std::vector<int> descriptors;
            for (uint32_t i = 0; i < list.Length(); i++) {
              const Napi::Value each = list[i];
              if (!each.IsNumber()) throw Napi::TypeError::New(call.Env(), "send(text, descriptors)");
              descriptors.push_back(each.As<Napi::Number>().Int32Value());
            }
            const int failed = channel->send(call[0].As<Napi::String>().Utf8Value(), descriptors);
            if (failed != 0) throw SystemError(call.Env(), failed, "send to helper");
            return call.Env().Undefined();
          }));
  out.Set("close", Napi::Function::New(env, [channel](const Napi::CallbackInfo& call) -> Napi::Value {
            channel->close();
            return call.Env().Undefined();
          }));
  return out;
}

/// socketPair() -> [fd, fd], close-on-exec
Napi::Value SocketPair(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw SystemError(env, errno, "socketpair");
  Napi::Array out = Napi::Array::New(env, 2);
  out.Set(0u, pair[0]);
  out.Set(1u, pair[1]);
  return out;
}

/// connectUnix(path) -> fd
Napi::Value ConnectUnix(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 1 || !info[0].IsString()) throw Napi::TypeError::New(env, "connectUnix(path)");
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw SystemError(env, ENAMETOOLONG, "path");
  memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0) throw SystemError(env, errno, "socket");
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    const int code = errno;
    close(fd);
    throw SystemError(env, code, path);
  }
  return Napi::Number::New(env, fd);
}

/// peerCredentials(fd) -> { pid, uid, gid } of the process at the other end (SO_PEERCRED)
Napi::Value PeerCredentials(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 1 || !info[0].IsNumber()) throw Napi::TypeError::New(env, "peerCredentials(fd)");
  ucred credentials{};
  socklen_t length = sizeof credentials;
  if (getsockopt(info[0].As<Napi::Number>().Int32Value(), SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
    throw SystemError(env, errno, "SO_PEERCRED");
  Napi::Object out = Napi::Object::New(env);
  out.Set("pid", credentials.pid);
  out.Set("uid", Napi::Number::New(env, credentials.uid));
  out.Set("gid", Napi::Number::New(env, credentials.gid));
  return out;
}

}  // namespace

void InitChannel(Napi::Env env, Napi::Object exports) {
  exports.Set("openChannel", Napi::Function::New(env, OpenChannel, "openChannel"));
  exports.Set("socketPair", Napi::Function::New(env, SocketPair, "socketPair"));
  exports.Set("connectUnix", Napi::Function::New(env, ConnectUnix, "connectUnix"));
  exports.Set("peerCredentials", Napi::Function::New(env, PeerCredentials, "peerCredentials"));
}
