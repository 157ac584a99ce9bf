#include "outer_path.h"

#include <netinet/udp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "security_association.h"

namespace agile::esp {

namespace {

/// System calls send at most so many datagrams or segmented groups at once.
constexpr size_t kMessages = 64;
/// Datagrams a segmented send; kind to the receive buffers of slow gateways (docs/data-path.md 6.3).
constexpr size_t kSegments = 16;
constexpr size_t kLargestSend = 65507;

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

}  // namespace

Sent SendDatagrams(const OuterPath& path, const Datagram* datagrams, size_t count, DataPathReport& report) {
  DataPathStatistics& statistics = report.statistics;
  size_t sent = 0;
  bool left = false;
  bool segmentation = path.segmentation.load(std::memory_order_relaxed);
  bool retried = false;
  while (sent < count) {
    mmsghdr messages[kMessages];
    iovec parts[kMessages];
    size_t members[kMessages];
    alignas(cmsghdr) char control[kMessages][CMSG_SPACE(sizeof(uint16_t))];
    size_t used = 0;
    for (size_t next = sent; next < count && used < kMessages; used += 1) {
      // Neighbours of equal length, the last one possibly shorter, leave as one segmented send.
      const Datagram& first = datagrams[next];
      size_t group = 1;
      size_t length = first.length;
      while (segmentation && next + group < count && group < kSegments) {
        const Datagram& candidate = datagrams[next + group];
        if (candidate.data != first.data + length || candidate.length > first.length ||
            length + candidate.length > kLargestSend)
          break;
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
    SaCounters::Add(statistics.sendCalls);
    if (done > 0) {
      for (int i = 0; i < done; i += 1) sent += members[i];
      for (int i = 0; i < done; i += 1) SaCounters::Add(statistics.datagramsSent, members[i]);
      left = true;
      retried = false;
      continue;
    }
    const int code = errno;
    if (code == EINTR) continue;
    if (code == EAGAIN) return {SendOutcome::WouldBlock, sent, left};
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
    if (code != ENOBUFS) report.tellSometimes({DataPathEvent::Type::SendError, 0, code});
    if (IsPathLoss(code)) return {SendOutcome::PathLost, sent, left};
    SaCounters::Add(statistics.sendDrops);
    sent += 1;
    retried = false;
  }
  return {SendOutcome::Done, sent, left};
}

}  // namespace agile::esp
