/*
 * The other ends of `npm run bench:media`, cheap enough to share a machine with what is measured.
 *
 *   peer twilio|audiosocket PORT CALLS SECONDS STALLED WARM   calls that send a frame of 20 ms each 20 ms, one in 50 loud
 *   peer forks 0 CONNECTIONS SECONDS 0 WARM                    receivers on a port of their own, which is printed first
 *
 * Measured are SECONDS after the first WARM. The last STALLED calls, and a fork that connects to /stalled, never read. Prints `sent CALL NS OFFSET` and `got CALL NS
 * OFFSET` for each loud frame: when it left, when a message came that has its first sample, and which sample that is; of
 * forks `late NS` for a frame that carries the time at which it was made. CLOCK_MONOTONIC, in nanoseconds.
 */
#include "tcp/loopback.h"
#include <signal.h>
#include <stdint.h>

enum { SLOTS = 20, SAMPLES = 160, LOUD = 8000, EVERY = 50, ROOM = 1 << 16 };

struct call {
  int fd, id, frames, used, is_open, is_loud, is_stalled;
  char room[ROOM];
};

static struct { char what; int call, offset; int64_t at; } *notes;
static int note_count, note_room;
static int is_twilio, is_forks;
static char payload[2][300];
static uint8_t audio[2][3 + 2 * SAMPLES];

static int64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void note(char what, int call, int64_t at, int offset) {
  if (note_count == note_room) return;
  notes[note_count].what = what;
  notes[note_count].call = call;
  notes[note_count].at = at;
  notes[note_count++].offset = offset;
}

static void put(struct call *c, const void *bytes, int length) {
  if (send(c->fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL) != length) die("send");
}

/* A text message of a client: masked. */
static void put_text(struct call *c, const char *text, int length) {
  uint8_t frame[8 + 1000], mask[4] = {0x37, (uint8_t)c->frames, 0x21, 0x3d};
  int head = length < 126 ? 2 : 4;
  frame[0] = 0x81;
  frame[1] = 0x80 | (length < 126 ? length : 126);
  if (head == 4) frame[2] = length >> 8, frame[3] = length;
  memcpy(frame + head, mask, 4);
  for (int i = 0; i < length; i++) frame[head + 4 + i] = text[i] ^ mask[i & 3];
  put(c, frame, head + 4 + length);
}

static uint8_t values[128];
static const char *DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void make_payload(char *text, int byte) {
  uint8_t bytes[162];
  memset(bytes, 0, sizeof bytes);
  memset(bytes, byte, SAMPLES);
  for (int i = 0; i < SAMPLES; i += 3) {
    int bits = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2];
    for (int j = 0; j < 4; j++) *text++ = DIGITS[bits >> (18 - 6 * j) & 63];
  }
  text[-2] = text[-1] = '=';
  *text = 0;
}


