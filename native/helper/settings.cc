#include "settings.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>

namespace agile::helper {

namespace {

using nlohmann::json;

constexpr size_t kMaxAddresses = 16;
constexpr size_t kMaxRoutes = 1024;
constexpr size_t kMaxServers = 8;
constexpr size_t kMaxDomains = 64;
constexpr size_t kMaxEndpoints = 64;
/// RFC 791: what every IPv4 host takes; RFC 8200 section 5: no IPv6 link is smaller.
constexpr uint64_t kSmallestMtu4 = 576;
constexpr uint32_t kSmallestMtu6 = 1280;

std::string Member(const std::string& field, const char* name) { return field.empty() ? name : field + "." + name; }

const json& Required(const json& object, const std::string& field, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) throw InvalidRequest(Member(field, name), "is missing");
  return *found;
}

const std::string& Text(const json& value, const std::string& field, size_t longest) {
  if (!value.is_string()) throw InvalidRequest(field, "must be text");
  const auto& text = value.get_ref<const std::string&>();
  if (text.empty() || text.size() > longest)
    throw InvalidRequest(field, "must have 1 to " + std::to_string(longest) + " characters");
  return text;
}

bool Boolean(const json& value, const std::string& field) {
  if (!value.is_boolean()) throw InvalidRequest(field, "must be true or false");
  return value.get<bool>();
}

/// Whole numbers only: no 1.0, no text.
uint64_t Number(const json& value, const std::string& field, uint64_t least, uint64_t most) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() < least || value.get<uint64_t>() > most) {
    throw InvalidRequest(field, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value.get<uint64_t>();
}

const json& List(const json& value, const std::string& field, size_t most) {
  if (!value.is_array()) throw InvalidRequest(field, "must be a list");
  if (value.size() > most) throw InvalidRequest(field, "has more than " + std::to_string(most) + " entries");
  return value;
}

bool ParseAddressText(const std::string& text, Prefix* out) {
  uint8_t bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) {
    out->family = AF_INET;
    out->bytes.assign(bytes, bytes + 4);
    out->length = 32;
    return true;
  }
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) {
    out->family = AF_INET6;
    out->bytes.assign(bytes, bytes + 16);
    out->length = 128;
    return true;
  }
  return false;
}

bool Unicast(const Prefix& address) {
  const auto& b = address.bytes;
  if (address.family == AF_INET) return b[0] != 0 && b[0] != 127 && b[0] < 224;
  if (b[0] == 0xff) return false;
  // ::, ::1 and IPv4-mapped addresses are no addresses of a network.
  const bool leadingZeros = std::all_of(b.begin(), b.begin() + 10, [](uint8_t octet) { return octet == 0; });
  return !leadingZeros;
}

Prefix UnicastAddress(const json& value, const std::string& field) {
  Prefix out;
  if (!ParseAddressText(Text(value, field, 45), &out)) throw InvalidRequest(field, "is not an IP address");
  if (!Unicast(out)) throw InvalidRequest(field, "is not a unicast address");
  return out;
}

Prefix Cidr(const json& value, const std::string& field) {
  const std::string& text = Text(value, field, 49);
  const size_t slash = text.find('/');
  Prefix out;
  if (slash == std::string::npos || !ParseAddressText(text.substr(0, slash), &out))
    throw InvalidRequest(field, "is not of the form address/length");
  const std::string digits = text.substr(slash + 1);
  if (digits.empty() || digits.size() > 3 ||
      !std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    throw InvalidRequest(field, "is not of the form address/length");
  }
  const int length = std::stoi(digits);
  if (length > out.length) throw InvalidRequest(field, "has a prefix length above " + std::to_string(out.length));
  out.length = static_cast<uint8_t>(length);
  return out;
}

