#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace agile::esp {

/// Packets for inbound SPIs that were proposed and are not installed yet: what the peer sends before its answer was
/// understood. As src-core/esp/early-packets.ts. Not thread-safe.
class EarlyPackets {
 public:
  using Packet = std::vector<uint8_t>;

  void expect(uint32_t spi) {
    if (find(spi) != nullptr) return;
    expected_.push_back({spi, {}});
    if (expected_.size() > kMostSpis) forget(expected_.front().spi);
  }

  /// Keeps a copy; false when nobody waits for this SPI. What is too much is dropped.
  bool hold(uint32_t spi, const uint8_t* packet, size_t length) {
    Expected* expected = find(spi);
    if (expected == nullptr) return false;
    if (count_ < kMostPackets && octets_ + length <= kMostOctets) {
      expected->packets.emplace_back(packet, packet + length);
      count_ += 1;
      octets_ += length;
    }
    return true;
  }

  /// The SA is there: what waited for it, the oldest first.
  std::vector<Packet> take(uint32_t spi) {
    Expected* expected = find(spi);
    if (expected == nullptr) return {};
    std::vector<Packet> packets = std::move(expected->packets);
    for (const Packet& packet : packets) uncount(packet);
    expected->packets.clear();
    forget(spi);
    return packets;
  }

  void forget(uint32_t spi) {
    for (auto it = expected_.begin(); it != expected_.end(); ++it) {
      if (it->spi != spi) continue;
      for (const Packet& packet : it->packets) uncount(packet);
      expected_.erase(it);
      return;
    }
  }

  void clear() {
    expected_.clear();
    count_ = 0;
    octets_ = 0;
  }

 private:
  static constexpr size_t kMostSpis = 16;
  static constexpr size_t kMostPackets = 512;
  static constexpr size_t kMostOctets = 1024 * 1024;

  struct Expected {
    uint32_t spi;
    std::vector<Packet> packets;
  };

  void uncount(const Packet& packet) {
    count_ -= 1;
    octets_ -= packet.size();
  }

  Expected* find(uint32_t spi) {
    for (auto& expected : expected_) {
      if (expected.spi == spi) return &expected;
    }
    return nullptr;
  }

  std::deque<Expected> expected_;
  size_t count_ = 0;
  size_t octets_ = 0;
};

}  // namespace agile::esp
