#include <doctest/doctest.h>

#include "addon/datapath/oversize.h"
#include "packets.h"

using namespace agile;
using namespace agile::testing;

namespace {

/// A copy that ends where its memory ends: an octet too far is found.
struct Exact {
  explicit Exact(const Packet& packet) : data(new uint8_t[packet.size()]), length(packet.size()) {
    if (length > 0) memcpy(data.get(), packet.data(), length);
  }
  std::unique_ptr<uint8_t[]> data;
  size_t length;
};

/// Packets that a network or a gateway might send: extension headers, fragments, ICMP, and what nobody should.
Packet Strange(Chance& chance) {
  Packet packet = TcpSegment(chance.below(2) == 0 ? 4 : 6, chance.below(UINT32_MAX), chance.below(1400));
  const uint8_t upper[] = {0, 1, 6, 17, 33, 43, 44, 51, 58, 60, 132, 135, 136, 255};
  if (chance.below(2) == 0) packet[packet[0] >> 4 == 4 ? 9 : 6] = upper[chance.below(sizeof upper)];
  for (uint32_t change = chance.below(6); change > 0; change--)
    packet[chance.below(static_cast<uint32_t>(std::min<size_t>(packet.size(), 100)))] = chance.octet();
  if (chance.below(3) == 0) packet.resize(chance.below(static_cast<uint32_t>(packet.size() + 1)));
  return packet;
}

}  // namespace

TEST_CASE("no inner packet is read past its end") {
  Chance chance(1);
  Packet out(65536);
  size_t good = 0;
  for (int count = 0; count < 60000; count++) {
    const Exact packet(Strange(chance));
    esp::InnerPacket inner;
    if (!esp::ParseInnerPacket(packet.data.get(), packet.length, &inner)) continue;
    good++;
    CHECK(inner.length <= packet.length);
    CHECK(inner.payloadOffset <= inner.length);
    const size_t mtu = 68 + chance.below(1432);
    const size_t answer = esp::PacketTooBig(inner, mtu, out.data());
    CHECK(answer <= 1280);
    size_t carried = 0;
    if (inner.family == 4)
      esp::FragmentIpv4(inner, mtu, out.data(), [&](const uint8_t* piece, size_t length) {
        esp::InnerPacket fragment;
        CHECK(length <= mtu);
        if (!esp::ParseInnerPacket(piece, length, &fragment)) return;
        carried += length - fragment.payloadOffset;
      });
    CHECK(carried <= inner.length);
    esp::MatchesInbound(Everything(), inner);
  }
  CHECK(good > 1000);
}

TEST_CASE("no super-packet is read past its end, and its segments carry each octet once") {
  Chance chance(2);
  size_t cut = 0;
  for (int count = 0; count < 30000; count++) {
    Packet whole(esp::kVirtioHeaderLength);
    const uint8_t types[] = {0, 1, 4, 5, 0x81, 0x84};
    whole[0] = static_cast<uint8_t>(chance.below(2));
    whole[1] = types[chance.below(sizeof types)];
    for (size_t field = 2; field < whole.size(); field += 2) whole[field] = static_cast<uint8_t>(chance.below(120));
    if (chance.below(2) == 0) whole[5] = static_cast<uint8_t>(chance.below(6));
    const Packet packet = Strange(chance);
    whole.insert(whole.end(), packet.begin(), packet.end());
    if (chance.below(50) == 0) whole.resize(chance.below(static_cast<uint32_t>(whole.size())));
    const Exact exact(whole);
    esp::SuperPacket super;
    if (!esp::ParseSuperPacket(exact.data.get(), exact.length, &super) || super.headerLength == 0) continue;
    cut++;
    size_t carried = 0;
    esp::ForEachSegment(super, [&](const uint8_t* header, size_t headerLength, const uint8_t* payload, size_t length) {
      CHECK(headerLength == super.headerLength);
      CHECK((header[0] >> 4) == super.packet.family);
      CHECK(payload == super.packet.data + super.headerLength + carried);
      carried += length;
    });
    CHECK(carried == super.packet.length - super.headerLength);
  }
  CHECK(cut > 500);
}

TEST_CASE("whatever a gateway seals is opened or refused within its octets") {
  const esp::Suite suites[] = {{},
                               {esp::Cipher::ChaCha20Poly1305, 256, esp::Integrity::None, false},
                               {esp::Cipher::AesCbc, 128, esp::Integrity::HmacSha2_256_128, false},
                               {esp::Cipher::Null, 0, esp::Integrity::HmacSha2_256_128, false}};
  for (const esp::Suite& suite : suites) {
    FakeTun tun;
    esp::EspDataPath path([](const esp::DataPathEvent&) {});
    path.attachTunnel(esp::Tunnel::Open(tun.near, true));
    CHECK(path.inbound().install(Inbound(0x2000, suite)));
    Gateway gateway(0x2000, suite);
    Chance chance(3);
    size_t arrived = 0;
    for (int count = 0; count < 4000; count++) {
      Packet text;
      if (chance.below(3) == 0) {
        text.resize((1 + chance.below(20)) * gateway.alignment());
        for (uint8_t& octet : text) octet = chance.octet();
      }
      Packet sealed = text.empty() ? gateway.seal(Strange(chance)) : gateway.sealText(text);
      if (chance.below(5) == 0) sealed[chance.below(static_cast<uint32_t>(sealed.size()))] ^= 1;
      if (chance.below(5) == 0) sealed.resize(chance.below(static_cast<uint32_t>(sealed.size() + 1)));
      const Exact exact(sealed);
      const Octets octets{exact.data.get(), exact.length};
      path.receive(&octets, 1);
      Packet buffer(70000);
      while (recv(tun.far, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) arrived++;
    }
    CHECK(arrived > 100);
  }
}

TEST_CASE("the replay window accepts each number once, and none that is too old") {
  esp::AntiReplayWindow window(true);
  Chance chance(4);
  std::vector<bool> seen(200000);
  uint64_t highest = 0;
  for (int count = 0; count < 200000; count++) {
    const uint64_t number = std::min<uint64_t>(
        highest > 9000 && chance.below(2) == 0 ? highest - chance.below(9000) : highest + chance.below(4),
        seen.size() - 1);
    const auto known = window.reconstruct(static_cast<uint32_t>(number));
    REQUIRE(known.has_value());
    if (number + esp::AntiReplayWindow::kSize > highest) CHECK(*known == number);
    if (*known != number) continue;
    const bool fresh = number != 0 && !seen[number] && number + esp::AntiReplayWindow::kSize > highest;
    CHECK(window.check(number) == fresh);
    if (!fresh) continue;
    window.accept(number);
    seen[number] = true;
    highest = std::max(highest, number);
  }
}
