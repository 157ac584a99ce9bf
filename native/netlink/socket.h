// A netlink socket for requests: acknowledged changes, single answers and dumps.
#pragma once
#include <functional>
#include <string>

#include "message.h"

namespace agile::netlink {

/// The outcome of a request: 0, or errno with the kernel's own words (extended ACK) when it gave some.
struct Result {
  int code = 0;
  std::string detail;

  bool ok() const { return code == 0; }
  /// "No such device (ENODEV)", with the kernel's words in front when there are any.
  std::string text() const;
};

class Socket {
 public:
  Socket() = default;
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// NETLINK_ROUTE, extended ACKs and strict dump checking on. 0 or errno.
  int open();
  bool isOpen() const { return fd_ >= 0; }

  using Visitor = std::function<void(const nlmsghdr*)>;
  /// Sends and waits for the end of the answer (ACK or the last part of a dump), at most 5 s a part. `visit` gets every
  /// message of the answer. A dump the kernel marked as interrupted is repeated (8 times at most): `restart` is called
  /// before each repetition, to forget what came.
  Result request(Message& message, const Visitor& visit = {}, const std::function<void()>& restart = {});

 private:
  Result once(Message& message, const Visitor& visit, bool* interrupted);

  int fd_ = -1;
  uint32_t sequence_ = 0;
  uint32_t port_ = 0;
};

}  // namespace agile::netlink
