// One tunnel's declared state against the system: applied, read back, repaired, put back.
#pragma once
#include <sys/types.h>

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "dns.h"
#include "firewall.h"
#include "kill_switch.h"
#include "routing.h"
#include "settings.h"
#include "tunnel.h"

namespace agile::helper {

/// The system refused. Numbers and symbols as in src-core/ports/vpn-error.ts.
struct ApplyError : std::runtime_error {
  ApplyError(int number, const char* name, const std::string& message, std::string more)
      : std::runtime_error(message), code(number), symbol(name), detail(std::move(more)) {}
  int code;
  const char* symbol;
  std::string detail;
};

struct ConcernState {
  bool inForce = true;
  std::string detail;
  bool operator==(const ConcernState&) const = default;
};

/// By SettingsConcern: tunnel, addresses, routes, rules, dns, firewall.
using Report = std::map<std::string, ConcernState>;

class Reconciler {
 public:
  Reconciler(uid_t client, const Surroundings& surroundings) : client_(client), dns_(surroundings) {}

  /// Creates the adapter, up with its MTU, without addresses. Throws ApplyError (633). Returns the descriptor; it stays
  /// ours.
  int openTunnel(const std::string& name, uint32_t mtu, bool offload);
  /// The same for an adapter that a helper made which has ended: `descriptor` is the client's and stays the caller's.
  /// What that helper set is put right by `apply`, put back by `withdraw`. Throws InvalidRequest when the descriptor is
  /// not of that adapter, ApplyError (633).
  void adoptTunnel(int descriptor, const std::string& name, uint32_t mtu, bool offload);
  /// Throws ApplyError (633, 827); then the state is what it was before.
  Report apply(const TunnelSettings& settings);
  /// Everything back. `keepBlocking`: nobody asked for the end of the connection, so its kill switch stays.
  void withdraw(bool keepBlocking);
  /// Removes a kill switch that some connection left: the person's own wish. `owner` empty: whosever it is.
  /// false: there is none of that owner. Throws ApplyError (633) while its connection lives.
  bool lift(const std::string& owner);
  /// A UDP socket on port 68 of the tunnel for DHCPINFORM (W-20). Throws ApplyError (633). The caller owns
  /// it.
  int openDhcp();

  /// Reads everything back and repairs it. A report when something was repaired or is newly (not) in force.
  std::optional<Report> check();
  bool applied() const { return desired_.has_value(); }

  /// The kill switch whose table is there, whoever left it.
  std::optional<KillSwitchInForce> killSwitch();
  /// What a killed helper left: rules, routes and guards of tunnels that are gone, and its resolv.conf. The kill switch
  /// stays.
  void removeLeftovers();

 private:
  struct Pass {
    Report report;
    bool changed = false;
    /// First concern that must not fail.
    std::string failed;
  };
  Pass converge(const TunnelSettings& settings);
  /// Up, with its MTU. Throws ApplyError (633).
  void setLink(uint32_t mtu);
  void link(const TunnelSettings& settings, Pass* pass);
  void firewall(const TunnelSettings& settings, Pass* pass);
  /// Local networks of the physical adapters, as far as they are a person's to allow.
  std::vector<LocalNetwork> localNetworks();
  void removeSettings(bool keepBlocking);
  bool needsReversePathMark();

  uid_t client_;
  netlink::Socket netlink_;
  Tunnel tunnel_;
  Firewall firewall_;
  Dns dns_;
  std::optional<TunnelSettings> desired_;
  Report lastReport_;
  /// Table contents as read back right after they were set, with the rules they came from.
  std::map<std::string, std::pair<std::string, std::string>> tables_;
  bool dnsSet_ = false;
  /// The kill switch in force is ours to lift.
  bool killSwitchSet_ = false;
  /// In `apply`, not in a later check.
  bool applying_ = false;
  /// net.ipv4.conf.all.src_valid_mark before us; -1: not touched.
  int srcValidMark_ = -1;
};

}  // namespace agile::helper
