#include "reconciler.h"

#include <dirent.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sockets.h"

namespace agile::helper {

namespace {

ApplyError PortNotAvailable(const std::string& message, const std::string& detail) {
  return {633, "PORT_NOT_AVAILABLE", message, detail};
}
ApplyError ServiceStopped(const std::string& message, const std::string& detail) {
  return {827, "IPSEC_SERVICE_STOPPED", message, detail};
}

std::string Count(size_t number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

}  // namespace

int Reconciler::openTunnel(const std::string& name, uint32_t mtu, bool offload) {
  if (desired_ && desired_->tunnelName != name)
    throw PortNotAvailable("Another tunnel adapter is in use by this connection.", desired_->tunnelName);
  if (!tunnel_.isOpen() || tunnel_.name() != name || tunnel_.offload() != offload) {
    const int code = tunnel_.open(name, client_, offload);
    if (code == EBUSY)
      throw PortNotAvailable("The tunnel adapter " + name + " is in use by another connection.", "TUNSETIFF: EBUSY");
    if (code == ENOENT || code == ENODEV)
      throw PortNotAvailable("This system has no TUN driver. Load the kernel module \"tun\".",
                             std::string("/dev/net/tun: ") + strerror(code));
    if (code != 0) throw PortNotAvailable("The tunnel adapter " + name + " cannot be created.", strerror(code));
  }
  setLink(mtu);
  return tunnel_.descriptor();
}

void Reconciler::adoptTunnel(int descriptor, const std::string& name, uint32_t mtu, bool offload) {
  if (desired_ || tunnel_.isOpen())
    throw PortNotAvailable("Another tunnel adapter is in use by this connection.", tunnel_.name());
  const int code = tunnel_.adopt(descriptor, name, client_, offload);
  if (code == EINVAL) throw InvalidRequest("descriptors", "is not the tunnel adapter " + name);
  if (code != 0) throw PortNotAvailable("The tunnel adapter " + name + " cannot be taken over.", strerror(code));
  // What the one before us would have put back is ours to put back.
  if (firewall_.read(GuardTable(name)).find(kSrcValidMarkWasOff) != std::string::npos) srcValidMark_ = 0;
  dns_.takeOver();
  dnsSet_ = true;
  setLink(mtu);
}

void Reconciler::setLink(uint32_t mtu) {
  const netlink::Result result = SetLink(netlink_, tunnel_.index(), mtu);
  if (!result.ok())
    throw PortNotAvailable("The tunnel adapter " + tunnel_.name() + " cannot be set up.", result.text());
}

bool Reconciler::needsReversePathMark() {
  const int all = ReadSysctl("ipv4/conf/all/rp_filter");
  DIR* folder = opendir("/proc/sys/net/ipv4/conf");
  if (folder == nullptr) return false;
  bool strict = false;
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name[0] == '.' || name == "all" || name == "default" || name == "lo" || name.compare(0, 4, "avpn") == 0)
      continue;
    // The larger of both counts: 1 is strict, 2 is loose.
    strict = strict || std::max(all, ReadSysctl("ipv4/conf/" + name + "/rp_filter")) == 1;
  }
  closedir(folder);
  return strict;
}

