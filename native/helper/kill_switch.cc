#include "kill_switch.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sstream>

#include "../netlink/routes.h"
#include "firewall.h"

namespace agile::helper {

namespace {

/// H-71: RFC 1918, and RFC 4193; as large as one site's network.
constexpr uint8_t kShortest4 = 16;
constexpr uint8_t kShortest6 = 48;
/// Never routed further than the link or the site, whoever says so: link-local, local multicast scopes, limited
/// broadcast.
constexpr const char* kLink4 = "{ 169.254.0.0/16, 224.0.0.0/24, 239.0.0.0/8, 255.255.255.255 }";
constexpr const char* kLink6 = "{ fe80::/10, ff01::/16, ff02::/16, ff03::/16, ff04::/16, ff05::/16 }";
/// What a host needs to stay on its link: neighbour discovery and router advertisements (RFC 4861), multicast listeners
/// (RFC 2710, 3810).
constexpr const char* kNeighbour =
    "{ nd-router-solicit, nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert, mld-listener-query, "
    "mld-listener-report, mld-listener-done, mld2-listener-report }";
constexpr const char* kListener =
    "{ mld-listener-query, mld-listener-report, mld-listener-done, mld2-listener-report }";
constexpr const char* kOwner = "of ";

std::string Number(uint64_t value) { return std::to_string(value); }
const char* Ip(int family) { return family == AF_INET ? "ip" : "ip6"; }
const char* EndpointSet(int family) { return family == AF_INET ? "endpoints4" : "endpoints6"; }

bool Starts(const std::vector<uint8_t>& bytes, std::initializer_list<uint8_t> first) {
  return std::equal(first.begin(), first.end(), bytes.begin());
}

bool Private(const Prefix& network) {
  const auto& b = network.bytes;
  if (network.family == AF_INET6) return (b[0] & 0xfe) == 0xfc && network.length >= kShortest6;
  return network.length >= kShortest4 && (b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || Starts(b, {192, 168}));
}

Prefix Masked(Prefix network) {
  for (size_t i = 0; i < network.bytes.size(); i++) {
    const int kept = std::clamp(static_cast<int>(network.length) - static_cast<int>(i) * 8, 0, 8);
    network.bytes[i] = static_cast<uint8_t>(network.bytes[i] & (0xff00 >> kept));
  }
  return network;
}

bool Overlap(const Prefix& a, const Prefix& b) {
  if (a.family != b.family) return false;
  Prefix left = a, right = b;
  left.length = right.length = std::min(a.length, b.length);
  return Masked(left).bytes == Masked(right).bytes;
}

bool PlainName(const std::string& name) {
  return !name.empty() && name.size() < 16 &&
         std::all_of(
             name.begin(), name.end(),
             [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                      c == '-' || c == '_' || c == '@';
             });
}

/// The addresses of one family that names are asked of.
std::string Servers(const DnsSettings& dns, int family) {
  std::string out;
  for (const Prefix& server : dns.servers) {
    if (server.family == family) out += (out.empty() ? "{ " : ", ") + server.address();
  }
  return out.empty() ? out : out + " }";
}

std::string EndpointSets(const KillSwitchSettings& settings) {
  std::string out;
  for (const int family : {AF_INET, AF_INET6}) {
    std::string elements;
    for (const Endpoint& endpoint : settings.endpoints) {
      if (endpoint.address.family == family)
        elements += (elements.empty() ? "" : ", ") + endpoint.address.address() + " . " + Number(endpoint.port);
    }
    out += std::string("set ") + EndpointSet(family) + " {\n type " + (family == AF_INET ? "ipv4_addr" : "ipv6_addr") +
           " . inet_service\n" + (elements.empty() ? "" : " elements = { " + elements + " }\n") + "}\n";
  }
  return out;
}

/// `direction`: "o" for what leaves, "i" for what comes.
std::string LocalRules(const TunnelSettings& settings, const std::vector<LocalNetwork>& local, char direction) {
  const bool out = direction == 'o';
  const std::string address = out ? "daddr " : "saddr ";
  std::string rules;
  for (const LocalNetwork& each : local) {
    // What the tunnel carries is not local because the network at hand says so.
    for (const Prefix& route : settings.routes) {
      if (out && route.length > 1 && Overlap(route, each.network))
        rules +=
            std::string(" ") + Ip(route.family) + " daddr " + route.text() + " reject with icmpx admin-prohibited\n";
    }
    rules += std::string(" ") + direction + "ifname \"" + each.adapter + "\" " + Ip(each.network.family) + " " +
             address + each.network.text() + " accept\n";
  }
  rules += out ? std::string(" ip daddr ") + kLink4 + " accept\n ip6 daddr " + kLink6 + " accept\n"
               : std::string(" ip saddr 169.254.0.0/16 accept\n ip6 saddr fe80::/10 accept\n");
  return rules;
}

}  // namespace

std::optional<LocalNetwork> LocalNetworkOf(const std::string& adapter, int family, const std::string& address,
                                           uint8_t length) {
  Prefix network;
  network.family = family;
  network.bytes.assign(family == AF_INET ? 4 : 16, 0);
  network.length = length;
  if (!PlainName(adapter) || inet_pton(family, address.c_str(), network.bytes.data()) != 1 ||
      length > network.bytes.size() * 8)
    return std::nullopt;
  network = Masked(network);
  if (!Private(network)) return std::nullopt;
  return LocalNetwork{adapter, network};
}

std::string KillSwitchRules(const TunnelSettings& settings, uid_t client, const std::vector<LocalNetwork>& local) {
  if (!settings.hasKillSwitch) return {};
  const std::string tunnel = "\"" + settings.tunnelName + "\"";
  std::string out = EndpointSets(settings.killSwitch);
  // Output: before other tables' filters, so that a refusal comes at once.
  out += "chain output {\n type filter hook output priority -10; policy drop;\n";
  out += " oifname \"lo\" accept comment \"" + std::string(kOwner) + settings.owner + "\"\n";
  // IKE and ESP: our own sockets, which the mark tells, of our own user, to the gateway's own ports. Nobody else's
  // packets to that address (H-72).
  for (const int family : {AF_INET, AF_INET6}) {
    out += " meta mark " + Number(netlink::kPhysicalMark) + " meta skuid " + Number(client) + " " + Ip(family) +
           " daddr . udp dport @" + EndpointSet(family) + " accept\n";
  }
  out += " udp sport 68 udp dport 67 accept\n";
  out += " ip6 saddr fe80::/10 udp sport 546 udp dport 547 accept\n";
  out += std::string(" ip6 hoplimit 255 icmpv6 type ") + kNeighbour + " accept\n";
  out += std::string(" ip6 hoplimit 1 icmpv6 type ") + kListener + " accept\n";
  // Names are asked of the tunnel's resolvers only, also when the local network is allowed.
  if (settings.hasDns && settings.dns.splitDomains.empty()) {
    for (const int family : {AF_INET, AF_INET6}) {
      const std::string servers = Servers(settings.dns, family);
      if (!servers.empty())
        out += " oifname " + tunnel + " " + Ip(family) + " daddr " + servers +
               " meta l4proto { tcp, udp } th dport { 53, 853 } accept\n";
    }
    out += " meta l4proto { tcp, udp } th dport { 53, 853 } reject with icmpx admin-prohibited\n";
  } else {
    out += " oifname != " + tunnel +
           " meta l4proto { tcp, udp } th dport { 53, 853 } reject with icmpx admin-prohibited\n";
  }
  out += " oifname " + tunnel + " accept\n";
  for (const int family : {AF_INET, AF_INET6}) out += ExcludedRules(settings, family, "daddr");
  if (settings.killSwitch.allowLan) out += LocalRules(settings, local, 'o');
  // Refused, not lost: programs fall back or fail at once.
  out += " reject with icmpx admin-prohibited\n}\n";

  out += "chain input {\n type filter hook input priority -10; policy drop;\n";
  out += " iifname \"lo\" accept\n iifname " + tunnel + " accept\n";
  for (const int family : {AF_INET, AF_INET6})
    out += std::string(" ") + Ip(family) + " saddr . udp sport @" + EndpointSet(family) + " accept\n";
  out += " udp sport 67 udp dport 68 accept\n ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept\n";
  out += std::string(" ip6 hoplimit 255 icmpv6 type ") + kNeighbour + " accept\n";
  out += std::string(" ip6 hoplimit 1 icmpv6 type ") + kListener + " accept\n";
  // Hints about our own path: "too big", "unreachable". Never proof.
  out += " icmp type { destination-unreachable, time-exceeded } accept\n";
  out += " icmpv6 type { destination-unreachable, packet-too-big, time-exceeded } accept\n";
  for (const int family : {AF_INET, AF_INET6}) out += ExcludedRules(settings, family, "saddr");
  if (settings.killSwitch.allowLan) out += LocalRules(settings, local, 'i');
  out += "}\n";

  // Containers and virtual machines behind this computer leave through the tunnel or not at all.
  out += "chain forward {\n type filter hook forward priority -10; policy drop;\n";
  out += " oifname " + tunnel + " accept\n iifname " + tunnel + " accept\n";
  for (const int family : {AF_INET, AF_INET6})
    out += ExcludedRules(settings, family, "daddr") + ExcludedRules(settings, family, "saddr");
  out += " reject with icmpx admin-prohibited\n}\n";
  return out;
}

KillSwitchInForce ReadKillSwitch(const std::string& table) {
  using nlohmann::json;
  KillSwitchInForce out;
  // Its rules name the tunnel: "avpn0" as nft's JSON has it.
  if (const size_t at = table.find("\"avpn"); at != std::string::npos)
    out.tunnelName = table.substr(at + 1, table.find('"', at + 1) - at - 1);
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    const json item = json::parse(line, nullptr, false);
    if (!item.is_object()) continue;
    if (const auto rule = item.find("rule"); rule != item.end() && rule->is_object()) {
      const std::string comment = rule->value("comment", "");
      if (comment.compare(0, strlen(kOwner), kOwner) == 0) out.owner = comment.substr(strlen(kOwner));
    }
    const auto set = item.find("set");
    if (set == item.end() || !set->is_object() || !set->contains("elem") || !(*set)["elem"].is_array()) continue;
    for (const json& element : (*set)["elem"]) {
      if (!element.is_object() || !element.contains("concat") || element["concat"].size() != 2) continue;
      const json& address = element["concat"][0];
      const json& port = element["concat"][1];
      Endpoint endpoint;
      endpoint.address.family = set->value("name", "") == EndpointSet(AF_INET) ? AF_INET : AF_INET6;
      endpoint.address.bytes.assign(endpoint.address.family == AF_INET ? 4 : 16, 0);
      endpoint.address.length = static_cast<uint8_t>(endpoint.address.bytes.size() * 8);
      if (!address.is_string() || !port.is_number_unsigned() || port.get<uint64_t>() > 65535) continue;
      if (inet_pton(endpoint.address.family, address.get<std::string>().c_str(), endpoint.address.bytes.data()) != 1)
        continue;
      endpoint.port = static_cast<uint16_t>(port.get<uint64_t>());
      out.endpoints.push_back(std::move(endpoint));
    }
  }
  return out;
}

}  // namespace agile::helper
