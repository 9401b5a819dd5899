/*
 * echo-probe PORT|FILE STREAMS SECONDS SKIP: sends 640 bytes each 20 ms on every stream and times each 640 bytes
 * that come back, after SKIP bytes of what the server sends on its own. The first second warms up and is not timed.
 */
#include "loopback.h"
enum { FRAME = 640, SLOTS = 20, AHEAD = 256, WARM_UP = 50 };
typedef struct {
  int fd;
  long heard, sent, skip;
  double at[AHEAD];
} Stream;

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int count = atoi(argv[2]), ticks = atof(argv[3]) * 50 + WARM_UP, poll = epoll_create1(0), *ports = calloc(count, sizeof *ports);
  Stream *streams = calloc(count, sizeof *streams);
  double *times = calloc((long)count * ticks, sizeof *times);
  long trips = 0;
  static char frame[FRAME], buffer[65536];
  struct epoll_event events[1024];
  read_ports(argv[1], ports, count);
  for (int i = 0; i < count; i++) {
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = &streams[i]};
    streams[i].fd = dial(ports[i]);
    streams[i].skip = atol(argv[4]);
    epoll_ctl(poll, EPOLL_CTL_ADD, streams[i].fd, &ev);
  }
  double start = seconds();
  for (long slot = 0; slot < (long)ticks * SLOTS + 20 * SLOTS; slot++) {
    double due = start + slot * (0.02 / SLOTS);
    for (;;) {
      double left = due - seconds();
      if (left <= 0) break;
      struct timespec wait = {0, (long)(left * 1e9)};
      int ready = epoll_pwait2(poll, events, 1024, &wait, 0);
      double now = seconds();
      for (int i = 0; i < ready; i++) {
        Stream *s = events[i].data.ptr;
        long before = s->heard - s->skip, n = read(s->fd, buffer, sizeof buffer);
        if (n <= 0) die("echo ended");
        s->heard += n;
        long first = before < 0 ? 0 : before / FRAME, last = (s->heard - s->skip) / FRAME;
        for (long f = first; s->heard >= s->skip && f < last && f < s->sent; f++) if (f >= WARM_UP) times[trips++] = now - s->at[f % AHEAD];
      }
    }
    if (slot >= (long)ticks * SLOTS) continue;
    int part = slot % SLOTS;
    for (int i = (long)part * count / SLOTS; i < (long)(part + 1) * count / SLOTS; i++) {
      streams[i].at[streams[i].sent++ % AHEAD] = seconds();
      if (send(streams[i].fd, frame, FRAME, MSG_NOSIGNAL) != FRAME) die("send");
    }
  }
  qsort(times, trips, sizeof *times, by_value);
  printf("{\"trips\":%ld,\"missing\":%ld,\"p50\":%.4f,\"p99\":%.4f}\n", trips, (long)count * (ticks - WARM_UP) - trips,
         times[trips / 2] * 1e3, times[trips * 99 / 100] * 1e3);
  return 0;
}
