// systemd-resolved over D-Bus: domains, default route, then servers (org.freedesktop.resolve1(5)).
#include <netinet/in.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "dns.h"

namespace agile::helper {

namespace {

constexpr const char* kService = "org.freedesktop.resolve1";
constexpr const char* kPath = "/org/freedesktop/resolve1";
constexpr const char* kManager = "org.freedesktop.resolve1.Manager";
constexpr const char* kLink = "org.freedesktop.resolve1.Link";
constexpr uint64_t kTimeoutMicroseconds = 3'000'000;

using Domain = std::pair<std::string, bool>;

class Message {
 public:
  Message() = default;
  ~Message() { sd_bus_message_unref(message_); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  sd_bus_message** out() { return &message_; }
  sd_bus_message* get() const { return message_; }

 private:
  sd_bus_message* message_ = nullptr;
};

class BusError {
 public:
  ~BusError() { sd_bus_error_free(&error_); }
  sd_bus_error* out() { return &error_; }
  std::string text(int code) const { return error_.message != nullptr ? error_.message : strerror(-code); }

 private:
  sd_bus_error error_ = SD_BUS_ERROR_NULL;
};

sd_bus* OpenBus() {
  sd_bus* bus = nullptr;
  if (sd_bus_open_system(&bus) < 0) return nullptr;
  sd_bus_set_method_call_timeout(bus, kTimeoutMicroseconds);
  return bus;
}

bool Running(sd_bus* bus) {
  Message reply;
  BusError error;
  int owned = 0;
  if (sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
                         error.out(), reply.out(), "s", kService) < 0)
    return false;
  return sd_bus_message_read(reply.get(), "b", &owned) > 0 && owned != 0;
}

/// Programs ask resolved only if resolv.conf leads there: its stub, or its own list by way of nss-resolve.
bool ResolvConfLeadsThere() {
  const std::string text = ReadSmallFile(kResolvConf);
  return text.find("nameserver 127.0.0.53") != std::string::npos ||
         text.find("nameserver 127.0.0.54") != std::string::npos;
}

class Resolved : public DnsMethod {
 public:
  explicit Resolved(sd_bus* bus) : bus_(bus) {}
  ~Resolved() override { sd_bus_flush_close_unref(bus_); }
  const char* name() const override { return "systemd-resolved"; }

  DnsState apply(const std::string&, int index, const DnsSettings& settings) override {
    if (index == 0) return {false, "the tunnel adapter is gone", false};
    if (!ResolvConfLeadsThere()) return {false, "/etc/resolv.conf no longer leads to systemd-resolved", false};
    std::string why;
    if (matches(index, settings, &why)) return {true, name(), false};
    if (!set(index, settings, &why)) {
      // resolved may have restarted: the next attempt speaks to the new one.
      reconnect();
      return {false, why, true};
    }
    const bool good = matches(index, settings, &why);
    return {good, good ? name() : why, true};
  }

  void withdraw(const std::string&, int index) override {
    if (index == 0) return;  // Link settings vanish with the link.
    BusError error;
    sd_bus_call_method(bus_, kService, kPath, kManager, "RevertLink", error.out(), nullptr, "i", index);
  }

 private:
  static std::set<Domain> Wanted(const DnsSettings& settings) {
    std::set<Domain> out;
    for (const auto& domain : settings.searchDomains) out.emplace(domain, false);
    for (const auto& domain : settings.splitDomains) {
      if (out.count({domain, false}) == 0) out.emplace(domain, true);
    }
    // "~.": every name goes here.
    if (settings.splitDomains.empty()) out.emplace(".", true);
    return out;
  }

