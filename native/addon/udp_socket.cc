#include "udp_socket.h"

#include <linux/errqueue.h>
#include <net/if.h>
#include <netinet/udp.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "../netlink/routes.h"

namespace agile {

namespace {

bool SetInt(int fd, int level, int name, int value) { return setsockopt(fd, level, name, &value, sizeof value) == 0; }

}  // namespace

std::string ErrorName(int code) {
  const char* name = strerrorname_np(code);
  if (name != nullptr) return name;
  char text[16];
  snprintf(text, sizeof text, "E%d", code);
  return text;
}

int OpenUdpSocket(const UdpOptions& options) {
  const int family = options.local.family();
  const int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) return -errno;
  const auto fail = [fd] {
    const int code = errno;
    close(fd);
    return -code;
  };
  if (!options.adapter.empty()) {
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options.adapter.c_str(),
                   static_cast<socklen_t>(options.adapter.size())) != 0)
      return fail();
  }
  if (family == AF_INET6) {
    if (!SetInt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) return fail();
    if (!SetInt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE)) return fail();
    if (!SetInt(fd, IPPROTO_IPV6, IPV6_RECVERR, 1)) return fail();
  } else {
    if (!SetInt(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT)) return fail();
    if (!SetInt(fd, IPPROTO_IP, IP_RECVERR, 1)) return fail();
  }
  // A socket of the physical side. Refused to all but root; everybody else asks the helper for it.
  if (!options.adapter.empty()) SetInt(fd, SOL_SOCKET, SO_MARK, static_cast<int>(netlink::kPhysicalMark));
  // Sizes are wishes: the kernel caps them at net.core.{r,w}mem_max.
  SetInt(fd, SOL_SOCKET, SO_RCVBUF, 4 * 1024 * 1024);
  SetInt(fd, SOL_SOCKET, SO_SNDBUF, 512 * 1024);
  if (bind(fd, options.local.get(), options.local.length) != 0) return fail();
  return fd;
}

bool IsMarked(int fd) {
  uint32_t mark = 0;
  socklen_t length = sizeof mark;
  return getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &length) == 0 && mark == netlink::kPhysicalMark;
}

int ReadErrorQueue(int fd, SocketError* error) {
  char control[512];
  sockaddr_storage name{};
  for (;;) {
    char discard;
    iovec part{&discard, sizeof discard};
    msghdr message{};
    message.msg_name = &name;
    message.msg_namelen = sizeof name;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN ? 0 : -errno;
    }
    for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
      const bool v4 = c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
      const bool v6 = c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR;
      if ((!v4 && !v6) || c->cmsg_len < CMSG_LEN(sizeof(sock_extended_err))) continue;
      sock_extended_err detail;
      memcpy(&detail, CMSG_DATA(c), sizeof detail);
      if (detail.ee_origin != SO_EE_ORIGIN_ICMP && detail.ee_origin != SO_EE_ORIGIN_ICMP6 &&
          detail.ee_origin != SO_EE_ORIGIN_LOCAL)
        continue;
      error->code = static_cast<int>(detail.ee_errno);
      error->mtu = detail.ee_errno == EMSGSIZE ? detail.ee_info : 0;
      error->destination.storage = name;
      error->destination.length = message.msg_namelen;
      return 1;
    }
  }
}

namespace {

/// IKE up to this length fits every path that IPv6 allows, markers and headers included.
constexpr size_t kUnfragmentedIke = 1200;
constexpr uint16_t kIkePort = 500;

bool IsIke(const uint8_t* data, size_t length, const SocketAddress& to) {
  return to.port() == kIkePort || (length >= 4 && (data[0] | data[1] | data[2] | data[3]) == 0);
}

/// Another IP_MTU_DISCOVER while it lives. The mode is the socket's, not the datagram's: ESP that another thread sends
/// meanwhile merely has DF or lacks it.
class Mode {
 public:
  Mode(int fd, int family, int ipv4, int ipv6)
      : fd_(fd),
        level_(family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP),
        name_(family == AF_INET6 ? IPV6_MTU_DISCOVER : IP_MTU_DISCOVER) {
    socklen_t length = sizeof before_;
    good_ = getsockopt(fd_, level_, name_, &before_, &length) == 0 &&
            SetInt(fd_, level_, name_, family == AF_INET6 ? ipv6 : ipv4);
    code_ = good_ ? 0 : errno;
  }
  ~Mode() {
    if (good_) SetInt(fd_, level_, name_, before_);
  }
  Mode(const Mode&) = delete;
  Mode& operator=(const Mode&) = delete;

  /// 0, or errno.
  int code() const { return code_; }

 private:
  int fd_;
  int level_;
  int name_;
  int before_ = 0;
  bool good_ = false;
  int code_ = 0;
};

int Send(int fd, const void* data, size_t length, const SocketAddress& to) {
  for (int attempt = 0; attempt < 8; attempt++) {
    if (sendto(fd, data, length, MSG_NOSIGNAL | MSG_DONTWAIT, to.get(), to.length) >= 0) return 0;
    if (errno != EINTR) {
      // A pending ICMP error of an earlier datagram is reported here once and cleared; it says nothing about this one.
      if ((errno == ECONNREFUSED || errno == EHOSTUNREACH || errno == ENETUNREACH || errno == EMSGSIZE) && attempt == 0)
        continue;
      return errno;
    }
  }
  return EINTR;
}

}  // namespace

int AllowFragments(int fd, int family, bool allow) {
  if (family != AF_INET6) return 0;
  const int mode = allow ? IPV6_PMTUDISC_WANT : IPV6_PMTUDISC_PROBE;
  return SetInt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, mode) ? 0 : errno;
}

int SendDatagram(int fd, const void* data, size_t length, const SocketAddress& to) {
  std::optional<Mode> fragments;
  if (length > kUnfragmentedIke && IsIke(static_cast<const uint8_t*>(data), length, to))
    fragments.emplace(fd, to.family(), IP_PMTUDISC_OMIT, IPV6_PMTUDISC_WANT);
  return Send(fd, data, length, to);
}

int SendWhole(int fd, const void* data, size_t length, const SocketAddress& to) {
  const Mode whole(fd, to.family(), IP_PMTUDISC_PROBE, IPV6_PMTUDISC_PROBE);
  return whole.code() != 0 ? whole.code() : Send(fd, data, length, to);
}

}  // namespace agile
