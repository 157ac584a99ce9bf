#include "oversize.h"

#include <algorithm>
#include <cstring>

#include "checksum.h"
#include "octet_order.h"

namespace agile::esp {

namespace {

/// RFC 1812 section 4.3.2.3: as much of the packet as fits in 576 octets.
constexpr size_t kMaximumIcmpv4Length = 576;
constexpr uint8_t kHopLimit = 64;

/// RFC 1122 section 3.2.2: no error about an error.
bool IsIcmpError(const InnerPacket& packet) {
  if (!packet.hasPorts) return false;
  const int type = packet.sourcePort >> 8;
  if (packet.family == 4 && packet.protocol == kIcmp)
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
  return packet.family == 6 && packet.protocol == kIcmpv6 && type < 128;
}

size_t FragmentationNeeded(const InnerPacket& packet, size_t mtu, uint8_t* out) {
  const size_t quoted = std::min(packet.length, kMaximumIcmpv4Length - 28);
  memset(out, 0, 28);
  out[0] = 0x45;
  PutUint16(out + 2, static_cast<uint16_t>(28 + quoted));
  out[8] = kHopLimit;
  out[9] = kIcmp;
  // From the packet's destination, which is routed through the tunnel: no reverse path filter drops it.
  memcpy(out + 12, packet.destination, 4);
  memcpy(out + 16, packet.source, 4);
  PutUint16(out + 10, InternetChecksum(out, 20));
  out[20] = 3;
  out[21] = 4;
  PutUint16(out + 26, static_cast<uint16_t>(mtu));
  memcpy(out + 28, packet.data, quoted);
  PutUint16(out + 22, InternetChecksum(out + 20, 8 + quoted));
  return 28 + quoted;
}

size_t Ipv6PacketTooBig(const InnerPacket& packet, size_t mtu, uint8_t* out) {
  const size_t quoted = std::min(packet.length, kMinimumIpv6Mtu - 48);
  memset(out, 0, 48);
  out[0] = 0x60;
  PutUint16(out + 4, static_cast<uint16_t>(8 + quoted));
  out[6] = kIcmpv6;
  out[7] = kHopLimit;
  memcpy(out + 8, packet.destination[0] == 0xff ? packet.source : packet.destination, 16);
  memcpy(out + 24, packet.source, 16);
  out[40] = 2;
  PutUint32(out + 44, static_cast<uint32_t>(mtu));
  memcpy(out + 48, packet.data, quoted);
  // Pseudo header: source, destination, length, next header (RFC 8200 section 8.1).
  PutUint16(out + 42, InternetChecksum(out + 8, 40 + quoted, 8 + quoted + kIcmpv6));
  return 48 + quoted;
}

}  // namespace

size_t PacketTooBig(const InnerPacket& packet, size_t mtu, uint8_t* out) {
  if (packet.fragmentOffset != 0 || IsIcmpError(packet)) return 0;
  if (packet.family == 6)
    return packet.source[0] == 0xff ? 0 : Ipv6PacketTooBig(packet, std::max(mtu, kMinimumIpv6Mtu), out);
  const bool unicast = packet.destination[0] < 224 && packet.source[0] < 224 && packet.source[0] != 0;
  return unicast ? FragmentationNeeded(packet, mtu, out) : 0;
}

void FragmentIpv4(const InnerPacket& packet, size_t mtu, uint8_t* buffer,
                  const std::function<void(const uint8_t* data, size_t length)>& each) {
  const size_t header = packet.payloadOffset;
  const size_t room = mtu > header ? (mtu - header) & ~size_t{7} : 0;
  if (room == 0) return;
  const bool moreFollow = (packet.data[6] & 0x20) != 0;
  for (size_t offset = header; offset < packet.length; offset += room) {
    const size_t end = std::min(offset + room, packet.length);
    const size_t length = header + end - offset;
    memcpy(buffer, packet.data, header);
    memcpy(buffer + header, packet.data + offset, end - offset);
    PutUint16(buffer + 2, static_cast<uint16_t>(length));
    PutUint16(buffer + 6, static_cast<uint16_t>((packet.fragmentOffset + offset - header) / 8 |
                                                (end < packet.length || moreFollow ? 0x2000 : 0)));
    PutUint16(buffer + 10, 0);
    PutUint16(buffer + 10, InternetChecksum(buffer, header));
    each(buffer, length);
  }
}

}  // namespace agile::esp
