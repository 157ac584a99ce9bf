// A thread that waits for one descriptor and can be told to stop.
#pragma once
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <thread>

namespace agile {

class WakeableThread {
 public:
  ~WakeableThread() { stop(); }

  /// Calls `ready` on the new thread whenever `fd` has something (input, error or hang-up); it returns false to end the
  /// thread. 0 or errno. With `timeout`, `tick` is called after at most that many milliseconds (-1: never), and may end
  /// the thread likewise.
  int start(int fd, std::function<bool()> ready, std::function<int()> timeout = {}, std::function<bool()> tick = {}) {
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_ < 0) return errno;
    // The host's signals are for the host's main thread.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ =
        std::thread([fd, wake = wake_, ready = std::move(ready), timeout = std::move(timeout), tick = std::move(tick)] {
          pollfd waits[2] = {{fd, POLLIN, 0}, {wake, POLLIN, 0}};
          for (;;) {
            if (poll(waits, 2, timeout ? timeout() : -1) < 0) {
              if (errno == EINTR) continue;
              return;
            }
            if (waits[1].revents != 0) return;
            if (waits[0].revents != 0 && !ready()) return;
            if (tick && !tick()) return;
          }
        });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return 0;
  }

  /// Ends and joins. Idempotent; never called on the thread itself.
  void stop() {
    if (thread_.joinable()) {
      const uint64_t one = 1;
      while (write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
      }
      thread_.join();
    }
    if (wake_ >= 0) close(wake_);
    wake_ = -1;
  }

 private:
  std::thread thread_;
  int wake_ = -1;
};

}  // namespace agile
