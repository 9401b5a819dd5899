/* pcm-load PORT|FILE STREAMS SECONDS: sends 640 bytes each 20 ms on every stream, spread over the 20 ms. */
#include "loopback.h"
enum { FRAME = 640, SLOTS = 20 };

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int count = atoi(argv[2]), ticks = atof(argv[3]) * 50;
  int *ports = calloc(count, sizeof *ports), *fds = calloc(count, sizeof *fds);
  char frame[FRAME];
  long sent = 0, refused = 0;
  double late = 0;
  for (int i = 0; i < FRAME; i++) frame[i] = i * 7;
  read_ports(argv[1], ports, count);
  for (int i = 0; i < count; i++) fds[i] = dial(ports[i]);
  double start = seconds();
  for (int t = 0; t < ticks; t++)
    for (int s = 0; s < SLOTS; s++) {
      double behind = sleep_until(start + (t + (double)s / SLOTS) * 0.02);
      if (behind > late) late = behind;
      for (int i = (long)s * count / SLOTS; i < (long)(s + 1) * count / SLOTS; i++) {
        int n = send(fds[i], frame, FRAME, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) sent += n;
        if (n < FRAME) refused += FRAME - (n > 0 ? n : 0);
      }
    }
  for (int i = 0; i < count; i++) close(fds[i]);
  printf("{\"sent\":%ld,\"refused\":%ld,\"late\":%.3f}\n", sent, refused, late);
  return 0;
}
