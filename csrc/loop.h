/* The loop: one curl multi handle and one poller per Lua state. */
#ifndef MOONDOCK_LOOP_H
#define MOONDOCK_LOOP_H

#include <curl/curl.h>
#include <stdint.h>
#include <sys/types.h>

#include "list.h"
#include "moondock.h"
#include "poller.h"

/* A descriptor of our own in the poller, next to those of curl. */
typedef struct Watch {
  int fd;
  void (*on_event)(struct Watch *w, int what); /* POLLER_IN and so on */
} Watch;

typedef struct Loop {
  CURLM *multi;    /* NULL while closed */
  Poller poller;
  Link open;       /* Exchange.open: all that are not closed */
  Link ready;      /* Exchange.ready: those with news, oldest first */
  Link busy;       /* Exchange.busy: those that go on without an event */
  Watch **watches; /* by descriptor; NULL where curl is the owner */
  size_t room;     /* of `watches` */
  int64_t due;     /* when curl wants to run next */
  int64_t armed;   /* what the poller's deadline is set to */
  int answers;     /* final heads of this step */
  bool nested;     /* a host watches the poller, which must tell the deadline */
  size_t active;   /* exchanges that have not ended */
  int64_t last_id;
  pid_t pid;       /* the process that it belongs to */
  pid_t *departing; /* supervisors that end, not yet taken */
  size_t departing_count;
  size_t departing_room;
  bool stepping;   /* the deadline is set once, at the end of the step */
} Loop;

/* The argument `i`, usable: in a forked child it begins anew. [-0, +0, v] */
Loop *moondock_checkloop(lua_State *L, int i);

/* Begin anew in a forked child; the parent's connections are not touched,
** and the exchanges on them fail. */
void moondock_loop_check(Loop *l);

/* Watch `w->fd` for `what`; 0 ends it. The loop keeps `w` until then.
** 0, or -1 with errno. */
int moondock_loop_watch(Loop *l, Watch *w, int what);

/* Make room for one more supervisor (supervise.h) that departs. 0, or -1. */
int moondock_loop_reserve(Loop *l);

/* Take the end of a supervisor, now or in a later step, so that none stays
** as a zombie. */
void moondock_loop_depart(Loop *l, pid_t pid);

/* The callback with which curl closes a socket; `user` is the loop, since a
** connection outlives the exchange that made it. */
int moondock_loop_on_close(void *user, curl_socket_t fd);

/* Set the poller's deadline by what is due now, where somebody else waits. */
void moondock_loop_arm(Loop *l);

/* Note that a final head arrived. False: so many did at once that their
** connections should not all be kept. */
bool moondock_loop_keeps(Loop *l);

/* Tell how many exchanges run, so that curl keeps enough connections. */
void moondock_loop_count(Loop *l, int change);

#endif
