#include "udp_reader.h"

#include <netinet/udp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "udp_socket.h"

namespace agile {

namespace {

constexpr uint16_t kIkePort = 500;

/// Every running reader of the process.
struct Readers {
  std::mutex mutex;
  std::vector<UdpReader*> list;
};

Readers& AllReaders() {
  static auto* readers = new Readers();
  return *readers;
}

/// Segment size of a datagram that the kernel joined; 0: it is one datagram.
size_t SegmentSize(msghdr* message) {
  for (cmsghdr* c = CMSG_FIRSTHDR(message); c != nullptr; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
      int size = 0;
      memcpy(&size, CMSG_DATA(c), sizeof size);
      return size > 0 ? static_cast<size_t>(size) : 0;
    }
  }
  return 0;
}

}  // namespace

UdpReader::UdpReader(int fd, Deliver deliver)
    : fd_(fd), deliver_(std::move(deliver)), buffer_(new uint8_t[kMessages * kStride]) {}

int UdpReader::start() {
  const int code = thread_.start(fd_, [this] { return drain(); });
  if (code != 0) return code;
  Readers& all = AllReaders();
  const std::lock_guard<std::mutex> lock(all.mutex);
  all.list.push_back(this);
  return 0;
}

void UdpReader::stop() {
  if (stopped_) return;
  stopped_ = true;
  {
    Readers& all = AllReaders();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.list.erase(std::remove(all.list.begin(), all.list.end(), this), all.list.end());
  }
  thread_.stop();
  attach(nullptr);
}

std::shared_ptr<EspReceiver> UdpReader::attach(std::shared_ptr<EspReceiver> receiver) {
  if (receiver != nullptr) {
    // Segments of one sender arrive joined where the kernel can (5.0 and later); refusal costs speed only.
    const int on = 1;
    setsockopt(fd_, SOL_UDP, UDP_GRO, &on, sizeof on);
  }
  const std::lock_guard<std::mutex> lock(receiverMutex_);
  receiver_.swap(receiver);
  return receiver;
}

std::shared_ptr<EspReceiver> UdpReader::detach(const EspReceiver* receiver) {
  const std::lock_guard<std::mutex> lock(receiverMutex_);
  return receiver_.get() == receiver ? std::exchange(receiver_, nullptr) : nullptr;
}

std::shared_ptr<EspReceiver> UdpReader::receiver() {
  const std::lock_guard<std::mutex> lock(receiverMutex_);
  return receiver_;
}

bool UdpReader::drain() {
  SocketError error;
  for (int count = 0; count < 64 && ReadErrorQueue(fd_, &error) == 1; count++) {
    if (!deliverError(error.code, error.mtu)) return false;
  }
  mmsghdr messages[kMessages];
  iovec parts[kMessages];
  SocketAddress from[kMessages];
  alignas(cmsghdr) char control[kMessages][CMSG_SPACE(sizeof(int))];
  for (int round = 0; round < 8; round++) {
    for (size_t i = 0; i < kMessages; i++) {
      parts[i] = {buffer_.get() + i * kStride, 65536};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
      messages[i].msg_hdr.msg_name = from[i].get();
      messages[i].msg_hdr.msg_namelen = sizeof from[i].storage;
      messages[i].msg_hdr.msg_control = control[i];
      messages[i].msg_hdr.msg_controllen = sizeof control[i];
    }
    const int got = recvmmsg(fd_, messages, kMessages, MSG_DONTWAIT, nullptr);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return true;
      if (errno == EBADF || errno == ENOTSOCK) return false;
      // A pending error of the socket (SO_ERROR), reported once: ENETDOWN and the like.
      if (!deliverError(errno, 0)) return false;
      continue;
    }
    const std::shared_ptr<EspReceiver> dataPath = receiver();
    esp_.clear();
    for (int i = 0; i < got; i++) {
      if ((messages[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
      uint8_t* const data = static_cast<uint8_t*>(parts[i].iov_base);
      const size_t length = messages[i].msg_len;
      from[i].length = messages[i].msg_hdr.msg_namelen;
      size_t segment = SegmentSize(&messages[i].msg_hdr);
      if (segment == 0) segment = std::max<size_t>(length, 1);
      size_t offset = 0;
      // The marker is looked for in each segment: IKE may be the shorter tail of joined ESP.
      do {
        const size_t piece = std::min(segment, length - offset);
        if (!demultiplex(data + offset, piece, from[i], dataPath != nullptr)) return false;
        offset += piece;
      } while (offset < length);
    }
    if (!esp_.empty()) dataPath->receive(esp_.data(), esp_.size());
    if (got < static_cast<int>(kMessages)) return true;
  }
  return true;
}

bool UdpReader::demultiplex(uint8_t* data, size_t length, const SocketAddress& from, bool toDataPath) {
  // NAT keepalives prove nothing and say nothing (E-21).
  if (length == 1 && data[0] == 0xff) return true;
  if (toDataPath && from.port() != kIkePort) {
    if (length < 4) return true;
    // No non-ESP marker (RFC 3948 section 2.2): ESP.
    if ((data[0] | data[1] | data[2] | data[3]) != 0) {
      esp_.push_back({data, length});
      return true;
    }
  }
  auto arrival = std::make_unique<Arrival>();
  arrival->datagram.assign(data, data + length);
  arrival->from = from;
  return deliver_(std::move(arrival));
}

bool UdpReader::deliverError(int code, uint32_t mtu) {
  auto arrival = std::make_unique<Arrival>();
  arrival->error = code;
  arrival->mtu = mtu;
  return deliver_(std::move(arrival));
}

bool AttachEspReceiver(int fd, const std::shared_ptr<EspReceiver>& receiver) {
  Readers& all = AllReaders();
  // Outlives the lock.
  std::shared_ptr<EspReceiver> before;
  const std::lock_guard<std::mutex> lock(all.mutex);
  for (UdpReader* reader : all.list) {
    if (reader->fd() == fd) return before = reader->attach(receiver), true;
  }
  return false;
}

void DetachEspReceiver(const EspReceiver* receiver) {
  Readers& all = AllReaders();
  std::vector<std::shared_ptr<EspReceiver>> before;
  const std::lock_guard<std::mutex> lock(all.mutex);
  for (UdpReader* reader : all.list) before.push_back(reader->detach(receiver));
}

}  // namespace agile
