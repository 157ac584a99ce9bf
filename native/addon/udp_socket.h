// UDP sockets of one path each: opening, sending, and the errors the kernel reports for them.
// Whoever reads the sockets (datapath/) uses ReadErrorQueue when poll says POLLERR.
#pragma once
#include <cstdint>
#include <string>

#include "socket_address.h"

namespace agile {

struct UdpOptions {
  /// SO_BINDTODEVICE; empty: not bound to an adapter.
  std::string adapter;
  SocketAddress local;
};

/// Opens a non-blocking, close-on-exec UDP socket as the data path wants it. Returns the descriptor, or -errno.
///
/// - IPv4 leaves without DF: a router in front of a narrow link divides what does not fit. The kernel's cached path MTU
///   is not applied, so that a forged "fragmentation needed" cannot stop us (H-74): IP_PMTUDISC_OMIT.
/// - IPv6 leaves whole, whatever a "packet too big" said (IPV6_PMTUDISC_PROBE), until AllowFragments.
/// - How large packets may be is found by asking the peer: src-core/mobility/path-mtu.ts.
/// - SO_MARK of one that is bound to an adapter is the mark of the physical side where this process may set it (root):
/// otherwise the helper is asked (helper/sockets.h).
/// - IP_RECVERR: ICMP errors arrive on the error queue and are hints only.
/// - SO_RCVBUF 4 MB (only absorbs our own scheduling gaps), SO_SNDBUF 512 KB (the queue towards a slow uplink;
/// docs/data-path.md 6.4).
int OpenUdpSocket(const UdpOptions& options);

/// Does the socket carry the mark that leads past the tunnel?
bool IsMarked(int fd);

/// One entry of a socket's error queue.
struct SocketError {
  /// errno: ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, …
  int code = 0;
  /// Path MTU for EMSGSIZE, else 0.
  uint32_t mtu = 0;
  /// Where the datagram that failed was going.
  SocketAddress destination;
};

/// Takes one error off the queue. Returns 1, or 0 when the queue is empty, or -errno.
int ReadErrorQueue(int fd, SocketError* error);

/// Whether this computer divides IPv6 packets that are larger than what the kernel has learned of the path, since no
/// router may. IPv4: no effect, its routers divide. 0, or errno.
int AllowFragments(int fd, int family, bool allow);

/// Sends one datagram, again when interrupted. 0, or errno.
/// IKE (to port 500, or with the non-ESP marker) of more than 1200 octets leaves in IP fragments where need be: a peer
/// without IKE fragmentation (RFC 7383) must still get our certificates.
int SendDatagram(int fd, const void* data, size_t length, const SocketAddress& to);

/// Sends one datagram as one IP packet that nobody may divide: DF is set. EMSGSIZE where the adapter takes less.
int SendWhole(int fd, const void* data, size_t length, const SocketAddress& to);

/// "ENETUNREACH" for ENETUNREACH; "E123" for one without a name.
std::string ErrorName(int code);

}  // namespace agile
