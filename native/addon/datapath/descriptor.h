// A file descriptor that no other part of the process can close.
#pragma once
#include <memory>

namespace agile::esp {

/// A descriptor of our own (dup): nobody else can close it under a thread.
class Descriptor {
 public:
  /// Null with errno set when it cannot be duplicated. Both become non-blocking.
  static std::shared_ptr<Descriptor> Duplicate(int fd);
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  explicit Descriptor(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace agile::esp
