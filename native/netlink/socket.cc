#include "socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>

namespace agile::netlink {

std::string Result::text() const {
  if (code == 0) return "done";
  const char* name = strerrorname_np(code);
  const std::string system = std::string(strerror(code)) + " (" + (name != nullptr ? name : std::to_string(code)) + ")";
  return detail.empty() ? system : detail + ": " + system;
}

Socket::~Socket() {
  if (fd_ >= 0) close(fd_);
}

int Socket::open() {
  const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return errno;
  const int on = 1;
  // Absent on kernels before 4.12 / 4.20: then errors have no words and dumps are filtered by the reader.
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
  const timeval limit{5, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const int buffer = 1024 * 1024;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  sockaddr_nl local{};
  local.nl_family = AF_NETLINK;
  socklen_t length = sizeof local;
  if (bind(fd, reinterpret_cast<sockaddr*>(&local), sizeof local) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&local), &length) != 0) {
    const int code = errno;
    close(fd);
    return code;
  }
  fd_ = fd;
  port_ = local.nl_pid;
  return 0;
}

static std::string ExtendedAck(const nlmsghdr* message, const nlmsgerr* error) {
  if ((message->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  size_t offset = NLMSG_SPACE(sizeof(nlmsgerr));
  // Without NLM_F_CAPPED the whole request is quoted between the error and its attributes.
  if ((message->nlmsg_flags & NLM_F_CAPPED) == 0 && error->msg.nlmsg_len > NLMSG_HDRLEN)
    offset += NLMSG_ALIGN(error->msg.nlmsg_len - NLMSG_HDRLEN);
  if (offset >= message->nlmsg_len) return {};
  return Attributes<NLMSGERR_ATTR_MAX>(reinterpret_cast<const uint8_t*>(message) + offset, message->nlmsg_len - offset)
      .text(NLMSGERR_ATTR_MSG);
}

Result Socket::once(Message& message, const Visitor& visit, bool* interrupted) {
  const uint32_t sequence = ++sequence_;
  const std::vector<uint8_t>& bytes = message.finish(sequence);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  ssize_t sent;
  do {
    sent = sendto(fd_, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&kernel), sizeof kernel);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return {errno, {}};

  // The kernel fills at most 32 KiB a part of a dump; one message never exceeds it.
  alignas(nlmsghdr) static thread_local uint8_t buffer[64 * 1024];
  for (;;) {
    sockaddr_nl from{};
    iovec part{buffer, sizeof buffer};
    msghdr header{};
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    const ssize_t got = recvmsg(fd_, &header, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      return {errno == EAGAIN ? ETIMEDOUT : errno, {}};
    }
    if (got == 0) return {EPIPE, {}};
    // Any process may send to a netlink port; only the kernel (port 0) is believed.
    if (from.nl_pid != 0) continue;
    if (header.msg_flags & MSG_TRUNC) return {EMSGSIZE, {}};
    // Signed: the macros subtract aligned lengths and compare with zero.
    int left = static_cast<int>(got);
    for (auto* at = reinterpret_cast<nlmsghdr*>(buffer); NLMSG_OK(at, left); at = NLMSG_NEXT(at, left)) {
      if (at->nlmsg_seq != sequence) continue;
      if (at->nlmsg_flags & NLM_F_DUMP_INTR) *interrupted = true;
      if (at->nlmsg_type == NLMSG_DONE) {
        // A dump that failed on its way says so here.
        const auto* code = Payload<int>(at);
        return {code != nullptr && *code < 0 ? -*code : 0, {}};
      }
      if (at->nlmsg_type == NLMSG_ERROR) {
        const auto* error = Payload<nlmsgerr>(at);
        if (error == nullptr) return {EBADMSG, {}};
        return {-error->error, ExtendedAck(at, error)};
      }
      if (visit) visit(at);
    }
  }
}

Result Socket::request(Message& message, const Visitor& visit, const std::function<void()>& restart) {
  if (fd_ < 0) {
    const int code = open();
    if (code != 0) return {code, {}};
  }
  Result result;
  for (int attempt = 0; attempt < 8; attempt++) {
    bool interrupted = false;
    if (attempt > 0 && restart) restart();
    result = once(message, visit, &interrupted);
    if (!interrupted || !restart) return result;
  }
  return result;
}

}  // namespace agile::netlink
