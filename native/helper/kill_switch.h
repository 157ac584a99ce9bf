// The kill switch: which packets may leave while its table is there (docs/security.md), as nft text, and what a table
// that somebody left says. Pure.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "settings.h"

namespace agile::helper {

constexpr const char* kKillSwitchTable = "agile_vpn";

/// A local network that may be talked to: on link of a physical adapter, of a private range, and no larger than a
/// site's (H-71).
struct LocalNetwork {
  std::string adapter;
  Prefix network;
  bool operator==(const LocalNetwork&) const = default;
};

/// An adapter's address with its prefix length as a local network; nothing where it is public, too large or its
/// adapter's name would need quoting.
std::optional<LocalNetwork> LocalNetworkOf(const std::string& adapter, int family, const std::string& address,
                                           uint8_t length);

/// nft text of the table's sets and chains; empty: no table.
std::string KillSwitchRules(const TunnelSettings& settings, uid_t client, const std::vector<LocalNetwork>& local);

/// What a kill switch in force says about itself.
struct KillSwitchInForce {
  std::string owner;
  std::string tunnelName;
  std::vector<Endpoint> endpoints;
};

/// From `Firewall::read`: one JSON object a line.
KillSwitchInForce ReadKillSwitch(const std::string& table);

}  // namespace agile::helper
