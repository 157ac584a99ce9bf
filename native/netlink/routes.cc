#include "routes.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>

namespace agile::netlink {

std::string AddressText(const uint8_t* data, size_t length) {
  char text[INET6_ADDRSTRLEN] = "";
  if (length == 4)
    inet_ntop(AF_INET, data, text, sizeof text);
  else if (length == 16)
    inet_ntop(AF_INET6, data, text, sizeof text);
  return text;
}

bool ParseLink(const nlmsghdr* message, Link* out) {
  if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK) return false;
  const auto* info = Payload<ifinfomsg>(message);
  if (info == nullptr) return false;
  const auto attributes = ReadAttributes<IFLA_MAX, ifinfomsg>(message);
  out->index = info->ifi_index;
  out->flags = info->ifi_flags;
  out->type = info->ifi_type;
  out->name = attributes.text(IFLA_IFNAME);
  out->mtu = attributes.u32(IFLA_MTU).value_or(0);
  out->operstate = attributes.u8(IFLA_OPERSTATE).value_or(0);
  out->master = attributes.u32(IFLA_MASTER).value_or(0);
  out->txQueueLength = attributes.u32(IFLA_TXQLEN).value_or(0);
  if (attributes.has(IFLA_LINKINFO)) {
    out->kind =
        Attributes<IFLA_INFO_MAX>(attributes.data(IFLA_LINKINFO), attributes.size(IFLA_LINKINFO)).text(IFLA_INFO_KIND);
  }
  return !out->name.empty();
}

bool ParseAddress(const nlmsghdr* message, Address* out) {
  if (message->nlmsg_type != RTM_NEWADDR && message->nlmsg_type != RTM_DELADDR) return false;
  const auto* info = Payload<ifaddrmsg>(message);
  if (info == nullptr || (info->ifa_family != AF_INET && info->ifa_family != AF_INET6)) return false;
  const auto attributes = ReadAttributes<IFA_MAX, ifaddrmsg>(message);
  // On a point-to-point adapter IFA_ADDRESS is the far end and IFA_LOCAL is ours; IPv6 usually has IFA_ADDRESS only.
  const size_t ours = attributes.has(IFA_LOCAL) ? IFA_LOCAL : IFA_ADDRESS;
  if (!attributes.has(ours) || attributes.size(ours) != (info->ifa_family == AF_INET ? 4u : 16u)) return false;
  out->index = static_cast<int>(info->ifa_index);
  out->family = info->ifa_family;
  out->address = AddressText(attributes.data(ours), attributes.size(ours));
  out->prefixLength = info->ifa_prefixlen;
  out->scope = info->ifa_scope;
  out->flags = attributes.u32(IFA_FLAGS).value_or(info->ifa_flags);
  out->protocol = attributes.u8(IFA_PROTO).value_or(0);
  return true;
}

Result DumpLinks(Socket& socket, std::vector<Link>* out) {
  Message message(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP);
  ifinfomsg info{};
  info.ifi_family = AF_UNSPEC;
  message.append(info);
  message.u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  return socket.request(
      message,
      [out](const nlmsghdr* answer) {
        Link link;
        if (answer->nlmsg_type == RTM_NEWLINK && ParseLink(answer, &link)) out->push_back(std::move(link));
      },
      [out] { out->clear(); });
}

Result DumpAddresses(Socket& socket, std::vector<Address>* out) {
  Message message(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP);
  ifaddrmsg info{};
  info.ifa_family = AF_UNSPEC;
  message.append(info);
  return socket.request(
      message,
      [out](const nlmsghdr* answer) {
        Address address;
        if (answer->nlmsg_type == RTM_NEWADDR && ParseAddress(answer, &address)) out->push_back(std::move(address));
      },
      [out] { out->clear(); });
}

