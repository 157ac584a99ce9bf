// Adapters, addresses and routes as the kernel sees them: read, looked up, watched (rtnetlink).
#include <linux/if_addr.h>
#include <net/if.h>
#include <sys/socket.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <map>
#include <memory>

#include "../netlink/routes.h"
#include "init.h"
#include "system_error.h"
#include "wakeable_thread.h"

namespace {

using namespace agile;

/// IFF_LOWER_UP, which net/if.h does not have.
constexpr uint32_t kLowerUp = 1u << 16;

struct State {
  netlink::Socket socket;
};

Napi::Value ReadAdapters(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto* state = static_cast<State*>(info.Data());
  std::vector<netlink::Link> links;
  std::vector<netlink::Address> addresses;
  netlink::Result result = netlink::DumpLinks(state->socket, &links);
  if (result.ok()) result = netlink::DumpAddresses(state->socket, &addresses);
  if (!result.ok()) throw SystemError(env, result.code, "read adapters");

  Napi::Array out = Napi::Array::New(env, links.size());
  for (size_t i = 0; i < links.size(); i++) {
    const netlink::Link& link = links[i];
    Napi::Object adapter = Napi::Object::New(env);
    adapter.Set("name", link.name);
    adapter.Set("index", link.index);
    adapter.Set("type", Napi::Number::New(env, link.type));
    adapter.Set("kind", link.kind);
    adapter.Set("master", Napi::Number::New(env, link.master));
    adapter.Set("up", (link.flags & IFF_UP) != 0);
    // The lower layer's own word: it changes at once, before the operational state is worked out (IFF_RUNNING).
    adapter.Set("carrier", (link.flags & kLowerUp) != 0);
    adapter.Set("loopback", (link.flags & IFF_LOOPBACK) != 0);
    adapter.Set("operstate", Napi::Number::New(env, link.operstate));
    adapter.Set("mtu", Napi::Number::New(env, link.mtu));
    Napi::Array list = Napi::Array::New(env);
    for (const netlink::Address& address : addresses) {
      if (address.index != link.index) continue;
      Napi::Object entry = Napi::Object::New(env);
      entry.Set("address", address.address);
      entry.Set("family", address.family == AF_INET ? 4 : 6);
      entry.Set("prefixLength", Napi::Number::New(env, address.prefixLength));
      entry.Set("scope", Napi::Number::New(env, address.scope));
      entry.Set("flags", Napi::Number::New(env, address.flags));
      list.Set(list.Length(), entry);
    }
    adapter.Set("addresses", list);
    out.Set(static_cast<uint32_t>(i), adapter);
  }
  return out;
}

/// lookupRoute(destination, adapter | null, source | null) -> { index, adapter, source, gateway, mtu } or null when
/// there is no route
Napi::Value LookupRoute(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto* state = static_cast<State*>(info.Data());
  if (info.Length() != 3 || !info[0].IsString() || !(info[1].IsString() || info[1].IsNull()) ||
      !(info[2].IsString() || info[2].IsNull())) {
    throw Napi::TypeError::New(env, "lookupRoute(destination, adapter, source)");
  }
  int index = 0;
  if (info[1].IsString()) {
    index = static_cast<int>(AdapterIndex(info[1].As<Napi::String>().Utf8Value()));
    if (index == 0) return env.Null();
  }
  const std::string source = info[2].IsString() ? info[2].As<Napi::String>().Utf8Value() : std::string();
  netlink::RouteAnswer answer;
  const netlink::Result result =
      netlink::LookupRoute(state->socket, info[0].As<Napi::String>().Utf8Value(), index, source, &answer);
  if (!result.ok()) {
    // EINVAL with "destination" or "source" is the caller's mistake; everything else the kernel says means: no way.
    if (result.code == EINVAL && !result.detail.empty()) throw SystemError(env, EINVAL, result.detail);
    return env.Null();
  }
  char name[IF_NAMESIZE] = "";
  if (if_indextoname(static_cast<unsigned>(answer.index), name) == nullptr) return env.Null();
  Napi::Object out = Napi::Object::New(env);
  out.Set("adapter", name);
  out.Set("source", answer.source);
  out.Set("gateway", answer.gateway);
  out.Set("mtu", Napi::Number::New(env, answer.mtu));
  return out;
}

double MonotonicMilliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

/// The rtnetlink monitor: one thread, one call into JavaScript for everything the kernel had ready.
///
/// The kernel reports carrier loss late: linkwatch spaces its notices by up to a second (net/core/link_watch.c), so
/// that the second of two cables pulled together shows that much later. The carrier bit itself is true at once; it is
/// compared every 20 ms for the 1.2 s after a link's notice, the time in which the kernel may hold one back, and every
/// 50 ms otherwise (the notices of other namespaces' links, which we cannot see, delay ours as well).
class Monitor {
 public:
  static int Open() {
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    const int buffer = 4 * 1024 * 1024;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    sockaddr_nl local{};
    local.nl_family = AF_NETLINK;
    bool good = bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) == 0;
    for (const int group : {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
                            RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE}) {
      good = good && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0;
    }
    if (good) return fd;
    const int code = errno;
    ::close(fd);
    return -code;
  }

