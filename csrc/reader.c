/* core.reader: a descriptor that is not ours, such as standard input, read by
** the loop.
**
** Its file may be shared with other processes, so it is never made
** non-blocking: it is read only when it has something. What no poller takes,
** such as a file, always has. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"

#define READ_SIZE (64 * 1024) /* at once */

typedef struct Reader {
  Exchange x;
  Watch watch;  /* `fd` is our own copy; -1: closed */
  bool pollable;
  bool watched;
} Reader;

static void reader_fail(Reader *r, int error) {
  Failure f = { 0, error, NULL, "body" };
  moondock_exchange_fail(&r->x, &f);
}

/* Not to watch is how a full buffer stops the reading. */
static int watch(Reader *r, bool on) {
  if (on == r->watched) return 0;
  if (moondock_loop_watch(r->x.loop, &r->watch, on ? POLLER_IN : 0) != 0) {
    return -1;
  }
  r->watched = on;
  return 0;
}

static bool has_room(const Reader *r) {
  return r->x.in.size < MOONDOCK_RECEIVE_MAX;
}

/* Somebody else may have read what the loop was told of. */
static bool has_bytes(const Reader *r) {
  struct pollfd p = { .fd = r->watch.fd, .events = POLLIN };
  return poll(&p, 1, 0) > 0;
}

static void take_in(Reader *r) {
  char *place = moondock_buffer_reserve(&r->x.in, READ_SIZE);
  ssize_t n = place == NULL ? -1 : read(r->watch.fd, place, READ_SIZE);
  if (place == NULL) {
    reader_fail(r, ENOMEM);
  } else if (n == 0) {
    moondock_exchange_end(&r->x);
  } else if (n < 0) {
    if (errno != EAGAIN && errno != EINTR) reader_fail(r, errno);
  } else {
    moondock_buffer_commit(&r->x.in, (size_t)n);
    r->x.received += (curl_off_t)n;
    moondock_exchange_news(&r->x);
  }
}

static void advance(Reader *r) {
  if (r->x.ended) return;
  if (has_room(r) && has_bytes(r)) take_in(r);
  if (r->x.ended) return;
  if (r->pollable) {
    watch(r, has_room(r));
  } else if (has_room(r)) {
    link_append(&r->x.loop->busy, &r->x.busy);
  }
}

static void on_event(Watch *w, int what) {
  (void)what;
  advance(LINK_OWNER(w, Reader, watch));
}

static void on_turn(Exchange *x) {
  advance((Reader *)(void *)x);
}

static void on_taken(Exchange *x) {
  Reader *r = (Reader *)(void *)x;
  if (r->watched || x->in.size > MOONDOCK_RECEIVE_MAX / 4) return;
  moondock_exchange_resume(x);
}

/* In a forked child the loop is closed by now, and watches nothing. */
static void on_detach(Exchange *x) {
  Reader *r = (Reader *)(void *)x;
  if (r->watched && x->loop != NULL && x->loop->multi != NULL) {
    watch(r, false);
  }
  r->watched = false;
  if (r->watch.fd >= 0) close(r->watch.fd);
  r->watch.fd = -1;
}

static const ExchangeKind READER_KIND = {
  .on_turn = on_turn,
  .on_taken = on_taken,
  .on_detach = on_detach,
};

/* Start the new, closed reader. 0, or -1 with errno. */
static int reader_open(Reader *r, Loop *l, int fd) {
  r->watch.fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  if (r->watch.fd < 0) return -1;
  moondock_exchange_enter(&r->x, l);
  r->pollable = watch(r, true) == 0;
  if (r->pollable) return 0;
  if (errno != EPERM) return -1;
  link_append(&l->busy, &r->x.busy);
  moondock_loop_arm(l);
  return 0;
}

/* core.reader(loop, fd) */
static int core_reader(lua_State *L) {
  Loop *l = moondock_checkloop(L, 1);
  int fd = (int)luaL_checkinteger(L, 2);
  Reader *r = (Reader *)(void *)moondock_exchange_new(L, sizeof *r,
                                                      MOONDOCK_READER);
  r->x.kind = &READER_KIND;
  r->watch.fd = -1;
  r->watch.on_event = on_event;
  if (reader_open(r, l, fd) == 0) return 1;
  int error = errno;
  moondock_exchange_close(&r->x);
  return moondock_exchange_refuse(L, strerror(error));
}

static const luaL_Reg METHODS[] = {
  { NULL, NULL },
};

static const luaL_Reg FUNCTIONS[] = {
  { "reader", core_reader },
  { NULL, NULL },
};

void moondock_open_reader(lua_State *L) {
  luaL_setfuncs(L, FUNCTIONS, 0);
  moondock_exchange_type(L, MOONDOCK_READER, METHODS);
}
