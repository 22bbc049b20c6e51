/* What transfers, upgrades, readers and processes share: their place in the loop, the head of
** the answer, both buffers, how they end, and the methods that read these. */
#ifndef MOONDOCK_EXCHANGE_H
#define MOONDOCK_EXCHANGE_H

#include "alerts.h"
#include "curl_api.h"
#include "head.h"
#include "loop.h"
#include "options.h"


/* The most that curl hands over at once; it fits on top of a full buffer. */
#define EXCHANGE_CHUNK (64 * 1024)
#define EXCHANGE_SMALL_CHUNK (16 * 1024) /* unless much is expected */

struct Exchange;

/* What the kinds do differently. */
typedef struct ExchangeKind {
  void (*on_turn)(struct Exchange *x);  /* go on with what was put off */
  void (*on_taken)(struct Exchange *x); /* there is room to receive again */
  /* The handle is done: never called, and NULL, where there is none. */
  void (*on_done)(struct Exchange *x, CURLcode code);
  /* NULL where there is nothing to do. */
  void (*on_watch)(struct Exchange *x, int what); /* curl waits for this */
  void (*on_close)(struct Exchange *x);  /* curl is about to close `fd` */
  void (*on_detach)(struct Exchange *x); /* before the handle is released */
} ExchangeKind;

typedef struct Failure {
  int code;            /* of curl, 0: ours */
  int error;           /* errno, 0: none */
  const char *message; /* NULL: by `error`, then by curl */
  const char *phase;
} Failure;

/* The first field of each userdata. All zero is closed and valid. */
typedef struct Exchange {
  const ExchangeKind *kind;
  Loop *loop; /* NULL when closed or when the loop is gone */
  Link open;
  Link ready;
  Link busy;
  int64_t id;
  CURL *easy; /* NULL once ended */
  int fd;     /* the socket that curl uses for it, -1: none known */
  struct curl_slist *fields;
  struct curl_slist *route; /* to another host than the URL's */
  Head head;
  Buffer in;     /* received, not taken */
  Buffer out;    /* given, not sent */
  bool local;    /* over a unix socket */
  bool wanting;  /* a give was cut short: room is news */
  bool ended;
  bool failed;
  bool reused;
  curl_off_t received; /* body bytes */
  Failure failure;
  long verify;   /* OpenSSL's verdict on the certificate, 0: none or good */
  long gateway;  /* status of the proxy's answer to CONNECT, 0: none */
  Alerts alerts;
  char *names;   /* of the certificate, where a check failed; NULL: unknown */
  char text[CURL_ERROR_SIZE]; /* curl's words */
} Exchange;

/* The argument 1, an exchange of any kind, after a look whether it belongs to
** this process. What only reads needs no such look. [-0, +0, v] */
Exchange *moondock_checkexchange(lua_State *L);

/* Push a closed exchange of `size` bytes with that metatable. [-0, +1, m] */
Exchange *moondock_exchange_new(lua_State *L, size_t size, const char *name);

/* Give it a place in the loop, and an id. */
void moondock_exchange_enter(Exchange *x, Loop *l);

/* Open it in the loop with a new easy handle and what both kinds set.
** NULL, or what failed: then the caller closes it. */
const char *moondock_exchange_open(Exchange *x, Loop *l, const Options *o);

/* Give the handle to the loop: it starts. NULL, or what failed. */
const char *moondock_exchange_start(Exchange *x);

/* Tell Lua that there is something new. */
void moondock_exchange_news(Exchange *x);

/* There is room to receive again: it gets a turn, where it is still alive after
** a look whether it belongs to this process. */
void moondock_exchange_resume(Exchange *x);

/* The errno behind a failure of the socket, else 0. */
int moondock_exchange_errno(const Exchange *x, CURLcode code);

/* End well, or with a failure; the handle is released. */
void moondock_exchange_end(Exchange *x);
void moondock_exchange_fail(Exchange *x, const Failure *f);

/* Release everything. Safe in any state and to repeat. */
void moondock_exchange_close(Exchange *x);

/* The loop ends, or stays behind in the parent process (`forked`: the handle
** is left alone). The exchange stays, without a loop or failed. */
void moondock_exchange_orphan(Exchange *x);
void moondock_exchange_forked(Exchange *x);

/* The argument 2, which must be an open file of Lua. [-0, +0, v] */
FILE *moondock_checkfile(lua_State *L);

/* t:give on the buffer `out`: copy what fits of the argument 2 from position
** 3 into `room` bytes, and push how many. [-0, +1, v] */
int moondock_exchange_give(lua_State *L, Exchange *x, size_t room);

/* Push `nil, message`. [-0, +2, m] */
int moondock_exchange_refuse(lua_State *L, const char *message);

/* Make a metatable with the shared methods and `methods`. [-0, +0, m] */
void moondock_exchange_type(lua_State *L, const char *name,
                            const luaL_Reg *methods);

#endif
