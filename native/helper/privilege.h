// Who may use the helper, and what the helper itself may do.
#pragma once
#include <sys/types.h>

#include <string>

namespace agile::helper {

struct Client {
  pid_t pid = 0;
  uid_t uid = 0;
};

/// Who is at the other end (SO_PEERCRED). false: the descriptor is no connected Unix SOCK_SEQPACKET socket.
bool ReadClient(int fd, Client* out);

/// Asks polkit whether this process may change the network (action org.agilevpn.helper.manage; it may ask the person).
/// root always may.
bool Authorized(const Client& client, std::string* why);

/// Keeps CAP_NET_ADMIN, and CAP_NET_BIND_SERVICE for port 68 of the tunnel, and nothing else, for this process and all
/// it could ever start. 0 or errno.
int DropPrivileges();

/// Which parts of the computer we share with process 1. Read before privileges are dropped.
struct Surroundings {
  /// Its network namespace, where the system's own services work.
  bool network = false;
  /// Its /etc/resolv.conf.
  bool resolvConf = false;
};
Surroundings ReadSurroundings();

}  // namespace agile::helper
