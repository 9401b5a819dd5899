/* bulk-send PORT MEGABYTES: sends as fast as it is taken, waits for the other side to close. */
#include "loopback.h"
static char block[1 << 18];

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int s = dial(atoi(argv[1]));
  long left = atol(argv[2]) << 20;
  double start = seconds();
  while (left > 0) {
    long n = write(s, block, left < (long)sizeof block ? left : (long)sizeof block);
    if (n < 0) die("write");
    left -= n;
  }
  shutdown(s, SHUT_WR);
  while (read(s, block, sizeof block) > 0) continue;
  printf("{\"seconds\":%.4f}\n", seconds() - start);
  return 0;
}
