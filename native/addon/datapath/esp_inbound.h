// From the wire to the TUN: the reader threads of the UDP sockets open what arrives and write it.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "../esp_receiver.h"
#include "data_path_report.h"
#include "early_packets.h"
#include "packet_tap.h"
#include "politely_locked.h"
#include "security_association.h"
#include "tunnel.h"

namespace agile::esp {

class EspInbound {
 public:
  explicit EspInbound(DataPathReport& report) : report_(report) {}

  void attachTunnel(std::shared_ptr<Tunnel> tunnel);
  /// The peer may send with this SPI before its SA can be installed: packets for it wait, as in
  /// src-core/esp/early-packets.ts.
  void expect(uint32_t spi);
  /// false: the SPI is taken.
  bool install(std::unique_ptr<InboundSa> sa);
  void remove(uint32_t spi);
  /// Calls `read` with the SA's counters; false: no such SA.
  bool counters(uint32_t spi, const std::function<void(const SaCounters&)>& read);
  void setTap(std::shared_ptr<PacketTap> tap);

  /// On any thread; the packets are decrypted in place.
  void receive(const Octets* packets, size_t count);

  /// Wipes every key and lets go of the TUN.
  void clear();

 private:
  /// The only caller of receiveOne, under mutex_: all that was joined on the way has been written when it returns, so
  /// the packets need to live no longer than the call.
  void receiveAll(const Octets* packets, size_t count);
  void receiveOne(uint8_t* packet, size_t length, uint64_t now);

  DataPathReport& report_;

  // All of it under mutex_.
  PolitelyLocked mutex_;
  std::shared_ptr<Tunnel> tunnel_;
  std::shared_ptr<PacketTap> tap_;
  TunnelWriter writer_;
  std::vector<std::unique_ptr<InboundSa>> sas_;
  EarlyPackets early_;
};

}  // namespace agile::esp
