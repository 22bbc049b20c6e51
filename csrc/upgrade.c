/* core.upgrade: one hijacked connection, both directions at once.
**
** libcurl only connects; the request, the answer and the stream after it are
** ours, since a normal transfer hangs when the peer ends before its input. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "body.h"
#include "exchange.h"
#include "half_close.h"
#include "handshake.h"

#define SEND_LOW (MOONDOCK_SEND_MAX / 4)
#define READ_SIZE (64 * 1024)  /* at once */
#define PARSE_SIZE (4 * 1024)  /* at once, while there is something to parse */
#define TURN_MAX (256 * 1024)  /* per turn, then the others have theirs */

typedef struct Upgrade {
  Exchange x;
  Watch watch;     /* `fd` is -1 before and after the connection */
  int watched;     /* what for */
  Buffer sending;  /* on its way; does not move before it is sent */
  Body body;
  bool requested;  /* the request is sent */
  bool streaming;  /* the answer makes this a stream */
  bool finished;   /* Lua has given everything */
  bool shut;       /* no more can be sent */
  bool plain;      /* past TLS: only the close_notify is left */
  bool tls;
  bool proxied;
} Upgrade;

static Upgrade *checkupgrade(lua_State *L) {
  luaL_checkudata(L, 1, MOONDOCK_UPGRADE);
  return (Upgrade *)(void *)moondock_checkexchange(L);
}

static const char *phase_of(const Upgrade *u) {
  if (u->x.head.done) return "body";
  if (u->watch.fd < 0) return "connect";
  return u->requested ? "answer" : "send";
}

static void upgrade_fail(Upgrade *u, CURLcode code, const char *message) {
  int error = moondock_exchange_errno(&u->x, code);
  Failure f = { code, error, message, phase_of(u) };
  moondock_exchange_fail(&u->x, &f);
}

/* Watch for what we can use now, and not at all when that is nothing: an
** error is reported whether it is asked for or not. */
static void watch_again(Upgrade *u) {
  if (u->watch.fd < 0) return;
  bool full = u->x.in.size >= MOONDOCK_RECEIVE_MAX;
  int what = (full ? 0 : POLLER_IN) | (u->sending.size > 0 ? POLLER_OUT : 0);
  if (what == u->watched) return;
  u->watched = what;
  if (moondock_loop_watch(u->x.loop, &u->watch, what) != 0) {
    upgrade_fail(u, CURLE_OK, "the connection cannot be watched");
  }
}

/* The peer reads no more: what it still has to say can be read. */
static void shut_input(Upgrade *u) {
  u->shut = true;
  moondock_buffer_free(&u->sending);
  moondock_buffer_free(&u->x.out);
  if (u->x.wanting) moondock_exchange_news(&u->x);
}

/* Everything is sent: say so. Proxies take the end of one direction for that
** of both, and what the peer still had to say would be lost without a trace;
** inside TLS they do not see it. */
static void end_input(Upgrade *u) {
  if (u->shut || u->plain) return;
  if (u->proxied && !u->tls) {
    upgrade_fail(u, CURLE_NOT_BUILT_IN,
                 "the end of the input does not get through a proxy, unless "
                 "the engine is reached by TLS");
    return;
  }
  if (!u->tls) {
    shutdown(u->watch.fd, SHUT_WR);
    u->shut = true;
    return;
  }
  const char *problem = moondock_half_close_tls(u->x.easy, &u->sending);
  u->plain = problem == NULL;
  if (problem != NULL) upgrade_fail(u, CURLE_NOT_BUILT_IN, problem);
}

/* Move what Lua gave to where it does not move. False: there is nothing. */
static bool next_sending(Upgrade *u) {
  u->requested = true;
  if (!u->streaming || u->plain || u->x.out.size == 0) return false;
  Buffer sent = u->sending;
  u->sending = u->x.out;
  u->x.out = sent;
  u->x.out.max = MOONDOCK_SEND_MAX;
  return true;
}

/* TLS wants the same bytes again after CURLE_AGAIN; `sending` keeps them. */
static CURLcode send_some(Upgrade *u, size_t *n) {
  const char *bytes = moondock_buffer_bytes(&u->sending);
  if (!u->plain) return curl_easy_send(u->x.easy, bytes, u->sending.size, n);
  ssize_t sent = send(u->watch.fd, bytes, u->sending.size, MSG_NOSIGNAL);
  *n = sent > 0 ? (size_t)sent : 0;
  if (sent >= 0) return CURLE_OK;
  return errno == EAGAIN || errno == EINTR ? CURLE_AGAIN : CURLE_SEND_ERROR;
}

static void send_all(Upgrade *u) {
  CURLcode code = CURLE_OK;
  while (u->sending.size > 0 || next_sending(u)) {
    size_t n = 0;
    code = send_some(u, &n);
    if (code != CURLE_OK) break;
    moondock_buffer_consume(&u->sending, n);
  }
  if (code != CURLE_OK && code != CURLE_AGAIN) shut_input(u);
}

