/* core.transfer: one HTTP exchange, pulled from Lua. libcurl's callbacks copy
** between its buffers and ours and pause it when ours is full or empty. */
#include <errno.h>
#include <string.h>

#include "drain.h"
#include "exchange.h"
#include "salvage.h"

#define RECEIVE_LOW (MOONDOCK_RECEIVE_MAX / 4) /* resume below */
#define SEND_LOW (MOONDOCK_SEND_MAX / 4)       /* room is news below */

typedef struct Transfer {
  Exchange x;
  int paused;         /* CURLPAUSE_RECV and CURLPAUSE_SEND, as curl has it */
  bool upload;
  bool finished;      /* Lua has given everything */
  bool refused;       /* the answer came first: no more is wanted */
  bool sending;       /* curl has begun to ask for the upload */
  bool secure;        /* what the socket holds is no plain HTTP */
  bool salvaged;      /* we read the answer, curl failed to send */
  bool sent;          /* curl has the whole request */
  curl_off_t left;    /* of a sized upload, not given; -1: unknown size */
  curl_off_t length;  /* of the whole body, -1: unknown or none */
  Drain drain;        /* instead of pausing what comes in */
  const char *broken;    /* what our own callbacks failed on */
  CURLcode broken_code;  /* curl's number for it, 0: none */
} Transfer;

static Transfer *checktransfer(lua_State *L) {
  luaL_checkudata(L, 1, MOONDOCK_TRANSFER);
  return (Transfer *)(void *)moondock_checkexchange(L);
}

/* Pause exactly these directions. */
static void pause_only(Transfer *t, int directions) {
  t->paused = directions;
  curl_easy_pause(t->x.easy, directions);
}

/* No more of the upload is wanted. A connection that still waits for the rest
** is of no use to anyone else. */
static void refuse_upload(Transfer *t) {
  if (!t->upload || t->refused || t->sent) return;
  t->refused = true;
  curl_easy_setopt(t->x.easy, CURLOPT_FORBID_REUSE, 1L);
  if (t->paused & CURLPAUSE_SEND) pause_only(t, t->paused & ~CURLPAUSE_SEND);
  if (t->x.wanting) moondock_exchange_news(&t->x);
}

static void on_final_head(Transfer *t) {
  if (!moondock_loop_keeps(t->x.loop)) {
    curl_easy_setopt(t->x.easy, CURLOPT_FORBID_REUSE, 1L);
  }
  if (t->x.head.status >= 400) refuse_upload(t);
  moondock_exchange_news(&t->x);
}

static size_t on_header(char *line, size_t size, size_t n, void *user) {
  Transfer *t = user;
  bool known = t->x.head.done;
  if (moondock_head_line(&t->x.head, line, size * n) != 0) {
    t->broken = "the head of the answer is too large";
    return 0;
  }
  if (!known && t->x.head.done) on_final_head(t);
  return size * n;
}

static int append(Transfer *t, const char *bytes, size_t n) {
  if (t->drain.max == 0) return moondock_buffer_append(&t->x.in, bytes, n);
  return moondock_drain_append(&t->drain, &t->x.in, bytes, n);
}

/* True when no more should come before some is taken. */
static bool is_full(const Transfer *t) {
  return t->drain.max == 0 && t->x.in.size >= MOONDOCK_RECEIVE_MAX;
}

/* Bytes without a head. libcurl takes them for HTTP/0.9, and we want a look. */
static size_t on_no_http(Transfer *t, const char *bytes, size_t n) {
  bool tls = moondock_head_is_tls(bytes, n);
  t->broken = tls ? "the server speaks TLS" : "the answer is no HTTP";
  t->broken_code = tls ? CURLE_SSL_CONNECT_ERROR : CURLE_UNSUPPORTED_PROTOCOL;
  return 0;
}

static size_t on_write(char *bytes, size_t size, size_t n, void *user) {
  Transfer *t = user;
  n *= size;
  if (!t->x.head.done) return on_no_http(t, bytes, n);
  if (moondock_buffer_space(&t->x.in) < n) {
    t->paused |= CURLPAUSE_RECV;
    return CURL_WRITEFUNC_PAUSE; /* curl keeps them and hands them over again */
  }
  if (append(t, bytes, n) != 0) {
    t->broken = "out of memory";
    return 0;
  }
  t->x.received += (curl_off_t)n;
  moondock_exchange_news(&t->x);
  if (is_full(t) && !(t->paused & CURLPAUSE_RECV)) {
    pause_only(t, t->paused | CURLPAUSE_RECV);
  }
  return n;
}

