#include "tunnel.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/major.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace agile::helper {

namespace {

/// What waits while the host's process gets no processor: a quarter of a second at 2000 packets a second. It is never
/// the queue towards a slow uplink, which could be seconds of super-packets: the data path empties it at once and
/// bounds that wait in octets.
constexpr uint32_t kQueueLength = 512;
/// One super-packet read is one segmented send: 44 datagrams of 1472 octets are what UDP_SEGMENT takes
/// (docs/data-path.md 6.2).
constexpr uint32_t kSegments = 44;
/// /dev/net/tun among the miscellaneous devices (the kernel's admin-guide/devices.txt).
constexpr unsigned kTunMinor = 200;

bool SameAddress(const netlink::Address& have, const Prefix& want) {
  return have.family == want.family && have.prefixLength == want.length && have.address == want.address();
}

bool LinkLocal(const netlink::Address& address) { return address.family == AF_INET6 && address.scope == RT_SCOPE_LINK; }

netlink::Result ReadAddresses(netlink::Socket& socket, int index, std::vector<netlink::Address>* out) {
  std::vector<netlink::Address> all;
  const netlink::Result result = netlink::DumpAddresses(socket, &all);
  for (auto& address : all) {
    if (address.index == index && !LinkLocal(address)) out->push_back(std::move(address));
  }
  return result;
}

/// Closes what it holds.
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

/// The network namespace behind `fd` is the one of this process. `question`: SIOCGSKNS (of the descriptor),
/// TUNGETDEVNETNS (of its adapter).
bool OwnNamespace(int fd, unsigned long question) {
  const Descriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  const Descriptor own{socket.fd < 0 ? -1 : ioctl(socket.fd, SIOCGSKNS)};
  const Descriptor other{ioctl(fd, question)};
  struct stat left{}, right{};
  return own.fd >= 0 && other.fd >= 0 && fstat(own.fd, &left) == 0 && fstat(other.fd, &right) == 0 &&
         left.st_dev == right.st_dev && left.st_ino == right.st_ino;
}

bool IsTunDescriptor(int fd) {
  struct stat about{};
  return fstat(fd, &about) == 0 && S_ISCHR(about.st_mode) && about.st_rdev == makedev(MISC_MAJOR, kTunMinor);
}

}  // namespace

int Tunnel::attach(int fd) const {
  ifreq request{};
  request.ifr_flags = static_cast<short>(IFF_TUN | IFF_NO_PI | (offload_ ? IFF_VNET_HDR : 0));
  name_.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(fd, TUNSETIFF, &request) != 0) return errno;
  // An adapter without an owner could be attached by anybody.
  if (ioctl(fd, TUNSETOWNER, static_cast<unsigned long>(owner_)) != 0) return errno;
  return 0;
}

int Tunnel::open(const std::string& name, uid_t owner, bool offload) {
  close();
  const int fd = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return errno;
  name_ = name;
  owner_ = owner;
  offload_ = offload;
  const int code = attach(fd);
  if (code != 0) {
    ::close(fd);
    // It is somebody else's: nothing of it is ours to put back.
    name_.clear();
    return code;
  }
  fd_ = fd;
  return 0;
}

int Tunnel::adopt(int fd, const std::string& name, uid_t owner, bool offload) {
  close();
  if (!IsTunDescriptor(fd) || !OwnNamespace(fd, SIOCGSKNS)) return EINVAL;
  ifreq request{};
  const bool attached = ioctl(fd, TUNGETIFF, &request) == 0;
  if (!attached && errno != EBADFD) return errno;
  if (attached) {
    const int kind = IFF_TUN | IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_MULTI_QUEUE;
    const int wanted = IFF_TUN | IFF_NO_PI | (offload ? IFF_VNET_HDR : 0);
    if (name != std::string(request.ifr_name, strnlen(request.ifr_name, IFNAMSIZ)) ||
        (request.ifr_flags & kind) != wanted || !OwnNamespace(fd, TUNGETDEVNETNS))
      return EINVAL;
    // Whoever holds the descriptor could have made it outlive everybody.
    if (request.ifr_flags & IFF_PERSIST && ioctl(fd, TUNSETPERSIST, 0) != 0) return errno;
  }
  name_ = name;
  owner_ = owner;
  offload_ = offload;
  int code = attached ? 0 : attach(fd);
  if (code == 0 && (fd_ = fcntl(fd, F_DUPFD_CLOEXEC, 3)) < 0) code = errno;
  if (code != 0) name_.clear();
  return code;
}

int Tunnel::reattach() { return fd_ < 0 ? EBADF : attach(fd_); }

