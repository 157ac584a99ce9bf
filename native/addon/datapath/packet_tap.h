// Copies of packets for a capture that the person asked for. The threads of the data path put them in, JavaScript takes
// them out.
#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace agile::esp {

class PacketTap {
 public:
  /// The values are known to native/datapath.ts.
  enum class Kind : uint8_t { InnerSent = 0, InnerReceived = 1, OuterSent = 2, OuterReceived = 3 };

  /// One packet in two parts. Dropped, and counted, while too much waits: a capture never slows the tunnel down.
  void offer(Kind kind, const uint8_t* head, size_t headLength, const uint8_t* rest = nullptr, size_t restLength = 0);
  /// Everything that waits, oldest first. Each record, in the machine's byte order: octets of the packet (uint32), kind
  /// (uint32), CLOCK_REALTIME in microseconds (uint64), the packet, padding to a multiple of 8. `*dropped` counts since
  /// the tap was made.
  std::vector<uint8_t> take(uint64_t* dropped);

 private:
  static constexpr size_t kMostWaiting = 16 * 1024 * 1024;

  std::mutex mutex_;
  std::vector<uint8_t> waiting_;
  uint64_t dropped_ = 0;
};

}  // namespace agile::esp
