#include "esp_inbound.h"

#include <algorithm>

#include "monotonic.h"
#include "octet_order.h"

namespace agile::esp {

void EspInbound::attachTunnel(std::shared_ptr<Tunnel> tunnel) {
  const auto lock = mutex_.visit();
  tunnel_ = std::move(tunnel);
}

void EspInbound::setTap(std::shared_ptr<PacketTap> tap) {
  const auto lock = mutex_.visit();
  tap_ = std::move(tap);
}

void EspInbound::expect(uint32_t spi) {
  const auto lock = mutex_.visit();
  early_.expect(spi);
}

bool EspInbound::install(std::unique_ptr<InboundSa> sa) {
  const auto lock = mutex_.visit();
  for (const auto& other : sas_) {
    if (other->spi == sa->spi) return false;
  }
  const uint32_t spi = sa->spi;
  sas_.push_back(std::move(sa));
  auto early = early_.take(spi);
  std::vector<Octets> packets;
  packets.reserve(early.size());
  for (auto& packet : early) packets.push_back({packet.data(), packet.size()});
  receiveAll(packets.data(), packets.size());
  return true;
}

void EspInbound::remove(uint32_t spi) {
  const auto lock = mutex_.visit();
  early_.forget(spi);
  sas_.erase(std::remove_if(sas_.begin(), sas_.end(), [spi](const auto& sa) { return sa->spi == spi; }), sas_.end());
}

bool EspInbound::counters(uint32_t spi, const std::function<void(const SaCounters&)>& read) {
  const auto lock = mutex_.visit();
  for (const auto& sa : sas_) {
    if (sa->spi == spi) return read(sa->counters), true;
  }
  return false;
}

void EspInbound::receive(const Octets* packets, size_t count) {
  const auto lock = mutex_.work();
  if (tunnel_ == nullptr && sas_.empty()) return;
  SaCounters::Add(report_.statistics.receiveBatches);
  receiveAll(packets, count);
}

void EspInbound::receiveAll(const Octets* packets, size_t count) {
  const uint64_t now = Monotonic();
  for (size_t i = 0; i < count; i += 1) receiveOne(packets[i].data, packets[i].length, now);
  if (tunnel_ == nullptr) return;
  SaCounters::Add(report_.statistics.tunWriteDrops, writer_.flush(*tunnel_));
  report_.statistics.coalescedWrites.store(writer_.coalescedWrites(), std::memory_order_relaxed);
  report_.statistics.coalescedPackets.store(writer_.coalescedPackets(), std::memory_order_relaxed);
}

/// The order of E-4: SPI, least length, replay, ICV, window, padding, selectors. Only counters move before the ICV.
void EspInbound::receiveOne(uint8_t* packet, size_t length, uint64_t now) {
  if (length < kHeaderLength) return;
  const uint32_t spi = GetUint32(packet);
  if (spi < 256) return;
  InboundSa* sa = nullptr;
  for (const auto& candidate : sas_) {
    if (candidate->spi == spi) {
      sa = candidate.get();
      break;
    }
  }
  if (sa == nullptr) {
    if (!early_.hold(spi, packet, length)) report_.tellSometimes({DataPathEvent::Type::UnknownSpi, spi});
    return;
  }
  // It is decrypted in place.
  if (tap_ != nullptr) tap_->offer(PacketTap::Kind::OuterReceived, packet, length);
  SaCounters& counters = sa->counters;
  const EspCipher& cipher = *sa->cipher;
  const size_t start = kHeaderLength + cipher.ivLength();
  if (length < start + kTrailerLength + cipher.icvLength() ||
      (length - start - cipher.icvLength()) % cipher.alignment() != 0) {
    return SaCounters::Add(counters.droppedMalformed);
  }
  const auto sequence = sa->window.reconstruct(GetUint32(packet + 4));
  if (!sequence || !sa->window.check(*sequence)) return SaCounters::Add(counters.droppedReplay);
  if (!sa->cipher->open(packet, length, static_cast<uint32_t>(*sequence >> 32)))
    return SaCounters::Add(counters.droppedAuth);
  sa->window.accept(*sequence);
  counters.sequence.store(sa->window.highest(), std::memory_order_relaxed);
  counters.lastPacketAt.store(now, std::memory_order_relaxed);

  const uint8_t* const end = packet + length - cipher.icvLength();
  const uint8_t next = end[-1];
  const size_t padLength = end[-2];
  const size_t text = length - start - cipher.icvLength() - kTrailerLength;
  if (padLength > text) return SaCounters::Add(counters.droppedMalformed);
  const size_t payload = text - padLength;
  for (size_t i = 0; i < padLength; i += 1) {
    if (packet[start + payload + i] != i + 1) return SaCounters::Add(counters.droppedMalformed);
  }
  if (next == kNextHeaderDummy) return;
  InnerPacket inner;
  if ((next != kNextHeaderIpv4 && next != kNextHeaderIpv6) || !ParseInnerPacket(packet + start, payload, &inner) ||
      inner.family != (next == kNextHeaderIpv4 ? 4 : 6)) {
    return SaCounters::Add(counters.droppedMalformed);
  }
  if (!MatchesInbound(sa->selectors, inner)) return SaCounters::Add(counters.droppedPolicy);
  SaCounters::Add(counters.packets);
  SaCounters::Add(counters.bytes, inner.length);
  if (tap_ != nullptr) tap_->offer(PacketTap::Kind::InnerReceived, inner.data, inner.length);
  if (tunnel_ != nullptr) SaCounters::Add(report_.statistics.tunWriteDrops, writer_.write(*tunnel_, inner));
}

void EspInbound::clear() {
  const auto lock = mutex_.visit();
  sas_.clear();
  early_.clear();
  tunnel_.reset();
}

}  // namespace agile::esp
