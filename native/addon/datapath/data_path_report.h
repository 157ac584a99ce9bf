// What a data path tells: events for the engine above it, figures for whoever measures it.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

namespace agile::esp {

struct DataPathEvent {
  enum class Type { SequenceSoftLimit, SequenceHardLimit, SendError, UnknownSpi } type;
  uint32_t spi = 0;
  /// errno, for SendError.
  int code = 0;
};

/// How well batching works (docs/data-path.md 6.6).
struct DataPathStatistics {
  std::atomic<uint64_t> tunReads{0}, sendCalls{0}, datagramsSent{0}, receiveBatches{0}, tunWriteDrops{0}, sendDrops{0},
      waits{0}, heldDropped{0}, superPacketsRead{0}, coalescedWrites{0}, coalescedPackets{0};
};

/// Both directions of a data path report here, on any thread.
class DataPathReport {
 public:
  using Listener = std::function<void(const DataPathEvent&)>;

  explicit DataPathReport(Listener listener) : listener_(std::move(listener)) {}

  /// Every one is told.
  void tell(const DataPathEvent& event);
  /// The same type and code at most once a second.
  void tellSometimes(const DataPathEvent& event);
  /// No event comes after it.
  void silence();

  DataPathStatistics statistics;

 private:
  std::mutex mutex_;
  Listener listener_;
  std::map<std::pair<int, int>, uint64_t> told_;
  bool silent_ = false;
};

}  // namespace agile::esp
