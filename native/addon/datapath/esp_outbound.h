// From the TUN to the wire: one thread takes packets, seals and sends them.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "data_path_report.h"
#include "outer_path.h"
#include "packet_tap.h"
#include "politely_locked.h"
#include "security_association.h"
#include "tunnel.h"

namespace agile::esp {

class EspOutbound {
 public:
  explicit EspOutbound(DataPathReport& report);

  /// 0 or errno.
  int start();
  /// Ends and joins the thread, wipes every key, lets go of TUN and path. Idempotent.
  void stop();

  void attachTunnel(std::shared_ptr<Tunnel> tunnel);
  /// false: the SPI is taken.
  bool install(std::unique_ptr<OutboundSa> sa);
  void remove(uint32_t spi);
  /// Calls `read` with the SA's counters; false: no such SA.
  bool counters(uint32_t spi, const std::function<void(const SaCounters&)>& read);
  /// Null is Dormant: packets from the TUN are held.
  void setPath(std::shared_ptr<const OuterPath> path);
  void setInnerMtu(size_t mtu);
  void setTap(std::shared_ptr<PacketTap> tap);
  /// CLOCK_MONOTONIC in nanoseconds; 0: nothing left on the current path yet.
  uint64_t lastSentAt() const { return lastSentAt_.load(std::memory_order_relaxed); }

 private:
  struct Held {
    std::vector<uint8_t> octets;
    uint64_t at;
  };

  void run();
  void wake();
  bool readTunnel(int tunnel);
  void fromTunnel(uint8_t* data, size_t length);
  OutboundSa* select(const InnerPacket& packet);
  void answerTooBig(const InnerPacket& packet, size_t limit);
  void seal(OutboundSa& sa, int family, const uint8_t* head, size_t headLength, const uint8_t* rest, size_t restLength);
  SendOutcome flush(const OuterPath& path);
  Sent send(const OuterPath& path, const Datagram* datagrams, size_t count);
  void holdWaiting(const uint8_t* data, size_t length, size_t limit);
  void holdPending();
  void takeWaiting();

  DataPathReport& report_;

  // Under mutex_.
  PolitelyLocked mutex_;
  std::shared_ptr<const OuterPath> path_;
  std::shared_ptr<Tunnel> tunnel_;
  std::shared_ptr<PacketTap> tap_;
  /// Newest first.
  std::vector<std::unique_ptr<OutboundSa>> sas_;
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

  std::thread thread_;
  int wake_ = -1;
};

}  // namespace agile::esp
