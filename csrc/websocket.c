/* Frames of a WebSocket (RFC 6455, section 5), those of a server read and those
** of a client written:
**
**   byte     0            1                2 ...
**        +-+---+------+-+---------+---------------+----------+-------------
**        |F|RSV|opcode|M| length  | 16 or 64 bits | mask key | payload
**        +-+---+------+-+---------+---------------+----------+-------------
**
** A length of 126 says that 16 bits of length follow, 127 that 64 do. Only a
** client masks (M), with a key of 32 bits. Payloads of data leave as they come,
** whatever their frames; no memory is reserved by a length. */
#include "random.h"

#include <string.h>

#define HEADER_MAX 14
#define CONTROL_MAX 125
#define KEY 4

enum { CONTINUATION, TEXT, BINARY, CLOSE = 8, PING, PONG };

typedef struct WebSocket {
  Buffer in;         /* what was fed and has not been handed out */
  uint64_t left;     /* payload bytes of data not yet handed out */
  size_t passed;     /* bytes of `in` that are done with */
  const char *failure; /* why it failed, a constant; NULL while it did not */
} WebSocket;

/* A header, read. */
typedef struct Header {
  int opcode;
  int final;
  int wrong;       /* reserved bits, or a mask */
  size_t size;
  uint64_t length; /* of the payload */
} Header;

static WebSocket *checkwebsocket(lua_State *L) {
  return luaL_checkudata(L, 1, MOONDOCK_WEBSOCKET);
}

/* core.websocket() */
static int websocket_new(lua_State *L) {
  WebSocket *w = lua_newuserdatauv(L, sizeof *w, 0);
  memset(w, 0, sizeof *w);
  moondock_buffer_init(&w->in, MOONDOCK_FRAMES_MAX);
  luaL_setmetatable(L, MOONDOCK_WEBSOCKET);
  return 1;
}

static int websocket_release(lua_State *L) {
  moondock_buffer_free(&checkwebsocket(L)->in);
  return 0;
}

/* websocket:feed(bytes). One chunk of any size is accepted when less than the
** maximum is held; to go on feeding without taking is a mistake. */
static int websocket_feed(lua_State *L) {
  WebSocket *w = checkwebsocket(L);
  size_t n;
  const char *bytes = luaL_checklstring(L, 2, &n);
  if (w->failure != NULL) return 0;
  if (w->in.size > MOONDOCK_FRAMES_MAX)
    return luaL_error(L, "too much fed: call next until it returns nil");
  w->in.max = MOONDOCK_FRAMES_MAX + n;
  if (moondock_buffer_append(&w->in, bytes, n) != 0)
    return luaL_error(L, "not enough memory");
  return 0;
}

/* Read the header at `p`: 1, or 0 when it is not whole. */
static int read_header(Header *h, const unsigned char *p, size_t n) {
  if (n < 2) return 0;
  int code = p[1] & 127;
  int extra = code == 127 ? 8 : code == 126 ? 2 : 0;
  h->opcode = p[0] & 15;
  h->final = p[0] >> 7;
  h->wrong = (p[0] & 0x70) != 0 || p[1] >> 7;
  h->size = 2 + (size_t)extra;
  if (n < h->size) return 0;
  h->length = extra == 0 ? (uint64_t)code : 0;
  for (int i = 0; i < extra; i++) h->length = h->length << 8 | p[2 + i];
  return 1;
}

static int is_control(const Header *h) {
  return h->opcode >= CLOSE;
}

static int is_garbage(const Header *h) {
  if (h->wrong || h->opcode > PONG) return 1;
  if (h->opcode > BINARY && h->opcode < CLOSE) return 1;
  return is_control(h) && (!h->final || h->length > CONTROL_MAX);
}

/* Fail for ever; `why` is a constant. [-0, +2, m] */
static int push_failure(lua_State *L, WebSocket *w, const char *why) {
  w->failure = why;
  moondock_buffer_free(&w->in);
  lua_pushnil(L);
  lua_pushstring(L, why);
  return 2;
}

/* Bytes of `in` are not forgotten before their string exists. */
static void consume(WebSocket *w) {
  moondock_buffer_consume(&w->in, w->passed);
  w->passed = 0;
}

