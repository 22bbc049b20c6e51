/* One pollable descriptor that stands for many, and for one deadline. It
** knows neither Lua nor curl. */
#ifndef MOONDOCK_POLLER_H
#define MOONDOCK_POLLER_H

#include <stdint.h>

#define POLLER_IN 1
#define POLLER_OUT 2
#define POLLER_ERROR 4

#define POLLER_NEVER INT64_MAX /* the deadline that never comes */
#define POLLER_TIMER -1        /* the `fd` of the deadline's event */

typedef struct Poller {
  int fd;    /* readable when something is due; -1 while closed */
  int timer;
} Poller;

typedef struct PollerEvent {
  int fd;
  int what; /* POLLER_IN, POLLER_OUT, POLLER_ERROR */
} PollerEvent;

/* Make the descriptors. 0, or -1 with errno: then the poller is closed. */
int moondock_poller_open(Poller *p);

/* Close the descriptors; what was watched is not touched. Safe to repeat. */
void moondock_poller_close(Poller *p);

/* Watch `fd` for `what`, or no longer when `what` is 0. 0, or -1 with errno. */
int moondock_poller_watch(Poller *p, int fd, int what);

/* Fire once at `when`, in nanoseconds of moondock_poller_now. It replaces the
** deadline before, and what had fired counts as seen. */
void moondock_poller_arm(Poller *p, int64_t when);

/* Wait at most `ms` (negative: without limit). How many events were stored;
** 0 too when a signal came. */
int moondock_poller_wait(Poller *p, PollerEvent *events, int max, int ms);

/* Nanoseconds of the monotonic clock. */
int64_t moondock_poller_now(void);

#endif