  Monitor(Napi::Env env, Napi::Function listener, int fd) : fd_(fd) {
    call_ = Napi::ThreadSafeFunction::New(env, listener, "network monitor", 0, 1);
    call_.Unref(env);
  }
  ~Monitor() { close(); }

  int start() {
    readCarriers(&carriers_);
    return thread_.start(fd_, [this] { return drain(); }, [this] { return timeout(); }, [this] { return tick(); });
  }

  void close() {
    if (fd_ < 0) return;
    thread_.stop();
    ::close(fd_);
    fd_ = -1;
    call_.Abort();
  }

 private:
  static constexpr double kWatchful = 1200, kWatchfulPeriod = 20, kPeriod = 50;
  /// After one call the next follows this much later at the earliest: floods become at most 500 calls a second.
  static constexpr double kSpacing = 2;

  /// Milliseconds until `tick` is due.
  int timeout() const {
    const double now = MonotonicMilliseconds();
    double due = lastCompared_ + (now < watchfulUntil_ ? kWatchfulPeriod : kPeriod);
    if (held_) due = std::min(due, lastCall_ + kSpacing);
    return due <= now ? 0 : static_cast<int>(due - now) + 1;
  }

  bool tick() {
    const double now = MonotonicMilliseconds();
    if (now >= lastCompared_ + (now < watchfulUntil_ ? kWatchfulPeriod : kPeriod)) {
      lastCompared_ = now;
      Carriers present;
      if (readCarriers(&present) && present != carriers_) {
        carriers_ = std::move(present);
        watchfulUntil_ = now + kWatchful;
        held_ = true;
        heldSince_ = now;
      }
    }
    return !held_ || notify();
  }

  /// Reads everything that is there; one call for all of it.
  bool drain() {
    alignas(nlmsghdr) static thread_local uint8_t buffer[32 * 1024];
    bool relevant = false;
    for (int reads = 0; reads < 4096; reads++) {
      sockaddr_nl from{};
      socklen_t length = sizeof from;
      const ssize_t got =
          recvfrom(fd_, buffer, sizeof buffer, MSG_DONTWAIT | MSG_TRUNC, reinterpret_cast<sockaddr*>(&from), &length);
      if (got < 0) {
        if (errno == EINTR) continue;
        // The kernel had more than the buffer holds: something was lost, so everything must be read anew.
        if (errno == ENOBUFS) {
          relevant = true;
          continue;
        }
        if (errno == EAGAIN) break;
        return false;
      }
      if (from.nl_pid != 0) continue;
      if (static_cast<size_t>(got) > sizeof buffer) {
        relevant = true;
        continue;
      }
      // Signed: the macros subtract aligned lengths and compare with zero.
      int left = static_cast<int>(got);
      for (auto* at = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
        if (at->nlmsg_type == RTM_NEWLINK || at->nlmsg_type == RTM_DELLINK)
          watchfulUntil_ = MonotonicMilliseconds() + kWatchful;
        relevant = relevant || Relevant(at);
      }
    }
    if (relevant && !held_) {
      held_ = true;
      heldSince_ = MonotonicMilliseconds();
    }
    return !held_ || notify();
  }

