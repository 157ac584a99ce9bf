#include <doctest/doctest.h>

#include "addon/datapath/early_packets.h"
#include "packets.h"

using namespace agile;
using namespace agile::testing;

namespace {

/// A data path without threads, its tunnel held by the test.
struct InboundOnly {
  explicit InboundOnly(bool header) : path([](const esp::DataPathEvent&) {}) {
    path.attachTunnel(esp::Tunnel::Open(tun.near, header));
  }
  void receive(Packet packet) {
    const Octets octets{packet.data(), packet.size()};
    path.receive(&octets, 1);
  }
  FakeTun tun;
  esp::EspDataPath path;
};

}  // namespace

TEST_CASE("packets that waited for their SA keep their octets") {
  for (const bool header : {true, false}) {
    for (const size_t count : {1, 2, 5, 63, 64, 65, 130}) {
      CAPTURE(header);
      CAPTURE(count);
      InboundOnly inbound(header);
      Gateway gateway(0x2000);
      std::vector<Packet> sent;
      inbound.path.inbound().expect(0x2000);
      // Without the header each packet is a message, and a socket pair holds few of them unread.
      for (size_t i = 0; i < (header ? count : std::min<size_t>(count, 5)); i++) {
        sent.push_back(TcpSegment(i < 64 ? 4 : 6, static_cast<uint32_t>(i * 100), 100));
        inbound.receive(gateway.seal(sent.back()));
      }
      CHECK(ReadPackets(inbound.tun.far, header).empty());
      CHECK(inbound.path.inbound().install(Inbound(0x2000)));
      CHECK(ReadPackets(inbound.tun.far, header) == sent);
    }
  }
}

TEST_CASE("packets that waited go on although others of their flow follow at once") {
  InboundOnly inbound(true);
  Gateway gateway(0x2000);
  std::vector<Packet> sent;
  inbound.path.inbound().expect(0x2000);
  for (uint32_t i = 0; i < 10; i++) sent.push_back(TcpSegment(4, i * 50, 50));
  for (uint32_t i = 0; i < 5; i++) inbound.receive(gateway.seal(sent[i]));
  CHECK(inbound.path.inbound().install(Inbound(0x2000)));
  for (uint32_t i = 5; i < 10; i++) inbound.receive(gateway.seal(sent[i]));
  CHECK(ReadPackets(inbound.tun.far, true) == sent);
}

TEST_CASE("an SPI that is taken costs nothing, and what waits is forgotten with its SPI") {
  InboundOnly inbound(true);
  CHECK(inbound.path.inbound().install(Inbound(0x2000)));
  CHECK_FALSE(inbound.path.inbound().install(Inbound(0x2000)));
  Gateway gateway(0x3000);
  inbound.path.inbound().expect(0x3000);
  inbound.receive(gateway.seal(TcpSegment(4, 0, 10)));
  inbound.path.inbound().remove(0x3000);
  CHECK(inbound.path.inbound().install(Inbound(0x3000)));
  CHECK(ReadPackets(inbound.tun.far, true).empty());
}

TEST_CASE("room for early packets is never lost, whatever happens to their SPIs") {
  esp::EarlyPackets early;
  Chance chance(7);
  const Packet packet(3000, 1);
  for (int step = 0; step < 20000; step++) {
    const uint32_t spi = 0x100 + chance.below(24);
    switch (chance.below(8)) {
      case 0:
        early.expect(spi);
        break;
      case 1:
        early.forget(spi);
        break;
      case 2:
        for (const Packet& each : early.take(spi)) CHECK(each.size() >= packet.size() - 1);
        break;
      case 3:
        if (chance.below(200) == 0) early.clear();
        break;
      default:
        early.hold(spi, packet.data(), packet.size() - chance.below(3000) % 2);
    }
    for (uint32_t each = 0x100; each < 0x118 && step % 500 == 0; each++) early.forget(each);
  }
  for (uint32_t spi = 0x100; spi < 0x118; spi++) early.forget(spi);
  // All of it is there again: 1 MiB, or 512 packets.
  early.expect(1);
  for (int i = 0; i < 600; i++) CHECK(early.hold(1, packet.data(), 2048));
  CHECK(early.take(1).size() == 512);
  early.expect(2);
  for (int i = 0; i < 600; i++) CHECK(early.hold(2, packet.data(), packet.size()));
  CHECK(early.take(2).size() == 1024 * 1024 / packet.size());
}