static void upgrade_send(Upgrade *u) {
  if (u->x.ended || u->watch.fd < 0 || u->shut) return;
  send_all(u);
  bool all = u->sending.size == 0 && u->x.out.size == 0;
  if (u->x.wanting && u->sending.size + u->x.out.size <= SEND_LOW) {
    u->x.wanting = false;
    moondock_exchange_news(&u->x);
  }
  if (u->streaming && u->finished && all) end_input(u);
  if (u->plain && u->sending.size > 0) send_all(u);
}

/* The final head is there: is it a stream, or an answer that refuses? */
static int begin_body(Upgrade *u) {
  int status = u->x.head.status;
  if (moondock_body_begin(&u->body, &u->x.head) != 0) return -1;
  bool raw = u->body.state == BODY_RAW;
  u->streaming = raw && (status == 101 || status == 200);
  if (!u->streaming) shut_input(u);
  moondock_exchange_news(&u->x);
  return 0;
}

/* Bytes that may hold the head, a framed body or both. 0, or -1. */
static int parse(Upgrade *u, const char *bytes, size_t n) {
  ptrdiff_t used = 0;
  if (!u->x.head.done) {
    used = moondock_head_feed(&u->x.head, bytes, n);
    if (used < 0) return -1;
    if (u->x.head.done && begin_body(u) != 0) return -1;
  }
  if ((size_t)used == n) return 0;
  size_t before = u->x.in.size;
  ptrdiff_t more = moondock_body_feed(&u->body, bytes + used,
                                      n - (size_t)used, &u->x.in);
  u->x.received += (curl_off_t)(u->x.in.size - before);
  moondock_exchange_news(&u->x);
  return more < 0 ? -1 : 0;
}

static CURLcode receive_parsed(Upgrade *u, size_t *n) {
  char bytes[PARSE_SIZE];
  CURLcode code = curl_easy_recv(u->x.easy, bytes, sizeof bytes, n);
  if (code != CURLE_OK || *n == 0) return code;
  bool first = u->x.head.status == 0 && u->x.head.partial.size == 0;
  if (first && moondock_head_is_tls(bytes, *n)) return CURLE_SSL_CONNECT_ERROR;
  if (parse(u, bytes, *n) == 0) return CURLE_OK;
  return u->x.head.done ? CURLE_RECV_ERROR : CURLE_WEIRD_SERVER_REPLY;
}

/* The stream needs no parsing: straight into the buffer. */
static CURLcode receive_raw(Upgrade *u, size_t *n) {
  char *place = moondock_buffer_reserve(&u->x.in, READ_SIZE);
  if (place == NULL) return CURLE_OUT_OF_MEMORY;
  CURLcode code = curl_easy_recv(u->x.easy, place, READ_SIZE, n);
  if (code != CURLE_OK || *n == 0) return code;
  moondock_buffer_commit(&u->x.in, *n);
  u->x.received += (curl_off_t)*n;
  moondock_exchange_news(&u->x);
  return CURLE_OK;
}

static CURLcode receive_some(Upgrade *u, size_t *n) {
  bool raw = u->x.head.done && u->body.state == BODY_RAW;
  *n = 0;
  return raw ? receive_raw(u, n) : receive_parsed(u, n);
}

static void on_end(Upgrade *u) {
  if (!u->x.head.done) {
    upgrade_fail(u, CURLE_GOT_NOTHING, "the connection ended unanswered");
  } else if (!moondock_body_may_close(&u->body)) {
    upgrade_fail(u, CURLE_PARTIAL_FILE, "the answer was cut short");
  } else {
    moondock_exchange_end(&u->x);
  }
}

/* A peer that does not read its input resets the connection after its last
** word: that is an end like any other. */
static void on_receive_error(Upgrade *u, CURLcode code) {
  if (code == CURLE_SSL_CONNECT_ERROR) {
    upgrade_fail(u, code, "the server speaks TLS");
  } else if (code == CURLE_WEIRD_SERVER_REPLY && u->x.head.status == 0) {
    upgrade_fail(u, CURLE_UNSUPPORTED_PROTOCOL, "the answer is no HTTP");
  } else if (code == CURLE_WEIRD_SERVER_REPLY) {
    upgrade_fail(u, CURLE_OK, "the head of the answer is too large");
  } else if (code == CURLE_RECV_ERROR && u->shut && u->streaming &&
             !u->finished) {
    on_end(u);
  } else {
    upgrade_fail(u, code, NULL);
  }
}

/* Read until the socket is empty, the buffer full or the turn over; what is
** left then may sit inside TLS, where no poller sees it. */
static void upgrade_receive(Upgrade *u) {
  size_t total = 0;
  while (!u->x.ended && u->x.in.size < MOONDOCK_RECEIVE_MAX) {
    size_t n;
    CURLcode code = receive_some(u, &n);
    if (code == CURLE_AGAIN) return;
    if (code != CURLE_OK) {
      on_receive_error(u, code);
    } else if (n == 0 || u->body.state == BODY_DONE) {
      on_end(u);
    }
    total += n;
    if (total < TURN_MAX) continue;
    if (!u->x.ended) link_append(&u->x.loop->busy, &u->x.busy);
    return;
  }
}

