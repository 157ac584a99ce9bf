// The clock of the data path.
#pragma once
#include <time.h>

#include <cstdint>

namespace agile::esp {

constexpr uint64_t kSecond = 1'000'000'000;

/// CLOCK_MONOTONIC in nanoseconds.
inline uint64_t Monotonic() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * kSecond + static_cast<uint64_t>(t.tv_nsec);
}

}  // namespace agile::esp
