// Moves the packets of one connection (docs/data-path.md 6.1). Two directions that run to completion and never hand a
// packet over: one thread of its own takes packets from the TUN, seals and sends them (esp_outbound.h); the reader
// thread of each UDP socket opens what arrives there and writes it to the TUN (esp_inbound.h).
#pragma once
#include <functional>
#include <memory>

#include "../esp_receiver.h"
#include "data_path_report.h"
#include "esp_inbound.h"
#include "esp_outbound.h"

namespace agile::esp {

class EspDataPath final : public EspReceiver {
 public:
  /// `listener` is called on any thread, at most once a second for the same send error or unknown SPI.
  explicit EspDataPath(DataPathReport::Listener listener)
      : report_(std::move(listener)), inbound_(report_), outbound_(report_) {}
  ~EspDataPath() override { close(); }

  /// 0 or errno.
  int start() { return outbound_.start(); }
  /// Ends and joins the thread, wipes every key. Idempotent. No event comes after it.
  void close();

  EspInbound& inbound() { return inbound_; }
  EspOutbound& outbound() { return outbound_; }

  void attachTunnel(std::shared_ptr<Tunnel> tunnel);
  /// Copies of every packet go there from now on; null: no more.
  void setTap(std::shared_ptr<PacketTap> tap);

  void receive(const Octets* packets, size_t count) override { inbound_.receive(packets, count); }

  const DataPathStatistics& statistics() const { return report_.statistics; }

 private:
  DataPathReport report_;
  EspInbound inbound_;
  EspOutbound outbound_;
};

}  // namespace agile::esp
