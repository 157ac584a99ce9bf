// Policy routing of one tunnel: routes in a table of its own, and the rules that lead there. wg-quick's way, without
// touching table main.
//
// For each prefix length L that occurs among the tunnel's routes, longest first, two rules:
//   lookup main suppress_prefixlength L        an entry of main that is longer than L wins: local networks stay
//   reachable not fwmark 0x6176706e lookup T suppress_prefixlength L-1     entries of T at least that long; equal
//   length: the tunnel wins
// so that both tables together answer by longest prefix. An excluded network is a "throw" entry of T: the look-up goes
// on in main. Our own IKE and ESP sockets, and our look-ups, carry the mark
// and skip T; nothing else does, whatever address it goes to (TunnelCrack's ServerIP, H-72). Rules and routes say
// "protocol kernel": systemd-networkd removes what it does not know, but not that.
#pragma once
#include <string>
#include <vector>

#include "../netlink/routes.h"
#include "settings.h"

namespace agile::helper {

/// Routing table of avpnN.
inline uint32_t TableOf(uint32_t number) { return 0x61760000u + number; }

struct Route {
  int family = 0;
  Prefix destination;
  /// RTN_UNICAST through the tunnel, RTN_UNREACHABLE for blocked IPv6.
  uint8_t type = 0;
  bool operator==(const Route&) const = default;
};

struct Rule {
  int family = 0;
  uint32_t priority = 0;
  uint32_t table = 0;
  /// FRA_SUPPRESS_PREFIXLEN, -1: none.
  int32_t suppress = -1;
  /// "not fwmark 0x6176706e"
  bool unlessMarked = false;
  bool operator==(const Rule&) const = default;
};

/// What the settings ask for; pure.
std::vector<Route> RoutesFor(const TunnelSettings& settings);
std::vector<Rule> RulesFor(const TunnelSettings& settings);

/// Makes table T hold exactly `routes`. `changed` tells whether anything was done.
netlink::Result SetRoutes(netlink::Socket& socket, uint32_t table, int index, const std::vector<Route>& routes,
                          bool* changed);
/// Makes the rules that lead to T, and their companions, exactly `rules`.
netlink::Result SetRules(netlink::Socket& socket, uint32_t number, const std::vector<Rule>& rules, bool* changed);

/// Rules and routes in the number range of ours that belong to an adapter that does not exist: what a crash left.
/// Removes them.
void RemoveLeftovers(netlink::Socket& socket);

}  // namespace agile::helper
