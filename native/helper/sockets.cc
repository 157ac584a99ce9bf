#include "sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../netlink/routes.h"

namespace agile::helper {

namespace {

int Option(int fd, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

constexpr uint16_t kDhcpClientPort = 68;

}  // namespace

int MarkSocket(int fd) {
  const int domain = Option(fd, SO_DOMAIN);
  if (domain < 0) return ENOTSOCK;
  if ((domain != AF_INET && domain != AF_INET6) || Option(fd, SO_TYPE) != SOCK_DGRAM ||
      Option(fd, SO_PROTOCOL) != IPPROTO_UDP)
    return EPROTOTYPE;
  const uint32_t mark = netlink::kPhysicalMark;
  return setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0 ? 0 : errno;
}

int OpenDhcpSocket(const std::string& tunnel, const std::vector<uint8_t>& address) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) return -errno;
  const int on = 1;
  const int ttl = 128;
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(kDhcpClientPort);
  memcpy(&local.sin_addr, address.data(), 4);
  const bool good =
      setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, tunnel.c_str(), static_cast<socklen_t>(tunnel.size())) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0 &&
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl) == 0 &&
      bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) == 0;
  if (good) return fd;
  const int code = errno;
  close(fd);
  return -code;
}

}  // namespace agile::helper
