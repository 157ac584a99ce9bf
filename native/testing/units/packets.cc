#include "packets.h"

#include <algorithm>

namespace agile::testing {

std::vector<Packet> ReadPackets(int fd, bool header) {
  std::vector<Packet> packets;
  Packet buffer(70000);
  for (;;) {
    const ssize_t got = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0) return packets;
    const size_t skip = header ? esp::kVirtioHeaderLength : 0;
    const Packet whole(buffer.begin() + static_cast<std::ptrdiff_t>(skip), buffer.begin() + got);
    // struct virtio_net_hdr: flags, type, then gso_size as the third field.
    if (!header || buffer[1] == 0) {
      packets.push_back(whole);
      continue;
    }
    uint16_t size = 0;
    memcpy(&size, buffer.data() + 4, sizeof size);
    esp::InnerPacket inner;
    if (!esp::ParseInnerPacket(whole.data(), whole.size(), &inner))
      throw std::runtime_error("a joined write is no packet");
    const uint8_t* const tcp = whole.data() + inner.payloadOffset;
    const size_t data = inner.payloadOffset + 20;
    for (size_t offset = data; offset < whole.size(); offset += size) {
      const size_t length = std::min<size_t>(size, whole.size() - offset);
      const bool last = offset + length == whole.size();
      const uint8_t flags = last ? tcp[13] : static_cast<uint8_t>(tcp[13] & ~0x08);
      Packet segment = TcpSegment(inner.family, esp::GetUint32(tcp + 4) + static_cast<uint32_t>(offset - data), length,
                                  flags, esp::GetUint16(tcp + 14));
      // The octets that really came, under the checksum of those that were sent: a difference stays one.
      memcpy(segment.data() + data, whole.data() + offset, length);
      packets.push_back(std::move(segment));
    }
  }
}

}  // namespace agile::testing
