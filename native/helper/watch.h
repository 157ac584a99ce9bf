// Descriptors that become readable when something may have changed our settings.
#pragma once

namespace agile::helper {

/// rtnetlink: links, addresses, routes, rules of both families. -errno on failure.
int WatchRoutes();
/// nftables' own notifications. -errno on failure.
int WatchFirewall();
/// inotify on /etc/resolv.conf and its folder. -errno on failure.
int WatchResolvConf();
/// Reads everything that waits. false: the descriptor is of no use any more.
bool Drain(int fd);

}  // namespace agile::helper