Prefix Network(const json& value, const std::string& field) {
  Prefix out = Cidr(value, field);
  for (size_t i = 0; i < out.bytes.size(); i++) {
    const int kept = std::clamp(static_cast<int>(out.length) - static_cast<int>(i) * 8, 0, 8);
    out.bytes[i] = static_cast<uint8_t>(out.bytes[i] & (0xff00 >> kept));
  }
  const auto& b = out.bytes;
  if (out.length > 0 && ((out.family == AF_INET && (b[0] == 127 || b[0] >= 224)) ||
                         (out.family == AF_INET6 && (b[0] == 0xff || (out.length == 128 && !Unicast(out)))))) {
    throw InvalidRequest(field, "is not a unicast network");
  }
  return out;
}

std::vector<Prefix> Networks(const json& value, const std::string& field) {
  std::vector<Prefix> out;
  const json& list = List(value, field, kMaxRoutes);
  for (size_t i = 0; i < list.size(); i++) out.push_back(Network(list[i], field + "[" + std::to_string(i) + "]"));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// RFC 1035 name of letters, digits, hyphens and underscores; no root dot.
std::string Domain(const json& value, const std::string& field) {
  std::string text = Text(value, field, 253);
  size_t label = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) throw InvalidRequest(field, "is not a domain name");
      label = 0;
      continue;
    }
    const bool allowed =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!allowed || ++label > 63) throw InvalidRequest(field, "is not a domain name");
  }
  if (label == 0) throw InvalidRequest(field, "is not a domain name");
  return text;
}

std::vector<std::string> Domains(const json& value, const std::string& field) {
  std::vector<std::string> out;
  const json& list = List(value, field, kMaxDomains);
  for (size_t i = 0; i < list.size(); i++) out.push_back(Domain(list[i], field + "[" + std::to_string(i) + "]"));
  return out;
}

DnsSettings ParseDns(const json& value, const std::string& field) {
  CheckMembers(value, field, {"servers", "searchDomains", "splitDomains"});
  DnsSettings out;
  const std::string servers = Member(field, "servers");
  const json& list = List(Required(value, field, "servers"), servers, kMaxServers);
  for (size_t i = 0; i < list.size(); i++)
    out.servers.push_back(UnicastAddress(list[i], servers + "[" + std::to_string(i) + "]"));
  if (out.servers.empty()) throw InvalidRequest(servers, "is empty");
  out.searchDomains = Domains(Required(value, field, "searchDomains"), Member(field, "searchDomains"));
  out.splitDomains = Domains(Required(value, field, "splitDomains"), Member(field, "splitDomains"));
  return out;
}

KillSwitchSettings ParseKillSwitch(const json& value, const std::string& field) {
  CheckMembers(value, field, {"endpoints", "allowLan"});
  KillSwitchSettings out;
  const std::string endpoints = Member(field, "endpoints");
  const json& list = List(Required(value, field, "endpoints"), endpoints, kMaxEndpoints);
  for (size_t i = 0; i < list.size(); i++) {
    const std::string name = endpoints + "[" + std::to_string(i) + "]";
    CheckMembers(list[i], name, {"address", "port"});
    Endpoint endpoint;
    endpoint.address = UnicastAddress(Required(list[i], name, "address"), Member(name, "address"));
    endpoint.port = static_cast<uint16_t>(Number(Required(list[i], name, "port"), Member(name, "port"), 1, 65535));
    out.endpoints.push_back(std::move(endpoint));
  }
  out.allowLan = Boolean(Required(value, field, "allowLan"), Member(field, "allowLan"));
  return out;
}

}  // namespace

std::string Prefix::address() const {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, bytes.data(), text, sizeof text);
  return text;
}

std::string Prefix::text() const { return address() + "/" + std::to_string(length); }

