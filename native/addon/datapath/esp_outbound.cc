#include "esp_outbound.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "monotonic.h"
#include "octet_order.h"
#include "oversize.h"

namespace agile::esp {

namespace {

/// Packets held for a path that is missing or refuses, as in src-core/esp/data-path.ts.
constexpr size_t kHeldLimit = 512;
/// Super-packets are held, too: 512 of them would be 32 MB.
constexpr size_t kHeldOctets = 4 * 1024 * 1024;
/// What waits while the socket's own queue is full: 160 ms at 50 Mbit/s. The oldest goes first, so that senders hear of
/// it soonest.
constexpr size_t kQueuedOctets = 1024 * 1024;
constexpr uint64_t kHoldTime = kSecond;
/// How often a path that refuses is tried again, in milliseconds.
constexpr int kRetryInterval = 20;
/// A full socket is tried again at the latest after so long, in milliseconds.
constexpr int kBlockedInterval = 1000;
/// A TUN that fails is left alone for so long, in milliseconds.
constexpr int kTunnelBackoff = 100;

constexpr size_t kBatch = 64;
constexpr size_t kLargestPacket = 65536 + 64;
/// Room for a batch of ordinary packets and one of the largest; all of it stays in the second level cache.
constexpr size_t kReadBuffer = 192 * 1024;
constexpr size_t kSendBuffer = 256 * 1024;

bool IsAddress(const SocketAddress& remote, const InnerPacket& packet) {
  if (packet.family == 4 && remote.family() == AF_INET) {
    return memcmp(&reinterpret_cast<const sockaddr_in*>(&remote.storage)->sin_addr, packet.destination, 4) == 0;
  }
  if (packet.family == 6 && remote.family() == AF_INET6) {
    return memcmp(&reinterpret_cast<const sockaddr_in6*>(&remote.storage)->sin6_addr, packet.destination, 16) == 0;
  }
  return false;
}

}  // namespace

EspOutbound::EspOutbound(DataPathReport& report)
    : report_(report),
      readBuffer_(new uint8_t[kReadBuffer]),
      sendBuffer_(new uint8_t[kSendBuffer]),
      fragment_(new uint8_t[kLargestPacket]),
      ivPool_(4096),
      ivUsed_(4096) {
  read_.reserve(kBatch);
  pending_.reserve(kBatch * 2);
}

int EspOutbound::start() {
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) return errno;
  // The host's signals are for the host's main thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return 0;
}

void EspOutbound::stop() {
  {
    const auto lock = mutex_.visit();
    stopping_ = true;
  }
  if (thread_.joinable()) {
    wake();
    thread_.join();
  }
  if (wake_ >= 0) ::close(wake_);
  wake_ = -1;
  const auto lock = mutex_.visit();
  sas_.clear();
  waiting_.clear();
  waitingOctets_ = 0;
  refused_.clear();
  path_.reset();
  tunnel_.reset();
}

void EspOutbound::attachTunnel(std::shared_ptr<Tunnel> tunnel) {
  {
    const auto lock = mutex_.visit();
    tunnel_ = std::move(tunnel);
  }
  wake();
}

void EspOutbound::setTap(std::shared_ptr<PacketTap> tap) {
  const auto lock = mutex_.visit();
  tap_ = std::move(tap);
}

bool EspOutbound::install(std::unique_ptr<OutboundSa> sa) {
  const auto lock = mutex_.visit();
  for (const auto& other : sas_) {
    if (other->spi == sa->spi) return false;
  }
  sas_.insert(sas_.begin(), std::move(sa));
  return true;
}

void EspOutbound::remove(uint32_t spi) {
  const auto lock = mutex_.visit();
  sas_.erase(std::remove_if(sas_.begin(), sas_.end(), [spi](const auto& sa) { return sa->spi == spi; }), sas_.end());
}

bool EspOutbound::counters(uint32_t spi, const std::function<void(const SaCounters&)>& read) {
  const auto lock = mutex_.visit();
  for (const auto& sa : sas_) {
    if (sa->spi == spi) return read(sa->counters), true;
  }
  return false;
}