static void begin(struct call *c) {
  char text[600];
  if (is_twilio) {
    int length = snprintf(text, sizeof text,
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    put(c, text, length);
    return;
  }
  uint8_t id[19] = {1, 0, 16};
  id[17] = c->id >> 8, id[18] = c->id;
  put(c, id, sizeof id);
  c->is_open = 1;
}

static void start_twilio(struct call *c) {
  char text[600];
  put_text(c, text, snprintf(text, sizeof text, "{\"event\":\"connected\",\"protocol\":\"Call\",\"version\":\"1.0.0\"}"));
  put_text(c, text, snprintf(text, sizeof text,
      "{\"event\":\"start\",\"sequenceNumber\":\"1\",\"start\":{\"accountSid\":\"AC%032d\",\"streamSid\":\"MZ%032d\","
      "\"callSid\":\"CA%032d\",\"tracks\":[\"inbound\"],\"mediaFormat\":{\"encoding\":\"audio/x-mulaw\","
      "\"sampleRate\":8000,\"channels\":1},\"customParameters\":{}},\"streamSid\":\"MZ%032d\"}", 0, c->id, c->id, c->id));
  c->is_open = 1;
}

static void send_frame(struct call *c, int is_timed) {
  if (!c->is_open) return;
  int is_loud = is_timed && (c->frames + c->id) % EVERY == 0;
  if (is_loud && !c->is_stalled) note('s', c->id, now(), 0);
  c->frames++;
  if (!is_twilio) {
    put(c, audio[is_loud], sizeof audio[0]);
    return;
  }
  char text[800];
  put_text(c, text, snprintf(text, sizeof text,
      "{\"event\":\"media\",\"sequenceNumber\":\"%d\",\"media\":{\"track\":\"inbound\",\"chunk\":\"%d\",\"timestamp\":\"%d\","
      "\"payload\":\"%s\"},\"streamSid\":\"MZ%032d\"}", c->frames + 1, c->frames, c->frames * 20, payload[is_loud], c->id));
}

/* A sample that is louder than half of LOUD after one that was not: the first of a loud frame. */
static void hear(struct call *c, int sample, int at, int64_t when) {
  int is_loud = sample > LOUD / 2;
  if (is_loud && !c->is_loud) note('g', c->id, when, at);
  c->is_loud = is_loud;
}

/* A code of mu-law: 0x9f is 8316, and 0x2f below the sign 4092. */
static int sample_of(int code) { return (code & 0x7f) < 0x2f ? LOUD : 0; }

static void hear_media(struct call *c, const char *text, int length, int64_t when) {
  const char *at = memmem(text, length, "\"payload\":\"", 11);
  if (!at) return;
  int bits = 0, count = 0, samples = 0;
  for (at += 11; at < text + length && *at != '"' && *at != '='; at++) {
    bits = bits << 6 | values[*at & 0x7f];
    if (++count % 4 == 1) continue;
    int left = count % 4 == 2 ? 4 : count % 4 == 3 ? 2 : 0;
    hear(c, sample_of(bits >> left & 0xff), samples++, when);
  }
}

/* Takes one message off the front; returns its length, or 0 when it is not whole. */
static int take(struct call *c, const uint8_t *bytes, int length, int64_t when) {
  if (!is_twilio && !is_forks) {
    if (length < 3) return 0;
    int size = bytes[1] << 8 | bytes[2];
    if (length < 3 + size) return 0;
    for (int i = 0; i + 1 < size && bytes[0] == 0x10; i += 2)
      hear(c, (int16_t)(bytes[3 + i] | bytes[4 + i] << 8), i / 2, when);
    return 3 + size;
  }
  if (is_twilio && !c->is_open) {
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end) return 0;
    start_twilio(c);
    return end + 4 - (const char *)bytes;
  }
  if (length < 2) return 0;
  int size = bytes[1] & 0x7f, head = 2;
  if (size == 126) head = 4;
  if (size == 127) die("a message is too long");
  if (length < head) return 0;
  if (head == 4) size = bytes[2] << 8 | bytes[3];
  const uint8_t *mask = bytes + head;
  if (bytes[1] & 0x80) head += 4;
  if (length < head + size) return 0;
  int op = bytes[0] & 15;
  if (is_twilio && op == 1) hear_media(c, (const char *)bytes + head, size, when);
  if (is_forks && op == 2 && size >= 8 && c->frames++ % 10 == 0) {
    int64_t made;
    uint8_t plain[8];
    for (int i = 0; i < 8; i++) plain[i] = bytes[head + i] ^ mask[i & 3];
    memcpy(&made, plain, 8);
    if (made) note('l', c->id, when - made, 0);
  }
  if (is_forks && op == 9) {
    uint8_t pong[2] = {0x8a, 0};
    put(c, pong, 2);
  }
  return head + size;
}

static void readable(struct call *c) {
  int got = recv(c->fd, c->room + c->used, ROOM - c->used, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0) {
    close(c->fd);
    c->fd = -1;
    return;
  }
  int64_t when = now();
  c->used += got;
  int at = 0;
  for (int n; (n = take(c, (uint8_t *)c->room + at, c->used - at, when)) > 0;) at += n;
  memmove(c->room, c->room + at, c->used - at);
  c->used -= at;
}

