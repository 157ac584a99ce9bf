// Inner packets and the ESP of the far end, for tests.
#pragma once
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "addon/datapath/checksum.h"
#include "addon/datapath/esp_cipher.h"
#include "addon/datapath/esp_data_path.h"
#include "addon/datapath/inner_packet.h"
#include "addon/datapath/octet_order.h"

namespace agile::testing {

using Packet = std::vector<uint8_t>;

/// The same numbers in every run (Knuth's linear congruential generator).
class Chance {
 public:
  explicit Chance(uint64_t seed) : state_(seed) {}
  uint32_t below(uint32_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>((state_ >> 32) % limit);
  }
  uint8_t octet() { return static_cast<uint8_t>(below(256)); }

 private:
  uint64_t state_;
};

/// A TCP segment whose octets tell its place in the stream, with right checksums. IPv4 from 10.99.0.5 to 10.77.0.1, or
/// IPv6.
inline Packet TcpSegment(int family, uint32_t sequence, size_t length, uint8_t flags = 0x10, uint16_t window = 256) {
  const size_t upper = family == 4 ? 20 : 40;
  Packet packet(upper + 20 + length);
  uint8_t* const p = packet.data();
  if (family == 4) {
    const uint8_t head[20] = {0x45, 0, 0, 0, 0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 99, 0, 5, 10, 77, 0, 1};
    memcpy(p, head, sizeof head);
    esp::PutUint16(p + 2, static_cast<uint16_t>(packet.size()));
    esp::PutUint16(p + 10, esp::InternetChecksum(p, 20));
  } else {
    p[0] = 0x60;
    esp::PutUint16(p + 4, static_cast<uint16_t>(20 + length));
    p[6] = 6;
    p[7] = 64;
    p[8] = p[24] = 0x20;
    p[9] = p[25] = 1;
    p[23] = 5;
    p[39] = 1;
  }
  uint8_t* const tcp = p + upper;
  esp::PutUint16(tcp, 5201);
  esp::PutUint16(tcp + 2, 40000);
  esp::PutUint32(tcp + 4, sequence);
  esp::PutUint32(tcp + 8, 77);
  tcp[12] = 0x50;
  tcp[13] = flags;
  esp::PutUint16(tcp + 14, window);
  for (size_t i = 0; i < length; i++) tcp[20 + i] = static_cast<uint8_t>((sequence + i) * 7 + ((sequence + i) >> 8));
  const size_t addresses = family == 4 ? 12 : 8;
  esp::PutUint16(
      tcp + 16, esp::InternetChecksum(tcp, 20 + length,
                                      uint64_t{esp::SumOctets(p + addresses, family == 4 ? 8 : 32)} + 6 + 20 + length));
  return packet;
}

/// Selectors that take every packet.
inline esp::SelectorPair Everything() {
  esp::SelectorPair pair;
  for (const int family : {4, 6}) {
    esp::TrafficSelector selector{};
    selector.family = family;
    selector.endPort = 65535;
    memset(selector.end, 0xff, sizeof selector.end);
    pair.local.push_back(selector);
    pair.remote.push_back(selector);
  }
  return pair;
}

inline std::unique_ptr<esp::EspCipher> TestCipher(bool encrypt, const esp::Suite& suite = {}) {
  const size_t aead = suite.integrity == esp::Integrity::None ? 4 : 0;
  const std::vector<uint8_t> key(static_cast<size_t>(suite.keyBits) / 8 + aead, 0x5a);
  const std::vector<uint8_t> integrity(aead == 0 ? 32 : 0, 0xa5);
  std::string field;
  auto cipher =
      esp::EspCipher::Create(suite, encrypt, key.data(), key.size(), integrity.data(), integrity.size(), &field);
  if (!cipher) throw std::runtime_error(field);
  return cipher;
}

inline std::unique_ptr<esp::InboundSa> Inbound(uint32_t spi, const esp::Suite& suite = {}) {
  return std::make_unique<esp::InboundSa>(spi, suite.esn, TestCipher(false, suite), Everything());
}

inline std::unique_ptr<esp::OutboundSa> Outbound(uint32_t spi) {
  return std::make_unique<esp::OutboundSa>(spi, false, TestCipher(true), Everything(), 1);
}

/// Seals as the gateway does for an inbound SA of the same SPI and suite.
class Gateway {
 public:
  explicit Gateway(uint32_t spi, const esp::Suite& suite = {}) : spi_(spi), cipher_(TestCipher(true, suite)) {}

  Packet seal(const Packet& inner) {
    const size_t alignment = cipher_->alignment();
    const size_t padding = (alignment - (inner.size() + esp::kTrailerLength) % alignment) % alignment;
    Packet text = inner;
    for (size_t i = 0; i < padding; i++) text.push_back(static_cast<uint8_t>(i + 1));
    text.push_back(static_cast<uint8_t>(padding));
    text.push_back(!inner.empty() && inner[0] >> 4 == 6 ? esp::kNextHeaderIpv6 : esp::kNextHeaderIpv4);
    return sealText(text);
  }

  /// `text` has its trailer already, right or wrong.
  Packet sealText(const Packet& text) {
    const size_t start = esp::kHeaderLength + cipher_->ivLength();
    Packet out(start + text.size() + cipher_->icvLength());
    sequence_++;
    esp::PutUint32(out.data(), spi_);
    esp::PutUint32(out.data() + 4, sequence_);
    if (cipher_->ivLength() >= 8) esp::PutUint64(out.data() + esp::kHeaderLength, sequence_);
    if (!text.empty()) memcpy(out.data() + start, text.data(), text.size());
    if (!cipher_->seal(out.data(), out.size(), 0)) throw std::runtime_error("seal");
    return out;
  }

  size_t alignment() const { return cipher_->alignment(); }

 private:
  const uint32_t spi_;
  std::unique_ptr<esp::EspCipher> cipher_;
  uint32_t sequence_ = 0;
};

/// Both ends of a socket pair: one message is one packet, as with a TUN.
struct FakeTun {
  FakeTun() {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw std::runtime_error("socketpair");
    near = pair[0];
    far = pair[1];
  }
  ~FakeTun() {
    close(near);
    close(far);
  }
  FakeTun(const FakeTun&) = delete;
  FakeTun& operator=(const FakeTun&) = delete;
  int near;
  int far;
};

/// Everything that waits at the far end, what was joined cut into its segments again, with their right checksums.
/// `header`: each message has the header of an adapter with IFF_VNET_HDR.
std::vector<Packet> ReadPackets(int fd, bool header);

}  // namespace agile::testing
