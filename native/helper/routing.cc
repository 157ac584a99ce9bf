#include "routing.h"

#include <linux/fib_rules.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

namespace agile::helper {

namespace {

/// Rules of avpnN take the priorities from here + N * kRulesPerTunnel; before "main" (32766) and what people put
/// shortly before it.
constexpr uint32_t kFirstPriority = 7000;
/// 33 or 129 prefix lengths of a family, two rules each, at most.
constexpr uint32_t kRulesPerTunnel = 260;
/// The range of the last tunnel ends before "main".
static_assert(kFirstPriority + kTunnels * kRulesPerTunnel <= 32766);

uint32_t FirstPriority(uint32_t number) { return kFirstPriority + number * kRulesPerTunnel; }

struct KernelRoute {
  Route route;
  int index = 0;
  uint32_t metric = 0;
  uint8_t protocol = 0;
};

/// The metric of routes without one: the kernel gives IPv6 its own default.
constexpr uint32_t kMetric = 64;

netlink::Result DumpRoutes(netlink::Socket& socket, int family,
                           const std::function<void(uint32_t table, const KernelRoute&)>& visit) {
  netlink::Message message(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP);
  rtmsg info{};
  info.rtm_family = static_cast<uint8_t>(family);
  message.append(info);
  std::vector<std::pair<uint32_t, KernelRoute>> found;
  const netlink::Result result = socket.request(
      message,
      [&](const nlmsghdr* answer) {
        const auto* route = netlink::Payload<rtmsg>(answer);
        if (answer->nlmsg_type != RTM_NEWROUTE || route == nullptr || route->rtm_family != family) return;
        if (route->rtm_flags & RTM_F_CLONED) return;
        const auto attributes = netlink::ReadAttributes<RTA_MAX, rtmsg>(answer);
        KernelRoute out;
        out.route.family = family;
        out.route.type = route->rtm_type;
        out.route.destination.family = family;
        out.route.destination.length = route->rtm_dst_len;
        const size_t size = family == AF_INET ? 4 : 16;
        out.route.destination.bytes.assign(size, 0);
        if (attributes.has(RTA_DST) && attributes.size(RTA_DST) == size)
          out.route.destination.bytes.assign(attributes.data(RTA_DST), attributes.data(RTA_DST) + size);
        out.index = static_cast<int>(attributes.u32(RTA_OIF).value_or(0));
        out.metric = attributes.u32(RTA_PRIORITY).value_or(0);
        out.protocol = route->rtm_protocol;
        found.emplace_back(attributes.u32(RTA_TABLE).value_or(route->rtm_table), std::move(out));
      },
      [&] { found.clear(); });
  // ENOENT: the strict dump of a table that does not exist.
  if (!result.ok() && result.code != ENOENT && result.code != EAFNOSUPPORT) return result;
  for (const auto& [table, route] : found) visit(table, route);
  return {};
}

netlink::Result ChangeRoute(netlink::Socket& socket, bool add, uint32_t table, int index, const Route& route,
                            uint32_t metric) {
  netlink::Message message(add ? RTM_NEWROUTE : RTM_DELROUTE,
                           static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_REPLACE : 0)));
  rtmsg info{};
  info.rtm_family = static_cast<uint8_t>(route.family);
  info.rtm_dst_len = route.destination.length;
  info.rtm_table = RT_TABLE_UNSPEC;
  info.rtm_protocol = RTPROT_KERNEL;
  info.rtm_type = route.type;
  info.rtm_scope = route.type == RTN_UNICAST && route.family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  if (!add) info.rtm_scope = RT_SCOPE_NOWHERE;
  message.append(info);
  if (route.destination.length > 0) message.bytes(RTA_DST, route.destination.bytes);
  if (route.type == RTN_UNICAST && index != 0) message.u32(RTA_OIF, static_cast<uint32_t>(index));
  message.u32(RTA_PRIORITY, metric);
  message.u32(RTA_TABLE, table);
  return socket.request(message);
}

struct KernelRule {
  Rule rule;
  uint8_t protocol = 0;
  bool ours = false;
};