/* Takes a connection of a fork, answers its request, and tells the epoll of it. */
static void accept_fork(int listener, struct call *c, int epoll) {
  static const char *TABLE = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  char request[4096], answer[400], key[100] = "";
  int length = 0;
  c->fd = accept(listener, 0, 0);
  if (c->fd < 0) die("accept");
  while (length < (int)sizeof request - 1 && !memmem(request, length, "\r\n\r\n", 4)) {
    int got = recv(c->fd, request + length, sizeof request - 1 - length, 0);
    if (got <= 0) die("request");
    length += got;
  }
  request[length] = 0;
  char *at = strcasestr(request, "sec-websocket-key: ");
  if (!at || sscanf(at + 19, "%60s", key) != 1) die("key");
  /* The digest is made by whoever started this: it has a library for that. */
  strcat(key, TABLE);
  printf("key %s\n", key);
  fflush(stdout);
  char digest[64];
  if (!fgets(digest, sizeof digest, stdin)) die("digest");
  digest[strcspn(digest, "\n")] = 0;
  put(c, answer, snprintf(answer, sizeof answer,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", digest));
  c->is_stalled = strncmp(request, "GET /stalled", 12) == 0;
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
  if (!c->is_stalled) epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e);
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  int port = atoi(argv[2]), count = atoi(argv[3]), stalled = atoi(argv[5]);
  int64_t ticks = atof(argv[4]) * 50;
  is_twilio = !strcmp(argv[1], "twilio"), is_forks = !strcmp(argv[1], "forks");
  signal(SIGPIPE, SIG_IGN);
  struct call *calls = calloc(count, sizeof *calls);
  notes = calloc(note_room = 4000000, sizeof *notes);
  make_payload(payload[0], 0xff), make_payload(payload[1], 0x9f);
  for (int i = 0; i < 64; i++) values[(int)DIGITS[i]] = i;
  for (int loud = 0; loud < 2; loud++) {
    audio[loud][0] = 0x10, audio[loud][1] = 1, audio[loud][2] = 64;
    for (int i = 0; loud && i < SAMPLES; i++) audio[1][3 + 2 * i] = LOUD & 0xff, audio[1][4 + 2 * i] = LOUD >> 8;
  }
  int epoll = epoll_create1(0), listener = -1;
  if (is_forks) {
    struct sockaddr_in a;
    socklen_t length = sizeof a;
    listener = listen_on(0);
    getsockname(listener, (void *)&a, &length);
    fcntl(listener, F_SETFL, 0);
    printf("port %d\n", ntohs(a.sin_port));
    fflush(stdout);
  }
  for (int i = 0; i < count; i++) {
    struct call *c = &calls[i];
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    c->id = i;
    if (is_forks) {
      accept_fork(listener, c, epoll);
      continue;
    }
    c->fd = dial(port);
    c->is_stalled = i >= count - stalled;
    begin(c);
    /* Its answer to the request is read by all; what comes after it is not. */
    if (!c->is_stalled) epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e);
    else if (is_twilio) while (!c->is_open) readable(c);
  }
  struct epoll_event events[256];
  for (int open = 0; !is_forks && open < count;) {
    int n = epoll_wait(epoll, events, 256, 100);
    for (int i = 0; i < n; i++) readable(events[i].data.ptr);
    open = 0;
    for (int i = 0; i < count; i++) open += calls[i].is_open;
  }
  printf("ready\n");
  fflush(stdout);
  int64_t start = now(), slot = 0, late = 0, warm = atof(argv[6]) * 50;
  /* The time before, the time, and half a second in which the last come back. */
  while (slot < (ticks + warm + 25) * SLOTS) {
    /* Looked at each millisecond: a reader that is woken by each message costs the sender as much as the message. */
    sleep_until((start + slot * (20000000 / SLOTS)) / 1e9);
    for (int n = 256; n == 256;) {
      n = epoll_wait(epoll, events, 256, 0);
      for (int i = 0; i < n; i++) readable(events[i].data.ptr);
    }
    for (int64_t due; (due = start + slot * (20000000 / SLOTS)) <= now(); slot++) {
      if (now() - due > late) late = now() - due;
      int64_t tick = slot / SLOTS, part = slot % SLOTS;
      if (tick == warm && part == 0) printf("begun\n"), fflush(stdout), late = 0;
      if (tick == warm + ticks && part == 0) printf("done\n"), fflush(stdout);
      for (int i = part * count / SLOTS; !is_forks && i < (part + 1) * count / SLOTS; i++)
        send_frame(&calls[i], tick >= warm && tick < warm + ticks);
    }
  }
  for (int i = 0; i < note_count; i++)
    printf("%s %d %lld %d\n", notes[i].what == 's' ? "sent" : notes[i].what == 'g' ? "got" : "late", notes[i].call,
        (long long)notes[i].at, notes[i].offset);
  printf("peer %.3f %.3f\n", cpu_seconds(), late / 1e6);
  return 0;
}