void Tunnel::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  name_.clear();
}

int Tunnel::index() const { return static_cast<int>(if_nametoindex(name_.c_str())); }

int WriteSysctl(const std::string& path, int value) {
  const int fd = ::open(("/proc/sys/net/" + path).c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const std::string text = std::to_string(value);
  const int code = write(fd, text.data(), text.size()) < 0 ? errno : 0;
  ::close(fd);
  return code;
}

int ReadSysctl(const std::string& path) {
  const int fd = ::open(("/proc/sys/net/" + path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  char text[16] = "";
  const ssize_t got = read(fd, text, sizeof text - 1);
  ::close(fd);
  return got > 0 ? atoi(text) : -1;
}

netlink::Result SetLink(netlink::Socket& socket, int index, uint32_t mtu) {
  ifinfomsg info{};
  info.ifi_family = AF_UNSPEC;
  info.ifi_index = index;
  // Before the adapter is up, and in a message of its own: in one message the kernel would set it up first.
  netlink::Message quiet(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
  quiet.append(info);
  const size_t families = quiet.open(IFLA_AF_SPEC);
  const size_t ipv6 = quiet.open(AF_INET6);
  quiet.u8(IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
  quiet.close(ipv6);
  quiet.close(families);
  // A kernel without IPv6 knows no such attribute: nothing to keep quiet then.
  socket.request(quiet);

  netlink::Message message(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
  info.ifi_flags = IFF_UP;
  info.ifi_change = IFF_UP;
  message.append(info);
  message.u32(IFLA_MTU, mtu);
  message.u32(IFLA_TXQLEN, kQueueLength);
  const netlink::Result result = socket.request(message);
  if (!result.ok()) return result;

  // Kernels before 6.2 have no such attribute for a TUN; it is speed only.
  info.ifi_flags = 0;
  info.ifi_change = 0;
  netlink::Message segments(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
  segments.append(info);
  segments.u32(IFLA_GSO_MAX_SEGS, kSegments);
  socket.request(segments);
  return result;
}

netlink::Result SetAddresses(netlink::Socket& socket, int index, const std::vector<Prefix>& addresses, bool* changed) {
  std::vector<netlink::Address> present;
  netlink::Result result = ReadAddresses(socket, index, &present);
  if (!result.ok()) return result;
  for (const auto& address : present) {
    if (std::any_of(addresses.begin(), addresses.end(), [&](const Prefix& want) { return SameAddress(address, want); }))
      continue;
    netlink::Message message(RTM_DELADDR, NLM_F_REQUEST | NLM_F_ACK);
    ifaddrmsg info{};
    info.ifa_family = static_cast<uint8_t>(address.family);
    info.ifa_prefixlen = address.prefixLength;
    info.ifa_index = static_cast<uint32_t>(index);
    message.append(info);
    uint8_t bytes[16];
    inet_pton(address.family, address.address.c_str(), bytes);
    message.attribute(IFA_LOCAL, bytes, address.family == AF_INET ? 4 : 16);
    result = socket.request(message);
    if (!result.ok() && result.code != EADDRNOTAVAIL) return result;
    *changed = true;
  }
  for (const auto& want : addresses) {
    if (std::any_of(present.begin(), present.end(),
                    [&](const netlink::Address& address) { return SameAddress(address, want); }))
      continue;
    netlink::Message message(RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
    ifaddrmsg info{};
    info.ifa_family = static_cast<uint8_t>(want.family);
    info.ifa_prefixlen = want.length;
    info.ifa_index = static_cast<uint32_t>(index);
    info.ifa_scope = RT_SCOPE_UNIVERSE;
    message.append(info);
    message.bytes(IFA_LOCAL, want.bytes);
    message.bytes(IFA_ADDRESS, want.bytes);
    // Nobody else is on this link, and routes belong to our own table only.
    message.u32(IFA_FLAGS, IFA_F_NODAD | IFA_F_NOPREFIXROUTE | IFA_F_PERMANENT);
    result = socket.request(message);
    if (!result.ok() && result.code != EEXIST) return result;
    *changed = true;
  }
  return {};
}

netlink::Result HasAddresses(netlink::Socket& socket, int index, const std::vector<Prefix>& addresses,
                             std::string* missing) {
  std::vector<netlink::Address> present;
  const netlink::Result result = ReadAddresses(socket, index, &present);
  for (const auto& want : addresses) {
    if (!std::any_of(present.begin(), present.end(),
                     [&](const netlink::Address& address) { return SameAddress(address, want); })) {
      *missing = want.text();
      return result;
    }
  }
  return result;
}

}  // namespace agile::helper
