// Name servers of the tunnel, by whatever is in charge of names here: systemd-resolved, resolvconf, or /etc/resolv.conf
// itself.
#pragma once
#include <memory>
#include <string>

#include "privilege.h"
#include "settings.h"

struct sd_bus;

namespace agile::helper {

/// What is in force: read back, not remembered.
struct DnsState {
  bool inForce = false;
  /// "systemd-resolved", "resolvconf", "file", or why not.
  std::string detail;
  /// Something had to be set (again).
  bool changed = false;
};

/// One way to set name servers. `apply` makes the system match and verifies; repeated calls repair.
class DnsMethod {
 public:
  virtual ~DnsMethod() = default;
  virtual const char* name() const = 0;
  virtual DnsState apply(const std::string& tunnel, int index, const DnsSettings& settings) = 0;
  /// Idempotent; also when somebody else removed it.
  virtual void withdraw(const std::string& tunnel, int index) = 0;
};

class Dns {
 public:
  /// In another network namespace systemd-resolved would set the wrong links, and a resolv.conf shared with the rest of
  /// the computer is not ours to change.
  explicit Dns(const Surroundings& surroundings) : surroundings_(surroundings) {}
  ~Dns();

  DnsState apply(const std::string& tunnel, int index, const DnsSettings& settings);
  void withdraw(const std::string& tunnel, int index);
  /// From now on `withdraw` puts back what a helper set that has ended.
  void takeOver() { method_ = choose(); }
  /// What a helper that was killed left in /etc/resolv.conf, unless its tunnel still exists.
  void removeLeftovers();

 private:
  /// Another network namespace that shares resolv.conf with the rest of the computer.
  bool foreign() const { return !surroundings_.network && surroundings_.resolvConf; }
  std::unique_ptr<DnsMethod> choose();

  Surroundings surroundings_;
  std::unique_ptr<DnsMethod> method_;
};

/// Is systemd-resolved on the bus and does /etc/resolv.conf lead to it? Then its method; else null.
std::unique_ptr<DnsMethod> ResolvedMethod();
/// Is a resolvconf installed (Debian's or openresolv)? systemd's namesake does not count.
std::unique_ptr<DnsMethod> ResolvconfMethod();
std::unique_ptr<DnsMethod> FileMethod();

constexpr const char* kResolvConf = "/etc/resolv.conf";
/// At most 64 KiB of a file that root owns; empty when there is none.
std::string ReadSmallFile(const char* path);

/// resolv.conf with these settings, for resolvconf and the file; pure.
std::string ResolvConfText(const DnsSettings& settings);
/// What was at /etc/resolv.conf before us.
struct FormerFile {
  bool existed = true;
  std::string text;
  /// Its target when it was a symbolic link.
  std::string link;
};

/// The file's text with what was there before kept as comments, and back; pure.
std::string WrapResolvConf(const std::string& tunnel, const DnsSettings& settings, const FormerFile& former);
/// false when `text` is not ours.
bool UnwrapResolvConf(const std::string& text, std::string* tunnel, FormerFile* former);

}  // namespace agile::helper
