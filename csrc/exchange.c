/* The common half of transfers, upgrades and readers. */
#include "exchange.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static Exchange *checkany(lua_State *L) {
  Exchange *x = luaL_testudata(L, 1, MOONDOCK_TRANSFER);
  if (x == NULL) x = luaL_testudata(L, 1, MOONDOCK_READER);
  if (x == NULL) x = luaL_testudata(L, 1, MOONDOCK_PROCESS);
  return x != NULL ? x : luaL_checkudata(L, 1, MOONDOCK_UPGRADE);
}

Exchange *moondock_checkexchange(lua_State *L) {
  Exchange *x = checkany(L);
  if (x->loop != NULL) moondock_loop_check(x->loop);
  return x;
}

Exchange *moondock_exchange_new(lua_State *L, size_t size, const char *name) {
  Exchange *x = lua_newuserdatauv(L, size, 0);
  memset(x, 0, size);
  x->fd = -1;
  moondock_head_init(&x->head);
  moondock_buffer_init(&x->in, MOONDOCK_RECEIVE_MAX + EXCHANGE_CHUNK);
  moondock_buffer_init(&x->out, MOONDOCK_SEND_MAX);
  luaL_setmetatable(L, name);
  return x;
}

#define KEEP_ALIVE 30L /* seconds */

/* Nothing but the request says whether there is a proxy. A plain transfer is
** forwarded by it, as browsers and Go do; TLS and upgrades are tunnelled. */
static void set_proxy(CURL *e, const Options *o) {
  curl_easy_setopt(e, CURLOPT_PROXY, o->proxy == NULL ? "" : o->proxy);
  curl_easy_setopt(e, CURLOPT_NOPROXY, "");
}

/* The system's certificates count only where no CA is given. An empty pass
** phrase keeps OpenSSL from asking the terminal for one. */
static void set_tls(CURL *e, const Options *o) {
  curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  if (o->ca != NULL) {
    curl_easy_setopt(e, CURLOPT_CAINFO, o->ca);
    curl_easy_setopt(e, CURLOPT_CAPATH, NULL);
  }
  if (o->cert != NULL) curl_easy_setopt(e, CURLOPT_SSLCERT, o->cert);
  if (o->key != NULL) curl_easy_setopt(e, CURLOPT_SSLKEY, o->key);
  curl_easy_setopt(e, CURLOPT_KEYPASSWD, "");
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, o->verify ? 1L : 0L);
  curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, o->verify ? 2L : 0L);
  curl_easy_setopt(e, CURLOPT_CERTINFO, o->verify ? 1L : 0L);
}

/* Where and how to connect. */
static void set_connection(CURL *e, const Options *o) {
  curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, o->connect_ms);
  set_proxy(e, o);
  if (o->socket_path != NULL) {
    curl_easy_setopt(e, CURLOPT_UNIX_SOCKET_PATH, o->socket_path);
  } else {
    curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, KEEP_ALIVE);
    curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, KEEP_ALIVE);
  }
  if (o->tls) set_tls(e, o);
}

/* False: out of memory. */
static bool set_route(Exchange *x, const Options *o) {
  if (o->connect_to == NULL) return true;
  x->route = curl_slist_append(NULL, o->connect_to);
  curl_easy_setopt(x->easy, CURLOPT_CONNECT_TO, x->route);
  return x->route != NULL;
}

static void set_common(Exchange *x, const Options *o) {
  CURL *e = x->easy;
  curl_easy_setopt(e, CURLOPT_PRIVATE, x);
  curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, moondock_loop_on_close);
  curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, x->loop);
  curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->text);
  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
  curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
#else
  curl_easy_setopt(e, CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
  curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L); /* never wait for a resolver */
#endif
  curl_easy_setopt(e, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
  set_connection(e, o);
  if (o->tls) moondock_alerts_watch(e, &x->alerts);
}

void moondock_exchange_enter(Exchange *x, Loop *l) {
  x->loop = l;
  x->id = ++l->last_id;
  link_append(&l->open, &x->open);
  moondock_loop_count(l, 1);
}

#define SOCKET_PATH_MAX 107 /* of sockaddr_un */

const char *moondock_exchange_open(Exchange *x, Loop *l, const Options *o) {
  if (o->socket_path != NULL && strlen(o->socket_path) > SOCKET_PATH_MAX) {
    return "the path of the unix socket is longer than 107 bytes";
  }
  moondock_exchange_enter(x, l);
  x->local = o->socket_path != NULL;
  x->easy = curl_easy_init();
  if (x->easy == NULL || !set_route(x, o)) return "out of memory";
  set_common(x, o);
  return NULL;
}

