#include "dns.h"

#include <fcntl.h>
#include <net/if.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <sstream>

namespace agile::helper {

namespace {

constexpr const char* kMarker = "# agile-vpn: name servers of ";
constexpr const char* kKept = "#|";
constexpr const char* kLink = "#-> ";
constexpr const char* kAbsent = "# there was no such file";
/// glibc reads no more than three (MAXNS).
constexpr size_t kMaxServersInFile = 3;

const char* kSplitNeedsResolved =
    "names under the split domains cannot be sent to the tunnel's servers alone without systemd-resolved";

/// 0 or an errno value.
int WriteAll(int fd, const std::string& text) {
  size_t at = 0;
  while (at < text.size()) {
    const ssize_t wrote = write(fd, text.data() + at, text.size() - at);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return wrote < 0 ? errno : EIO;
    at += static_cast<size_t>(wrote);
  }
  return 0;
}

/// Overwrites the file where it lies. Room for the new text is taken before a character of the old one goes, so that a
/// full disk changes nothing. `reason`: the errno value for which it could not be replaced, and the answer where it
/// cannot be overwritten either.
int RewriteInPlace(const std::string& text, int reason) {
  const int fd = open(kResolvConf, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return reason;
  const std::string former = ReadSmallFile(kResolvConf);
  const auto size = static_cast<off_t>(text.size());
  const auto before = static_cast<off_t>(former.size());
  struct stat about{};
  int code = fstat(fd, &about) == 0 && about.st_size == before ? 0 : reason;
  if (code == 0) {
    if (size > before) code = posix_fallocate(fd, 0, size);
    // A file system that cannot promise room (EOPNOTSUPP, EINVAL) may still have it.
    if (code != ENOSPC && code != EDQUOT && code != EFBIG && code != EIO) {
      code = WriteAll(fd, text);
      if (code == 0 && ftruncate(fd, size) != 0) code = errno;
      if (code != 0 && lseek(fd, 0, SEEK_SET) == 0) WriteAll(fd, former);
    }
    if (code != 0 && ftruncate(fd, before) != 0) code = EIO;
  }
  close(fd);
  return code;
}

/// Replaces the file at once by rename; where that cannot be, since it is a mount point of its own (containers,
/// namespaces) or there is no room for a second file, it is rewritten in place.
int ReplaceFile(const std::string& text) {
  const std::string temporary = std::string(kResolvConf) + ".agile-vpn-" + std::to_string(getpid());
  // Of a helper with this number that was killed at it; nobody but root writes here.
  unlink(temporary.c_str());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
  int code = fd < 0 ? errno : 0;
  if (fd >= 0) {
    fchmod(fd, 0644);
    code = WriteAll(fd, text);
    close(fd);
    if (code == 0 && rename(temporary.c_str(), kResolvConf) != 0) code = errno;
    if (code == 0) return 0;
    unlink(temporary.c_str());
  }
  switch (code) {
    case EBUSY:
    case EXDEV:
    case EACCES:
    case EROFS:
    case ENOSPC:
    case EDQUOT:
      return RewriteInPlace(text, code);
    default:
      return code;
  }
}

int RestoreLink(const std::string& target) {
  const std::string temporary = std::string(kResolvConf) + ".agile-vpn-" + std::to_string(getpid());
  unlink(temporary.c_str());
  if (symlink(target.c_str(), temporary.c_str()) != 0) return errno;
  if (rename(temporary.c_str(), kResolvConf) == 0) return 0;
  const int code = errno;
  unlink(temporary.c_str());
  return code;
}

std::string ReadLink() {
  char target[PATH_MAX];
  const ssize_t length = readlink(kResolvConf, target, sizeof target - 1);
  return length > 0 ? std::string(target, static_cast<size_t>(length)) : std::string();
}

/// For a network namespace that has no resolv.conf of its own.
class NoDns : public DnsMethod {
 public:
  const char* name() const override { return "none"; }
  DnsState apply(const std::string&, int, const DnsSettings&) override {
    return {false, "this network namespace shares /etc/resolv.conf with the rest of the computer", false};
  }
  void withdraw(const std::string&, int) override {}
};

class FileDns : public DnsMethod {
 public:
  const char* name() const override { return "file"; }

  DnsState apply(const std::string& tunnel, int, const DnsSettings& settings) override {
    if (!settings.splitDomains.empty()) return {false, kSplitNeedsResolved, false};
    const std::string present = ReadSmallFile(kResolvConf);
    std::string owner;
    FormerFile former;
    const bool ours = UnwrapResolvConf(present, &owner, &former);
    if (ours && owner != tunnel && if_nametoindex(owner.c_str()) != 0)
      return {false, "/etc/resolv.conf belongs to " + owner, false};
    if (!ours) former = {present.empty() ? access(kResolvConf, F_OK) == 0 : true, present, ReadLink()};
    const std::string wanted = WrapResolvConf(tunnel, settings, former);
    if (wanted == present) return {true, "file", false};
    const int code = ReplaceFile(wanted);
    if (code != 0) return {false, std::string("/etc/resolv.conf: ") + strerror(code), false};
    return {ReadSmallFile(kResolvConf) == wanted, "file", true};
  }

  void withdraw(const std::string& tunnel, int) override { Restore(tunnel); }

  /// Puts the former file back if the present one is ours and `tunnel`'s. Somebody else's newer file stays.
  static void Restore(const std::string& tunnel) {
    std::string owner;
    FormerFile former;
    if (!UnwrapResolvConf(ReadSmallFile(kResolvConf), &owner, &former) || owner != tunnel) return;
    if (!former.link.empty() && RestoreLink(former.link) == 0) return;
    if (!former.existed && former.link.empty() && unlink(kResolvConf) == 0) return;
    ReplaceFile(former.text);
  }
};

/// Runs resolvconf with fixed arguments, an empty environment and `input` on its standard input. true: exit status 0.
bool RunResolvconf(const char* path, std::vector<std::string> arguments, const std::string& input) {
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0) return false;
  std::vector<char*> argv;
  arguments.insert(arguments.begin(), path);
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  // Nothing of ours or the client's; shells then use their built-in search path.
  char* const environment[] = {nullptr};
  const pid_t child = fork();
  if (child < 0) {
    close(pipes[0]);
    close(pipes[1]);
    return false;
  }
  if (child == 0) {
    // Only async-signal-safe calls from here on.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    signal(SIGPIPE, SIG_DFL);
    dup2(pipes[0], 0);
    const int nothing = open("/dev/null", O_WRONLY);
    if (nothing >= 0) {
      dup2(nothing, 1);
      dup2(nothing, 2);
    }
    if (chdir("/") != 0) _exit(127);
    execve(path, argv.data(), environment);
    _exit(127);
  }
  close(pipes[0]);
  // At most a few hundred octets: less than a pipe holds.
  const bool written = WriteAll(pipes[1], input) == 0;
  close(pipes[1]);
  // 5 s at most: a helper that hangs would keep the network half-way.
  for (int waited = 0; waited < 500; waited++) {
    int status = 0;
    const pid_t done = waitpid(child, &status, WNOHANG);
    if (done == child) return written && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (done < 0 && errno != EINTR) return false;
    usleep(10 * 1000);
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return false;
}

class Resolvconf : public DnsMethod {
 public:
  Resolvconf(const char* path, bool exclusive) : path_(path), exclusive_(exclusive) {}
  const char* name() const override { return "resolvconf"; }

  DnsState apply(const std::string& tunnel, int, const DnsSettings& settings) override {
    if (!settings.splitDomains.empty()) return {false, kSplitNeedsResolved, false};
    if (Effective(settings)) return {true, Detail(settings), false};
    std::vector<std::string> arguments;
    if (exclusive_) arguments = {"-x", "-m", "0"};
    arguments.insert(arguments.end(), {"-a", Record(tunnel)});
    if (!RunResolvconf(path_, arguments, ResolvConfText(settings))) return {false, "resolvconf refused", true};
    // A record that it has already changes nothing; a file that somebody wrote over it does.
    if (!Effective(settings)) RunResolvconf(path_, {"-u"}, {});
    if (!Effective(settings))
      return {false, "resolvconf took the servers, but /etc/resolv.conf does not name them first", true};
    return {true, Detail(settings), true};
  }

  void withdraw(const std::string& tunnel, int) override { RunResolvconf(path_, {"-d", Record(tunnel)}, {}); }

 private:
  /// Both implementations put records that begin with "tun" first.
  static std::string Record(const std::string& tunnel) { return "tun." + tunnel; }

  /// Debian's resolvconf cannot put others' servers away: they are asked when the tunnel's do not answer.
  static std::string Detail(const DnsSettings& settings) {
    size_t servers = 0;
    const std::string text = ReadSmallFile(kResolvConf);
    for (size_t at = text.find("nameserver "); at != std::string::npos; at = text.find("\nnameserver ", at + 1))
      servers++;
    return servers > std::min(settings.servers.size(), kMaxServersInFile)
               ? "resolvconf; servers of other adapters follow after the tunnel's"
               : "resolvconf";
  }

  /// The tunnel's servers lead the file. A local forwarder on loopback that resolvconf feeds counts too.
  static bool Effective(const DnsSettings& settings) {
    std::istringstream lines(ReadSmallFile(kResolvConf));
    std::string line;
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string keyword, value;
      words >> keyword >> value;
      if (keyword == "nameserver") return value == settings.servers.front().address();
    }
    return false;
  }

  const char* path_;
  bool exclusive_;
};

}  // namespace

std::string ReadSmallFile(const char* path) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return {};
  struct stat about{};
  std::string out;
  if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) {
    char part[4096];
    ssize_t got;
    while (out.size() < 64 * 1024 && ((got = read(fd, part, sizeof part)) > 0 || (got < 0 && errno == EINTR))) {
      if (got > 0) out.append(part, static_cast<size_t>(got));
    }
  }
  close(fd);
  return out;
}

