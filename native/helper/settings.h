// The declared state a client may ask for (src-core/ports/network-settings.ts) and its strict validation. Pure: touches
// no system.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace agile::helper {

/// A request that is refused. `field` names what is wrong: "settings.routes[3]".
struct InvalidRequest : std::runtime_error {
  InvalidRequest(std::string fieldName, const std::string& why)
      : std::runtime_error(fieldName + ": " + why), field(std::move(fieldName)) {}
  std::string field;
};

/// An address with a prefix length. `bytes` holds 4 or 16 octets.
struct Prefix {
  int family = 0;
  std::vector<uint8_t> bytes;
  uint8_t length = 0;

  std::string address() const;
  /// "10.0.0.0/8"
  std::string text() const;
  bool operator==(const Prefix&) const = default;
  auto operator<=>(const Prefix&) const = default;
};

struct Endpoint {
  Prefix address;
  uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
};

struct DnsSettings {
  std::vector<Prefix> servers;
  std::vector<std::string> searchDomains;
  std::vector<std::string> splitDomains;
  bool operator==(const DnsSettings&) const = default;
};

/// Tunnel adapters there can be: avpn0 and up. Each has rule priorities of its own (routing.cc).
constexpr uint32_t kTunnels = 98;

struct KillSwitchSettings {
  std::vector<Endpoint> endpoints;
  bool allowLan = false;
  bool operator==(const KillSwitchSettings&) const = default;
};

struct TunnelSettings {
  std::string tunnelName;
  /// Names the connection in what outlives it: 16 to 64 hexadecimal digits, never its name as people read it.
  std::string owner;
  uint32_t mtu = 0;
  std::vector<Prefix> addresses;
  /// Host bits cleared, sorted, without duplicates.
  std::vector<Prefix> routes;
  /// As `routes`; none of them is a default route.
  std::vector<Prefix> excluded;
  bool blockIpv6 = false;
  bool hasDns = false;
  DnsSettings dns;
  bool hasKillSwitch = false;
  KillSwitchSettings killSwitch;
  bool operator==(const TunnelSettings&) const = default;
};

/// Throws InvalidRequest. Every field must be there, none may be unknown.
TunnelSettings ParseSettings(const nlohmann::json& value, const std::string& field);

/// "avpn0" to "avpn97"; throws InvalidRequest.
std::string ParseTunnelName(const nlohmann::json& value, const std::string& field);
/// Throws InvalidRequest.
std::string ParseOwner(const nlohmann::json& value, const std::string& field);
/// The number behind the name: 0 for avpn0.
uint32_t TunnelNumber(const std::string& name);
/// 576..9000; throws InvalidRequest.
uint32_t ParseMtu(const nlohmann::json& value, const std::string& field);

/// Refuses members of `object` that are not in `known`, and a value that is no object.
void CheckMembers(const nlohmann::json& object, const std::string& field, std::initializer_list<const char*> known);

}  // namespace agile::helper