void EspOutbound::setPath(std::shared_ptr<const OuterPath> path) {
  {
    const auto lock = mutex_.visit();
    // Age counts only while there is a path: Dormant keeps what was refused last.
    if (path_ != nullptr) {
      const uint64_t now = Monotonic();
      while (!refused_.empty() && refused_.front().at + kHoldTime < now) refused_.pop_front();
    }
    keepAge_ = path != nullptr;
    path_ = std::move(path);
    lastSentAt_.store(0, std::memory_order_relaxed);
  }
  wake();
}

void EspOutbound::setInnerMtu(size_t mtu) {
  const auto lock = mutex_.visit();
  innerMtu_ = mtu;
}

void EspOutbound::run() {
  for (;;) {
    std::shared_ptr<const OuterPath> path;
    std::shared_ptr<Tunnel> tunnel;
    bool blocked = false;
    bool retry = false;
    bool again = false;
    {
      const auto lock = mutex_.work();
      if (stopping_) break;
      path = path_;
      tunnel = tunnel_;
      now_ = Monotonic();
      if (path == nullptr) {
        holdPending();
      } else {
        const SendOutcome outcome = flush(*path);
        blocked = outcome == SendOutcome::WouldBlock;
        if (outcome == SendOutcome::Done && !waiting_.empty()) {
          takeWaiting();
          again = true;
        }
        retry = !refused_.empty();
      }
    }
    if (again) continue;
    if (blocked) SaCounters::Add(report_.statistics.waits);
    read_.clear();
    const bool tunnelFailed = tunnel != nullptr && !readTunnel(tunnel->fd());
    if (!read_.empty()) {
      SaCounters::Add(report_.statistics.tunReads);
      const auto lock = mutex_.work();
      if (stopping_) break;
      now_ = Monotonic();
      for (const Datagram& packet : read_) {
        if (path_ == nullptr) holdWaiting(packet.data, packet.length, kHeldOctets);
        // The network says "slower". The TUN's queue counts super-packets of any size; here the wait is bounded in
        // octets.
        else if (blocked)
          holdWaiting(packet.data, packet.length, kQueuedOctets);
        else
          fromTunnel(packet.data, packet.length);
      }
      continue;
    }
    pollfd waits[3] = {{wake_, POLLIN, 0},
                       {tunnel != nullptr && !tunnelFailed ? tunnel->fd() : -1, POLLIN, 0},
                       {blocked ? path->socket->get() : -1, POLLOUT, 0}};
    poll(waits, 3, tunnelFailed ? kTunnelBackoff : retry ? kRetryInterval : blocked ? kBlockedInterval : -1);
    // A TUN that only reports an error would spin.
    if ((waits[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0 && (waits[1].revents & POLLIN) == 0) {
      pollfd pause{wake_, POLLIN, 0};
      poll(&pause, 1, kTunnelBackoff);
    }
    uint64_t drained;
    while (read(wake_, &drained, sizeof drained) < 0 && errno == EINTR) {
    }
  }
}

/// Fills read_, which is empty. false: the TUN failed.
bool EspOutbound::readTunnel(int tunnel) {
  size_t used = 0;
  while (read_.size() < kBatch && kReadBuffer - used >= kLargestPacket) {
    const ssize_t got = read(tunnel, readBuffer_.get() + used, kLargestPacket);
    if (got < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN;
    }
    if (got == 0) return false;
    read_.push_back({readBuffer_.get() + used, static_cast<size_t>(got)});
    used += (static_cast<size_t>(got) + 63) & ~size_t{63};
  }
  return true;
}

/// `data` is one read of the TUN.
void EspOutbound::fromTunnel(uint8_t* data, size_t length) {
  SuperPacket super{};
  const bool good = tunnel_ != nullptr && tunnel_->hasVirtioHeader() ? ParseSuperPacket(data, length, &super)
                                                                     : ParseInnerPacket(data, length, &super.packet);
  if (!good) {
    if (!sas_.empty()) SaCounters::Add(sas_.front()->counters.droppedMalformed);
    return;
  }
  const InnerPacket& packet = super.packet;
  OutboundSa* const sa = select(packet);
  if (sa == nullptr) {
    if (!sas_.empty()) SaCounters::Add(sas_.front()->counters.droppedPolicy);
    return;
  }
  const size_t limit = packet.family == 6 ? std::max(innerMtu_, kMinimumIpv6Mtu) : innerMtu_;
  if (super.headerLength > 0) {
    SaCounters::Add(report_.statistics.superPacketsRead);
    if (super.headerLength + std::min(super.segmentSize, packet.length - super.headerLength) > limit)
      return answerTooBig(packet, limit);
    ForEachSegment(super,
                   [&](const uint8_t* header, size_t headerLength, const uint8_t* payload, size_t payloadLength) {
                     seal(*sa, packet.family, header, headerLength, payload, payloadLength);
                   });
  } else if (packet.length <= limit) {
    seal(*sa, packet.family, packet.data, packet.length, nullptr, 0);
  } else if (packet.dontFragment) {
    answerTooBig(packet, limit);
  } else {
    FragmentIpv4(packet, limit, fragment_.get(), [this, sa](const uint8_t* piece, size_t pieceLength) {
      seal(*sa, 4, piece, pieceLength, nullptr, 0);
    });
  }
}

/// The newest SA whose selectors take the packet.
OutboundSa* EspOutbound::select(const InnerPacket& packet) {
  // E-15: what is addressed to the outer end of the tunnel must not go through it.
  if (IsAddress(path_->remote, packet)) return nullptr;
  for (const auto& sa : sas_) {
    if (MatchesOutbound(sa->selectors, packet)) return sa.get();
  }
  return nullptr;
}

void EspOutbound::answerTooBig(const InnerPacket& packet, size_t limit) {
  const size_t answer = PacketTooBig(packet, limit, fragment_.get());
  if (answer > 0 && tunnel_ != nullptr && !tunnel_->write(fragment_.get(), answer))
    SaCounters::Add(report_.statistics.tunWriteDrops);
}

/// One inner packet: `head`, then `rest`.
void EspOutbound::seal(OutboundSa& sa, int family, const uint8_t* head, size_t headLength, const uint8_t* rest,
                       size_t restLength) {
  const EspCipher& cipher = *sa.cipher;
  const size_t length = headLength + restLength;
  const size_t start = kHeaderLength + cipher.ivLength();
  const size_t padLength = (cipher.alignment() - (length + kTrailerLength) % cipher.alignment()) % cipher.alignment();
  const size_t end = start + length + padLength + kTrailerLength;
  const size_t whole = end + cipher.icvLength();
  if (kSendBuffer - sendUsed_ < whole) {
    flush(*path_);
    if (kSendBuffer - sendUsed_ < whole) {
      SaCounters::Add(report_.statistics.sendDrops);
      return;
    }
  }
  if (sa.exhausted) {
    if (!sa.hardLimitReported) report_.tell({DataPathEvent::Type::SequenceHardLimit, sa.spi});
    sa.hardLimitReported = true;
    return;
  }
  uint8_t* const packet = sendBuffer_.get() + sendUsed_;
  uint8_t* const iv = packet + kHeaderLength;
  const uint64_t sequence = sa.nextSequence;
  if (cipher.randomIv()) {
    if (ivUsed_ + cipher.ivLength() > ivPool_.size()) {
      if (!RandomOctets(ivPool_.data(), ivPool_.size())) {
        SaCounters::Add(report_.statistics.sendDrops);
        return;
      }
      ivUsed_ = 0;
    }
    memcpy(iv, ivPool_.data() + ivUsed_, cipher.ivLength());
    ivUsed_ += cipher.ivLength();
  } else if (cipher.ivLength() == 8) {
    // It only must never repeat under the key (RFC 4106 section 3.1).
    PutUint64(iv, sequence);
  }
  // From here on the number is used, whatever happens: it never wraps (E-5) and never comes twice.
  if (sequence == sa.lastSequence)
    sa.exhausted = true;
  else
    sa.nextSequence = sequence + 1;
  if (sequence >= sa.softLimit && !sa.softLimitReported) {
    sa.softLimitReported = true;
    report_.tell({DataPathEvent::Type::SequenceSoftLimit, sa.spi});
  }
  PutUint32(packet, sa.spi);
  PutUint32(packet + 4, static_cast<uint32_t>(sequence));
  memcpy(packet + start, head, headLength);
  if (restLength > 0) memcpy(packet + start + headLength, rest, restLength);
  uint8_t* const padding = packet + start + length;
  for (size_t i = 0; i < padLength; i += 1) padding[i] = static_cast<uint8_t>(i + 1);
  packet[end - 2] = static_cast<uint8_t>(padLength);
  packet[end - 1] = family == 4 ? kNextHeaderIpv4 : kNextHeaderIpv6;
  if (!sa.cipher->seal(packet, whole, static_cast<uint32_t>(sequence >> 32))) {
    SaCounters::Add(report_.statistics.sendDrops);
    return;
  }
  if (tap_ != nullptr) {
    tap_->offer(PacketTap::Kind::InnerSent, head, headLength, rest, restLength);
    tap_->offer(PacketTap::Kind::OuterSent, packet, whole);
  }
  pending_.push_back({packet, whole});
  sendUsed_ += whole;
  SaCounters::Add(sa.counters.packets);
  SaCounters::Add(sa.counters.bytes, length);
  sa.counters.lastPacketAt.store(now_, std::memory_order_relaxed);
  sa.counters.sequence.store(sequence + (sa.exhausted && sa.lastSequence == UINT64_MAX ? 0 : 1),
                             std::memory_order_relaxed);
}

/// Sends what was refused before, then what is pending, in the order of the sequence numbers. Done: nothing is left.
SendOutcome EspOutbound::flush(const OuterPath& path) {
  if (!keepAge_) {
    while (!refused_.empty() && refused_.front().at + kHoldTime < now_) {
      refused_.pop_front();
      SaCounters::Add(report_.statistics.heldDropped);
    }
  }
  keepAge_ = false;
  SendOutcome outcome = SendOutcome::Done;
  while (!refused_.empty() && outcome == SendOutcome::Done) {
    Datagram chunk[kBatch];
    const size_t count = std::min(refused_.size(), kBatch);
    for (size_t i = 0; i < count; i += 1) chunk[i] = {refused_[i].octets.data(), refused_[i].octets.size()};
    const Sent sent = send(path, chunk, count);
    outcome = sent.outcome;
    refused_.erase(refused_.begin(), refused_.begin() + static_cast<std::ptrdiff_t>(sent.done));
  }
  if (outcome == SendOutcome::Done && !pending_.empty()) {
    const Sent sent = send(path, pending_.data(), pending_.size());
    outcome = sent.outcome;
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(sent.done));
  }
  if (outcome == SendOutcome::PathLost) holdPending();
  if (pending_.empty()) sendUsed_ = 0;
  return outcome;
}

void EspOutbound::holdPending() {
  for (const Datagram& datagram : pending_) {
    if (refused_.size() >= kHeldLimit) {
      refused_.pop_front();
      SaCounters::Add(report_.statistics.heldDropped);
    }
    refused_.push_back({std::vector<uint8_t>(datagram.data, datagram.data + datagram.length), now_});
  }
  pending_.clear();
  sendUsed_ = 0;
}

void EspOutbound::holdWaiting(const uint8_t* data, size_t length, size_t limit) {
  waiting_.push_back({std::vector<uint8_t>(data, data + length), now_});
  waitingOctets_ += length;
  while (waiting_.size() > kHeldLimit || waitingOctets_ > limit) {
    waitingOctets_ -= waiting_.front().octets.size();
    waiting_.pop_front();
    SaCounters::Add(report_.statistics.heldDropped);
  }
}

/// Seals some of the packets that waited for a path; pending_ is empty.
void EspOutbound::takeWaiting() {
  for (size_t count = 0; count < kBatch && !waiting_.empty() && sendUsed_ < kSendBuffer / 2; count += 1) {
    std::vector<uint8_t> packet = std::move(waiting_.front().octets);
    waiting_.pop_front();
    waitingOctets_ -= packet.size();
    fromTunnel(packet.data(), packet.size());
  }
}

void EspOutbound::wake() {
  const uint64_t one = 1;
  while (write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

Sent EspOutbound::send(const OuterPath& path, const Datagram* datagrams, size_t count) {
  const Sent sent = SendDatagrams(path, datagrams, count, report_);
  if (sent.left) lastSentAt_.store(now_, std::memory_order_relaxed);
  return sent;
}

}  // namespace agile::esp
