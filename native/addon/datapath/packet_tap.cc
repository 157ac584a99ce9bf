#include "packet_tap.h"

#include <time.h>

#include <cstring>

namespace agile::esp {

void PacketTap::offer(Kind kind, const uint8_t* head, size_t headLength, const uint8_t* rest, size_t restLength) {
  struct Record {
    uint32_t length;
    uint32_t kind;
    uint64_t microseconds;
  } record{static_cast<uint32_t>(headLength + restLength), static_cast<uint32_t>(kind), 0};
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  record.microseconds = static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1'000;
  const size_t padded = (record.length + size_t{7}) & ~size_t{7};
  const std::lock_guard<std::mutex> lock(mutex_);
  if (waiting_.size() + sizeof record + padded > kMostWaiting) {
    dropped_ += 1;
    return;
  }
  const size_t at = waiting_.size();
  waiting_.resize(at + sizeof record + padded);
  memcpy(waiting_.data() + at, &record, sizeof record);
  memcpy(waiting_.data() + at + sizeof record, head, headLength);
  if (restLength > 0) memcpy(waiting_.data() + at + sizeof record + headLength, rest, restLength);
}

std::vector<uint8_t> PacketTap::take(uint64_t* dropped) {
  std::vector<uint8_t> taken;
  const std::lock_guard<std::mutex> lock(mutex_);
  taken.swap(waiting_);
  *dropped = dropped_;
  return taken;
}

}  // namespace agile::esp
