// Two nft tables of our own; nobody else's is ever touched.
//
//   inet agile_vpn_avpnN   guards of one tunnel, gone with it: packets for its addresses from other adapters
//   (CVE-2019-14899), IPv6 that
//                          has no way into the tunnel, MSS of forwarded connections, the mark that keeps strict
//                          reverse-path filters content
//   inet agile_vpn         the kill switch (kill_switch.h): stays when its client vanished or failed, lifted by a
//   person only
//
// Each is replaced in one transaction and read back.
#pragma once
#include <sys/types.h>

#include <memory>
#include <string>

#include "kill_switch.h"
#include "settings.h"

struct nft_ctx;

namespace agile::helper {

inline std::string GuardTable(const std::string& tunnel) { return "agile_vpn_" + tunnel; }

/// How a guard table says what net.ipv4.conf.all.src_valid_mark was before its helper set it, should the helper be
/// killed.
constexpr const char* kSrcValidMarkWasOff = "src_valid_mark was 0";

/// nft text of the guard table's chains. `strictReversePath`: packets from the physical side get the mark;
/// `setSrcValidMark`: their look-up was made to see it by us. Pure.
std::string GuardRules(const TunnelSettings& settings, uid_t client, bool strictReversePath, bool setSrcValidMark);

/// One line of nft text for each excluded network: what goes to it ("daddr") or comes from it ("saddr") is accepted.
/// Not a set: the networks may overlap. Pure.
std::string ExcludedRules(const TunnelSettings& settings, int family, const char* direction);

class Firewall {
 public:
  Firewall();
  ~Firewall();
  Firewall(const Firewall&) = delete;
  Firewall& operator=(const Firewall&) = delete;

  /// Replaces the table by `rules` in one transaction; empty rules delete it. Empty result: done, else nft's words.
  std::string replace(const std::string& table, const std::string& rules);
  /// Everything in the table as one text that is equal for equal tables; empty: there is none.
  std::string read(const std::string& table);
  /// Names of tables of ours: "agile_vpn", "agile_vpn_avpn0".
  std::vector<std::string> tables();

 private:
  std::string run(const std::string& command, std::string* output);

  nft_ctx* context_;
};

}  // namespace agile::helper
