// Moves the packets of one connection (datapath.md 6.1). Two directions that run to completion and never hand a packet over:
// one thread of its own takes packets from the TUN, seals and sends them; the reader thread of each UDP socket opens what
// arrives there and writes it to the TUN.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "../esp_receiver.h"
#include "../socket_address.h"
#include "early_packets.h"
#include "packet_tap.h"
#include "security_association.h"
#include "tunnel.h"

namespace agile::esp {

struct OuterPath {
  OuterPath(std::shared_ptr<Descriptor> socket_, const SocketAddress& remote_) : socket(std::move(socket_)), remote(remote_) {}

  const std::shared_ptr<Descriptor> socket;
  const SocketAddress remote;
  /// UDP_SEGMENT works here; cleared for good by the first send that proves otherwise.
  mutable std::atomic<bool> segmentation{true};
};

struct DataPathEvent {
  enum class Type { SequenceSoftLimit, SequenceHardLimit, SendError, UnknownSpi } type;
  uint32_t spi = 0;
  /// errno, for SendError.
  int code = 0;
};

/// How well batching works (datapath.md 6.6).
struct DataPathStatistics {
  std::atomic<uint64_t> tunReads{0}, sendCalls{0}, datagramsSent{0}, receiveBatches{0}, tunWriteDrops{0}, sendDrops{0}, waits{0}, heldDropped{0}, superPacketsRead{0},
      coalescedWrites{0}, coalescedPackets{0};
};

/// A mutex that lets a rare visitor in before the threads that take it all the time.
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

class EspDataPath final : public EspReceiver {
 public:
  using Listener = std::function<void(const DataPathEvent&)>;

  /// `listener` is called on any thread, at most once a second for the same send error or unknown SPI.
  explicit EspDataPath(Listener listener);
  ~EspDataPath() override;

  /// 0 or errno.
  int start();
  /// Ends and joins the thread, wipes every key. Idempotent. No event comes after it.
  void close();

  void attachTunnel(std::shared_ptr<Tunnel> tunnel);
  /// The peer may send with this SPI before its SA can be installed: packets for it wait, as in src-core/esp/early-packets.ts.
  void expectInbound(uint32_t spi);
  /// false: the SPI is taken.
  bool installInbound(std::unique_ptr<InboundSa> sa);
  bool installOutbound(std::unique_ptr<OutboundSa> sa);
  void removeInbound(uint32_t spi);
  void removeOutbound(uint32_t spi);
  /// Null is Dormant: packets from the TUN are held.
  void setPath(std::shared_ptr<const OuterPath> path);
  void setInnerMtu(size_t mtu);
  /// Copies of every packet go there from now on; null: no more.
  void setTap(std::shared_ptr<PacketTap> tap);

  void receive(const Octets* packets, size_t count) override;

  /// Calls `read` with the SA's counters; false: no such SA.
  bool inboundCounters(uint32_t spi, const std::function<void(const SaCounters&)>& read);
  bool outboundCounters(uint32_t spi, const std::function<void(const SaCounters&)>& read);
  /// CLOCK_MONOTONIC in nanoseconds; 0: nothing left on the current path yet.
  uint64_t lastSentAt() const { return lastSentAt_.load(std::memory_order_relaxed); }
  const DataPathStatistics& statistics() const { return statistics_; }

 private:
  struct Datagram {
    uint8_t* data;
    size_t length;
  };
  struct Held {
    std::vector<uint8_t> octets;
    uint64_t at;
  };
  enum class SendOutcome { Done, WouldBlock, PathLost };

  void run();
  void wake();
  /// Reads what the TUN has into the buffer; false when there was nothing.
  bool readTunnel(int tunnel);
  void fromTunnel(uint8_t* data, size_t length);
  OutboundSa* select(const InnerPacket& packet);
  void answerTooBig(const InnerPacket& packet, size_t limit);
  void seal(OutboundSa& sa, int family, const uint8_t* head, size_t headLength, const uint8_t* rest, size_t restLength);
  SendOutcome flush(const OuterPath& path);
  SendOutcome send(const OuterPath& path, Datagram* datagrams, size_t count, size_t* sent);
  void holdWaiting(const uint8_t* data, size_t length, size_t limit);
  void holdPending();
  void takeWaiting();
  void receiveOne(uint8_t* packet, size_t length, uint64_t now);
  /// What was written to the TUN goes on; under inbound_.
  void flushInbound();
  void report(const DataPathEvent& event, bool limited);

  Listener listener_;
  DataPathStatistics statistics_;

  // Outbound, under outbound_.
  PolitelyLocked outbound_;
  std::shared_ptr<const OuterPath> path_;
  std::shared_ptr<Tunnel> outboundTunnel_;
  std::shared_ptr<PacketTap> outboundTap_;
  /// Newest first.
  std::vector<std::unique_ptr<OutboundSa>> outboundSas_;
  size_t innerMtu_ = 1400;
  /// Inner packets that came while there was no path, or while its socket was full.
  std::deque<Held> waiting_;
  size_t waitingOctets_ = 0;
  /// Sealed packets that the path refused.
  std::deque<Held> refused_;
  /// There was no path before this one: what is refused keeps its age.
  bool keepAge_ = false;
  bool stopping_ = false;
  std::atomic<uint64_t> lastSentAt_{0};

  // Of the sending thread alone. The buffers are not initialised: pages that no packet needs are never touched.
  const std::unique_ptr<uint8_t[]> readBuffer_;
  std::vector<Datagram> read_;
  const std::unique_ptr<uint8_t[]> sendBuffer_;
  size_t sendUsed_ = 0;
  std::vector<Datagram> pending_;
  const std::unique_ptr<uint8_t[]> fragment_;
  std::vector<uint8_t> ivPool_;
  size_t ivUsed_ = 0;
  uint64_t now_ = 0;

  // Inbound, under inbound_.
  PolitelyLocked inbound_;
  std::shared_ptr<Tunnel> inboundTunnel_;
  std::shared_ptr<PacketTap> inboundTap_;
  TunnelWriter writer_;
  std::vector<std::unique_ptr<InboundSa>> inboundSas_;
  EarlyPackets early_;

  std::mutex reportMutex_;
  std::map<std::pair<int, int>, uint64_t> reported_;
  bool silent_ = false;

  std::thread thread_;
  int wake_ = -1;
};

}  // namespace agile::esp