void CheckMembers(const json& object, const std::string& field, std::initializer_list<const char*> known) {
  if (!object.is_object()) throw InvalidRequest(field, "must be an object");
  for (const auto& item : object.items()) {
    const bool found = std::any_of(known.begin(), known.end(), [&](const char* name) { return item.key() == name; });
    // The name is echoed cut and printable: it came from outside.
    if (!found) {
      std::string name = item.key().substr(0, 64);
      for (char& c : name) {
        if (c < 0x20 || c > 0x7e) c = '?';
      }
      throw InvalidRequest(Member(field, name.c_str()), "is not known");
    }
  }
}

std::string ParseTunnelName(const json& value, const std::string& field) {
  const std::string& text = Text(value, field, 15);
  const bool good = text.size() >= 5 && text.size() <= 6 && text.compare(0, 4, "avpn") == 0 &&
                    (text.size() == 5 || text[4] != '0') &&
                    std::all_of(text.begin() + 4, text.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
                    TunnelNumber(text) < kTunnels;
  if (!good) throw InvalidRequest(field, "must be avpn0 to avpn" + std::to_string(kTunnels - 1));
  return text;
}

std::string ParseOwner(const json& value, const std::string& field) {
  const std::string& text = Text(value, field, 64);
  const bool good = text.size() >= 16 && std::all_of(text.begin(), text.end(), [](char c) {
                      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                    });
  if (!good) throw InvalidRequest(field, "must be 16 to 64 hexadecimal digits");
  return text;
}

uint32_t TunnelNumber(const std::string& name) { return static_cast<uint32_t>(std::stoul(name.substr(4))); }

uint32_t ParseMtu(const json& value, const std::string& field) {
  return static_cast<uint32_t>(Number(value, field, kSmallestMtu4, 9000));
}

TunnelSettings ParseSettings(const json& value, const std::string& field) {
  CheckMembers(value, field,
               {"tunnelName", "owner", "mtu", "addresses", "routes", "excluded", "ipv6", "dns", "killSwitch"});
  TunnelSettings out;
  out.tunnelName = ParseTunnelName(Required(value, field, "tunnelName"), Member(field, "tunnelName"));
  out.owner = ParseOwner(Required(value, field, "owner"), Member(field, "owner"));
  out.mtu = ParseMtu(Required(value, field, "mtu"), Member(field, "mtu"));
  const std::string addresses = Member(field, "addresses");
  const json& list = List(Required(value, field, "addresses"), addresses, kMaxAddresses);
  for (size_t i = 0; i < list.size(); i++) {
    const std::string name = addresses + "[" + std::to_string(i) + "]";
    Prefix address = Cidr(list[i], name);
    if (!Unicast(address)) throw InvalidRequest(name, "is not a unicast address");
    if (address.family == AF_INET6 && out.mtu < kSmallestMtu6)
      throw InvalidRequest(Member(field, "mtu"), "must be at least 1280 with an IPv6 address");
    out.addresses.push_back(std::move(address));
  }
  out.routes = Networks(Required(value, field, "routes"), Member(field, "routes"));
  const std::string excluded = Member(field, "excluded");
  out.excluded = Networks(Required(value, field, "excluded"), excluded);
  for (const Prefix& network : out.excluded) {
    // That would be the end of the tunnel and of the kill switch.
    if (network.length == 0) throw InvalidRequest(excluded, "must not be all addresses");
  }
  const std::string& ipv6 = Text(Required(value, field, "ipv6"), Member(field, "ipv6"), 8);
  if (ipv6 != "block" && ipv6 != "leave") throw InvalidRequest(Member(field, "ipv6"), "must be \"block\" or \"leave\"");
  out.blockIpv6 = ipv6 == "block";
  const json& dns = Required(value, field, "dns");
  out.hasDns = !dns.is_null();
  if (out.hasDns) out.dns = ParseDns(dns, Member(field, "dns"));
  const json& killSwitch = Required(value, field, "killSwitch");
  out.hasKillSwitch = !killSwitch.is_null();
  if (out.hasKillSwitch) out.killSwitch = ParseKillSwitch(killSwitch, Member(field, "killSwitch"));
  return out;
}

}  // namespace agile::helper