/* Nothing to send: the upload is over, cut, or waits for Lua. */
static size_t read_nothing(Transfer *t) {
  if (t->finished && t->left > 0) {
    t->broken = "the upload ended before its size";
    return CURL_READFUNC_ABORT;
  }
  if (t->finished || t->refused) {
    t->sent = true;
    return 0;
  }
  t->paused |= CURLPAUSE_SEND;
  return CURL_READFUNC_PAUSE;
}

static size_t on_read(char *to, size_t size, size_t n, void *user) {
  Transfer *t = user;
  Buffer *out = &t->x.out;
  t->sending = true;
  n *= size;
  if (n > out->size) n = out->size;
  if (n == 0 || t->refused) return read_nothing(t);
  memcpy(to, moondock_buffer_bytes(out), n);
  moondock_buffer_consume(out, n);
  if (t->left == 0 && out->size == 0) t->sent = true;
  if (t->x.wanting && out->size <= SEND_LOW) {
    t->x.wanting = false;
    moondock_exchange_news(&t->x);
  }
  return n;
}

/* curl's own second try, after a kept connection died, keeps the times of the
** first. */
static bool is_of_connecting(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_PROXY ||
         code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT ||
         code == CURLE_SSL_CONNECT_ERROR ||
         code == CURLE_PEER_FAILED_VERIFICATION;
}

/* How far it got. */
static const char *phase_of(Transfer *t, CURLcode code) {
  curl_off_t connected = 0;
  curl_off_t uploaded = 0;
  CURL *e = t->x.easy;
  curl_easy_getinfo(e, CURLINFO_PRETRANSFER_TIME_T, &connected);
  curl_easy_getinfo(e, CURLINFO_SIZE_UPLOAD_T, &uploaded);
  if (connected == 0 || is_of_connecting(code)) return "connect";
  if (t->x.head.done) return "body";
  if (code == CURLE_SEND_ERROR || (t->upload && !t->sent)) return "send";
  return uploaded < t->length ? "send" : "answer";
}

static void transfer_fail(Transfer *t, CURLcode code) {
  int error = moondock_exchange_errno(&t->x, code);
  Failure f = { code, error, t->broken, phase_of(t, code) };
  if (t->broken != NULL) {
    f.code = t->broken_code;
    f.error = 0;
  }
  moondock_exchange_fail(&t->x, &f);
}

