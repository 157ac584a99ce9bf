#include "esp_data_path.h"

#include <fcntl.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "octet_order.h"
#include "oversize.h"

namespace agile::esp {

namespace {

/// Packets held for a path that is missing or refuses, as in src-core/esp/data-path.ts.
constexpr size_t kHeldLimit = 512;
/// Super-packets are held, too: 512 of them would be 32 MB.
constexpr size_t kHeldOctets = 4 * 1024 * 1024;
/// What waits while the socket's own queue is full: 160 ms at 50 Mbit/s. The oldest goes first, so that senders hear of it soonest.
constexpr size_t kQueuedOctets = 1024 * 1024;
constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kHoldTime = kSecond;
constexpr uint64_t kEventInterval = kSecond;
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
/// Datagrams a segmented send; kind to the receive buffers of slow gateways (datapath.md 6.3).
constexpr size_t kSegments = 16;
constexpr size_t kLargestSend = 65507;

constexpr uint8_t kNextHeaderIpv4 = 4, kNextHeaderIpv6 = 41, kNextHeaderDummy = 59;
/// Pad length and next header.
constexpr size_t kTrailerLength = 2;

uint64_t Now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<uint64_t>(t.tv_sec) * kSecond + static_cast<uint64_t>(t.tv_nsec);
}

/// The adapter, its address or its route is gone: the next path will carry what this one could not.
bool IsPathLoss(int code) {
  switch (code) {
    case ENETUNREACH:
    case ENETDOWN:
    case ENODEV:
    case EADDRNOTAVAIL:
    case EHOSTUNREACH:
    case ENXIO:
    case EPERM:
    // The bound source address was removed.
    case EINVAL:
      return true;
    default:
      return false;
  }
}

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

EspDataPath::EspDataPath(Listener listener)
    : listener_(std::move(listener)), readBuffer_(new uint8_t[kReadBuffer]), sendBuffer_(new uint8_t[kSendBuffer]), fragment_(new uint8_t[kLargestPacket]), ivPool_(4096), ivUsed_(4096) {
  read_.reserve(kBatch);
  pending_.reserve(kBatch * 2);
}

EspDataPath::~EspDataPath() { close(); }

int EspDataPath::start() {
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

void EspDataPath::close() {
  {
    const std::lock_guard<std::mutex> lock(reportMutex_);
    silent_ = true;
  }
  DetachEspReceiver(this);
  {
    const auto lock = outbound_.visit();
    stopping_ = true;
  }
  if (thread_.joinable()) {
    wake();
    thread_.join();
  }
  if (wake_ >= 0) ::close(wake_);
  wake_ = -1;
  {
    const auto lock = outbound_.visit();
    outboundSas_.clear();
    waiting_.clear();
    waitingOctets_ = 0;
    refused_.clear();
    path_.reset();
    outboundTunnel_.reset();
  }
  const auto lock = inbound_.visit();
  inboundSas_.clear();
  early_.clear();
  inboundTunnel_.reset();
}

void EspDataPath::wake() {
  const uint64_t one = 1;
  while (write(wake_, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void EspDataPath::attachTunnel(std::shared_ptr<Tunnel> tunnel) {
  {
    const auto lock = inbound_.visit();
    inboundTunnel_ = tunnel;
  }
  {
    const auto lock = outbound_.visit();
    outboundTunnel_ = std::move(tunnel);
  }
  wake();
}

void EspDataPath::expectInbound(uint32_t spi) {
  const auto lock = inbound_.visit();
  early_.expect(spi);
}

bool EspDataPath::installInbound(std::unique_ptr<InboundSa> sa) {
  const auto lock = inbound_.visit();
  for (const auto& other : inboundSas_) {
    if (other->spi == sa->spi) return false;
  }
  const uint32_t spi = sa->spi;
  inboundSas_.push_back(std::move(sa));
  const auto early = early_.take(spi);
  if (early.empty()) return true;
  const uint64_t now = Now();
  for (auto packet : early) receiveOne(packet.data(), packet.size(), now);
  flushInbound();
  return true;
}

bool EspDataPath::installOutbound(std::unique_ptr<OutboundSa> sa) {
  const auto lock = outbound_.visit();
  for (const auto& other : outboundSas_) {
    if (other->spi == sa->spi) return false;
  }
  outboundSas_.insert(outboundSas_.begin(), std::move(sa));
  return true;
}

void EspDataPath::removeInbound(uint32_t spi) {
  const auto lock = inbound_.visit();
  early_.forget(spi);
  inboundSas_.erase(std::remove_if(inboundSas_.begin(), inboundSas_.end(), [spi](const auto& sa) { return sa->spi == spi; }), inboundSas_.end());
}

void EspDataPath::removeOutbound(uint32_t spi) {
  const auto lock = outbound_.visit();
  outboundSas_.erase(std::remove_if(outboundSas_.begin(), outboundSas_.end(), [spi](const auto& sa) { return sa->spi == spi; }), outboundSas_.end());
}

void EspDataPath::setPath(std::shared_ptr<const OuterPath> path) {
  {
    const auto lock = outbound_.visit();
    // Age counts only while there is a path: Dormant keeps what was refused last.
    if (path_ != nullptr) {
      const uint64_t now = Now();
      while (!refused_.empty() && refused_.front().at + kHoldTime < now) refused_.pop_front();
    }
    keepAge_ = path != nullptr;
    path_ = std::move(path);
    lastSentAt_.store(0, std::memory_order_relaxed);
  }
  wake();
}

void EspDataPath::setInnerMtu(size_t mtu) {
  const auto lock = outbound_.visit();
  innerMtu_ = mtu;
}

void EspDataPath::setTap(std::shared_ptr<PacketTap> tap) {
  {
    const auto lock = inbound_.visit();
    inboundTap_ = tap;
  }
  const auto lock = outbound_.visit();
  outboundTap_ = std::move(tap);
}

bool EspDataPath::inboundCounters(uint32_t spi, const std::function<void(const SaCounters&)>& read) {
  const auto lock = inbound_.visit();
  for (const auto& sa : inboundSas_) {
    if (sa->spi == spi) return read(sa->counters), true;
  }
  return false;
}

bool EspDataPath::outboundCounters(uint32_t spi, const std::function<void(const SaCounters&)>& read) {
  const auto lock = outbound_.visit();
  for (const auto& sa : outboundSas_) {
    if (sa->spi == spi) return read(sa->counters), true;
  }
  return false;
}

// ---- Outbound: the sending thread -------------------------------------------------------------------------------------------

void EspDataPath::run() {
  for (;;) {
    std::shared_ptr<const OuterPath> path;
    std::shared_ptr<Tunnel> tunnel;
    bool blocked = false;
    bool retry = false;
    bool again = false;
    {
      const auto lock = outbound_.work();
      if (stopping_) break;
      path = path_;
      tunnel = outboundTunnel_;
      now_ = Now();
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
    if (blocked) SaCounters::Add(statistics_.waits);
    read_.clear();
    const bool tunnelFailed = tunnel != nullptr && !readTunnel(tunnel->fd());
    if (!read_.empty()) {
      SaCounters::Add(statistics_.tunReads);
      const auto lock = outbound_.work();
      if (stopping_) break;
      now_ = Now();
      for (const Datagram& packet : read_) {
        if (path_ == nullptr) holdWaiting(packet.data, packet.length, kHeldOctets);
        // The network says "slower". The TUN's queue counts super-packets of any size; here the wait is bounded in octets.
        else if (blocked) holdWaiting(packet.data, packet.length, kQueuedOctets);
        else fromTunnel(packet.data, packet.length);
      }
      continue;
    }
    pollfd waits[3] = {{wake_, POLLIN, 0}, {tunnel != nullptr && !tunnelFailed ? tunnel->fd() : -1, POLLIN, 0}, {blocked ? path->socket->get() : -1, POLLOUT, 0}};
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
bool EspDataPath::readTunnel(int tunnel) {
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
void EspDataPath::fromTunnel(uint8_t* data, size_t length) {
  SuperPacket super{};
  const bool good = outboundTunnel_ != nullptr && outboundTunnel_->hasVirtioHeader() ? ParseSuperPacket(data, length, &super)
                                                                                     : ParseInnerPacket(data, length, &super.packet);
  if (!good) {
    if (!outboundSas_.empty()) SaCounters::Add(outboundSas_.front()->counters.droppedMalformed);
    return;
  }
  const InnerPacket& packet = super.packet;
  OutboundSa* const sa = select(packet);
  if (sa == nullptr) {
    if (!outboundSas_.empty()) SaCounters::Add(outboundSas_.front()->counters.droppedPolicy);
    return;
  }
  const size_t limit = packet.family == 6 ? std::max(innerMtu_, kMinimumIpv6Mtu) : innerMtu_;
  if (super.headerLength > 0) {
    SaCounters::Add(statistics_.superPacketsRead);
    if (super.headerLength + std::min(super.segmentSize, packet.length - super.headerLength) > limit) return answerTooBig(packet, limit);
    ForEachSegment(super, [&](const uint8_t* header, size_t headerLength, const uint8_t* payload, size_t payloadLength) {
      seal(*sa, packet.family, header, headerLength, payload, payloadLength);
    });
  } else if (packet.length <= limit) {
    seal(*sa, packet.family, packet.data, packet.length, nullptr, 0);
  } else if (packet.dontFragment) {
    answerTooBig(packet, limit);
  } else {
    FragmentIpv4(packet, limit, fragment_.get(), [this, sa](const uint8_t* piece, size_t pieceLength) { seal(*sa, 4, piece, pieceLength, nullptr, 0); });
  }
}

/// The newest SA whose selectors take the packet.
OutboundSa* EspDataPath::select(const InnerPacket& packet) {
  // E-15: what is addressed to the outer end of the tunnel must not go through it.
  if (IsAddress(path_->remote, packet)) return nullptr;
  for (const auto& sa : outboundSas_) {
    if (MatchesOutbound(sa->selectors, packet)) return sa.get();
  }
  return nullptr;
}

void EspDataPath::answerTooBig(const InnerPacket& packet, size_t limit) {
  const size_t answer = PacketTooBig(packet, limit, fragment_.get());
  if (answer > 0 && outboundTunnel_ != nullptr && !outboundTunnel_->write(fragment_.get(), answer)) SaCounters::Add(statistics_.tunWriteDrops);
}

/// One inner packet: `head`, then `rest`.
void EspDataPath::seal(OutboundSa& sa, int family, const uint8_t* head, size_t headLength, const uint8_t* rest, size_t restLength) {
  const EspCipher& cipher = *sa.cipher;
  const size_t length = headLength + restLength;
  const size_t start = kHeaderLength + cipher.ivLength();
  const size_t padLength = (cipher.alignment() - (length + kTrailerLength) % cipher.alignment()) % cipher.alignment();
  const size_t end = start + length + padLength + kTrailerLength;
  const size_t whole = end + cipher.icvLength();
  if (kSendBuffer - sendUsed_ < whole) {
    flush(*path_);
    if (kSendBuffer - sendUsed_ < whole) {
      SaCounters::Add(statistics_.sendDrops);
      return;
    }
  }
  if (sa.exhausted) {
    if (!sa.hardLimitReported) report({DataPathEvent::Type::SequenceHardLimit, sa.spi}, false);
    sa.hardLimitReported = true;
    return;
  }
  uint8_t* const packet = sendBuffer_.get() + sendUsed_;
  uint8_t* const iv = packet + kHeaderLength;
  const uint64_t sequence = sa.nextSequence;
  if (cipher.randomIv()) {
    if (ivUsed_ + cipher.ivLength() > ivPool_.size()) {
      if (!RandomOctets(ivPool_.data(), ivPool_.size())) {
        SaCounters::Add(statistics_.sendDrops);
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
  if (sequence == sa.lastSequence) sa.exhausted = true;
  else sa.nextSequence = sequence + 1;
  if (sequence >= sa.softLimit && !sa.softLimitReported) {
    sa.softLimitReported = true;
    report({DataPathEvent::Type::SequenceSoftLimit, sa.spi}, false);
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
    SaCounters::Add(statistics_.sendDrops);
    return;
  }
  if (outboundTap_ != nullptr) {
    outboundTap_->offer(PacketTap::Kind::InnerSent, head, headLength, rest, restLength);
    outboundTap_->offer(PacketTap::Kind::OuterSent, packet, whole);
  }
  pending_.push_back({packet, whole});
  sendUsed_ += whole;
  SaCounters::Add(sa.counters.packets);
  SaCounters::Add(sa.counters.bytes, length);
  sa.counters.lastPacketAt.store(now_, std::memory_order_relaxed);
  sa.counters.sequence.store(sequence + (sa.exhausted && sa.lastSequence == UINT64_MAX ? 0 : 1), std::memory_order_relaxed);
}

/// Sends what was refused before, then what is pending, in the order of the sequence numbers. Done: nothing is left.
EspDataPath::SendOutcome EspDataPath::flush(const OuterPath& path) {
  if (!keepAge_) {
    while (!refused_.empty() && refused_.front().at + kHoldTime < now_) {
      refused_.pop_front();
      SaCounters::Add(statistics_.heldDropped);
    }
  }
  keepAge_ = false;
  SendOutcome outcome = SendOutcome::Done;
  while (!refused_.empty() && outcome == SendOutcome::Done) {
    Datagram chunk[kBatch];
    const size_t count = std::min(refused_.size(), kBatch);
    for (size_t i = 0; i < count; i += 1) chunk[i] = {refused_[i].octets.data(), refused_[i].octets.size()};
    size_t sent = 0;
    outcome = send(path, chunk, count, &sent);
    refused_.erase(refused_.begin(), refused_.begin() + static_cast<std::ptrdiff_t>(sent));
  }
  if (outcome == SendOutcome::Done && !pending_.empty()) {
    size_t sent = 0;
    outcome = send(path, pending_.data(), pending_.size(), &sent);
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(sent));
  }
  if (outcome == SendOutcome::PathLost) holdPending();
  if (pending_.empty()) sendUsed_ = 0;
  return outcome;
}

void EspDataPath::holdPending() {
  for (const Datagram& datagram : pending_) {
    if (refused_.size() >= kHeldLimit) {
      refused_.pop_front();
      SaCounters::Add(statistics_.heldDropped);
    }
    refused_.push_back({std::vector<uint8_t>(datagram.data, datagram.data + datagram.length), now_});
  }
  pending_.clear();
  sendUsed_ = 0;
}

void EspDataPath::holdWaiting(const uint8_t* data, size_t length, size_t limit) {
  waiting_.push_back({std::vector<uint8_t>(data, data + length), now_});
  waitingOctets_ += length;
  while (waiting_.size() > kHeldLimit || waitingOctets_ > limit) {
    waitingOctets_ -= waiting_.front().octets.size();
    waiting_.pop_front();
    SaCounters::Add(statistics_.heldDropped);
  }
}

/// Seals some of the packets that waited for a path; pending_ is empty.
void EspDataPath::takeWaiting() {
  for (size_t count = 0; count < kBatch && !waiting_.empty() && sendUsed_ < kSendBuffer / 2; count += 1) {
    std::vector<uint8_t> packet = std::move(waiting_.front().octets);
    waiting_.pop_front();
    waitingOctets_ -= packet.size();
    fromTunnel(packet.data(), packet.size());
  }
}

/// `*sent` counts the datagrams that are done with: sent, or refused for a reason of their own.
EspDataPath::SendOutcome EspDataPath::send(const OuterPath& path, Datagram* datagrams, size_t count, size_t* sent) {
  *sent = 0;
  bool segmentation = path.segmentation.load(std::memory_order_relaxed);
  bool retried = false;
  while (*sent < count) {
    mmsghdr messages[kBatch];
    iovec parts[kBatch];
    size_t members[kBatch];
    alignas(cmsghdr) char control[kBatch][CMSG_SPACE(sizeof(uint16_t))];
    size_t used = 0;
    for (size_t next = *sent; next < count && used < kBatch; used += 1) {
      // Neighbours of equal length, the last one possibly shorter, leave as one segmented send.
      const Datagram& first = datagrams[next];
      size_t group = 1;
      size_t length = first.length;
      while (segmentation && next + group < count && group < kSegments) {
        const Datagram& candidate = datagrams[next + group];
        if (candidate.data != first.data + length || candidate.length > first.length || length + candidate.length > kLargestSend) break;
        length += candidate.length;
        group += 1;
        if (candidate.length < first.length) break;
      }
      parts[used] = {first.data, length};
      members[used] = group;
      messages[used] = {};
      msghdr& header = messages[used].msg_hdr;
      header.msg_name = const_cast<sockaddr*>(path.remote.get());
      header.msg_namelen = path.remote.length;
      header.msg_iov = &parts[used];
      header.msg_iovlen = 1;
      if (group > 1) {
        header.msg_control = control[used];
        header.msg_controllen = sizeof control[used];
        cmsghdr* const c = CMSG_FIRSTHDR(&header);
        c->cmsg_level = SOL_UDP;
        c->cmsg_type = UDP_SEGMENT;
        c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
        const uint16_t size = static_cast<uint16_t>(first.length);
        memcpy(CMSG_DATA(c), &size, sizeof size);
      }
      next += group;
    }
    const int done = sendmmsg(path.socket->get(), messages, static_cast<unsigned>(used), MSG_NOSIGNAL | MSG_DONTWAIT);
    SaCounters::Add(statistics_.sendCalls);
    if (done > 0) {
      for (int i = 0; i < done; i += 1) *sent += members[i];
      for (int i = 0; i < done; i += 1) SaCounters::Add(statistics_.datagramsSent, members[i]);
      lastSentAt_.store(now_, std::memory_order_relaxed);
      retried = false;
      continue;
    }
    const int code = errno;
    if (code == EINTR) continue;
    if (code == EAGAIN) return SendOutcome::WouldBlock;
    // A pending ICMP error of an earlier datagram is reported once and cleared; it says nothing about this one.
    if (!retried && code != ENOBUFS) {
      retried = true;
      continue;
    }
    if (members[0] > 1) {
      // The egress device cannot segment or checksum, or the path takes less than a segment: singles from here on.
      segmentation = false;
      path.segmentation.store(false, std::memory_order_relaxed);
      retried = false;
      continue;
    }
    if (code != ENOBUFS) report({DataPathEvent::Type::SendError, 0, code}, true);
    if (IsPathLoss(code)) return SendOutcome::PathLost;
    SaCounters::Add(statistics_.sendDrops);
    *sent += 1;
    retried = false;
  }
  return SendOutcome::Done;
}

// ---- Inbound: the readers' threads ------------------------------------------------------------------------------------------

void EspDataPath::receive(const Octets* packets, size_t count) {
  const auto lock = inbound_.work();
  if (inboundTunnel_ == nullptr && inboundSas_.empty()) return;
  const uint64_t now = Now();
  SaCounters::Add(statistics_.receiveBatches);
  for (size_t i = 0; i < count; i += 1) receiveOne(packets[i].data, packets[i].length, now);
  flushInbound();
}

void EspDataPath::flushInbound() {
  if (inboundTunnel_ == nullptr) return;
  SaCounters::Add(statistics_.tunWriteDrops, writer_.flush(*inboundTunnel_));
  statistics_.coalescedWrites.store(writer_.coalescedWrites(), std::memory_order_relaxed);
  statistics_.coalescedPackets.store(writer_.coalescedPackets(), std::memory_order_relaxed);
}

/// The order of E-4: SPI, least length, replay, ICV, window, padding, selectors. Only counters move before the ICV.
void EspDataPath::receiveOne(uint8_t* packet, size_t length, uint64_t now) {
  if (length < kHeaderLength) return;
  const uint32_t spi = GetUint32(packet);
  if (spi < 256) return;
  InboundSa* sa = nullptr;
  for (const auto& candidate : inboundSas_) {
    if (candidate->spi == spi) {
      sa = candidate.get();
      break;
    }
  }
  if (sa == nullptr) {
    if (!early_.hold(spi, packet, length)) report({DataPathEvent::Type::UnknownSpi, spi}, true);
    return;
  }
  // It is decrypted in place.
  if (inboundTap_ != nullptr) inboundTap_->offer(PacketTap::Kind::OuterReceived, packet, length);
  SaCounters& counters = sa->counters;
  const EspCipher& cipher = *sa->cipher;
  const size_t start = kHeaderLength + cipher.ivLength();
  if (length < start + kTrailerLength + cipher.icvLength() || (length - start - cipher.icvLength()) % cipher.alignment() != 0) {
    return SaCounters::Add(counters.droppedMalformed);
  }
  const auto sequence = sa->window.reconstruct(GetUint32(packet + 4));
  if (!sequence || !sa->window.check(*sequence)) return SaCounters::Add(counters.droppedReplay);
  if (!sa->cipher->open(packet, length, static_cast<uint32_t>(*sequence >> 32))) return SaCounters::Add(counters.droppedAuth);
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
  if (inboundTap_ != nullptr) inboundTap_->offer(PacketTap::Kind::InnerReceived, inner.data, inner.length);
  if (inboundTunnel_ != nullptr) SaCounters::Add(statistics_.tunWriteDrops, writer_.write(*inboundTunnel_, inner));
}

void EspDataPath::report(const DataPathEvent& event, bool limited) {
  const std::lock_guard<std::mutex> lock(reportMutex_);
  if (silent_) return;
  if (limited) {
    const uint64_t now = Now();
    const auto [entry, fresh] = reported_.try_emplace({static_cast<int>(event.type), event.code}, now);
    if (!fresh) {
      if (now - entry->second < kEventInterval) return;
      entry->second = now;
    }
  }
  listener_(event);
}

}  // namespace agile::esp
