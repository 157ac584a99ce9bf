#include "data_path_report.h"

#include "monotonic.h"

namespace agile::esp {

void DataPathReport::tell(const DataPathEvent& event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!silent_) listener_(event);
}

void DataPathReport::tellSometimes(const DataPathEvent& event) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (silent_) return;
  const uint64_t now = Monotonic();
  const auto [entry, fresh] = told_.try_emplace({static_cast<int>(event.type), event.code}, now);
  if (!fresh) {
    if (now - entry->second < kSecond) return;
    entry->second = now;
  }
  listener_(event);
}

void DataPathReport::silence() {
  const std::lock_guard<std::mutex> lock(mutex_);
  silent_ = true;
}

}  // namespace agile::esp