void Reconciler::link(const TunnelSettings& settings, Pass* pass) {
  ConcernState& state = pass->report["tunnel"];
  const auto fail = [&](const std::string& why) {
    state = {false, why};
    if (pass->failed.empty()) pass->failed = "tunnel";
  };
  if (!tunnel_.isOpen() || tunnel_.name() != settings.tunnelName)
    return fail("the tunnel adapter " + settings.tunnelName + " is not open");
  if (tunnel_.index() == 0) {
    // Deleted by somebody: the descriptor that the data path reads gets a new adapter.
    const int code = tunnel_.reattach();
    if (code != 0) return fail(std::string("the adapter was deleted and cannot be made again: ") + strerror(code));
    pass->changed = true;
  }
  const int index = tunnel_.index();
  std::vector<netlink::Link> links;
  netlink::Result result = netlink::DumpLinks(netlink_, &links);
  if (!result.ok()) return fail(result.text());
  const auto found =
      std::find_if(links.begin(), links.end(), [index](const netlink::Link& each) { return each.index == index; });
  if (found == links.end() || (found->flags & IFF_UP) == 0 || found->mtu != settings.mtu) {
    result = SetLink(netlink_, index, settings.mtu);
    if (!result.ok()) return fail(result.text());
    pass->changed = true;
  }
  const bool wantsIpv6 = std::any_of(settings.addresses.begin(), settings.addresses.end(),
                                     [](const Prefix& address) { return address.family == AF_INET6; });
  const std::string disabled = "ipv6/conf/" + settings.tunnelName + "/disable_ipv6";
  if (wantsIpv6 && ReadSysctl(disabled) == 1) {
    WriteSysctl(disabled, 0);
    pass->changed = true;
  }
  state = {true, settings.tunnelName + ", MTU " + std::to_string(settings.mtu)};
}

std::vector<LocalNetwork> Reconciler::localNetworks() {
  std::vector<netlink::Link> links;
  std::vector<netlink::Address> addresses;
  std::vector<LocalNetwork> out;
  if (!netlink::DumpLinks(netlink_, &links).ok() || !netlink::DumpAddresses(netlink_, &addresses).ok()) return out;
  for (const netlink::Link& link : links) {
    if ((link.flags & IFF_LOOPBACK) != 0 || link.kind == "tun" || link.kind == "wireguard") continue;
    for (const netlink::Address& address : addresses) {
      if (address.index != link.index) continue;
      const auto local = LocalNetworkOf(link.name, address.family, address.address, address.prefixLength);
      if (local && std::find(out.begin(), out.end(), *local) == out.end()) out.push_back(*local);
    }
  }
  return out;
}

void Reconciler::firewall(const TunnelSettings& settings, Pass* pass) {
  const bool strict = needsReversePathMark();
  if (strict && srcValidMark_ < 0 && ReadSysctl("ipv4/conf/all/src_valid_mark") == 0) srcValidMark_ = 0;
  ConcernState state{true, settings.hasKillSwitch ? "kill switch and tunnel guards" : "tunnel guards"};
  const std::pair<std::string, std::string> wanted[] = {
      {kKillSwitchTable,
       KillSwitchRules(
           settings, client_,
           settings.hasKillSwitch && settings.killSwitch.allowLan ? localNetworks() : std::vector<LocalNetwork>())},
      {GuardTable(settings.tunnelName), GuardRules(settings, client_, strict, srcValidMark_ == 0)},
  };
  for (const auto& [table, rules] : wanted) {
    const std::string present = firewall_.read(table);
    if (table == kKillSwitchTable && !killSwitchSet_ && !present.empty()) {
      const KillSwitchInForce other = ReadKillSwitch(present);
      const bool live = other.tunnelName != settings.tunnelName && if_nametoindex(other.tunnelName.c_str()) != 0;
      if (!rules.empty() && live) {
        state = {false, "the kill switch of " + other.tunnelName + " is in force"};
        if (pass->failed.empty()) pass->failed = "firewall";
        continue;
      }
      // What a connection left is replaced by another kill switch, or by new settings of the same connection; never by
      // a check.
      if (rules.empty() && (live || !applying_ || other.owner != settings.owner)) {
        state.detail += "; the kill switch of another connection is in force";
        continue;
      }
    }
    const auto known = tables_.find(table);
    const bool good = rules.empty() ? present.empty()
                                    : known != tables_.end() && known->second.first == rules &&
                                          known->second.second == present && !present.empty();
    if (good) continue;
    pass->changed = true;
    if (table == kKillSwitchTable) killSwitchSet_ = !rules.empty();
    const std::string error = firewall_.replace(table, rules);
    const std::string after = firewall_.read(table);
    if (!error.empty() || after.empty() != rules.empty()) {
      state = {false, error.empty() ? "nftables did not keep the table " + table : "nftables: " + error};
      // Guards are a help; a kill switch that was asked for is a promise.
      if (table == kKillSwitchTable && pass->failed.empty()) pass->failed = "firewall";
      tables_.erase(table);
      continue;
    }
    if (rules.empty())
      tables_.erase(table);
    else
      tables_[table] = {rules, after};
  }
  // Last: the guard table says that it was off, should this process be killed.
  if (strict && ReadSysctl("ipv4/conf/all/src_valid_mark") == 0) WriteSysctl("ipv4/conf/all/src_valid_mark", 1);
  pass->report["firewall"] = state;
}