/* True when sending failed after a whole answer of known length came. */
static bool answered(Transfer *t, CURLcode code) {
  curl_off_t length = -1;
  if (t->salvaged) return true;
  if (code != CURLE_SEND_ERROR || !t->x.head.done) return false;
  curl_easy_getinfo(t->x.easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length >= 0 && t->x.received >= length;
}

static void on_done(Exchange *x, CURLcode code) {
  Transfer *t = (Transfer *)(void *)x;
  long connects = 0;
  curl_easy_getinfo(x->easy, CURLINFO_NUM_CONNECTS, &connects);
  x->reused = connects == 0 && code != CURLE_COULDNT_CONNECT;
  if (code == CURLE_OK && !x->head.done) { /* curl takes a cut head for one */
    t->broken = "the connection was closed within the head of the answer";
  }
  if ((code == CURLE_OK && x->head.done) || answered(t, code)) {
    moondock_exchange_end(x);
  } else {
    transfer_fail(t, code);
  }
}

static void on_taken(Exchange *x) {
  Transfer *t = (Transfer *)(void *)x;
  if (!(t->paused & CURLPAUSE_RECV) || x->in.size > RECEIVE_LOW) return;
  moondock_loop_check(x->loop);
  if (x->ended) return;
  pause_only(t, t->paused & ~CURLPAUSE_RECV);
  moondock_loop_arm(x->loop);
}

/* curl no longer reads although we did not pause it: the answer is over. It
** would wait for the rest of the upload for ever, so that ends too, but not
** from inside this callback of curl. */
static void on_watch(Exchange *x, int what) {
  Transfer *t = (Transfer *)(void *)x;
  bool reading = (what & POLLER_IN) || (t->paused & CURLPAUSE_RECV);
  if (t->sending && !t->sent && !reading) link_append(&x->loop->busy, &x->busy);
}

static void on_close(Exchange *x) {
  Transfer *t = (Transfer *)(void *)x;
  if (!t->upload || t->secure || t->x.ended || t->x.head.status != 0) return;
  size_t before = x->in.size;
  t->salvaged = moondock_salvage(x->fd, &x->head, &x->in);
  x->received += (curl_off_t)(x->in.size - before);
}

static void on_turn(Exchange *x) {
  refuse_upload((Transfer *)(void *)x);
}

static const ExchangeKind TRANSFER_KIND = {
  .on_done = on_done,
  .on_turn = on_turn,
  .on_watch = on_watch,
  .on_close = on_close,
  .on_taken = on_taken,
};

static const char *set_fields(lua_State *L, Transfer *t, const Options *o) {
  bool ok;
  t->x.fields = moondock_options_fields(L, o, &ok);
  if (!ok) return "out of memory";
  struct curl_slist *more = curl_slist_append(t->x.fields, "Expect:");
  if (more == NULL) return "out of memory";
  t->x.fields = more;
  if (!moondock_options_has(L, o, "content-type")) {
    more = curl_slist_append(t->x.fields, "Content-Type:"); /* curl's own */
  }
  if (more == NULL) return "out of memory";
  curl_easy_setopt(t->x.easy, CURLOPT_HTTPHEADER, t->x.fields);
  return NULL;
}

static bool sends_length(const char *method) {
  return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
         strcmp(method, "PATCH") == 0;
}

/* The body as a string; curl keeps a copy. */
static void set_string_body(Transfer *t, const Options *o) {
  const char *body = o->body == NULL ? "" : o->body;
  t->length = (curl_off_t)o->body_length;
  curl_easy_setopt(t->x.easy, CURLOPT_POSTFIELDSIZE_LARGE, t->length);
  curl_easy_setopt(t->x.easy, CURLOPT_COPYPOSTFIELDS, body);
}

static void set_upload(Transfer *t, const Options *o) {
  CURL *e = t->x.easy;
  t->upload = true;
  t->secure = o->tls;
  t->left = o->size;
  t->sent = o->size == 0;
  curl_easy_setopt(e, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, o->size);
  curl_easy_setopt(e, CURLOPT_READFUNCTION, on_read);
  curl_easy_setopt(e, CURLOPT_READDATA, t);
}

static void set_request(Transfer *t, const Options *o) {
  CURL *e = t->x.easy;
  t->length = -1;
  if (o->upload) {
    set_upload(t, o);
  } else if (o->body != NULL || sends_length(o->method)) {
    set_string_body(t, o);
  } else if (strcmp(o->method, "HEAD") == 0) {
    curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
  }
  curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, o->method);
  curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, o->fresh ? 1L : 0L);
  curl_easy_setopt(e, CURLOPT_URL, o->url);
}

/* curl has a buffer of a chunk for each transfer: 64 KB for each of thousands
** of streams is too much, for bulk data it saves a fifth of the CPU. */
static void set_answer(Transfer *t, const Options *o) {
  CURL *e = t->x.easy;
  long chunk = o->bulk ? EXCHANGE_CHUNK : EXCHANGE_SMALL_CHUNK;
  curl_easy_setopt(e, CURLOPT_BUFFERSIZE, chunk);
  curl_easy_setopt(e, CURLOPT_HTTP09_ALLOWED, 1L); /* see on_no_http */
  curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(e, CURLOPT_HEADERDATA, t);
  curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_write);
  curl_easy_setopt(e, CURLOPT_WRITEDATA, t);
}

/* Start the new, closed transfer. NULL, or what failed. */
static const char *transfer_open(lua_State *L, Transfer *t, Loop *l,
                                 const Options *o) {
  const char *problem = moondock_exchange_open(&t->x, l, o);
  if (problem == NULL) problem = set_fields(L, t, o);
  if (problem != NULL) return problem;
  set_request(t, o);
  set_answer(t, o);
  if (o->drain > 0) {
    moondock_drain_init(&t->drain, &t->x.in, o->drain, EXCHANGE_CHUNK);
  }
  return moondock_exchange_start(&t->x);
}

