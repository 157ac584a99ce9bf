// A mutex between a busy thread and a rare visitor.
#pragma once
#include <atomic>
#include <mutex>
#include <thread>

namespace agile::esp {

/// Lets a rare visitor in before the threads that take it all the time.
class PolitelyLocked {
 public:
  /// For the rare visitor.
  std::unique_lock<std::mutex> visit() {
    visitors_.fetch_add(1);
    std::unique_lock<std::mutex> lock(mutex_);
    visitors_.fetch_sub(1);
    return lock;
  }
  /// For a thread between two batches.
  std::unique_lock<std::mutex> work() {
    while (visitors_.load() > 0) std::this_thread::yield();
    return std::unique_lock<std::mutex>(mutex_);
  }

 private:
  std::mutex mutex_;
  std::atomic<int> visitors_{0};
};

}  // namespace agile::esp
