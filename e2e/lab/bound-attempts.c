// bound-attempts ADAPTER TARGET...: UDP, DNS and TCP to every target by sockets bound to the adapter (SO_BINDTODEVICE),
// as a program does that asks for it by name. ICMP is ping's. Says nothing: what leaves is seen by the capture.
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char kForeign[] = "LEAK of somebody else";
static const unsigned char kQuery[] = {0x4c, 0x4b, 1,   0, 0,   1,   0,   0,   0, 0, 0, 0, 4, 'l',
                                       'e',  'a',  'k', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1};

static void attempt(const char* adapter, const char* target, int type, int port) {
  const int family = strchr(target, ':') != NULL ? AF_INET6 : AF_INET;
  const int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  struct sockaddr_storage to;
  memset(&to, 0, sizeof to);
  socklen_t length;
  if (family == AF_INET6) {
    struct sockaddr_in6* six = (struct sockaddr_in6*)&to;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)port);
    inet_pton(AF_INET6, target, &six->sin6_addr);
    length = sizeof *six;
  } else {
    struct sockaddr_in* four = (struct sockaddr_in*)&to;
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, target, &four->sin_addr);
    length = sizeof *four;
  }
  if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, adapter, (socklen_t)strlen(adapter)) == 0 &&
      connect(fd, (struct sockaddr*)&to, length) == 0 && type == SOCK_DGRAM) {
    const ssize_t sent = port == 53 ? send(fd, kQuery, sizeof kQuery, 0) : send(fd, kForeign, sizeof kForeign - 1, 0);
    (void)sent;
  }
  // Left open to the end: a connection attempt sends its SYN meanwhile.
}

int main(int argc, char** argv) {
  static const int datagrams[] = {53, 9999, 443, 500, 4500};
  static const int streams[] = {80, 53};
  if (argc < 3) {
    fprintf(stderr, "bound-attempts ADAPTER TARGET...\n");
    return 1;
  }
  for (int i = 2; i < argc; i++) {
    for (size_t k = 0; k < sizeof datagrams / sizeof *datagrams; k++)
      attempt(argv[1], argv[i], SOCK_DGRAM, datagrams[k]);
    for (size_t k = 0; k < sizeof streams / sizeof *streams; k++) attempt(argv[1], argv[i], SOCK_STREAM, streams[k]);
  }
  sleep(1);
  return 0;
}