static int core_transfer(lua_State *L) {
  Options o;
  Loop *l = moondock_checkloop(L, 1);
  moondock_checkoptions(L, 2, &o);
  Transfer *t = (Transfer *)(void *)moondock_exchange_new(L, sizeof *t,
                                                          MOONDOCK_TRANSFER);
  t->x.kind = &TRANSFER_KIND;
  const char *problem = transfer_open(L, t, l, &o);
  if (problem == NULL) return 1;
  moondock_exchange_close(&t->x);
  return moondock_exchange_refuse(L, problem);
}

/* How many bytes may be given now. A buffer that was full has room again when
** most of it is sent: to fill it up after each send would move its bytes. */
static size_t room_for(const Transfer *t) {
  if (t->x.wanting) return 0;
  size_t room = moondock_buffer_space(&t->x.out);
  bool ends_first = t->left >= 0 && (curl_off_t)room > t->left;
  return ends_first ? (size_t)t->left : room;
}

/* The argument 1, whose upload must want more; NULL when it does not. */
static Transfer *checkupload(lua_State *L) {
  Transfer *t = checktransfer(L);
  if (!t->upload && !t->x.ended) luaL_argerror(L, 1, "it has no upload");
  if (t->x.ended || t->refused || t->finished || t->left == 0) return NULL;
  return t;
}

/* `n` bytes were added to the upload. */
static void added(Transfer *t, size_t n) {
  if (t->left > 0) t->left -= (curl_off_t)n;
  if (n == 0 || !(t->paused & CURLPAUSE_SEND)) return;
  pause_only(t, t->paused & ~CURLPAUSE_SEND);
  moondock_loop_arm(t->x.loop);
}

static int transfer_give(lua_State *L) {
  Transfer *t = checkupload(L);
  if (t == NULL) return 0;
  int results = moondock_exchange_give(L, &t->x, room_for(t));
  added(t, (size_t)lua_tointeger(L, -1));
  return results;
}

/* t:fill(file): read what fits from an open file, without a string of Lua
** between: how many bytes, false at its end, nil when no more is wanted, or
** nil and what failed. */
static int transfer_fill(lua_State *L) {
  FILE *f = moondock_checkfile(L);
  Transfer *t = checkupload(L);
  if (t == NULL) return 0;
  size_t room = room_for(t);
  size_t most = room < EXCHANGE_CHUNK ? room : EXCHANGE_CHUNK;
  char *place = most > 0 ? moondock_buffer_reserve(&t->x.out, most) : NULL;
  if (most > 0 && place == NULL) return luaL_error(L, "out of memory");
  size_t n = most > 0 ? fread(place, 1, most, f) : 0;
  t->x.wanting = most == 0;
  if (n == 0 && most > 0 && ferror(f)) {
    return moondock_exchange_refuse(L, strerror(errno));
  }
  moondock_buffer_commit(&t->x.out, n);
  added(t, n);
  if (n == 0 && most > 0) {
    lua_pushboolean(L, 0);
  } else {
    moondock_pushinteger(L, (int64_t)n);
  }
  return 1;
}

static int transfer_finish(lua_State *L) {
  Transfer *t = checktransfer(L);
  if (!t->upload && !t->x.ended) luaL_argerror(L, 1, "it has no upload");
  t->finished = true;
  if (t->x.ended || !(t->paused & CURLPAUSE_SEND)) return 0;
  pause_only(t, t->paused & ~CURLPAUSE_SEND);
  moondock_loop_arm(t->x.loop);
  return 0;
}

static int transfer_dropped(lua_State *L) {
  Transfer *t = checktransfer(L);
  moondock_pushinteger(L, t->drain.dropped);
  t->drain.dropped = 0;
  return 1;
}

static const luaL_Reg METHODS[] = {
  { "give", transfer_give },
  { "fill", transfer_fill },
  { "finish", transfer_finish },
  { "dropped", transfer_dropped },
  { NULL, NULL },
};

static const luaL_Reg FUNCTIONS[] = {
  { "transfer", core_transfer },
  { NULL, NULL },
};

void moondock_open_transfer(lua_State *L) {
  luaL_setfuncs(L, FUNCTIONS, 0);
  moondock_exchange_type(L, MOONDOCK_TRANSFER, METHODS);
}
