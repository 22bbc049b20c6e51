/* The multiplexed log stream: bytes in, payloads with their source out.
**
**   byte    0       1   2   3     4   5   6   7     8 ...
**         +-------+-----------+-----------------+-----------
**         | type  | 0   0   0 | length, BE 32   | payload
**         +-------+-----------+-----------------+-----------
**
** The engine sends a frame for each log line. Payloads of neighbouring frames
** with the same source leave as one string: they are moved together in place,
** over the headers between them, and no memory is reserved by a length. */
#include "text.h"

#include <stdio.h>
#include <string.h>

#define HEADER 8
#define KEPT_MAX (256 * 1024) /* memory kept while nothing is held */
#define QUOTED 120            /* bytes of garbage in the message */
#define MESSAGE_ROOM (MOONDOCK_QUOTE_ROOM(QUOTED) + 64)

enum { STDIN, STDOUT, STDERR, SYSTEM };

typedef struct Frames {
  Buffer in;     /* what was fed and has not been handed out */
  uint32_t left; /* payload bytes of the current frame not yet passed */
  int source;    /* of the current frame */
  int failed;
  int joined_source;
  size_t start;  /* joined payload that waits for its string: where, */
  size_t joined; /* how long (0: none), */
  size_t passed; /* and how many bytes of `in` it replaces */
  char message[MESSAGE_ROOM];
} Frames;

static Frames *checkframes(lua_State *L) {
  return luaL_checkudata(L, 1, MOONDOCK_FRAMES);
}

/* core.frames() */
static int frames_new(lua_State *L) {
  Frames *f = lua_newuserdatauv(L, sizeof *f, 0);
  memset(f, 0, sizeof *f);
  moondock_buffer_init(&f->in, MOONDOCK_FRAMES_MAX);
  luaL_setmetatable(L, MOONDOCK_FRAMES);
  return 1;
}

static int frames_release(lua_State *L) {
  moondock_buffer_free(&checkframes(L)->in);
  return 0;
}

/* frames:feed(bytes). One chunk of any size is accepted when less than the
** maximum is held; to go on feeding without taking is a mistake. */
static int frames_feed(lua_State *L) {
  Frames *f = checkframes(L);
  size_t n;
  const char *bytes = luaL_checklstring(L, 2, &n);
  if (f->failed) return 0;
  if (f->in.size > MOONDOCK_FRAMES_MAX)
    return luaL_error(L, "too much fed: call next until it returns nil");
  f->in.max = MOONDOCK_FRAMES_MAX + n;
  if (moondock_buffer_append(&f->in, bytes, n) != 0)
    return luaL_error(L, "not enough memory");
  return 0;
}

/* True when the first `n` bytes at `h` cannot begin a header. */
static int is_garbage(const unsigned char *h, size_t n) {
  if (n > 0 && h[0] > SYSTEM) return 1;
  for (size_t i = 1; i < 4 && i < n; i++)
    if (h[i] != 0) return 1;
  return 0;
}

static void describe(char *message, const char *found, size_t n) {
  char quote[MOONDOCK_QUOTE_ROOM(QUOTED)];
  moondock_quote(quote, found, n, QUOTED);
  snprintf(message, MESSAGE_ROOM,
           "expected the header of a log frame, found %s", quote);
}

static void fail(Frames *f, const char *found, size_t n) {
  describe(f->message, found, n);
  f->failed = 1;
  moondock_buffer_free(&f->in);
}

static uint32_t payload_length(const unsigned char *h) {
  return (uint32_t)h[4] << 24 | (uint32_t)h[5] << 16 | (uint32_t)h[6] << 8 |
         h[7];
}

/* Pass the header at `at`: 1, or 0 when it is not whole or another source
** follows `joined` bytes. */
static int pass_header(Frames *f, size_t at) {
  const unsigned char *h =
      (const unsigned char *)moondock_buffer_bytes(&f->in) + at;
  size_t n = f->in.size - at;
  if (n < HEADER || is_garbage(h, n)) return 0;
  uint32_t length = payload_length(h);
  int source = h[0] == STDIN ? STDOUT : h[0];
  if (length > 0) {
    if (f->joined > 0 && source != f->joined_source) return 0;
    f->source = source;
  }
  f->left = length;
  return 1;
}

