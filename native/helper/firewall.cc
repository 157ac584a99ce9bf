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

std::string Number(uint64_t value) { return std::to_string(value); }

}  // namespace

std::string ExcludedRules(const TunnelSettings& settings, int family, const char* direction) {
  std::string out;
  for (const Prefix& network : settings.excluded) {
    if (network.family == family)
      out += std::string(" ") + Ip(family) + " " + direction + " " + network.text() + " accept\n";
  }
  return out;
}

std::string GuardRules(const TunnelSettings& settings, uid_t client, bool strictReversePath, bool setSrcValidMark) {
  const std::string tunnel = "\"" + settings.tunnelName + "\"";
  std::string prerouting;
  for (const int family : {AF_INET, AF_INET6}) {
    const std::string addresses = Set(settings.addresses, family);
    if (!addresses.empty())
      prerouting += " iifname != { \"lo\", " + tunnel + " } " + Ip(family) + " daddr " + addresses + " drop\n";
  }
  if (strictReversePath) {
    // With src_valid_mark the reverse-path look-up sees this mark and answers past the tunnel. Only for packets to this
    // computer: forwarded ones keep theirs.
    prerouting += " iifname != { \"lo\", " + tunnel + " } fib daddr type local meta mark 0 meta mark set " +
                  Number(netlink::kPhysicalMark) +
                  (setSrcValidMark ? std::string(" comment \"") + kSrcValidMarkWasOff + "\"" : "") + "\n";
  }
  std::string out;
  if (!prerouting.empty())
    out += "chain prerouting {\n type filter hook prerouting priority -300; policy accept;\n" + prerouting + "}\n";

  if (settings.blockIpv6) {
    std::string allowed =
        " oifname { \"lo\", " + tunnel + " } accept\n ip6 daddr { fe80::/10, fc00::/7, ff00::/8 } accept\n";
    // The tunnel's own outer packets may be IPv6: our own sockets, which the mark tells.
    allowed +=
        " meta mark " + Number(netlink::kPhysicalMark) + " meta skuid " + Number(client) + " meta l4proto udp accept\n";
    allowed += ExcludedRules(settings, AF_INET6, "daddr");
    out += "chain output {\n type filter hook output priority -10; policy accept;\n meta nfproto != ipv6 accept\n" +
           allowed + " reject with icmpv6 admin-prohibited\n}\n";
  }

  // What this computer forwards (containers) learns the tunnel's size by its own handshake: RFC 879 arithmetic.
  const std::string mss4 = Number(settings.mtu - 40);
  const std::string mss6 = Number(settings.mtu - 60);
  out += "chain forward {\n type filter hook forward priority -150; policy accept;\n";
  if (settings.blockIpv6)
    out += ExcludedRules(settings, AF_INET6, "daddr") + " meta nfproto ipv6 oifname != " + tunnel +
           " ip6 daddr != { fe80::/10, fc00::/7, ff00::/8 } reject with icmpv6 admin-prohibited\n";
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
