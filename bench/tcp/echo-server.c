/* echo-server PORT: an epoll server that writes back what it reads, at once. Ends with its last stream. */
#include "loopback.h"
static char buffer[65536];

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  int server = listen_on(atoi(argv[1])), poll = epoll_create1(0), one = 1, open_streams = 0, s;
  struct epoll_event ev = {.events = EPOLLIN, .data.fd = server}, events[1024];
  epoll_ctl(poll, EPOLL_CTL_ADD, server, &ev);
  for (;;) {
    int ready = epoll_wait(poll, events, 1024, -1);
    for (int i = 0; i < ready; i++) {
      int fd = events[i].data.fd;
      if (fd == server) {
        while ((s = accept4(server, 0, 0, SOCK_NONBLOCK)) >= 0) {
          setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          ev.data.fd = s;
          epoll_ctl(poll, EPOLL_CTL_ADD, s, &ev);
          open_streams++;
        }
        continue;
      }
      int n = read(fd, buffer, sizeof buffer);
      if (n > 0 && write(fd, buffer, n) == n) continue;
      close(fd);
      if (--open_streams == 0) {
        printf("{\"cpu\":%.3f}\n", cpu_seconds());
        return 0;
      }
    }
  }
}