static void advance(Upgrade *u) {
  upgrade_send(u);
  if (!u->x.ended) upgrade_receive(u);
  if (!u->x.ended) upgrade_send(u); /* the answer may have opened the stream */
  if (!u->x.ended) watch_again(u);
}

static void on_event(Watch *w, int what) {
  (void)what;
  advance(LINK_OWNER(w, Upgrade, watch));
}

static void on_turn(Exchange *x) {
  advance((Upgrade *)(void *)x);
}

static void on_taken(Exchange *x) {
  Upgrade *u = (Upgrade *)(void *)x;
  if (u->watched & POLLER_IN || u->watch.fd < 0) return;
  if (x->in.size > MOONDOCK_RECEIVE_MAX / 4) return;
  moondock_exchange_resume(x);
}

/* Before libcurl closes the descriptor. */
static void on_detach(Exchange *x) {
  Upgrade *u = (Upgrade *)(void *)x;
  if (x->easy != NULL && u->watched != 0) {
    moondock_loop_watch(x->loop, &u->watch, 0);
  }
  u->watch.fd = -1;
  u->watched = 0;
  moondock_buffer_free(&u->sending);
}

/* Connected, or not. */
static void on_done(Exchange *x, CURLcode code) {
  Upgrade *u = (Upgrade *)(void *)x;
  curl_socket_t fd = CURL_SOCKET_BAD;
  if (code == CURLE_OK) {
    curl_easy_getinfo(x->easy, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD) code = CURLE_COULDNT_CONNECT;
  }
  if (code != CURLE_OK) {
    upgrade_fail(u, code, NULL);
    return;
  }
  u->watch.fd = fd;
  advance(u);
}

/* While it connects, curl watches; then we do. */
static const ExchangeKind UPGRADE_KIND = {
  .on_done = on_done,
  .on_turn = on_turn,
  .on_taken = on_taken,
  .on_detach = on_detach,
};

/* Start the new, closed upgrade. NULL, or what failed. */
static const char *upgrade_open(lua_State *L, Upgrade *u, Loop *l,
                                const Options *o) {
  const char *problem = moondock_exchange_open(&u->x, l, o);
  if (problem != NULL) return problem;
  moondock_buffer_init(&u->sending, MOONDOCK_HEAD_MAX + o->body_length);
  if (moondock_handshake(L, o, &u->sending) != 0) {
    return "the head of the request is too large";
  }
  u->tls = o->tls;
  u->proxied = o->proxy != NULL;
  curl_easy_setopt(u->x.easy, CURLOPT_URL, o->url);
  curl_easy_setopt(u->x.easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(u->x.easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
  return moondock_exchange_start(&u->x);
}

static int core_upgrade(lua_State *L) {
  Options o;
  Loop *l = moondock_checkloop(L, 1);
  moondock_checkoptions(L, 2, &o);
  Upgrade *u = (Upgrade *)(void *)moondock_exchange_new(L, sizeof *u,
                                                        MOONDOCK_UPGRADE);
  u->x.kind = &UPGRADE_KIND;
  u->watch.fd = -1;
  u->watch.on_event = on_event;
  const char *problem = upgrade_open(L, u, l, &o);
  if (problem == NULL) return 1;
  moondock_exchange_close(&u->x);
  return moondock_exchange_refuse(L, problem);
}

static int upgrade_give(lua_State *L) {
  Upgrade *u = checkupgrade(L);
  if (u->x.ended || u->shut || u->finished) return 0;
  size_t waiting = u->x.out.size + (u->requested ? u->sending.size : 0);
  size_t room = waiting < MOONDOCK_SEND_MAX ? MOONDOCK_SEND_MAX - waiting : 0;
  int results = moondock_exchange_give(L, &u->x, room);
  if (!u->streaming) return results;
  upgrade_send(u);
  if (!u->x.ended) watch_again(u);
  return results;
}

static int upgrade_finish(lua_State *L) {
  Upgrade *u = checkupgrade(L);
  if (u->x.ended || u->finished) return 0;
  u->finished = true;
  if (!u->streaming) return 0;
  upgrade_send(u);
  if (!u->x.ended) watch_again(u);
  return 0;
}

static const luaL_Reg METHODS[] = {
  { "give", upgrade_give },
  { "finish", upgrade_finish },
  { NULL, NULL },
};

static const luaL_Reg FUNCTIONS[] = {
  { "upgrade", core_upgrade },
  { NULL, NULL },
};

void moondock_open_upgrade(lua_State *L) {
  luaL_setfuncs(L, FUNCTIONS, 0);
  moondock_exchange_type(L, MOONDOCK_UPGRADE, METHODS);
}
