/* epoll-sink PORT DIR: one read per packet, 32 KiB gathered before each write, one file a stream. */
#include "loopback.h"
enum { ROOM = 65536, FULL = 32768, MOST = 65536 };
static char *buffer[MOST];
static int length[MOST], file[MOST];

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int server = listen_on(atoi(argv[1])), poll = epoll_create1(0), open_streams = 0, seen = 0;
  long total = 0;
  struct epoll_event ev = {.events = EPOLLIN, .data.fd = server}, events[1024];
  epoll_ctl(poll, EPOLL_CTL_ADD, server, &ev);
  for (;;) {
    int ready = epoll_wait(poll, events, 1024, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd, s;
      if (fd == server) {
        while ((s = accept4(server, 0, 0, SOCK_NONBLOCK)) >= 0) {
          char path[4096];
          snprintf(path, sizeof path, "%s/%d.raw", argv[2], seen++);
          file[s] = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0644);
          buffer[s] = malloc(ROOM);
          length[s] = 0;
          ev.data.fd = s;
          epoll_ctl(poll, EPOLL_CTL_ADD, s, &ev);
          open_streams++;
        }
        continue;
      }
      int n = read(fd, buffer[fd] + length[fd], ROOM - length[fd]);
      if (n > 0) {
        total += n;
        length[fd] += n;
      }
      if (length[fd] >= FULL || (n == 0 && length[fd] > 0)) {
        if (write(file[fd], buffer[fd], length[fd]) != length[fd]) die("write");
        length[fd] = 0;
      }
      if (n > 0 || (n < 0 && errno == EAGAIN)) continue;
      close(file[fd]);
      free(buffer[fd]);
      close(fd);
      if (--open_streams == 0) {
        printf("{\"bytes\":%ld,\"cpu\":%.3f,\"whole\":%.3f}\n", total, cpu_seconds(), cpu_seconds());
        return 0;
      }
    }
  }
}
