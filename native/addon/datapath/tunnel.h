// The TUN side: super-packets in (TCP and UDP segmentation offload), super-packets out (coalesced TCP).
// docs/data-path.md 4.7 and 6.2. A descriptor without the virtio header carries one plain packet a read and a write.
#pragma once
#include <sys/uio.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "descriptor.h"
#include "inner_packet.h"

namespace agile::esp {

/// struct virtio_net_hdr as the kernel puts it in front of packets of an adapter with IFF_VNET_HDR.
inline constexpr size_t kVirtioHeaderLength = 10;

class Tunnel {
 public:
  /// Null with errno set. Asks the kernel for segmentation offloads where the descriptor has the header.
  /// `assumeHeader`: it has the header although it is no TUN (tests).
  static std::shared_ptr<Tunnel> Open(int fd, bool assumeHeader);

  int fd() const { return descriptor_->get(); }
  bool hasVirtioHeader() const { return virtioHeader_; }
  /// Cleared for good by the first coalesced write the kernel refuses (first seen with Linux 6.6.44).
  bool coalesces() const { return coalesces_.load(std::memory_order_relaxed); }
  void stopCoalescing() { coalesces_.store(false, std::memory_order_relaxed); }

  /// One whole packet. false: the TUN did not take it.
  bool write(const uint8_t* data, size_t length) const;

 private:
  Tunnel(std::shared_ptr<Descriptor> descriptor, bool virtioHeader)
      : descriptor_(std::move(descriptor)), virtioHeader_(virtioHeader), coalesces_(virtioHeader) {}

  const std::shared_ptr<Descriptor> descriptor_;
  const bool virtioHeader_;
  std::atomic<bool> coalesces_;
};

/// What was read from a TUN with the header, taken apart.
struct SuperPacket {
  InnerPacket packet;
  /// Octets of IP and upper layer header that every segment gets; 0: not segmented, the packet leaves as it is.
  size_t headerLength;
  /// Payload octets of each segment but the last.
  size_t segmentSize;
};

/// Parses one read and completes a checksum the kernel left to us. `data` is changed. false: nothing that can be sent.
bool ParseSuperPacket(uint8_t* data, size_t length, SuperPacket* super);

/// Calls `each` with the headers (in a buffer that is used again) and the payload of each segment, in order.
void ForEachSegment(const SuperPacket& super,
                    const std::function<void(const uint8_t* header, size_t headerLength, const uint8_t* payload,
                                             size_t payloadLength)>& each);

/// Writes decrypted packets to a TUN and joins neighbouring TCP segments of one flow into one write. What is open is
/// written by flush(): no packet waits for company beyond its batch. Not thread-safe.
class TunnelWriter {
 public:
  /// Returns the number of packets the TUN did not take. `packet` must stay until flush().
  size_t write(Tunnel& tunnel, const InnerPacket& packet);
  size_t flush(Tunnel& tunnel);

  /// Writes that carried more than one packet, and the packets in them.
  uint64_t coalescedWrites() const { return coalescedWrites_; }
  uint64_t coalescedPackets() const { return coalescedPackets_; }

 private:
  bool fits(const InnerPacket& packet, size_t headerLength, uint32_t sequence) const;
  size_t writeSingles(const Tunnel& tunnel);

  struct Member {
    const uint8_t* data;
    size_t length;
  };
  /// The packets of the open super-packet, all of one flow; empty: none is open.
  std::vector<Member> members_;
  InnerPacket first_{};
  size_t headerLength_ = 0;
  size_t segmentSize_ = 0;
  size_t totalLength_ = 0;
  uint32_t nextSequence_ = 0;
  bool ended_ = false;
  bool push_ = false;
  std::vector<iovec> parts_;
  uint64_t coalescedWrites_ = 0;
  uint64_t coalescedPackets_ = 0;
};

}  // namespace agile::esp
