#include "watch.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <initializer_list>

#include "dns.h"

namespace agile::helper {

namespace {

int Subscribe(int protocol, std::initializer_list<int> groups) {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
  if (fd < 0) return -errno;
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  bool good = bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) == 0;
  for (const int group : groups)
    good = good && setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0;
  if (good) return fd;
  const int code = errno;
  close(fd);
  return -code;
}

}  // namespace

int WatchRoutes() {
  return Subscribe(NETLINK_ROUTE, {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE,
                                   RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE});
}

int WatchFirewall() { return Subscribe(NETLINK_NETFILTER, {NFNLGRP_NFTABLES}); }

int WatchResolvConf() {
  const int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0) return -errno;
  // The folder sees it replaced; the file itself sees it rewritten, also where it is a mount of its own.
  inotify_add_watch(fd, "/etc", IN_MOVED_TO | IN_CREATE | IN_DELETE);
  inotify_add_watch(fd, kResolvConf, IN_CLOSE_WRITE | IN_MODIFY);
  return fd;
}

bool Drain(int fd) {
  alignas(8) static uint8_t buffer[64 * 1024];
  for (int reads = 0; reads < 65536; reads++) {
    const ssize_t got = read(fd, buffer, sizeof buffer);
    if (got > 0) continue;
    if (got == 0) return false;
    if (errno == EAGAIN) return true;
    // ENOBUFS: more happened than fits; that is news as well.
    if (errno != EINTR && errno != ENOBUFS) return false;
  }
  return true;
}

}  // namespace agile::helper
