#include "privilege.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "dns.h"

namespace agile::helper {

namespace {

constexpr const char* kAction = "org.agilevpn.helper.manage";
/// A person may have to type a password.
constexpr uint64_t kAnswerMicroseconds = 120'000'000;

/// Field 22 of /proc/PID/stat: clock ticks since boot when the process began. With the pid it names one process for
/// ever. 0: gone.
uint64_t StartTime(pid_t pid) {
  const std::string text = ReadSmallFile(("/proc/" + std::to_string(pid) + "/stat").c_str());
  // The name in parentheses may hold anything: count from the last one.
  size_t at = text.rfind(')');
  for (int field = 2; at != std::string::npos && field < 22; field++) at = text.find(' ', at + 1);
  return at == std::string::npos ? 0 : strtoull(text.c_str() + at + 1, nullptr, 10);
}

}  // namespace

bool ReadClient(int fd, Client* out) {
  int domain = 0, type = 0;
  socklen_t length = sizeof(int);
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != AF_UNIX) return false;
  length = sizeof(int);
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) != 0 || type != SOCK_SEQPACKET) return false;
  ucred credentials{};
  length = sizeof credentials;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0 || credentials.uid == static_cast<uid_t>(-1))
    return false;
  *out = {credentials.pid, credentials.uid};
  return true;
}

bool Authorized(const Client& client, std::string* why) {
  if (client.uid == 0) return true;
  const uint64_t start = StartTime(client.pid);
  if (start == 0) {
    *why = "the client is gone";
    return false;
  }
  sd_bus* bus = nullptr;
  int code = sd_bus_open_system(&bus);
  sd_bus_message* call = nullptr;
  sd_bus_message* reply = nullptr;
  sd_bus_error error = SD_BUS_ERROR_NULL;
  int allowed = 0, challenge = 0;
  if (code >= 0) {
    code = sd_bus_message_new_method_call(bus, &call, "org.freedesktop.PolicyKit1",
                                          "/org/freedesktop/PolicyKit1/Authority",
                                          "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization");
  }
  // The subject is the client, never ourselves; its uid is the one that connected, whatever the process is now.
  if (code >= 0) {
    code = sd_bus_message_append(call, "(sa{sv})sa{ss}us", "unix-process", 3, "pid", "u",
                                 static_cast<uint32_t>(client.pid), "start-time", "t", start, "uid", "i",
                                 static_cast<int32_t>(client.uid), kAction, 0, 1u /* AllowUserInteraction */, "");
  }
  if (code >= 0) code = sd_bus_call(bus, call, kAnswerMicroseconds, &error, &reply);
  if (code >= 0) code = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
  if (code >= 0) code = sd_bus_message_read(reply, "bb", &allowed, &challenge);
  if (code < 0)
    *why = error.message != nullptr ? error.message : strerror(-code);
  else if (!allowed)
    *why = "polkit refused";
  sd_bus_error_free(&error);
  sd_bus_message_unref(reply);
  sd_bus_message_unref(call);
  sd_bus_flush_close_unref(bus);
  return code >= 0 && allowed != 0;
}

int DropPrivileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  for (int capability = 0; capability <= 63; capability++) {
    if (capability == CAP_NET_ADMIN || capability == CAP_NET_BIND_SERVICE) continue;
    // EINVAL: past the last one this kernel knows. EPERM: no CAP_SETPCAP; the sets below still shrink.
    if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno == EINVAL) break;
  }
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  static_assert(CAP_TO_INDEX(CAP_NET_ADMIN) == CAP_TO_INDEX(CAP_NET_BIND_SERVICE));
  // pkexec or a container may have left us without the second: then only DHCPINFORM is missing.
  for (const uint32_t wanted :
       {CAP_TO_MASK(CAP_NET_ADMIN) | CAP_TO_MASK(CAP_NET_BIND_SERVICE), CAP_TO_MASK(CAP_NET_ADMIN)}) {
    data[CAP_TO_INDEX(CAP_NET_ADMIN)].effective = wanted;
    data[CAP_TO_INDEX(CAP_NET_ADMIN)].permitted = wanted;
    if (syscall(SYS_capset, &header, data) == 0) return 0;
  }
  return errno;
}

namespace {

/// proc numbers these entries anew for each network namespace; unlike /proc/1/ns they can be seen without rights over
/// process 1.
bool SameNetwork() {
  struct stat own{}, first{};
  return stat("/proc/self/net/dev", &own) == 0 && stat("/proc/1/net/dev", &first) == 0 && own.st_ino == first.st_ino &&
         own.st_dev == first.st_dev;
}

/// Where a path really lies, by a process's mounts (proc_pid_mountinfo(5)): "253:0 /etc/resolv.conf" on the file system
/// of that number. Empty: not known.
std::string Place(const char* mountinfo, const std::string& path) {
  std::ifstream lines(mountinfo);
  std::string line, best, place;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::string id, parent, device, root, point;
    if (!(words >> id >> parent >> device >> root >> point)) continue;
    const std::string inside = point == "/" ? "" : point;
    if (path.compare(0, inside.size(), inside) != 0 || (path.size() > inside.size() && path[inside.size()] != '/'))
      continue;
    // A later mount covers an earlier one at the same point.
    if (inside.size() < best.size()) continue;
    best = inside;
    place = device + " " + (root == "/" ? "" : root) + path.substr(inside.size());
  }
  return place;
}

}  // namespace

Surroundings ReadSurroundings() {
  const std::string path = "/etc/resolv.conf";
  const std::string first = Place("/proc/1/mountinfo", path);
  // What cannot be told is taken as shared: then nothing is touched from another network namespace.
  return {SameNetwork(), first.empty() || first == Place("/proc/self/mountinfo", path)};
}

}  // namespace agile::helper