const char *moondock_exchange_start(Exchange *x) {
  CURLMcode code = curl_multi_add_handle(x->loop->multi, x->easy);
  moondock_loop_arm(x->loop);
  return code == CURLM_OK ? NULL : curl_multi_strerror(code);
}

void moondock_exchange_news(Exchange *x) {
  if (x->loop != NULL) link_append(&x->loop->ready, &x->ready);
}

void moondock_exchange_resume(Exchange *x) {
  moondock_loop_check(x->loop);
  if (x->ended) return;
  link_append(&x->loop->busy, &x->busy);
  moondock_loop_arm(x->loop);
}

/* A unix socket whose queue is full refuses with EAGAIN, and libcurl does not
** say so. */
int moondock_exchange_errno(const Exchange *x, CURLcode code) {
  long error = 0;
  if (code != CURLE_COULDNT_CONNECT && code != CURLE_SEND_ERROR &&
      code != CURLE_RECV_ERROR) {
    return 0;
  }
  curl_easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &error);
  bool full = error == 0 && x->local && code == CURLE_COULDNT_CONNECT;
  return full ? EAGAIN : (int)error;
}

static void drop_handle(Exchange *x) {
  if (x->kind->on_detach != NULL) x->kind->on_detach(x);
  if (x->easy != NULL) {
    if (x->loop != NULL) curl_multi_remove_handle(x->loop->multi, x->easy);
    curl_easy_cleanup(x->easy);
  }
  curl_slist_free_all(x->fields); /* after the handle that used them */
  curl_slist_free_all(x->route);
  x->easy = NULL;
  x->fields = x->route = NULL;
  x->fd = -1;
}

void moondock_exchange_end(Exchange *x) {
  if (x->ended) return;
  drop_handle(x);
  x->ended = true;
  link_remove(&x->busy);
  moondock_buffer_free(&x->out);
  if (x->loop == NULL) return;
  moondock_loop_count(x->loop, -1);
  moondock_loop_arm(x->loop);
  moondock_exchange_news(x);
}

/* The names in the server's own certificate, which comes first. */
static void note_names(Exchange *x) {
  static const char label[] = "X509v3 Subject Alternative Name:";
  struct curl_certinfo *chain = NULL;
  curl_easy_getinfo(x->easy, CURLINFO_CERTINFO, &chain);
  if (chain == NULL || chain->num_of_certs < 1) return;
  for (struct curl_slist *line = chain->certinfo[0]; line; line = line->next) {
    if (strncmp(line->data, label, sizeof label - 1) != 0) continue;
    free(x->names);
    x->names = strdup(line->data + sizeof label - 1); /* NULL: unknown */
  }
}

/* What the handle knows beside its message. */
static void note_details(Exchange *x) {
  if (x->easy == NULL) return;
  curl_easy_getinfo(x->easy, CURLINFO_SSL_VERIFYRESULT, &x->verify);
  curl_easy_getinfo(x->easy, CURLINFO_HTTP_CONNECTCODE, &x->gateway);
  if (x->failure.code == CURLE_PEER_FAILED_VERIFICATION) note_names(x);
}

static void set_failure(Exchange *x, const Failure *f) {
  if (x->ended) return;
  x->failed = true;
  x->failure = *f;
  note_details(x);
}

void moondock_exchange_fail(Exchange *x, const Failure *f) {
  set_failure(x, f);
  moondock_exchange_end(x);
}

void moondock_exchange_close(Exchange *x) {
  static const Failure closed = { 0, 0, "closed", "body" };
  if (x->loop != NULL) moondock_exchange_fail(x, &closed);
  link_remove(&x->ready);
  link_remove(&x->open);
  x->loop = NULL;
  moondock_buffer_free(&x->in);
  moondock_buffer_free(&x->out);
  moondock_head_free(&x->head);
  free(x->names);
  x->names = NULL;
}

void moondock_exchange_orphan(Exchange *x) {
  static const Failure gone = { 0, 0, "the loop is closed", "body" };
  moondock_exchange_fail(x, &gone);
  link_remove(&x->ready);
  link_remove(&x->open);
  x->loop = NULL;
}

void moondock_exchange_forked(Exchange *x) {
  static const Failure forked = { 0, 0, "it belongs to another process",
                                  "body" };
  x->easy = NULL; /* the parent's: a clean-up would speak to the server */
  x->fields = x->route = NULL;
  moondock_exchange_fail(x, &forked);
}

