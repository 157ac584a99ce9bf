// Where sealed packets leave: one socket, one remote address; and how many leave at once.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "../socket_address.h"
#include "data_path_report.h"
#include "descriptor.h"

namespace agile::esp {

struct OuterPath {
  OuterPath(std::shared_ptr<Descriptor> socket_, const SocketAddress& remote_)
      : socket(std::move(socket_)), remote(remote_) {}

  const std::shared_ptr<Descriptor> socket;
  const SocketAddress remote;
  /// UDP_SEGMENT works here; cleared for good by the first send that proves otherwise.
  mutable std::atomic<bool> segmentation{true};
};

struct Datagram {
  uint8_t* data;
  size_t length;
};

enum class SendOutcome { Done, WouldBlock, PathLost };

struct Sent {
  SendOutcome outcome;
  /// Datagrams that are done with: sent, or refused for a reason of their own.
  size_t done;
  /// At least one left.
  bool left;
};

/// Sends in order, as few system calls as it takes: neighbours in memory of equal length leave as one segmented send
/// (docs/data-path.md 6.3).
Sent SendDatagrams(const OuterPath& path, const Datagram* datagrams, size_t count, DataPathReport& report);

}  // namespace agile::esp