std::string ResolvConfText(const DnsSettings& settings) {
  std::string out;
  for (size_t i = 0; i < settings.servers.size() && i < kMaxServersInFile; i++)
    out += "nameserver " + settings.servers[i].address() + "\n";
  if (!settings.searchDomains.empty()) {
    out += "search";
    for (const auto& domain : settings.searchDomains) out += " " + domain;
    out += "\n";
  }
  return out;
}

std::string WrapResolvConf(const std::string& tunnel, const DnsSettings& settings, const FormerFile& former) {
  std::string out =
      kMarker + tunnel + "; what was here before follows as comments and comes back\n" + ResolvConfText(settings);
  if (!former.link.empty()) out += kLink + former.link + "\n";
  if (!former.existed) out += std::string(kAbsent) + "\n";
  std::istringstream lines(former.text);
  std::string line;
  while (std::getline(lines, line)) out += kKept + line + "\n";
  // A last line without its end is kept as such.
  if (!former.text.empty() && former.text.back() != '\n') out += "#!\n";
  return out;
}

bool UnwrapResolvConf(const std::string& text, std::string* tunnel, FormerFile* former) {
  if (text.compare(0, strlen(kMarker), kMarker) != 0) return false;
  const size_t nameEnd = text.find(';');
  const size_t lineEnd = text.find('\n');
  if (nameEnd == std::string::npos || lineEnd == std::string::npos || nameEnd > lineEnd) return false;
  *tunnel = text.substr(strlen(kMarker), nameEnd - strlen(kMarker));
  *former = {};
  std::istringstream lines(text.substr(lineEnd + 1));
  std::string line;
  while (std::getline(lines, line)) {
    if (line.compare(0, strlen(kKept), kKept) == 0)
      former->text += line.substr(strlen(kKept)) + "\n";
    else if (line.compare(0, strlen(kLink), kLink) == 0)
      former->link = line.substr(strlen(kLink));
    else if (line == kAbsent)
      former->existed = false;
    else if (line == "#!" && !former->text.empty())
      former->text.pop_back();
  }
  return true;
}