namespace {

struct Parsed {
  int family = 0;
  uint8_t bytes[16];
  size_t length = 0;
};

bool ParseText(const std::string& text, Parsed* out) {
  if (inet_pton(AF_INET, text.c_str(), out->bytes) == 1) {
    out->family = AF_INET;
    out->length = 4;
    return true;
  }
  if (inet_pton(AF_INET6, text.c_str(), out->bytes) == 1) {
    out->family = AF_INET6;
    out->length = 16;
    return true;
  }
  return false;
}

/// Entries that the kernel made of ICMP messages expire.
bool Expires(const Attributes<RTA_MAX>& route) {
  rta_cacheinfo info{};
  if (!route.has(RTA_CACHEINFO) || route.size(RTA_CACHEINFO) < sizeof info) return false;
  memcpy(&info, route.data(RTA_CACHEINFO), sizeof info);
  return info.rta_expires != 0;
}

Result Ask(Socket& socket, const Parsed& destination, int index, const Parsed* source, uint32_t flags,
           RouteAnswer* out) {
  Message message(RTM_GETROUTE, NLM_F_REQUEST);
  rtmsg route{};
  route.rtm_family = static_cast<uint8_t>(destination.family);
  route.rtm_dst_len = static_cast<uint8_t>(destination.length * 8);
  route.rtm_src_len = source != nullptr ? static_cast<uint8_t>(source->length * 8) : 0;
  route.rtm_flags = flags;
  message.append(route);
  message.attribute(RTA_DST, destination.bytes, destination.length);
  if (source != nullptr) message.attribute(RTA_SRC, source->bytes, source->length);
  if (index != 0) message.u32(RTA_OIF, static_cast<uint32_t>(index));
  message.u32(RTA_MARK, kPhysicalMark);
  message.header()->nlmsg_flags |= NLM_F_ACK;
  int type = RTN_UNSPEC;
  bool answered = false;
  Result result = socket.request(message, [&](const nlmsghdr* answer) {
    if (answer->nlmsg_type != RTM_NEWROUTE) return;
    const auto* info = Payload<rtmsg>(answer);
    if (info == nullptr) return;
    const auto attributes = ReadAttributes<RTA_MAX, rtmsg>(answer);
    answered = true;
    type = info->rtm_type;
    out->index = static_cast<int>(attributes.u32(RTA_OIF).value_or(0));
    if (attributes.has(RTA_PREFSRC))
      out->source = AddressText(attributes.data(RTA_PREFSRC), attributes.size(RTA_PREFSRC));
    if (attributes.has(RTA_GATEWAY)) {
      out->gateway = AddressText(attributes.data(RTA_GATEWAY), attributes.size(RTA_GATEWAY));
    } else if (attributes.has(RTA_VIA) && attributes.size(RTA_VIA) > sizeof(rtvia)) {
      // An IPv4 route over an IPv6 next hop (RFC 5549).
      out->gateway = AddressText(attributes.data(RTA_VIA) + sizeof(rtvia), attributes.size(RTA_VIA) - sizeof(rtvia));
    }
    // What somebody configured, not what ICMP made the kernel believe for a while: anybody can send ICMP.
    const bool learned = (info->rtm_flags & RTM_F_CLONED) != 0 && Expires(attributes);
    if (attributes.has(RTA_METRICS) && !learned) {
      out->mtu =
          Attributes<RTAX_MAX>(attributes.data(RTA_METRICS), attributes.size(RTA_METRICS)).u32(RTAX_MTU).value_or(0);
    }
  });
  if (!result.ok()) return result;
  if (!answered || (type != RTN_UNICAST && type != RTN_LOCAL && (flags & RTM_F_FIB_MATCH) == 0))
    return {ENETUNREACH, {}};
  if (type != RTN_UNICAST && type != RTN_LOCAL) return {ENETUNREACH, {}};
  return result;
}

}  // namespace

Result LookupRoute(Socket& socket, const std::string& destination, int index, const std::string& source,
                   RouteAnswer* out) {
  Parsed to, from;
  if (!ParseText(destination, &to)) return {EINVAL, "destination"};
  if (!source.empty() && (!ParseText(source, &from) || from.family != to.family)) return {EINVAL, "source"};
  const Parsed* asked = source.empty() ? nullptr : &from;

  // IPv4 bound to an adapter answers "on link" when no route matches; only a real entry of the routing tables counts.
  if (to.family == AF_INET && index != 0) {
    RouteAnswer ignored;
    const Result match = Ask(socket, to, index, asked, RTM_F_FIB_MATCH, &ignored);
    if (!match.ok() && match.code != EINVAL && match.code != EOPNOTSUPP) return match;
    if (match.code == EINVAL && asked != nullptr) return {EADDRNOTAVAIL, match.detail};
  }
  Result result = Ask(socket, to, index, asked, 0, out);
  if (result.ok() && index != 0 && out->index != index && asked != nullptr && to.family == AF_INET6) {
    // With a source IPv6 takes the adapter as a wish; without one it is strict.
    *out = {};
    result = Ask(socket, to, index, nullptr, 0, out);
  }
  if (!result.ok()) return result;
  if (index != 0 && out->index != index) return {ENETUNREACH, {}};
  // The question's own source stays: the kernel echoes it or, for IPv6, its own preference.
  if (asked != nullptr) out->source = source;
  return result;
}

}  // namespace agile::netlink
