// Sockets that need a privilege the client does not have.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace agile::helper {

/// Descriptors of one request.
constexpr size_t kMaxSockets = 8;

/// Gives a client's own UDP socket the mark of the physical side (SO_MARK): routed past the tunnel, let through by the
/// kill switch to the gateway. 0, ENOTSOCK or EPROTOTYPE for anything but UDP over IPv4 or IPv6, or errno.
int MarkSocket(int fd);

/// UDP on port 68 of the tunnel's IPv4 address, bound to the adapter, broadcast allowed, TTL 128 (W-22). Descriptor or
/// -errno.
int OpenDhcpSocket(const std::string& tunnel, const std::vector<uint8_t>& address);

}  // namespace agile::helper