netlink::Result DumpRules(netlink::Socket& socket, int family, std::vector<KernelRule>* out) {
  netlink::Message message(RTM_GETRULE, NLM_F_REQUEST | NLM_F_DUMP);
  fib_rule_hdr info{};
  info.family = static_cast<uint8_t>(family);
  message.append(info);
  std::vector<KernelRule> found;
  const netlink::Result result = socket.request(
      message,
      [&](const nlmsghdr* answer) {
        const auto* header = netlink::Payload<fib_rule_hdr>(answer);
        if (answer->nlmsg_type != RTM_NEWRULE || header == nullptr || header->family != family) return;
        const auto attributes = netlink::ReadAttributes<FRA_MAX, fib_rule_hdr>(answer);
        KernelRule rule;
        rule.rule.family = family;
        rule.rule.priority = attributes.u32(FRA_PRIORITY).value_or(0);
        rule.rule.table = attributes.u32(FRA_TABLE).value_or(header->table);
        rule.rule.suppress = static_cast<int32_t>(attributes.u32(FRA_SUPPRESS_PREFIXLEN).value_or(0xffffffffu));
        rule.rule.unlessMarked =
            (header->flags & FIB_RULE_INVERT) != 0 && attributes.u32(FRA_FWMARK).value_or(0) == netlink::kPhysicalMark;
        rule.protocol = attributes.u8(FRA_PROTOCOL).value_or(0);
        // In our range, said by "kernel", which makes none there itself, and leading where ours lead.
        rule.ours = rule.protocol == RTPROT_KERNEL && rule.rule.priority >= kFirstPriority &&
                    rule.rule.priority < kFirstPriority + kTunnels * kRulesPerTunnel;
        found.push_back(rule);
      },
      [&] { found.clear(); });
  if (!result.ok() && result.code != EAFNOSUPPORT && result.code != EOPNOTSUPP) return result;
  out->insert(out->end(), found.begin(), found.end());
  return {};
}

netlink::Result ChangeRule(netlink::Socket& socket, bool add, const Rule& rule) {
  netlink::Message message(add ? RTM_NEWRULE : RTM_DELRULE,
                           static_cast<uint16_t>(NLM_F_REQUEST | NLM_F_ACK | (add ? NLM_F_CREATE | NLM_F_EXCL : 0)));
  fib_rule_hdr info{};
  info.family = static_cast<uint8_t>(rule.family);
  info.table = RT_TABLE_UNSPEC;
  info.action = FR_ACT_TO_TBL;
  if (rule.unlessMarked) info.flags = FIB_RULE_INVERT;
  message.append(info);
  message.u32(FRA_PRIORITY, rule.priority);
  message.u32(FRA_TABLE, rule.table);
  message.u8(FRA_PROTOCOL, RTPROT_KERNEL);
  if (rule.suppress >= 0) message.u32(FRA_SUPPRESS_PREFIXLEN, static_cast<uint32_t>(rule.suppress));
  if (rule.unlessMarked) {
    message.u32(FRA_FWMARK, netlink::kPhysicalMark);
    message.u32(FRA_FWMASK, 0xffffffffu);
  }
  return socket.request(message);
}

Prefix Everything(int family) {
  Prefix out;
  out.family = family;
  out.bytes.assign(family == AF_INET ? 4 : 16, 0);
  return out;
}

bool Contains(const std::vector<Prefix>& list, const Prefix& what) {
  return std::find(list.begin(), list.end(), what) != list.end();
}

}  // namespace

std::vector<Route> RoutesFor(const TunnelSettings& settings) {
  std::vector<Route> out;
  for (const auto& destination : settings.routes) {
    if (!Contains(settings.excluded, destination)) out.push_back({destination.family, destination, RTN_UNICAST});
  }
  for (const auto& destination : settings.excluded) out.push_back({destination.family, destination, RTN_THROW});
  if (settings.blockIpv6 && !Contains(settings.routes, Everything(AF_INET6)))
    out.push_back({AF_INET6, Everything(AF_INET6), RTN_UNREACHABLE});
  return out;
}

std::vector<Rule> RulesFor(const TunnelSettings& settings) {
  const uint32_t number = TunnelNumber(settings.tunnelName);
  std::map<int, std::set<int, std::greater<>>> lengths;
  for (const Route& route : RoutesFor(settings)) lengths[route.family].insert(route.destination.length);
  std::vector<Rule> out;
  for (const auto& [family, each] : lengths) {
    uint32_t priority = FirstPriority(number);
    for (const int length : each) {
      out.push_back({family, priority++, RT_TABLE_MAIN, length, false});
      out.push_back({family, priority++, TableOf(number), length - 1, true});
    }
  }
  return out;
}

