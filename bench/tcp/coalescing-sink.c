/* coalescing-sink PORT DIR: one read and one write per stream each 250 ms; no polling. The floor. */
#include "loopback.h"
enum { MOST = 20000 };
static int fds[MOST], files[MOST];
static char buffer[65536];

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int server = listen_on(atoi(argv[1])), seen = 0, open_streams = 0, s;
  long total = 0;
  for (;;) {
    while ((s = accept4(server, 0, 0, SOCK_NONBLOCK)) >= 0) {
      char path[4096];
      snprintf(path, sizeof path, "%s/%d.raw", argv[2], seen);
      files[seen] = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
      fds[seen++] = s;
      open_streams++;
    }
    for (int i = 0; i < seen; i++) {
      if (fds[i] < 0) continue;
      int n = read(fds[i], buffer, sizeof buffer);
      if (n > 0) {
        total += n;
        if (write(files[i], buffer, n) != n) die("write");
      } else if (n == 0) {
        close(fds[i]);
        close(files[i]);
        fds[i] = -1;
        open_streams--;
      }
    }
    if (seen && !open_streams) break;
    usleep(seen ? 250000 : 5000);
  }
  printf("{\"bytes\":%ld,\"cpu\":%.3f,\"whole\":%.3f}\n", total, cpu_seconds(), cpu_seconds());
  return 0;
}