std::unique_ptr<DnsMethod> FileMethod() { return std::make_unique<FileDns>(); }

std::unique_ptr<DnsMethod> ResolvconfMethod() {
  for (const char* path : {"/usr/sbin/resolvconf", "/sbin/resolvconf"}) {
    struct stat about{};
    if (stat(path, &about) != 0 || !S_ISREG(about.st_mode) || about.st_uid != 0 ||
        (about.st_mode & (S_IWGRP | S_IWOTH)) != 0)
      continue;
    // systemd ships resolvectl under this name too: it speaks to resolved, which was asked before.
    char real[PATH_MAX];
    if (realpath(path, real) == nullptr || strstr(real, "resolvectl") != nullptr) continue;
    const bool openresolv = access("/etc/resolvconf.conf", F_OK) == 0;
    return std::make_unique<Resolvconf>(path, openresolv);
  }
  return nullptr;
}

Dns::~Dns() = default;

std::unique_ptr<DnsMethod> Dns::choose() {
  std::unique_ptr<DnsMethod> method;
  if (foreign()) return std::make_unique<NoDns>();
  if (surroundings_.network) method = ResolvedMethod();
  if (method == nullptr) method = ResolvconfMethod();
  if (method == nullptr) method = FileMethod();
  return method;
}

DnsState Dns::apply(const std::string& tunnel, int index, const DnsSettings& settings) {
  if (method_ == nullptr) method_ = choose();
  DnsState state = method_->apply(tunnel, index, settings);
  if (state.inForce) return state;
  // What is in charge may have changed: resolved stopped, resolvconf installed.
  auto other = choose();
  if (strcmp(other->name(), method_->name()) == 0) return state;
  method_->withdraw(tunnel, index);
  method_ = std::move(other);
  return method_->apply(tunnel, index, settings);
}

void Dns::withdraw(const std::string& tunnel, int index) {
  if (method_ != nullptr) method_->withdraw(tunnel, index);
  method_ = nullptr;
}

void Dns::removeLeftovers() {
  if (foreign()) return;
  std::string owner;
  FormerFile former;
  if (!UnwrapResolvConf(ReadSmallFile(kResolvConf), &owner, &former)) return;
  if (if_nametoindex(owner.c_str()) == 0) FileDns::Restore(owner);
}

}  // namespace agile::helper
