// Inner packets larger than the tunnel takes: ICMP answers and IPv4 fragments. The twins of
// src-core/esp/packet-too-big.ts and ipv4-fragments.ts.
#pragma once
#include <functional>

#include "inner_packet.h"

namespace agile::esp {

/// Every IPv6 link carries this much (RFC 8200 section 5).
inline constexpr size_t kMinimumIpv6Mtu = 1280;

/// Writes the ICMP message to `out` (at least kMinimumIpv6Mtu octets) and returns its length; 0 where no answer may be
/// given.
size_t PacketTooBig(const InnerPacket& packet, size_t mtu, uint8_t* out);

/// Calls `each` with the IPv4 fragments of at most `mtu` octets, one after the other, in `buffer` (at least `mtu`
/// octets).
void FragmentIpv4(const InnerPacket& packet, size_t mtu, uint8_t* buffer,
                  const std::function<void(const uint8_t* data, size_t length)>& each);

}  // namespace agile::esp
