// agile-vpn-helper: the only privileged program. Serves one client on standard input, a Unix SOCK_SEQPACKET socket, and
// ends with it.
//
//   started by a root host      standard input is one end of its socket pair
//   started by pkexec           the same; polkit has judged already
//   started by systemd          agile-vpn-helper.socket (Accept=yes), with --socket-activated: polkit is asked about
//   the client before its first change
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "privilege.h"
#include "session.h"
#include "watch.h"

namespace {

using namespace agile::helper;

/// Changes often come in bursts; ours is one answer.
constexpr int kSettleMilliseconds = 20;
/// What has no notification (systemd-resolved's link settings) is read again this often: what somebody changed is right
/// again within a second.
constexpr int kPeriodMilliseconds = 800;
/// After a check, this many times its own duration belong to others, whatever floods the watches.
constexpr int kRest = 8;
constexpr int kLongestRest = 400;
/// A client that may do nothing yet and asks for nothing is not kept.
constexpr int kPatience = 30'000;
/// So many repairs in a row without a quiet second mean that something fights us: then one a period is enough.
constexpr int kFight = 25;

/// What pkexec's caller set for itself must not end us half-way: at a size of file, or after so much processor time.
void LiftLimits() {
  for (const auto resource : {RLIMIT_FSIZE, RLIMIT_CPU}) {
    rlimit limit{RLIM_INFINITY, RLIM_INFINITY};
    // Without CAP_SYS_RESOURCE (containers): as far as it goes.
    if (setrlimit(resource, &limit) == 0 || getrlimit(resource, &limit) != 0) continue;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(resource, &limit);
  }
}

int64_t Now() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

int Serve(int fd, const Client& client, const Surroundings& surroundings, Session::Authorize authorize) {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int each : {SIGTERM, SIGHUP}) sigaddset(&ending, each);
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  // A Ctrl-C in the terminal is for the host: it disconnects first, then we end with it.
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  const int signals = signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK);

  Session session(fd, client.uid, surroundings, std::move(authorize));
  int resolvConf = WatchResolvConf();
  pollfd waits[5] = {{fd, POLLIN, 0},
                     {signals, POLLIN, 0},
                     {WatchRoutes(), POLLIN, 0},
                     {WatchFirewall(), POLLIN, 0},
                     {resolvConf, POLLIN, 0}};
  int64_t due = -1;
  int repairs = 0;
  int64_t quietSince = Now();
  int64_t restUntil = 0;
  const int64_t began = Now();
  for (;;) {
    const int64_t now = Now();
    if (!session.authorized() && now - began > kPatience) break;
    int wait = session.applied() ? kPeriodMilliseconds : session.authorized() ? -1 : kPatience;
    if (due >= 0) wait = static_cast<int>(due > now ? due - now : 0);
    for (pollfd& each : waits) each.revents = 0;
    const int ready = poll(waits, 5, wait);
    if (ready < 0 && errno != EINTR) break;
    if (ready > 0 && waits[1].revents != 0) break;
    if (ready > 0 && waits[0].revents != 0) {
      if (!session.receive()) break;
      repairs = 0;
    }
    for (int i = 2; ready > 0 && i < 5; i++) {
      if (waits[i].revents == 0) continue;
      if (!Drain(waits[i].fd)) {
        close(waits[i].fd);
        waits[i].fd = -1;
      }
      if (i == 4) {
        // The file may be a new one: watch that.
        close(waits[i].fd);
        waits[i].fd = WatchResolvConf();
      }
      if (due < 0) due = std::max(restUntil, Now() + (repairs >= kFight ? kPeriodMilliseconds : kSettleMilliseconds));
    }
    const bool periodic = ready == 0 && due < 0;
    if (periodic || (due >= 0 && Now() >= due)) {
      due = -1;
      const int64_t began = Now();
      const bool repaired = session.check();
      restUntil = Now() + std::min<int64_t>((Now() - began) * kRest, kLongestRest);
      if (repaired) {
        repairs++;
        quietSince = Now();
      } else if (Now() - quietSince > 1000) {
        repairs = 0;
      }
    }
  }
  session.abandon();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const bool activated = argc == 2 && strcmp(argv[1], "--socket-activated") == 0;
  if (argc > 1 && !activated) {
    fprintf(stderr, "agile-vpn-helper serves one client on standard input, a Unix socket. It takes no commands.\n");
    return 1;
  }
  // Nothing of the environment may matter, here or in a library.
  clearenv();
  umask(022);
  if (chdir("/") != 0) return 5;
  // Out of the terminal's process group; fails harmlessly for a leader.
  setsid();
  if (close_range(3, ~0u, 0) != 0) {
    for (int fd = 3; fd < 64; fd++) close(fd);
  }
  LiftLimits();

  Client client;
  if (!ReadClient(0, &client)) {
    fprintf(stderr, "agile-vpn-helper: standard input is not a connected Unix SOCK_SEQPACKET socket\n");
    return 1;
  }
  // Standard input is not where libraries should find a socket.
  const int fd = fcntl(0, F_DUPFD_CLOEXEC, 3);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd < 0 || nothing < 0 || dup2(nothing, 0) < 0) return 5;

  const Surroundings surroundings = ReadSurroundings();
  const int code = DropPrivileges();
  if (code != 0) {
    fprintf(stderr, "agile-vpn-helper: needs CAP_NET_ADMIN: %s\n", strerror(code));
    return 5;
  }
  // Who comes by the socket may say hello; polkit is asked before anything is changed.
  Session::Authorize authorize;
  if (activated && client.uid != 0) {
    authorize = [client](std::string* why) {
      if (Authorized(client, why)) return true;
      fprintf(stderr, "agile-vpn-helper: refused for uid %u: %s\n", client.uid, why->c_str());
      return false;
    };
  }
  return Serve(fd, client, surroundings, std::move(authorize));
}
