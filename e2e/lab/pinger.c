/*
 * Sends an ICMP echo request every INTERVAL microseconds and notes when each left and when its answer came.
 *   pinger ADDRESS INTERVAL_US
 * It says "answered" when the first answer comes. When its standard input ends it waits for late answers, 500 ms at
 * most, and prints one line a request: sent received        (nanoseconds of CLOCK_MONOTONIC; received 0: no answer;
 * sent 0: refused by the kernel) A slot missed because this program was not scheduled is left out, never sent late in a
 * burst: the longest distance between two sends shows how far the machine itself disturbed the measurement.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAX_REQUESTS 2000000
#define LINGER_NS 500000000LL

struct record {
  int64_t sent;
  int64_t received;
};

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000LL + t.tv_nsec;
}

static uint16_t checksum(const void* data, size_t length) {
  const uint16_t* word = data;
  uint32_t sum = 0;
  for (; length > 1; length -= 2) sum += *word++;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

struct echo {
  struct icmphdr header;
  uint32_t request;
  char padding[52];
};

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: pinger ADDRESS INTERVAL_US\n");
    return 1;
  }
  struct sockaddr_in peer = {.sin_family = AF_INET};
  int64_t interval = atoll(argv[2]) * 1000;
  if (inet_pton(AF_INET, argv[1], &peer.sin_addr) != 1 || interval <= 0) {
    fprintf(stderr, "pinger: ADDRESS or INTERVAL_US is wrong\n");
    return 1;
  }
  int fd = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP);
  if (fd < 0) {
    perror("pinger: socket");
    return 1;
  }
  int buffer = 4 << 20;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
  struct record* records =
      mmap(NULL, sizeof(struct record) * MAX_REQUESTS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (records == MAP_FAILED) {
    perror("pinger: memory");
    return 1;
  }
  struct sched_param priority = {.sched_priority = 10};
  sched_setscheduler(0, SCHED_FIFO, &priority); /* an instrument must not wait for what it measures */

  uint16_t id = htons((uint16_t)getpid());
  uint32_t count = 0;
  int64_t next = now_ns();
  int64_t stop_at = 0;
  uint32_t answered = 0;
  struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};

  for (;;) {
    int64_t now = now_ns();
    if (stop_at != 0 && now >= stop_at) break;
    if (stop_at == 0 && now >= next) {
      struct echo out = {.header = {.type = ICMP_ECHO, .un.echo = {.id = id, .sequence = htons((uint16_t)count)}},
                         .request = count};
      out.header.checksum = checksum(&out, sizeof out);
      records[count].sent =
          sendto(fd, &out, sizeof out, 0, (struct sockaddr*)&peer, sizeof peer) == sizeof out ? now : 0;
      count++;
      next += interval * (1 + (now - next) / interval);
      if (count == MAX_REQUESTS) stop_at = now + LINGER_NS;
    }
    int64_t wake = stop_at != 0 ? stop_at : next;
    int64_t left = wake - now_ns();
    struct timespec timeout = {.tv_sec = left > 0 ? left / 1000000000LL : 0,
                               .tv_nsec = left > 0 ? left % 1000000000LL : 0};
    if (ppoll(ready, stop_at == 0 ? 2 : 1, &timeout, NULL) < 0 && errno != EINTR) break;
    if (ready[0].revents != 0) {
      unsigned char in[2048];
      ssize_t got;
      while ((got = recv(fd, in, sizeof in, 0)) > 0) {
        size_t header = (size_t)(in[0] & 15) * 4;
        struct echo answer;
        if ((size_t)got < header + sizeof answer) continue;
        memcpy(&answer, in + header, sizeof answer);
        if (answer.header.type == ICMP_ECHOREPLY && answer.header.un.echo.id == id && answer.request < count &&
            records[answer.request].received == 0) {
          records[answer.request].received = now_ns();
          if (++answered == 1) {
            puts("answered");
            fflush(stdout);
          }
        }
      }
    }
    if (stop_at == 0 && ready[1].revents != 0) {
      char ignored[64];
      if (read(STDIN_FILENO, ignored, sizeof ignored) <= 0) stop_at = now_ns() + LINGER_NS;
    }
    ready[0].revents = ready[1].revents = 0;
  }
  for (uint32_t i = 0; i < count; i++)
    printf("%lld %lld\n", (long long)records[i].sent, (long long)records[i].received);
  return 0;
}