static int exchange_id(lua_State *L) {
  moondock_pushinteger(L, checkany(L)->id);
  return 1;
}

static int exchange_head(lua_State *L) {
  Exchange *x = checkany(L);
  if (!x->head.done) return 0;
  lua_pushinteger(L, x->head.status);
  moondock_head_push(L, &x->head);
  return 2;
}

static int exchange_take(lua_State *L) {
  Exchange *x = checkany(L);
  lua_Number max = luaL_optnumber(L, 2, MOONDOCK_RECEIVE_MAX * 2);
  luaL_argcheck(L, max >= 1, 2, "must be positive");
  size_t n = x->in.size;
  if (n == 0) return 0;
  if ((lua_Number)n > max) n = (size_t)max;
  lua_pushlstring(L, moondock_buffer_bytes(&x->in), n);
  moondock_buffer_consume(&x->in, n);
  if (!x->ended) x->kind->on_taken(x);
  return 1;
}

FILE *moondock_checkfile(lua_State *L) {
  FILE *f = moondock_tofile(luaL_checkudata(L, 2, LUA_FILEHANDLE));
  luaL_argcheck(L, f != NULL, 2, "the file is closed");
  return f;
}

static const char *failure_message(const Exchange *x) {
  const Failure *f = &x->failure;
  if (f->message != NULL) return f->message;
  if (f->error != 0) return strerror(f->error);
  if (x->text[0] != '\0') return x->text;
  return curl_easy_strerror((CURLcode)f->code);
}

static void set_integer(lua_State *L, const char *name, int64_t n) {
  moondock_pushinteger(L, n);
  lua_setfield(L, -2, name);
}

static void push_failure(lua_State *L, const Exchange *x) {
  lua_createtable(L, 0, 11);
  set_integer(L, "code", x->failure.code);
  set_integer(L, "errno", x->failure.error);
  set_integer(L, "received", x->received);
  set_integer(L, "verify", x->verify);
  set_integer(L, "gateway", x->gateway);
  set_integer(L, "alert", x->alerts.received);
  lua_pushboolean(L, x->alerts.demanded);
  lua_setfield(L, -2, "demanded");
  lua_pushstring(L, x->names); /* NULL is nil */
  lua_setfield(L, -2, "names");
  lua_pushstring(L, failure_message(x));
  lua_setfield(L, -2, "message");
  lua_pushstring(L, x->failure.phase);
  lua_setfield(L, -2, "phase");
  lua_pushboolean(L, x->reused);
  lua_setfield(L, -2, "reused");
}

static int exchange_ended(lua_State *L) {
  Exchange *x = checkany(L);
  if (!x->failed) {
    lua_pushboolean(L, x->ended);
    return 1;
  }
  lua_pushnil(L);
  push_failure(L, x);
  return 2;
}

static int exchange_close(lua_State *L) {
  moondock_exchange_close(moondock_checkexchange(L));
  return 0;
}

int moondock_exchange_give(lua_State *L, Exchange *x, size_t room) {
  size_t n;
  const char *bytes = luaL_checklstring(L, 2, &n);
  lua_Number from = luaL_optnumber(L, 3, 1);
  luaL_argcheck(L, from >= 1 && from <= (lua_Number)n + 1, 3, "out of range");
  size_t skipped = (size_t)from - 1;
  size_t fits = n - skipped < room ? n - skipped : room;
  if (moondock_buffer_append(&x->out, bytes + skipped, fits) != 0) {
    return luaL_error(L, "out of memory");
  }
  x->wanting = fits < n - skipped;
  moondock_pushinteger(L, (int64_t)fits);
  return 1;
}

int moondock_exchange_refuse(lua_State *L, const char *message) {
  lua_pushnil(L);
  lua_pushstring(L, message);
  return 2;
}

static const luaL_Reg SHARED[] = {
  { "id", exchange_id },       { "head", exchange_head },
  { "take", exchange_take },   { "ended", exchange_ended },
  { "close", exchange_close },
  { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
  { "__gc", exchange_close },
  { "__close", exchange_close },
  { NULL, NULL },
};

void moondock_exchange_type(lua_State *L, const char *name,
                            const luaL_Reg *methods) {
  luaL_newmetatable(L, name);
  luaL_setfuncs(L, METAMETHODS, 0);
  lua_newtable(L);
  luaL_setfuncs(L, SHARED, 0);
  luaL_setfuncs(L, methods, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
