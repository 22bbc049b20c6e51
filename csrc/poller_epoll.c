/* The poller of poller.h on Linux: epoll and a timerfd. */
#include "poller.h"

#ifdef __linux__

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000
#define EVENTS_MAX 256 /* of one wait; the rest come with the next */

int moondock_poller_open(Poller *p) {
  p->fd = epoll_create1(EPOLL_CLOEXEC);
  p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  struct epoll_event event = { .events = EPOLLIN, .data.fd = POLLER_TIMER };
  if (p->fd >= 0 && p->timer >= 0 &&
      epoll_ctl(p->fd, EPOLL_CTL_ADD, p->timer, &event) == 0) {
    return 0;
  }
  int error = errno;
  moondock_poller_close(p);
  errno = error;
  return -1;
}

void moondock_poller_close(Poller *p) {
  if (p->timer >= 0) close(p->timer);
  if (p->fd >= 0) close(p->fd);
  p->fd = p->timer = -1;
}

int moondock_poller_watch(Poller *p, int fd, int what) {
  struct epoll_event event = { .data.fd = fd };
  if (what == 0) return epoll_ctl(p->fd, EPOLL_CTL_DEL, fd, &event);
  event.events = (what & POLLER_IN ? EPOLLIN : 0u) |
                 (what & POLLER_OUT ? EPOLLOUT : 0u);
  int status = epoll_ctl(p->fd, EPOLL_CTL_MOD, fd, &event);
  if (status == 0 || errno != ENOENT) return status;
  return epoll_ctl(p->fd, EPOLL_CTL_ADD, fd, &event);
}

void moondock_poller_arm(Poller *p, int64_t when) {
  struct itimerspec spec = { { 0, 0 }, { 0, 0 } };
  if (when < 1) when = 1; /* zero would switch it off */
  if (when != POLLER_NEVER) {
    spec.it_value.tv_sec = (time_t)(when / SECOND);
    spec.it_value.tv_nsec = (long)(when % SECOND);
  }
  timerfd_settime(p->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

static int translate(uint32_t events) {
  return (events & EPOLLIN ? POLLER_IN : 0) |
         (events & EPOLLOUT ? POLLER_OUT : 0) |
         (events & (EPOLLERR | EPOLLHUP) ? POLLER_ERROR : 0);
}

int moondock_poller_wait(Poller *p, PollerEvent *events, int max, int ms) {
  struct epoll_event raw[EVENTS_MAX];
  if (max > EVENTS_MAX) max = EVENTS_MAX;
  int n = epoll_wait(p->fd, raw, max, ms < 0 ? -1 : ms);
  for (int i = 0; i < n; i++) {
    events[i].fd = raw[i].data.fd;
    events[i].what = translate(raw[i].events);
  }
  return n < 0 ? 0 : n;
}

int64_t moondock_poller_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * SECOND + now.tv_nsec;
}

#else
typedef int moondock_not_linux;
#endif
