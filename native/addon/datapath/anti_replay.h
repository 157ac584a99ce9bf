// Anti-replay window after RFC 6479: a ring of words that is never shifted. The twin of src-core/esp/anti-replay.ts.
#pragma once
#include <array>
#include <cstdint>
#include <optional>

namespace agile::esp {

class AntiReplayWindow {
 public:
  /// Sequence numbers behind the highest one that are still accepted.
  static constexpr uint64_t kSize = 8192;

  explicit AntiReplayWindow(bool esn) : esn_(esn) {}

  uint64_t highest() const { return highest_; }

  /// RFC 4303 appendix A2.1. nullopt: it would lie before 0 or beyond 2^64.
  std::optional<uint64_t> reconstruct(uint32_t low) const {
    if (!esn_) return low;
    const uint32_t highestLow = static_cast<uint32_t>(highest_);
    uint64_t high = highest_ >> 32;
    if (highestLow >= kSize - 1) {
      // The window lies within one subspace.
      if (low < highestLow - (kSize - 1)) {
        if (high == 0xffffffff) return std::nullopt;
        high += 1;
      }
    } else if (low >= static_cast<uint32_t>(highestLow - (kSize - 1))) {
      // The window reaches back into the subspace before.
      if (high == 0) return std::nullopt;
      high -= 1;
    }
    return high << 32 | low;
  }

  /// Neither seen nor too old. Changes nothing; to be asked before decrypting.
  bool check(uint64_t sequence) const {
    if (sequence == 0) return false;
    if (sequence > highest_) return true;
    if (highest_ - sequence >= kSize) return false;
    return (ring_[word(sequence)] & bit(sequence)) == 0;
  }

  /// Marks a number that `check` passed, only once the ICV is good (RFC 4303 section 3.4.3).
  void accept(uint64_t sequence) {
    if (sequence > highest_) {
      uint64_t passed = (sequence >> 6) - (highest_ >> 6);
      if (passed > kWords) passed = kWords;
      for (uint64_t index = highest_ >> 6; passed > 0; passed -= 1) ring_[++index % kWords] = 0;
      highest_ = sequence;
    }
    ring_[word(sequence)] |= bit(sequence);
  }

 private:
  /// Twice the window: a word being cleared never holds a number still inside it.
  static constexpr uint64_t kWords = 2 * kSize / 64;

  static uint64_t word(uint64_t sequence) { return (sequence >> 6) % kWords; }
  static uint64_t bit(uint64_t sequence) { return uint64_t{1} << (sequence & 63); }

  const bool esn_;
  uint64_t highest_ = 0;
  std::array<uint64_t, kWords> ring_{};
};

}  // namespace agile::esp
