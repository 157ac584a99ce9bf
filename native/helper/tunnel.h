// The tunnel adapter: its descriptor, link settings and addresses.
#pragma once
#include <sys/types.h>

#include <string>
#include <vector>

#include "../netlink/routes.h"
#include "settings.h"

namespace agile::helper {

/// A TUN adapter of ours. Not persistent: it is gone when the last descriptor is closed, whoever crashes.
class Tunnel {
 public:
  Tunnel() = default;
  ~Tunnel() { close(); }
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  /// Creates the adapter for `owner` (IFF_TUN | IFF_NO_PI, with IFF_VNET_HDR when `offload`). 0 or errno; EBUSY when
  /// another process has it.
  int open(const std::string& name, uid_t owner, bool offload);
  /// Takes the adapter over from a helper that ended: `fd` is the descriptor that the client still holds, and stays the
  /// caller's. Where that helper took the adapter along, it is made anew behind the descriptor. 0 or errno; EINVAL: no
  /// TUN descriptor of this network namespace, or not of an adapter of that name and kind.
  int adopt(int fd, const std::string& name, uid_t owner, bool offload);
  /// After something deleted the adapter: creates it anew behind the same descriptor, which the client's data path
  /// still holds. 0 or errno.
  int reattach();
  void close();

  bool isOpen() const { return fd_ >= 0; }
  int descriptor() const { return fd_; }
  const std::string& name() const { return name_; }
  bool offload() const { return offload_; }
  /// 0 when the adapter is gone.
  int index() const;

 private:
  int attach(int fd) const;

  int fd_ = -1;
  std::string name_;
  uid_t owner_ = 0;
  bool offload_ = false;
};

/// Up, MTU, queue length 64 packets, no automatic IPv6 link-local address.
netlink::Result SetLink(netlink::Socket& socket, int index, uint32_t mtu);
/// Makes the adapter have exactly these addresses (link-local IPv6 is not touched). `changed` tells whether anything
/// was done.
netlink::Result SetAddresses(netlink::Socket& socket, int index, const std::vector<Prefix>& addresses, bool* changed);
/// Whether they are there now.
netlink::Result HasAddresses(netlink::Socket& socket, int index, const std::vector<Prefix>& addresses,
                             std::string* missing);

/// Writes a number to /proc/sys/net/<path>. The path is ours, never a client's. 0 or errno.
int WriteSysctl(const std::string& path, int value);
/// -1 when it cannot be read.
int ReadSysctl(const std::string& path);

}  // namespace agile::helper
