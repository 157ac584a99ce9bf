// What the kernel says about links, addresses and routes, as plain data.
#pragma once
#include <string>
#include <vector>

#include "socket.h"

namespace agile::netlink {

struct Link {
  int index = 0;
  std::string name;
  uint32_t flags = 0;
  /// ARPHRD_*
  uint16_t type = 0;
  uint32_t mtu = 0;
  uint8_t operstate = 0;
  /// IFLA_INFO_KIND: "veth", "tun", "wireguard", …; empty for hardware.
  std::string kind;
  /// IFLA_MASTER: the bridge, bond or VRF it belongs to; 0 none.
  uint32_t master = 0;
  uint32_t txQueueLength = 0;
};

struct Address {
  int index = 0;
  int family = 0;
  std::string address;
  uint8_t prefixLength = 0;
  uint8_t scope = 0;
  uint32_t flags = 0;
  uint32_t protocol = 0;
};

/// The route mark that look-ups of ours carry: the tunnel's policy rule is "not fwmark this", so the answer is the
/// physical one. "avpn".
constexpr uint32_t kPhysicalMark = 0x6176706e;

struct RouteAnswer {
  int index = 0;
  std::string source;
  std::string gateway;
  /// The route's own; 0: none.
  uint32_t mtu = 0;
};

Result DumpLinks(Socket& socket, std::vector<Link>* out);
/// Both families.
Result DumpAddresses(Socket& socket, std::vector<Address>* out);

/// RTM_GETROUTE. `index` 0: any adapter; `source` empty: the kernel chooses. Fails with ENETUNREACH when no route
/// really matches: for a bound look-up IPv4 without a route would otherwise guess "on link".
Result LookupRoute(Socket& socket, const std::string& destination, int index, const std::string& source,
                   RouteAnswer* out);

/// Reads one RTM_NEWLINK / RTM_NEWADDR message. false: malformed, or not that kind.
bool ParseLink(const nlmsghdr* message, Link* out);
bool ParseAddress(const nlmsghdr* message, Address* out);

/// 4 or 16 octets to text; empty for other lengths.
std::string AddressText(const uint8_t* data, size_t length);

}  // namespace agile::netlink
