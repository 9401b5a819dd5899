/*
 * The voice of the peers of bench:sip: RTP streams of PCMA, a packet of 20 ms each, spread over the 20 ms. All carry one
 * signal over the time since the start: low noise, and each second one packet that is loud. What comes back is read, and
 * the way of a loud packet there and back is timed.
 *
 * Reads lines: `open COUNT` opens that many sockets, answered by `port PORT` for each; `to PORT PORT` has the stream of
 * the first (own) port be sent to the second; `stop` ends all, answered by `sent PACKETS LATE RECEIVED`: packets in all,
 * the longest that one was sent late, in ms, and packets that came; after it `delays MS MS ...`.
 */
#include "../tcp/loopback.h"
#include <sys/epoll.h>
#include <stdint.h>

enum { PTIME_MS = 20, SAMPLES = 160, HEADER = 12, MAX_STREAMS = 4096, MAX_DELAYS = 1 << 20, LOUD_EVERY = 50 };

static struct { int socket, port, open; long next; double loud; uint32_t sent; } streams[MAX_STREAMS];
static int count, running;
static unsigned char noise[SAMPLES * 64], loud[SAMPLES];
static double start, late;
static long sent, received;
static float delays[MAX_DELAYS];
static int delayed;

static void open_streams(int n, int poller) {
  for (; n > 0 && count < MAX_STREAMS; n--, count++) {
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), size = 512 * 1024;
    struct sockaddr_in a = loopback(0);
    socklen_t length = sizeof a;
    setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (s < 0 || bind(s, (void *)&a, sizeof a) || getsockname(s, (void *)&a, &length)) die("socket");
    struct epoll_event in = {EPOLLIN, {.u32 = count}};
    epoll_ctl(poller, EPOLL_CTL_ADD, s, &in);
    streams[count].socket = s;
    streams[count].port = ntohs(a.sin_port);
    printf("port %d\n", streams[count].port);
  }
}

static double due(int i, long packet) { return start + (packet * PTIME_MS + i % PTIME_MS) / 1000.0; }

static void begin(int port, int to) {
  for (int i = 0; i < count; i++) {
    if (streams[i].port != port) continue;
    struct sockaddr_in a = loopback(to);
    if (connect(streams[i].socket, (void *)&a, sizeof a)) die("connect");
    streams[i].next = (long)((seconds() - start) * 1000 / PTIME_MS) + 1;
    streams[i].open = 1;
  }
}

static void send_packet(int i) {
  long n = streams[i].next++;
  int is_loud = n % LOUD_EVERY == 0;
  unsigned char packet[HEADER + SAMPLES] = {0x80, 8};
  uint16_t sequence = htons((uint16_t)streams[i].sent++);
  uint32_t timestamp = htonl((uint32_t)n * SAMPLES), ssrc = htonl(0x10000 + i);
  memcpy(packet + 2, &sequence, 2);
  memcpy(packet + 4, &timestamp, 4);
  memcpy(packet + 8, &ssrc, 4);
  memcpy(packet + HEADER, is_loud ? loud : noise + n * SAMPLES % sizeof noise, SAMPLES);
  while (send(streams[i].socket, packet, sizeof packet, 0) < 0) {
    /* A peer whose port is not open yet; and no room: both are tried again. */
    if (errno != ECONNREFUSED && errno != EAGAIN && errno != ENOBUFS) die("send");
  }
  if (is_loud) streams[i].loud = seconds();
  sent++;
}

static void take(int i) {
  unsigned char packet[2048];
  for (ssize_t n; (n = recv(streams[i].socket, packet, sizeof packet, 0)) > 0 || (n < 0 && errno == ECONNREFUSED);) {
    if (n < HEADER + SAMPLES) continue;
    received++;
    int level = (packet[HEADER + SAMPLES / 2] ^ 0x55) & 0x7f;
    if (level < 0x60 || streams[i].loud == 0 || delayed == MAX_DELAYS) continue;
    delays[delayed++] = (float)((seconds() - streams[i].loud) * 1000);
    streams[i].loud = 0;
  }
}

/* Sends what is due. Returns when the next packet is. */
static double feed(void) {
  double now = seconds(), next = now + 1;
  for (int i = 0; i < count; i++) {
    if (!streams[i].open) continue;
    for (double at; (at = due(i, streams[i].next)) <= now; send_packet(i))
      if (now - at > late) late = now - at;
    if (due(i, streams[i].next) < next) next = due(i, streams[i].next);
  }
  return next;
}

static void stop(void) {
  printf("sent %ld %.0f %ld\ndelays", sent, late * 1000, received);
  for (int i = 0; i < delayed; i++) printf(" %.1f", delays[i]);
  printf("\n");
  running = 0;
}

static void command(const char *line) {
  int a, b;
  if (sscanf(line, "to %d %d", &a, &b) == 2) begin(a, b);
  else if (!strcmp(line, "stop")) stop();
}

int main(void) {
  uint32_t seed = 1;
  for (unsigned i = 0; i < sizeof noise; i++) {
    seed = seed * 1664525 + 1013904223;
    noise[i] = 0xd5 ^ (seed >> 28) ^ (seed >> 20 & 0x80);
  }
  for (int i = 0; i < SAMPLES; i++) loud[i] = i / 8 % 2 ? 0x2a : 0xaa;
  setvbuf(stdout, NULL, _IOLBF, 0);
  start = seconds();
  running = 1;
  int poller = epoll_create1(0);
  struct epoll_event in = {EPOLLIN, {.u32 = MAX_STREAMS}}, events[256];
  epoll_ctl(poller, EPOLL_CTL_ADD, 0, &in);
  char line[64];
  unsigned length = 0;
  while (running) {
    double wait = feed() - seconds();
    int n = epoll_wait(poller, events, 256, wait > 0 ? (int)(wait * 1000) + 1 : 0);
    for (int i = 0; i < n; i++) {
      if (events[i].data.u32 < MAX_STREAMS) {
        take(events[i].data.u32);
        continue;
      }
      if (length == sizeof line || read(0, line + length, 1) != 1) return 0;
      if (line[length++] != '\n') continue;
      line[length - 1] = 0;
      length = 0;
      if (!strncmp(line, "open ", 5)) open_streams(atoi(line + 5), poller);
      else command(line);
    }
  }
  return 0;
}
