#include "firewall.h"

#include <netinet/in.h>
#include <nftables/libnftables.h>

#include <nlohmann/json.hpp>

#include "../netlink/routes.h"

namespace agile::helper {

namespace {

/// "{ a, b }" of the addresses of one family; empty when there are none.
std::string Set(const std::vector<Prefix>& addresses, int family) {
  std::string out;
  for (const auto& address : addresses) {
    if (address.family != family) continue;
    out += (out.empty() ? "{ " : ", ") + address.address();
  }
  return out.empty() ? out : out + " }";
}

std::string Ip(int family) { return family == AF_INET ? "ip" : "ip6"; }

/// Local networks that a person may allow: private, link-local, multicast. Never public addresses, whatever DHCP says they are (H-71).
constexpr const char* kLan4 = "{ 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16, 224.0.0.0/24, 239.0.0.0/8, 255.255.255.255 }";
constexpr const char* kLan6 = "{ fe80::/10, fc00::/7, ff01::/16, ff02::/16, ff03::/16, ff04::/16, ff05::/16 }";
/// What a host needs to stay on its link: neighbour discovery and router advertisements (RFC 4861), multicast listeners (RFC 2710, 3810).
constexpr const char* kNeighbour = "{ nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report }";

std::string Number(uint64_t value) { return std::to_string(value); }

}  // namespace

std::string KillSwitchRules(const TunnelSettings& settings, uid_t client) {
  if (!settings.hasKillSwitch) return {};
  const std::string tunnel = "\"" + settings.tunnelName + "\"";
  const std::string uid = Number(client);
  std::string out;
  // Output: before other tables' filters, so that a refusal comes at once.
  out += "chain output {\n type filter hook output priority -10; policy drop;\n";
  out += " oifname \"lo\" accept\n";
  // IKE and ESP: UDP of our own user to the gateway's own port, nothing else to that address (H-72).
  for (const auto& endpoint : settings.killSwitch.endpoints) {
    out += " meta skuid " + uid + " " + Ip(endpoint.address.family) + " daddr " + endpoint.address.address() + " udp dport " + Number(endpoint.port) + " accept\n";
  }
  out += " udp sport 68 udp dport 67 accept\n";
  out += " ip6 saddr fe80::/10 udp sport 546 udp dport 547 accept\n";
  out += std::string(" ip6 hoplimit 255 icmpv6 type ") + kNeighbour + " accept\n";
  out += " ip6 hoplimit 1 icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } accept\n";
  // Names are asked of the tunnel's resolvers only, also when the local network is allowed.
  if (settings.hasDns && settings.dns.splitDomains.empty()) {
    for (const int family : {AF_INET, AF_INET6}) {
      const std::string servers = Set(settings.dns.servers, family);
      if (!servers.empty()) out += " oifname " + tunnel + " " + Ip(family) + " daddr " + servers + " meta l4proto { tcp, udp } th dport { 53, 853 } accept\n";
    }
    out += " meta l4proto { tcp, udp } th dport { 53, 853 } reject with icmpx admin-prohibited\n";
  } else {
    out += " oifname != " + tunnel + " meta l4proto { tcp, udp } th dport { 53, 853 } reject with icmpx admin-prohibited\n";
  }
  out += " oifname " + tunnel + " accept\n";
  if (settings.killSwitch.allowLan) {
    out += std::string(" ip daddr ") + kLan4 + " accept\n ip6 daddr " + kLan6 + " accept\n";
  }
  // Refused, not lost: programs fall back or fail at once.
  out += " reject with icmpx admin-prohibited\n}\n";

  out += "chain input {\n type filter hook input priority -10; policy drop;\n";
  out += " iifname \"lo\" accept\n iifname " + tunnel + " accept\n";
  for (const auto& endpoint : settings.killSwitch.endpoints) {
    out += " " + Ip(endpoint.address.family) + " saddr " + endpoint.address.address() + " udp sport " + Number(endpoint.port) + " accept\n";
  }
  out += " udp sport 67 udp dport 68 accept\n ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept\n";
  out += std::string(" ip6 hoplimit 255 icmpv6 type ") + kNeighbour + " accept\n";
  out += " ip6 hoplimit 1 icmpv6 type { mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report } accept\n";
  // Hints about our own path: "too big", "unreachable". Never proof.
  out += " icmp type { destination-unreachable, time-exceeded } accept\n";
  out += " icmpv6 type { destination-unreachable, packet-too-big, time-exceeded } accept\n";
  if (settings.killSwitch.allowLan) {
    out += std::string(" ip saddr ") + kLan4 + " accept\n ip6 saddr { fe80::/10, fc00::/7 } accept\n";
  }
  out += "}\n";

  // Containers and virtual machines behind this computer leave through the tunnel or not at all.
  out += "chain forward {\n type filter hook forward priority -10; policy drop;\n";
  out += " oifname " + tunnel + " accept\n iifname " + tunnel + " accept\n reject with icmpx admin-prohibited\n}\n";
  return out;
}

std::string GuardRules(const TunnelSettings& settings, uid_t client, bool strictReversePath) {
  const std::string tunnel = "\"" + settings.tunnelName + "\"";
  std::string prerouting;
  for (const int family : {AF_INET, AF_INET6}) {
    const std::string addresses = Set(settings.addresses, family);
    if (!addresses.empty()) prerouting += " iifname != { \"lo\", " + tunnel + " } " + Ip(family) + " daddr " + addresses + " drop\n";
  }
  if (strictReversePath) {
    // With src_valid_mark the reverse-path look-up sees this mark and answers past the tunnel. Only for packets to this computer: forwarded ones keep theirs.
    prerouting += " iifname != { \"lo\", " + tunnel + " } fib daddr type local meta mark 0 meta mark set " + Number(netlink::kPhysicalMark) + "\n";
  }
  std::string out;
  if (!prerouting.empty()) out += "chain prerouting {\n type filter hook prerouting priority -300; policy accept;\n" + prerouting + "}\n";

  if (settings.blockIpv6) {
    const std::string uid = Number(client);
    std::string allowed = " oifname { \"lo\", " + tunnel + " } accept\n ip6 daddr { fe80::/10, fc00::/7, ff00::/8 } accept\n";
    // The tunnel's own outer packets may be IPv6.
    allowed += " meta skuid " + uid + " udp dport { 500, 4500 } accept\n";
    if (settings.hasKillSwitch) {
      for (const auto& endpoint : settings.killSwitch.endpoints) {
        if (endpoint.address.family == AF_INET6) allowed += " meta skuid " + uid + " ip6 daddr " + endpoint.address.address() + " udp dport " + Number(endpoint.port) + " accept\n";
      }
    }
    out += "chain output {\n type filter hook output priority -10; policy accept;\n meta nfproto != ipv6 accept\n" + allowed + " reject with icmpv6 admin-prohibited\n}\n";
  }

  // What this computer forwards (containers) learns the tunnel's size by its own handshake: RFC 879 arithmetic.
  const std::string mss4 = Number(settings.mtu - 40);
  const std::string mss6 = Number(settings.mtu - 60);
  out += "chain forward {\n type filter hook forward priority -150; policy accept;\n";
  if (settings.blockIpv6) out += " meta nfproto ipv6 oifname != " + tunnel + " ip6 daddr != { fe80::/10, fc00::/7, ff00::/8 } reject with icmpv6 admin-prohibited\n";
  for (const char* direction : {"oifname ", "iifname "}) {
    const std::string syn = std::string(" ") + direction + tunnel + " tcp flags & (syn | rst) == syn ";
    out += syn + "meta nfproto ipv4 tcp option maxseg size > " + mss4 + " tcp option maxseg size set " + mss4 + "\n";
    out += syn + "meta nfproto ipv6 tcp option maxseg size > " + mss6 + " tcp option maxseg size set " + mss6 + "\n";
  }
  out += "}\n";
  return out;
}

Firewall::Firewall() : context_(nft_ctx_new(NFT_CTX_DEFAULT)) {
  if (context_ == nullptr) return;
  nft_ctx_buffer_output(context_);
  nft_ctx_buffer_error(context_);
  nft_ctx_output_set_flags(context_, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_STATELESS | NFT_CTX_OUTPUT_NUMERIC_ALL);
}

Firewall::~Firewall() {
  if (context_ != nullptr) nft_ctx_free(context_);
}

std::string Firewall::run(const std::string& command, std::string* output) {
  if (context_ == nullptr) return "nftables is not available";
  const int code = nft_run_cmd_from_buffer(context_, command.c_str());
  const char* out = nft_ctx_get_output_buffer(context_);
  const char* error = nft_ctx_get_error_buffer(context_);
  if (output != nullptr) *output = out != nullptr ? out : "";
  if (code == 0) return {};
  std::string words = error != nullptr ? error : "";
  words = words.substr(0, words.find('\n'));
  return words.empty() ? "nft failed" : words;
}

std::string Firewall::replace(const std::string& table, const std::string& rules) {
  // "add" first, so that "delete" never fails: all of it is one transaction.
  const std::string name = "inet " + table;
  std::string command = "add table " + name + "\ndelete table " + name + "\n";
  if (!rules.empty()) command += "table " + name + " {\n" + rules + "}\n";
  return run(command, nullptr);
}

std::string Firewall::read(const std::string& table) {
  std::string output;
  if (!run("list table inet " + table, &output).empty()) return {};
  const auto parsed = nlohmann::json::parse(output, nullptr, false);
  if (parsed.is_discarded() || !parsed.contains("nftables")) return {};
  std::string out;
  for (auto item : parsed["nftables"]) {
    if (item.contains("metainfo")) continue;
    // Handles count up with each replacement.
    for (auto& [kind, body] : item.items()) {
      if (body.is_object()) body.erase("handle");
    }
    out += item.dump() + "\n";
  }
  return out;
}

std::vector<std::string> Firewall::tables() {
  std::vector<std::string> out;
  std::string output;
  if (!run("list tables inet", &output).empty()) return out;
  const auto parsed = nlohmann::json::parse(output, nullptr, false);
  if (parsed.is_discarded() || !parsed.contains("nftables")) return out;
  for (const auto& item : parsed["nftables"]) {
    if (!item.contains("table")) continue;
    const std::string name = item["table"].value("name", "");
    if (name == kKillSwitchTable || name.compare(0, 14, "agile_vpn_avpn") == 0) out.push_back(name);
  }
  return out;
}

}  // namespace agile::helper
