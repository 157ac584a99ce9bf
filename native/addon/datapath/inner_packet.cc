#include "inner_packet.h"

#include "octet_order.h"

namespace agile::esp {

namespace {

constexpr int kMaximumExtensionHeaders = 16;
constexpr uint8_t kHopByHop = 0, kRouting = 43, kAuthentication = 51, kDestinationOptions = 60;

bool IsExtension(uint8_t next) {
  return next == kHopByHop || next == kRouting || next == kDestinationOptions || next == kAuthentication ||
         next == kIpv6Fragment;
}

void ReadPorts(InnerPacket* packet) {
  packet->hasPorts = false;
  packet->sourcePort = packet->destinationPort = 0;
  if (packet->fragmentOffset != 0) return;
  const uint8_t* const at = packet->data + packet->payloadOffset;
  const size_t rest = packet->length - packet->payloadOffset;
  switch (packet->protocol) {
    case kTcp:
    case kUdp:
    case kDccp:
    case kSctp:
    case kUdpLite:
      if (rest < 4) return;
      packet->sourcePort = GetUint16(at);
      packet->destinationPort = GetUint16(at + 2);
      break;
    case kIcmp:
    case kIcmpv6:
      if (rest < 2) return;
      packet->sourcePort = packet->destinationPort = GetUint16(at);
      break;
    case kMobility:
      if (rest < 3) return;
      packet->sourcePort = packet->destinationPort = static_cast<uint16_t>(at[2] << 8);
      break;
    default:
      return;
  }
  packet->hasPorts = true;
}

bool ParseIpv4(const uint8_t* data, size_t length, InnerPacket* packet) {
  const size_t headerLength = (data[0] & 0x0fu) * 4;
  const size_t totalLength = GetUint16(data + 2);
  if (headerLength < 20 || totalLength < headerLength || totalLength > length) return false;
  const uint16_t flags = GetUint16(data + 6);
  packet->fragmentOffset = (flags & 0x1fffu) * 8;
  // No reassembled packet may pass 65535 octets (the "ping of death").
  if (packet->fragmentOffset + totalLength > 0xffff) return false;
  packet->data = data;
  packet->length = totalLength;
  packet->family = 4;
  packet->source = data + 12;
  packet->destination = data + 16;
  packet->protocol = data[9];
  packet->payloadOffset = headerLength;
  packet->dontFragment = (flags & 0x4000) != 0;
  ReadPorts(packet);
  return true;
}

bool ParseIpv6(const uint8_t* data, size_t length, InnerPacket* packet) {
  if (length < 40) return false;
  const size_t totalLength = size_t{40} + GetUint16(data + 4);
  if (totalLength > length) return false;
  uint8_t upper = data[6];
  size_t offset = 40;
  uint32_t fragmentOffset = 0;
  for (int count = 0; IsExtension(upper); count += 1) {
    if (count == kMaximumExtensionHeaders) return false;
    // Hop-by-hop options come first or not at all (RFC 8200 section 4.1).
    if (upper == kHopByHop && offset != 40) return false;
    if (offset + 8 > totalLength) return false;
    size_t extent;
    if (upper == kIpv6Fragment) {
      extent = 8;
      const uint16_t field = GetUint16(data + offset + 2);
      fragmentOffset = field & 0xfff8u;
      const size_t rest = totalLength - offset - 8;
      // All but the last fragment carry a multiple of 8 octets (RFC 8200 section 4.5).
      if ((field & 1) != 0 && rest % 8 != 0) return false;
      if (fragmentOffset + rest > 0xffff) return false;
    } else {
      extent = upper == kAuthentication ? (data[offset + 1] + size_t{2}) * 4 : (data[offset + 1] + size_t{1}) * 8;
    }
    if (offset + extent > totalLength) return false;
    const bool wasFragment = upper == kIpv6Fragment;
    upper = data[offset];
    offset += extent;
    // What follows in a later fragment is payload, not headers.
    if (wasFragment && fragmentOffset != 0) break;
  }
  packet->data = data;
  packet->length = totalLength;
  packet->family = 6;
  packet->source = data + 8;
  packet->destination = data + 24;
  packet->protocol = upper;
  packet->payloadOffset = offset;
  packet->fragmentOffset = fragmentOffset;
  packet->dontFragment = true;
  ReadPorts(packet);
  return true;
}

}  // namespace

bool ParseInnerPacket(const uint8_t* data, size_t length, InnerPacket* packet) {
  if (length < 20) return false;
  const int version = data[0] >> 4;
  if (version == 4) return ParseIpv4(data, length, packet);
  if (version == 6) return ParseIpv6(data, length, packet);
  return false;
}

}  // namespace agile::esp