  bool set(int index, const DnsSettings& settings, std::string* why) {
    BusError error;
    Message domains;
    int code = sd_bus_message_new_method_call(bus_, domains.out(), kService, kPath, kManager, "SetLinkDomains");
    if (code >= 0) code = sd_bus_message_append(domains.get(), "i", index);
    if (code >= 0) code = sd_bus_message_open_container(domains.get(), 'a', "(sb)");
    for (const auto& [domain, routing] : Wanted(settings)) {
      if (code >= 0) code = sd_bus_message_append(domains.get(), "(sb)", domain.c_str(), routing ? 1 : 0);
    }
    if (code >= 0) code = sd_bus_message_close_container(domains.get());
    if (code >= 0) code = sd_bus_call(bus_, domains.get(), 0, error.out(), nullptr);
    if (code >= 0)
      code = sd_bus_call_method(bus_, kService, kPath, kManager, "SetLinkDefaultRoute", error.out(), nullptr, "ib",
                                index, settings.splitDomains.empty() ? 1 : 0);
    if (code < 0) {
      *why = "systemd-resolved refused: " + error.text(code);
      return false;
    }
    Message servers;
    code = sd_bus_message_new_method_call(bus_, servers.out(), kService, kPath, kManager, "SetLinkDNS");
    if (code >= 0) code = sd_bus_message_append(servers.get(), "i", index);
    if (code >= 0) code = sd_bus_message_open_container(servers.get(), 'a', "(iay)");
    for (const auto& server : settings.servers) {
      if (code >= 0) code = sd_bus_message_open_container(servers.get(), 'r', "iay");
      if (code >= 0) code = sd_bus_message_append(servers.get(), "i", server.family);
      if (code >= 0) code = sd_bus_message_append_array(servers.get(), 'y', server.bytes.data(), server.bytes.size());
      if (code >= 0) code = sd_bus_message_close_container(servers.get());
    }
    if (code >= 0) code = sd_bus_message_close_container(servers.get());
    if (code >= 0) code = sd_bus_call(bus_, servers.get(), 0, error.out(), nullptr);
    if (code < 0) *why = "systemd-resolved refused: " + error.text(code);
    return code >= 0;
  }

  /// Reads the link's properties back.
  bool matches(int index, const DnsSettings& settings, std::string* why) {
    BusError error;
    Message link;
    const char* path = nullptr;
    int code = sd_bus_call_method(bus_, kService, kPath, kManager, "GetLink", error.out(), link.out(), "i", index);
    if (code >= 0) code = sd_bus_message_read(link.get(), "o", &path);
    if (code < 0) {
      *why = "systemd-resolved does not answer: " + error.text(code);
      reconnect();
      return false;
    }
    const std::string object = path;

    Message servers;
    std::vector<std::vector<uint8_t>> found;
    code = sd_bus_get_property(bus_, kService, object.c_str(), kLink, "DNS", error.out(), servers.out(), "a(iay)");
    if (code >= 0) code = sd_bus_message_enter_container(servers.get(), 'a', "(iay)");
    while (code >= 0 && (code = sd_bus_message_enter_container(servers.get(), 'r', "iay")) > 0) {
      int family = 0;
      const void* bytes = nullptr;
      size_t length = 0;
      code = sd_bus_message_read(servers.get(), "i", &family);
      if (code >= 0) code = sd_bus_message_read_array(servers.get(), 'y', &bytes, &length);
      if (code >= 0)
        found.emplace_back(static_cast<const uint8_t*>(bytes), static_cast<const uint8_t*>(bytes) + length);
      if (code >= 0) code = sd_bus_message_exit_container(servers.get());
    }
    bool same = code >= 0 && found.size() == settings.servers.size();
    for (size_t i = 0; same && i < found.size(); i++) same = found[i] == settings.servers[i].bytes;

    Message domains;
    std::set<Domain> names;
    code = sd_bus_get_property(bus_, kService, object.c_str(), kLink, "Domains", error.out(), domains.out(), "a(sb)");
    if (code >= 0) code = sd_bus_message_enter_container(domains.get(), 'a', "(sb)");
    const char* domain = nullptr;
    int routing = 0;
    while (code >= 0 && (code = sd_bus_message_read(domains.get(), "(sb)", &domain, &routing)) > 0)
      names.emplace(domain, routing != 0);
    same = same && code >= 0 && names == Wanted(settings);

    int defaultRoute = 0;
    code = sd_bus_get_property_trivial(bus_, kService, object.c_str(), kLink, "DefaultRoute", error.out(), 'b',
                                       &defaultRoute);
    same = same && code >= 0 && (defaultRoute != 0) == settings.splitDomains.empty();
    if (!same) *why = "systemd-resolved does not have the tunnel's servers";
    return same;
  }

  void reconnect() {
    sd_bus* fresh = OpenBus();
    if (fresh == nullptr) return;
    sd_bus_flush_close_unref(bus_);
    bus_ = fresh;
  }

  sd_bus* bus_;
};

}  // namespace

std::unique_ptr<DnsMethod> ResolvedMethod() {
  sd_bus* bus = OpenBus();
  if (bus == nullptr) return nullptr;
  if (!Running(bus) || !ResolvConfLeadsThere()) {
    sd_bus_flush_close_unref(bus);
    return nullptr;
  }
  return std::make_unique<Resolved>(bus);
}

}  // namespace agile::helper