  /// Calls JavaScript for what is held, if its time has come. false: JavaScript is gone.
  bool notify() {
    const double now = MonotonicMilliseconds();
    if (now < lastCall_ + kSpacing) return true;
    // While a call is on its way it speaks for later events too.
    if (!pending_->exchange(true)) {
      auto* at = new double(heldSince_);
      const napi_status status =
          call_.NonBlockingCall(at, [pending = pending_](Napi::Env env, Napi::Function listener, double* when) {
            const std::unique_ptr<double> owned(when);
            *pending = false;
            if (env != nullptr) listener.Call({Napi::Number::New(env, *owned)});
          });
      if (status != napi_ok) {
        delete at;
        return false;
      }
    }
    lastCall_ = now;
    held_ = false;
    return true;
  }

  using Carriers = std::map<int, uint32_t>;
  bool readCarriers(Carriers* out) {
    std::vector<netlink::Link> links;
    if (!netlink::DumpLinks(socket_, &links).ok()) return false;
    for (const netlink::Link& link : links) (*out)[link.index] = link.flags & (IFF_UP | kLowerUp);
    return true;
  }

  static bool Relevant(const nlmsghdr* message) {
    if (message->nlmsg_type != RTM_NEWLINK) return true;
    const auto* info = netlink::Payload<ifinfomsg>(message);
    if (info == nullptr) return false;
    // Wireless drivers report scan results as link events that change nothing.
    return !(info->ifi_change == 0 && netlink::ReadAttributes<IFLA_MAX, ifinfomsg>(message).has(IFLA_WIRELESS));
  }

  int fd_;
  netlink::Socket socket_;
  WakeableThread thread_;
  Napi::ThreadSafeFunction call_;
  // The rest but `pending_` belongs to the thread.
  Carriers carriers_;
  double lastCompared_ = 0, watchfulUntil_ = 0, lastCall_ = 0, heldSince_ = 0;
  /// Something is to be told.
  bool held_ = false;
  /// Shared with calls on their way, which may outlive the monitor.
  std::shared_ptr<std::atomic<bool>> pending_ = std::make_shared<std::atomic<bool>>(false);
};

/// watchNetwork(listener: (milliseconds: number) => void) -> close function
Napi::Value WatchNetwork(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (info.Length() != 1 || !info[0].IsFunction()) throw Napi::TypeError::New(env, "watchNetwork(listener)");
  const int fd = Monitor::Open();
  if (fd < 0) throw SystemError(env, -fd, "watch network");
  auto monitor = std::make_shared<Monitor>(env, info[0].As<Napi::Function>(), fd);
  const int code = monitor->start();
  if (code != 0) throw SystemError(env, code, "watch network");
  // Worker threads and Electron windows end without asking: the thread must not outlive its environment.
  env.AddCleanupHook([weak = std::weak_ptr<Monitor>(monitor)] {
    if (const auto alive = weak.lock()) alive->close();
  });
  return Napi::Function::New(env, [monitor](const Napi::CallbackInfo& call) -> Napi::Value {
    monitor->close();
    return call.Env().Undefined();
  });
}

}  // namespace

void InitAdapters(Napi::Env env, Napi::Object exports) {
  auto* state = new State();
  env.AddCleanupHook([state] { delete state; });
  exports.Set("readAdapters", Napi::Function::New(env, ReadAdapters, "readAdapters", state));
  exports.Set("lookupRoute", Napi::Function::New(env, LookupRoute, "lookupRoute", state));
  exports.Set("watchNetwork", Napi::Function::New(env, WatchNetwork, "watchNetwork"));
}