/* Move what has arrived of the current payload to the end of the joined one.
** The payloads before it are shorter than the bytes that they came in. */
static void join_payload(Frames *f) {
  char *bytes = f->in.data + f->in.head;
  size_t n = f->in.size - f->passed;
  if (n > f->left) n = f->left;
  if (f->joined == 0) {
    f->start = f->passed;
    f->joined_source = f->source;
  } else {
    memmove(bytes + f->start + f->joined, bytes + f->passed, n);
  }
  f->joined += n;
  f->passed += n;
  f->left -= (uint32_t)n;
}

/* Join payloads of one source as far as they have arrived. */
static void join(Frames *f) {
  while (f->passed < f->in.size) {
    if (f->left > 0) {
      join_payload(f);
    } else if (pass_header(f, f->passed)) {
      f->passed += HEADER;
    } else {
      return;
    }
  }
}

/* Forget what has been handed out; nothing may fail after this. */
static void consume(Frames *f) {
  moondock_buffer_consume(&f->in, f->passed);
  f->passed = f->joined = 0;
  if (f->in.size == 0 && f->in.room > KEPT_MAX)
    moondock_buffer_free(&f->in);
}

static int push_failure(lua_State *L, const char *message) {
  lua_pushnil(L);
  lua_pushstring(L, message);
  return 2;
}

/* Join, or fail when garbage is what comes next. */
static void advance(Frames *f) {
  if (f->failed || f->joined > 0) return;
  join(f);
  if (f->joined > 0) return;
  const char *rest = moondock_buffer_bytes(&f->in) + f->passed;
  size_t n = f->in.size - f->passed;
  if (f->left == 0 && is_garbage((const unsigned char *)rest, n))
    fail(f, rest, n);
  else
    consume(f);
}

/* frames:next(). The joined payload stays until its string exists, so that
** an error of Lua loses nothing. */
static int frames_next(lua_State *L) {
  static const char *const names[] = {"stdout", "stdout", "stderr", "system"};
  Frames *f = checkframes(L);
  advance(f);
  if (f->failed) return push_failure(L, f->message);
  if (f->joined == 0) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushstring(L, names[f->joined_source]);
  lua_pushlstring(L, moondock_buffer_bytes(&f->in) + f->start, f->joined);
  consume(f);
  return 2;
}

/* Write why the `n` bytes at `h`, where a header is due, are not one: garbage
** or too few. Returns whether that is so. */
static int is_cut_header(char *message, const char *h, size_t n) {
  if (is_garbage((const unsigned char *)h, n)) {
    describe(message, h, n);
    return 1;
  }
  snprintf(message, MESSAGE_ROOM,
           "cut in the header of a log frame, after %d of %d bytes", (int)n,
           HEADER);
  return n < HEADER;
}

/* Look at how the bytes end that `next` has left: 0 between two frames, else -1
** and why in `message`. */
static int check_end(const Frames *f, char *message) {
  const char *p = moondock_buffer_bytes(&f->in) + f->passed;
  size_t n = f->in.size - f->passed;
  uint32_t left = f->left;
  while (n >= left) {
    p += left;
    n -= left;
    if (n == 0) return 0;
    if (is_cut_header(message, p, n)) return -1;
    left = payload_length((const unsigned char *)p);
    p += HEADER;
    n -= HEADER;
  }
  snprintf(message, MESSAGE_ROOM,
           "cut in the payload of a log frame, %lu bytes before its end",
           (unsigned long)(left - n));
  return -1;
}

/* frames:finish() */
static int frames_finish(lua_State *L) {
  char message[MESSAGE_ROOM];
  Frames *f = checkframes(L);
  if (f->failed) return push_failure(L, f->message);
  if (check_end(f, message) != 0) return push_failure(L, message);
  lua_pushboolean(L, 1);
  return 1;
}

static const luaL_Reg METHODS[] = {
  {"feed", frames_feed},
  {"next", frames_next},
  {"finish", frames_finish},
  {"__gc", frames_release},
  {NULL, NULL},
};

static const luaL_Reg FUNCTIONS[] = {
  {"frames", frames_new},
  {NULL, NULL},
};

void moondock_open_frames(lua_State *L) {
  luaL_newmetatable(L, MOONDOCK_FRAMES);
  luaL_setfuncs(L, METHODS, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
