/*
 * The other side of bench/record.mjs: dials ports and sends each 20 ms of voice every 20 ms. All streams carry one ramp
 * over the time since the start, so that a recording shows how far apart its legs are.
 *
 * Reads lines: `PORT` to dial it, answered by `dialled PORT`; `stop`, answered by `sent SAMPLES LATE`: samples sent in
 * all, and the longest that a round was late, in milliseconds.
 */
#include "tcp/loopback.h"
#include <poll.h>
#include <stdint.h>

enum { TICK_MS = 20, PACKET_BYTES = 640, RAMP_BYTES = 60000, MAX_STREAMS = 8192, MAX_WRITE = 50 * PACKET_BYTES };

static int16_t ramp[(RAMP_BYTES + MAX_WRITE) / 2];
/* By stream: where on the ramp it began, and where it is, in bytes. */
static struct { int socket; long first, at; } streams[MAX_STREAMS];
static int count;

/* Sends a stream all that is due, or as much as its peer has room for: the rest goes with the next round. */
static void feed(int i, long due) {
  while (streams[i].at < due) {
    long at = streams[i].at, left = due - at;
    long n = send(streams[i].socket, (char *)ramp + at % RAMP_BYTES, left < MAX_WRITE ? left : MAX_WRITE,
                  MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) die("send");
    streams[i].at += n;
  }
}

static void add(int port, long at) {
  if (count == MAX_STREAMS) die("too many streams");
  streams[count].socket = dial(port);
  streams[count].first = streams[count].at = at;
  count++;
  printf("dialled %d\n", port);
}

static void stop(long due, double late) {
  long sent = 0;
  for (int i = 0; i < count; i++) {
    feed(i, due);
    sent += streams[i].at - streams[i].first;
    shutdown(streams[i].socket, SHUT_WR);
  }
  /* What was shut down cannot be sent to any more. */
  count = 0;
  printf("sent %ld %.0f\n", sent / 2, late * 1000);
}

int main(void) {
  for (int i = 0; i < (int)(sizeof ramp / 2); i++) ramp[i] = i % (RAMP_BYTES / 2) + 1;
  setvbuf(stdout, NULL, _IOLBF, 0);
  char line[64];
  unsigned length = 0;
  double start = seconds(), late = 0;
  for (long tick = 0;;) {
    double wait = start + tick * TICK_MS / 1000.0 - seconds();
    if (wait <= 0) {
      if (-wait > late) late = -wait;
      /* A round that was missed goes out with the next one, in the same write. */
      tick += (long)(-wait * 1000 / TICK_MS) + 1;
      for (int i = 0; i < count; i++) feed(i, tick * PACKET_BYTES);
    }
    struct pollfd in = {0, POLLIN, 0};
    if (poll(&in, 1, wait > 0 ? (int)(wait * 1000) + 1 : 0) <= 0) continue;
    if (length == sizeof line || read(0, line + length, 1) != 1) return 0;
    if (line[length++] != '\n') continue;
    line[length - 1] = 0;
    length = 0;
    if (line[0] == 's') stop(tick * PACKET_BYTES, late);
    else add(atoi(line), tick * PACKET_BYTES);
  }
}