Reconciler::Pass Reconciler::converge(const TunnelSettings& settings) {
  Pass pass;
  const auto note = [&pass](const char* concern, const netlink::Result& result, const std::string& good) {
    pass.report[concern] = {result.ok(), result.ok() ? good : result.text()};
    if (!result.ok() && pass.failed.empty()) pass.failed = concern;
  };
  // Blocking before anything moves; a kill switch that is lifted goes last by its own order: it is only lifted with the
  // tunnel up.
  firewall(settings, &pass);
  link(settings, &pass);
  if (!pass.failed.empty()) return pass;
  const int index = tunnel_.index();
  note("addresses", SetAddresses(netlink_, index, settings.addresses, &pass.changed),
       std::to_string(settings.addresses.size()) + (settings.addresses.size() == 1 ? " address" : " addresses"));
  const std::vector<Route> routes = RoutesFor(settings);
  const std::vector<Rule> rules = RulesFor(settings);
  note("routes", SetRoutes(netlink_, TableOf(TunnelNumber(settings.tunnelName)), index, routes, &pass.changed),
       Count(routes.size(), "route"));
  note("rules", SetRules(netlink_, TunnelNumber(settings.tunnelName), rules, &pass.changed),
       Count(rules.size(), "rule"));
  if (settings.hasDns) {
    const DnsState state = dns_.apply(settings.tunnelName, index, settings.dns);
    pass.report["dns"] = {state.inForce, state.detail};
    pass.changed = pass.changed || state.changed;
    dnsSet_ = true;
  } else {
    if (dnsSet_) dns_.withdraw(settings.tunnelName, index);
    dnsSet_ = false;
    pass.report["dns"] = {true, "not asked for"};
  }
  return pass;
}

Report Reconciler::apply(const TunnelSettings& settings) {
  if (!tunnel_.isOpen() || tunnel_.name() != settings.tunnelName)
    throw PortNotAvailable("The tunnel adapter " + settings.tunnelName + " is not open.",
                           "open-tunnel comes before apply");
  const std::optional<TunnelSettings> before = desired_;
  const bool blockedBefore = !killSwitchSet_ && killSwitch().has_value();
  applying_ = true;
  Pass pass = converge(settings);
  applying_ = false;
  if (pass.failed.empty()) {
    // Read back: a second pass must find nothing to do.
    Pass again = converge(settings);
    if (again.failed.empty() && again.changed) {
      again = converge(settings);
      if (again.changed && again.report["tunnel"].inForce)
        again.report["tunnel"].detail += "; something else keeps changing these settings";
    }
    pass = std::move(again);
  }
  if (!pass.failed.empty()) {
    const ConcernState cause = pass.report[pass.failed];
    if (before)
      converge(*before);
    else
      removeSettings(blockedBefore);
    if (blockedBefore && !before) killSwitchSet_ = false;
    throw ServiceStopped("The system refused the network settings of the tunnel (" + pass.failed + ").", cause.detail);
  }
  desired_ = settings;
  lastReport_ = pass.report;
  return pass.report;
}

std::optional<Report> Reconciler::check() {
  if (!desired_) return std::nullopt;
  Pass pass = converge(*desired_);
  if (!pass.changed && pass.report == lastReport_) return std::nullopt;
  const bool repaired = pass.changed;
  lastReport_ = pass.report;
  if (repaired) {
    for (auto& [concern, state] : pass.report) {
      if (state.inForce && concern == "tunnel")
        state.detail += " (settings were changed by something else and were repaired)";
    }
  }
  return pass.report;
}

