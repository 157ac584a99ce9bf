// One direction of a CHILD SA with its state and counters.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>

#include "anti_replay.h"
#include "esp_cipher.h"
#include "traffic_selectors.h"

namespace agile::esp {

/// Written by one thread at a time, read by any; on a cache line of its own (docs/data-path.md 6.6).
struct alignas(64) SaCounters {
  std::atomic<uint64_t> bytes{0};
  std::atomic<uint64_t> packets{0};
  /// CLOCK_MONOTONIC in nanoseconds; 0: none yet.
  std::atomic<uint64_t> lastPacketAt{0};
  std::atomic<uint64_t> droppedReplay{0};
  std::atomic<uint64_t> droppedAuth{0};
  std::atomic<uint64_t> droppedPolicy{0};
  std::atomic<uint64_t> droppedMalformed{0};
  std::atomic<uint64_t> sequence{0};

  /// The one writer needs no atomic addition.
  static void Add(std::atomic<uint64_t>& counter, uint64_t amount = 1) {
    counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
};

struct InboundSa {
  InboundSa(uint32_t spi_, bool esn, std::unique_ptr<EspCipher> cipher_, SelectorPair selectors_)
      : spi(spi_), cipher(std::move(cipher_)), selectors(std::move(selectors_)), window(esn) {}

  const uint32_t spi;
  const std::unique_ptr<EspCipher> cipher;
  const SelectorPair selectors;
  AntiReplayWindow window;
  SaCounters counters;
};

struct OutboundSa {
  OutboundSa(uint32_t spi_, bool esn, std::unique_ptr<EspCipher> cipher_, SelectorPair selectors_,
             uint64_t firstSequence)
      : spi(spi_),
        cipher(std::move(cipher_)),
        selectors(std::move(selectors_)),
        lastSequence(esn ? UINT64_MAX : UINT32_MAX),
        softLimit(lastSequence / 4 * 3),
        nextSequence(firstSequence) {
    counters.sequence.store(firstSequence, std::memory_order_relaxed);
  }

  const uint32_t spi;
  const std::unique_ptr<EspCipher> cipher;
  const SelectorPair selectors;
  const uint64_t lastSequence;
  /// Rekey from here on (RFC 4303 section 3.3.3).
  const uint64_t softLimit;
  uint64_t nextSequence;
  /// lastSequence is used.
  bool exhausted = false;
  bool softLimitReported = false;
  bool hardLimitReported = false;
  SaCounters counters;
};

}  // namespace agile::esp