static int push_data(lua_State *L, WebSocket *w) {
  size_t n = w->in.size;
  if (n > w->left) n = (size_t)w->left;
  lua_pushliteral(L, "data");
  lua_pushlstring(L, moondock_buffer_bytes(&w->in), n);
  w->left -= n;
  w->passed = n;
  consume(w);
  return 2;
}

static int push_control(lua_State *L, WebSocket *w, const Header *h) {
  static const char *const names[] = {"close", "ping", "pong"};
  const char *payload = moondock_buffer_bytes(&w->in) + h->size;
  lua_pushstring(L, names[h->opcode - CLOSE]);
  lua_pushlstring(L, payload, (size_t)h->length);
  w->passed = h->size + (size_t)h->length;
  consume(w);
  return 2;
}

static int push_nothing(lua_State *L) {
  lua_pushnil(L);
  return 1;
}

/* websocket:next() -> "data", "ping", "pong" or "close", and bytes */
static int websocket_next(lua_State *L) {
  WebSocket *w = checkwebsocket(L);
  Header h;
  if (w->failure != NULL) return push_failure(L, w, w->failure);
  while (w->left == 0) {
    const void *bytes = moondock_buffer_bytes(&w->in);
    if (!read_header(&h, bytes, w->in.size)) return push_nothing(L);
    if (is_garbage(&h)) return push_failure(L, w, "no frame of a WebSocket");
    if (is_control(&h)) {
      if (w->in.size - h.size < h.length) return push_nothing(L);
      return push_control(L, w, &h);
    }
    w->left = h.length;
    w->passed = h.size;
    consume(w);
  }
  return w->in.size > 0 ? push_data(L, w) : push_nothing(L);
}

/* websocket:finish(): whether nothing is cut */
static int websocket_finish(lua_State *L) {
  WebSocket *w = checkwebsocket(L);
  if (w->failure != NULL) return push_failure(L, w, w->failure);
  if (w->left > 0 || w->in.size > 0)
    return push_failure(L, w, "cut in a frame of a WebSocket");
  lua_pushboolean(L, 1);
  return 1;
}

/* Write the header of a client's frame, with its key: how many bytes. */
static size_t write_header(unsigned char *p, int opcode, uint64_t length,
                           const unsigned char *key) {
  int extra = length > 65535 ? 8 : length > CONTROL_MAX ? 2 : 0;
  p[0] = (unsigned char)(0x80 | opcode);
  p[1] = (unsigned char)(0x80 | (extra == 8 ? 127 : extra == 2 ? 126 : length));
  for (int i = 0; i < extra; i++)
    p[2 + i] = (unsigned char)(length >> (8 * (extra - 1 - i)));
  memcpy(p + 2 + extra, key, KEY);
  return 2 + (size_t)extra + KEY;
}

/* core.websocket_frame("binary" | "close" | "ping" | "pong", bytes) */
static int websocket_frame(lua_State *L) {
  static const char *const names[] = {"binary", "close", "ping", "pong", NULL};
  static const int opcodes[] = {BINARY, CLOSE, PING, PONG};
  int opcode = opcodes[luaL_checkoption(L, 1, NULL, names)];
  size_t n;
  const char *bytes = luaL_checklstring(L, 2, &n);
  unsigned char key[KEY];
  luaL_argcheck(L, opcode == BINARY || n <= CONTROL_MAX, 2, "too long");
  if (moondock_random(key, KEY) != 0)
    return luaL_error(L, "the system has no random bytes");
  unsigned char *frame = lua_newuserdatauv(L, n + HEADER_MAX, 0);
  size_t size = write_header(frame, opcode, n, key);
  for (size_t i = 0; i < n; i++)
    frame[size + i] = (unsigned char)bytes[i] ^ key[i % KEY];
  lua_pushlstring(L, (const char *)frame, size + n);
  return 1;
}

static const luaL_Reg METHODS[] = {
  {"feed", websocket_feed},
  {"next", websocket_next},
  {"finish", websocket_finish},
  {"__gc", websocket_release},
  {NULL, NULL},
};

static const luaL_Reg FUNCTIONS[] = {
  {"websocket", websocket_new},
  {"websocket_frame", websocket_frame},
  {NULL, NULL},
};

void moondock_open_websocket(lua_State *L) {
  luaL_newmetatable(L, MOONDOCK_WEBSOCKET);
  luaL_setfuncs(L, METHODS, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