void Reconciler::removeSettings(bool keepBlocking) {
  const std::string name = desired_ ? desired_->tunnelName : tunnel_.name();
  bool changed = false;
  if (!name.empty()) {
    if (dnsSet_) dns_.withdraw(name, tunnel_.isOpen() ? tunnel_.index() : 0);
    dnsSet_ = false;
    SetRules(netlink_, TunnelNumber(name), {}, &changed);
    SetRoutes(netlink_, TableOf(TunnelNumber(name)), 0, {}, &changed);
    firewall_.replace(GuardTable(name), {});
    tables_.erase(GuardTable(name));
    if (tunnel_.isOpen() && tunnel_.index() != 0) SetAddresses(netlink_, tunnel_.index(), {}, &changed);
  }
  if (!keepBlocking && killSwitchSet_) {
    firewall_.replace(kKillSwitchTable, {});
    tables_.erase(kKillSwitchTable);
    killSwitchSet_ = false;
  }
  if (srcValidMark_ >= 0) WriteSysctl("ipv4/conf/all/src_valid_mark", srcValidMark_);
  srcValidMark_ = -1;
}

void Reconciler::withdraw(bool keepBlocking) {
  removeSettings(keepBlocking);
  desired_.reset();
  lastReport_.clear();
  // One that stays is nobody's until new settings or a person take it.
  killSwitchSet_ = false;
  tables_.erase(kKillSwitchTable);
  if (tunnel_.isOpen()) {
    // The client may still hold its descriptor: the adapter goes now all the same.
    if (const int index = tunnel_.index(); index != 0) {
      netlink::Message message(RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK);
      ifinfomsg info{};
      info.ifi_index = index;
      message.append(info);
      netlink_.request(message);
    }
    tunnel_.close();
  }
}

std::optional<KillSwitchInForce> Reconciler::killSwitch() {
  const std::string table = firewall_.read(kKillSwitchTable);
  if (table.empty()) return std::nullopt;
  return ReadKillSwitch(table);
}

bool Reconciler::lift(const std::string& owner) {
  const auto present = killSwitch();
  if (!present || (!owner.empty() && present->owner != owner)) return false;
  if (killSwitchSet_ || if_nametoindex(present->tunnelName.c_str()) != 0)
    throw PortNotAvailable("The connection whose kill switch is in force is still there. Disconnect it.",
                           present->tunnelName);
  const std::string error = firewall_.replace(kKillSwitchTable, {});
  if (!error.empty()) throw ServiceStopped("The kill switch could not be lifted.", "nftables: " + error);
  return true;
}

int Reconciler::openDhcp() {
  if (!desired_)
    throw PortNotAvailable("There is no tunnel that DHCP could be asked through.", "apply comes before open-dhcp");
  const auto own = std::find_if(desired_->addresses.begin(), desired_->addresses.end(),
                                [](const Prefix& address) { return address.family == AF_INET; });
  if (own == desired_->addresses.end())
    throw PortNotAvailable("The tunnel has no IPv4 address to ask DHCP with.", desired_->tunnelName);
  const int fd = OpenDhcpSocket(desired_->tunnelName, own->bytes);
  if (fd < 0) throw PortNotAvailable("UDP port 68 of the tunnel is not available.", strerror(-fd));
  return fd;
}

void Reconciler::removeLeftovers() {
  RemoveLeftovers(netlink_);
  for (const std::string& table : firewall_.tables()) {
    if (table == kKillSwitchTable || if_nametoindex(table.substr(strlen("agile_vpn_")).c_str()) != 0) continue;
    // Its helper was killed before it could put this back.
    if (firewall_.read(table).find(kSrcValidMarkWasOff) != std::string::npos)
      WriteSysctl("ipv4/conf/all/src_valid_mark", 0);
    firewall_.replace(table, {});
  }
  dns_.removeLeftovers();
}

}  // namespace agile::helper
