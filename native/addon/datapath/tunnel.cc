#include "tunnel.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "checksum.h"
#include "octet_order.h"

#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif
namespace agile::esp {

namespace {

/// struct virtio_net_hdr in the machine's byte order; <linux/virtio_net.h> is not C++.
struct VirtioHeader {
  uint8_t flags;
  uint8_t gsoType;
  /// IP and upper layer header.
  uint16_t headerLength;
  /// Payload of each segment.
  uint16_t gsoSize;
  uint16_t checksumStart;
  /// From checksumStart.
  uint16_t checksumOffset;
};
static_assert(sizeof(VirtioHeader) == kVirtioHeaderLength);

constexpr uint8_t kNeedsChecksum = 1;
constexpr int kGsoNone = 0, kGsoTcpv4 = 1, kGsoTcpv6 = 4, kGsoUdpL4 = 5, kGsoEcn = 0x80;

constexpr size_t kMaxHeaderLength = 60 + 60 + 256;
constexpr size_t kLargestPacket = 65535;
constexpr size_t kMostMembers = 64;
constexpr uint8_t kFin = 0x01, kPush = 0x08, kAck = 0x10, kCongestionWindowReduced = 0x80;
constexpr size_t kTcpChecksum = 16, kUdpChecksum = 6;

/// Addresses, protocol and length as they enter the checksum of TCP and UDP (RFC 793, RFC 8200 section 8.1).
uint64_t PseudoHeaderSum(const InnerPacket& packet, size_t upperLength) {
  return uint64_t{SumOctets(packet.source, 2 * packet.addressLength())} + packet.protocol + upperLength;
}

void PutIpLength(uint8_t* header, const InnerPacket& packet, size_t total) {
  if (packet.family == 6) return PutUint16(header + 4, static_cast<uint16_t>(total - 40));
  PutUint16(header + 2, static_cast<uint16_t>(total));
  PutUint16(header + 10, 0);
  PutUint16(header + 10, InternetChecksum(header, (header[0] & 0x0fu) * 4));
}

ssize_t WriteParts(int fd, const iovec* parts, size_t count) {
  for (;;) {
    const ssize_t written = writev(fd, parts, static_cast<int>(count));
    if (written >= 0 || errno != EINTR) return written;
  }
}

}  // namespace

std::shared_ptr<Tunnel> Tunnel::Open(int fd, bool assumeHeader) {
  auto descriptor = Descriptor::Duplicate(fd);
  if (!descriptor) return nullptr;
  ifreq request{};
  bool virtioHeader = assumeHeader;
  if (ioctl(descriptor->get(), TUNGETIFF, &request) == 0 && (request.ifr_flags & IFF_VNET_HDR) != 0) {
    int length = kVirtioHeaderLength;
    if (ioctl(descriptor->get(), TUNSETVNETHDRSZ, &length) != 0) return nullptr;
    virtioHeader = true;
    // UDP since 6.2; TCP before; none at worst: then every packet comes alone.
    const unsigned wishes[] = {TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_USO4 | TUN_F_USO6,
                               TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6, 0};
    for (const unsigned wish : wishes) {
      if (ioctl(descriptor->get(), TUNSETOFFLOAD, static_cast<unsigned long>(wish)) == 0) break;
    }
  }
  return std::shared_ptr<Tunnel>(new Tunnel(std::move(descriptor), virtioHeader));
}

bool Tunnel::write(const uint8_t* data, size_t length) const {
  uint8_t header[kVirtioHeaderLength] = {};
  const iovec parts[2] = {{header, sizeof header}, {const_cast<uint8_t*>(data), length}};
  return (virtioHeader_ ? WriteParts(fd(), parts, 2) : WriteParts(fd(), parts + 1, 1)) >= 0;
}

bool ParseSuperPacket(uint8_t* data, size_t length, SuperPacket* super) {
  VirtioHeader header;
  if (length < sizeof header) return false;
  memcpy(&header, data, sizeof header);
  uint8_t* const bytes = data + sizeof header;
  if (!ParseInnerPacket(bytes, length - sizeof header, &super->packet)) return false;
  const InnerPacket& packet = super->packet;
  super->headerLength = 0;
  super->segmentSize = 0;
  const int type = header.gsoType & ~kGsoEcn;
  if (type == kGsoNone) {
    if ((header.flags & kNeedsChecksum) == 0) return true;
    const size_t start = header.checksumStart;
    const size_t field = start + header.checksumOffset;
    if (start >= packet.length || field + 2 > packet.length) return false;
    // The field holds the sum of the pseudo header already.
    const uint16_t checksum = InternetChecksum(bytes + start, packet.length - start);
    // Zero would say "none" (RFC 768).
    PutUint16(bytes + field, checksum == 0 && packet.protocol == kUdp ? 0xffff : checksum);
    return true;
  }
  const bool tcp = (type == kGsoTcpv4 && packet.family == 4) || (type == kGsoTcpv6 && packet.family == 6);
  const bool udp = type == kGsoUdpL4;
  if ((!tcp || packet.protocol != kTcp) && (!udp || packet.protocol != kUdp)) return false;
  if (packet.fragmentOffset != 0 || header.gsoSize == 0 || packet.payloadOffset + (tcp ? 20 : 8) > packet.length)
    return false;
  const size_t upper = tcp ? (bytes[packet.payloadOffset + 12] >> 4) * size_t{4} : 8;
  super->headerLength = packet.payloadOffset + upper;
  super->segmentSize = header.gsoSize;
  return upper >= (tcp ? 20u : 8u) && super->headerLength < packet.length && super->headerLength <= kMaxHeaderLength;
}

void ForEachSegment(const SuperPacket& super,
                    const std::function<void(const uint8_t*, size_t, const uint8_t*, size_t)>& each) {
  const InnerPacket& packet = super.packet;
  const bool tcp = packet.protocol == kTcp;
  const size_t upper = packet.payloadOffset;
  uint8_t header[kMaxHeaderLength];
  const uint32_t sequence = tcp ? GetUint32(packet.data + upper + 4) : 0;
  const uint16_t identification = GetUint16(packet.data + 4);
  uint16_t count = 0;
  for (size_t offset = super.headerLength; offset < packet.length; offset += super.segmentSize, count++) {
    const size_t payload = std::min(super.segmentSize, packet.length - offset);
    const bool first = offset == super.headerLength;
    const bool last = offset + payload == packet.length;
    const size_t upperLength = super.headerLength - upper + payload;
    memcpy(header, packet.data, super.headerLength);
    if (packet.family == 4) PutUint16(header + 4, static_cast<uint16_t>(identification + count));
    PutIpLength(header, packet, super.headerLength + payload);
    const size_t field = upper + (tcp ? kTcpChecksum : kUdpChecksum);
    if (tcp) {
      PutUint32(header + upper + 4, sequence + static_cast<uint32_t>(offset - super.headerLength));
      if (!last) header[upper + 13] &= static_cast<uint8_t>(~(kFin | kPush));
      if (!first) header[upper + 13] &= static_cast<uint8_t>(~kCongestionWindowReduced);
    } else {
      PutUint16(header + upper + 4, static_cast<uint16_t>(upperLength));
    }
    PutUint16(header + field, 0);
    const uint64_t sum = PseudoHeaderSum(packet, upperLength) + SumOctets(header + upper, super.headerLength - upper) +
                         SumOctets(packet.data + offset, payload);
    const uint16_t checksum = static_cast<uint16_t>(~FoldSum(sum));
    PutUint16(header + field, checksum == 0 && !tcp ? 0xffff : checksum);
    each(header, super.headerLength, packet.data + offset, payload);
  }
}

/// A TCP segment with data that may be joined with its neighbours; `*headerLength` is that of IP and TCP.
static bool IsMergeable(const InnerPacket& packet, size_t* headerLength) {
  if (packet.protocol != kTcp || !packet.hasPorts) return false;
  // No options, no fragments, no extension headers.
  if (packet.family == 4 ? (packet.payloadOffset != 20 || (GetUint16(packet.data + 6) & 0x3fff) != 0)
                         : packet.payloadOffset != 40)
    return false;
  const uint8_t* const tcp = packet.data + packet.payloadOffset;
  const size_t upperLength = packet.length - packet.payloadOffset;
  if (upperLength <= 20) return false;
  const size_t tcpHeader = (tcp[12] >> 4) * size_t{4};
  if (tcpHeader < 20 || tcpHeader >= upperLength || (tcp[13] & ~kPush) != kAck) return false;
  *headerLength = packet.payloadOffset + tcpHeader;
  // The kernel will take the checksum for good: only a good one may be joined.
  return FoldSum(PseudoHeaderSum(packet, upperLength) + SumOctets(tcp, upperLength)) == 0xffff;
}

bool TunnelWriter::fits(const InnerPacket& packet, size_t headerLength, uint32_t sequence) const {
  if (ended_ || members_.size() == kMostMembers || packet.family != first_.family || headerLength != headerLength_ ||
      sequence != nextSequence_)
    return false;
  const size_t payload = packet.length - headerLength;
  if (payload > segmentSize_ || totalLength_ + payload > kLargestPacket) return false;
  const uint8_t* const a = first_.data;
  const uint8_t* const b = packet.data;
  // IPv4: TOS, DF, TTL; IPv6: traffic class and flow label, hop limit.
  if (packet.family == 4 ? a[1] != b[1] || ((a[6] ^ b[6]) & 0x40) != 0 || a[8] != b[8]
                         : memcmp(a, b, 4) != 0 || a[7] != b[7])
    return false;
  if (memcmp(first_.source, packet.source, 2 * packet.addressLength()) != 0) return false;
  const uint8_t* const s = a + first_.payloadOffset;
  const uint8_t* const t = b + packet.payloadOffset;
  // Ports, acknowledgement number, options.
  return memcmp(s, t, 4) == 0 && memcmp(s + 8, t + 8, 4) == 0 &&
         memcmp(s + 20, t + 20, headerLength - packet.payloadOffset - 20) == 0;
}

size_t TunnelWriter::write(Tunnel& tunnel, const InnerPacket& packet) {
  size_t headerLength = 0;
  if (!tunnel.coalesces() || !IsMergeable(packet, &headerLength)) {
    const size_t lost = flush(tunnel);
    return lost + (tunnel.write(packet.data, packet.length) ? 0 : 1);
  }
  const uint8_t* const tcp = packet.data + packet.payloadOffset;
  const uint32_t sequence = GetUint32(tcp + 4);
  const size_t payload = packet.length - headerLength;
  size_t lost = 0;
  if (!members_.empty() && !fits(packet, headerLength, sequence)) lost = flush(tunnel);
  if (members_.empty()) {
    first_ = packet;
    headerLength_ = headerLength;
    segmentSize_ = payload;
    totalLength_ = packet.length;
    ended_ = push_ = false;
  } else {
    totalLength_ += payload;
  }
  members_.push_back({packet.data, packet.length});
  nextSequence_ = sequence + static_cast<uint32_t>(payload);
  push_ = (tcp[13] & kPush) != 0;
  // Nothing may follow a pushed segment or one shorter than the first.
  ended_ = push_ || payload < segmentSize_;
  return lost;
}

size_t TunnelWriter::flush(Tunnel& tunnel) {
  if (members_.empty()) return 0;
  size_t lost = 0;
  if (members_.size() == 1) {
    lost = tunnel.write(members_[0].data, members_[0].length) ? 0 : 1;
    members_.clear();
    return lost;
  }
  const size_t upper = first_.payloadOffset;
  uint8_t header[kMaxHeaderLength];
  memcpy(header, first_.data, headerLength_);
  PutIpLength(header, first_, totalLength_);
  if (push_) header[upper + 13] |= kPush;
  PutUint16(header + upper + kTcpChecksum,
            static_cast<uint16_t>(FoldSum(PseudoHeaderSum(first_, totalLength_ - upper))));
  VirtioHeader virtio{};
  virtio.flags = kNeedsChecksum;
  virtio.gsoType = first_.family == 4 ? kGsoTcpv4 : kGsoTcpv6;
  virtio.headerLength = static_cast<uint16_t>(headerLength_);
  virtio.gsoSize = static_cast<uint16_t>(segmentSize_);
  virtio.checksumStart = static_cast<uint16_t>(upper);
  virtio.checksumOffset = kTcpChecksum;
  parts_.clear();
  parts_.push_back({&virtio, sizeof virtio});
  parts_.push_back({header, headerLength_});
  for (const Member& member : members_)
    parts_.push_back({const_cast<uint8_t*>(member.data) + headerLength_, member.length - headerLength_});
  if (WriteParts(tunnel.fd(), parts_.data(), parts_.size()) >= 0) {
    coalescedWrites_ += 1;
    coalescedPackets_ += members_.size();
  } else if (errno == EINVAL) {
    tunnel.stopCoalescing();
    lost = writeSingles(tunnel);
  } else {
    lost = members_.size();
  }
  members_.clear();
  return lost;
}

size_t TunnelWriter::writeSingles(const Tunnel& tunnel) {
  size_t lost = 0;
  for (const Member& member : members_) lost += tunnel.write(member.data, member.length) ? 0 : 1;
  return lost;
}

}  // namespace agile::esp