netlink::Result SetRoutes(netlink::Socket& socket, uint32_t table, int index, const std::vector<Route>& routes,
                          bool* changed) {
  std::vector<KernelRoute> present;
  for (const int family : {AF_INET, AF_INET6}) {
    const netlink::Result result = DumpRoutes(socket, family, [&](uint32_t in, const KernelRoute& route) {
      if (in == table) present.push_back(route);
    });
    if (!result.ok()) return result;
  }
  const auto good = [&](const KernelRoute& have, const Route& want) {
    return have.route == want && have.metric == kMetric && (want.type != RTN_UNICAST || have.index == index);
  };
  for (const auto& have : present) {
    if (std::any_of(routes.begin(), routes.end(), [&](const Route& want) { return good(have, want); })) continue;
    const netlink::Result result =
        ChangeRoute(socket, false, table, have.route.type == RTN_UNICAST ? have.index : 0, have.route, have.metric);
    if (!result.ok() && result.code != ESRCH) return result;
    *changed = true;
  }
  for (const auto& want : routes) {
    if (std::any_of(present.begin(), present.end(), [&](const KernelRoute& have) { return good(have, want); }))
      continue;
    netlink::Result result = ChangeRoute(socket, true, table, index, want, kMetric);
    if (!result.ok()) {
      result.detail = want.destination.text() + (result.detail.empty() ? "" : ": " + result.detail);
      return result;
    }
    *changed = true;
  }
  return {};
}

netlink::Result SetRules(netlink::Socket& socket, uint32_t number, const std::vector<Rule>& rules, bool* changed) {
  const uint32_t first = FirstPriority(number);
  std::vector<KernelRule> present;
  for (const int family : {AF_INET, AF_INET6}) {
    std::vector<KernelRule> all;
    const netlink::Result result = DumpRules(socket, family, &all);
    if (!result.ok()) return result;
    for (const auto& rule : all) {
      if (rule.ours && rule.rule.priority >= first && rule.rule.priority < first + kRulesPerTunnel)
        present.push_back(rule);
    }
  }
  // New ones first: between two states no packet may find neither.
  for (const auto& want : rules) {
    if (std::any_of(present.begin(), present.end(), [&](const KernelRule& have) { return have.rule == want; }))
      continue;
    const netlink::Result result = ChangeRule(socket, true, want);
    if (!result.ok() && result.code != EEXIST) return result;
    *changed = true;
  }
  std::vector<Rule> seen;
  for (const auto& have : present) {
    const bool wanted = std::find(rules.begin(), rules.end(), have.rule) != rules.end() &&
                        std::find(seen.begin(), seen.end(), have.rule) == seen.end();
    seen.push_back(have.rule);
    if (wanted) continue;
    const netlink::Result result = ChangeRule(socket, false, have.rule);
    if (!result.ok() && result.code != ENOENT) return result;
    *changed = true;
  }
  return {};
}

void RemoveLeftovers(netlink::Socket& socket) {
  bool changed = false;
  std::set<uint32_t> numbers;
  for (const int family : {AF_INET, AF_INET6}) {
    std::vector<KernelRule> rules;
    if (DumpRules(socket, family, &rules).ok()) {
      for (const auto& rule : rules) {
        if (rule.ours) numbers.insert((rule.rule.priority - kFirstPriority) / kRulesPerTunnel);
      }
    }
    std::vector<std::pair<uint32_t, KernelRoute>> routes;
    DumpRoutes(socket, family, [&](uint32_t table, const KernelRoute& route) {
      if (table >= TableOf(0) && table < TableOf(kTunnels)) routes.emplace_back(table - TableOf(0), route);
    });
    for (const auto& [number, route] : routes) numbers.insert(number);
  }
  for (const uint32_t number : numbers) {
    // A tunnel that exists has a helper of its own that cares for it.
    if (if_nametoindex(("avpn" + std::to_string(number)).c_str()) != 0) continue;
    SetRules(socket, number, {}, &changed);
    SetRoutes(socket, TableOf(number), 0, {}, &changed);
  }
}

}  // namespace agile::helper
