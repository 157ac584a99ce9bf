// IP packets inside the tunnel: header checks and what selectors need. The twin of src-core/esp/inner-packet.ts.
#pragma once
#include <cstddef>
#include <cstdint>

namespace agile::esp {

inline constexpr uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kDccp = 33, kIpv6Fragment = 44, kIcmpv6 = 58, kSctp = 132,
                         kMobility = 135, kUdpLite = 136;

struct InnerPacket {
  const uint8_t* data;
  /// As the packet's own header states it: TFC padding is cut (RFC 4303 section 2.7).
  size_t length;
  /// 4 or 6.
  int family;
  const uint8_t* source;
  const uint8_t* destination;
  /// Upper layer protocol, behind IPv6 extension headers.
  uint8_t protocol;
  size_t payloadOffset;
  /// False where the packet does not show ports: later fragments, cut headers, other protocols.
  bool hasPorts;
  /// For ICMP type * 256 + code in both (RFC 7296 section 3.13.1).
  uint16_t sourcePort;
  uint16_t destinationPort;
  uint32_t fragmentOffset;
  bool dontFragment;

  size_t addressLength() const { return family == 4 ? 4 : 16; }
};

/// false: not an IP packet, or one whose headers contradict each other or its length (H-60).
bool ParseInnerPacket(const uint8_t* data, size_t length, InnerPacket* packet);

}  // namespace agile::esp
