/* Whether a tar archive came whole: bytes in, the archive's bytes out, and at
** the end a verdict.
**
**   header 512 | data, padded to 512 | header | ... | zeros 512 | zeros 512
**
** Only headers are looked at. A block in the place of a header is held back
** until it is one: engines that fail after they have answered put the text of
** their error, JSON, where the next bytes of the archive were due. */
#include "tar_header.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define BLOCK MOONDOCK_TAR_BLOCK
#define TAIL 4096  /* last bytes of the archive, where an error may be */
#define QUOTED 120 /* bytes of garbage in the message */
#define MESSAGE_ROOM (MOONDOCK_QUOTE_ROOM(QUOTED) + 96)

typedef enum TarState {
  TAR_HEADER,
  TAR_MAP,     /* a block with more of a sparse file's map */
  TAR_DATA,    /* `left` bytes of it and then `padding` */
  TAR_PADDING, /* `left` bytes */
  TAR_END,     /* after a block of zeros */
  TAR_FOREIGN, /* what is no archive has begun */
  TAR_LOST     /* bytes were lost for want of memory */
} TarState;

typedef struct TarVerdict {
  TarState state;
  uint64_t left;
  unsigned padding;
  TarHeader header; /* of the current entry */
  TarPax pax;
  size_t held; /* of the header or the map that is coming, in `block` */
  int is_dirty; /* the last padding was not zero */
  size_t tail_size;
  const char *expected; /* where the foreign bytes began */
  Buffer foreign;
  unsigned char block[BLOCK];
  char tail[TAIL];
} TarVerdict;

static TarVerdict *checkverdict(lua_State *L) {
  return luaL_checkudata(L, 1, MOONDOCK_TAR_VERDICT);
}

/* core.tar_verdict() */
static int verdict_new(lua_State *L) {
  TarVerdict *t = lua_newuserdatauv(L, sizeof *t, 0);
  memset(t, 0, sizeof *t);
  moondock_buffer_init(&t->foreign, MOONDOCK_TAR_FOREIGN_MAX);
  luaL_setmetatable(L, MOONDOCK_TAR_VERDICT);
  return 1;
}

static int verdict_release(lua_State *L) {
  moondock_buffer_free(&checkverdict(L)->foreign);
  return 0;
}

/* Keep what fits; the rest says nothing more. */
static void add_foreign(TarVerdict *t, const void *bytes, size_t n) {
  size_t space = moondock_buffer_space(&t->foreign);
  if (n > space) n = space;
  if (moondock_buffer_append(&t->foreign, bytes, n) != 0) t->state = TAR_LOST;
}

static void turn_foreign(TarVerdict *t, const char *expected) {
  t->state = TAR_FOREIGN;
  t->expected = expected;
  add_foreign(t, t->block, t->held);
  t->held = 0;
}

static void begin_padding(TarVerdict *t) {
  t->left = t->padding;
  t->state = t->left > 0 ? TAR_PADDING : TAR_HEADER;
}

static void begin_data(TarVerdict *t) {
  t->left = t->header.size;
  t->padding = (unsigned)((BLOCK - t->left % BLOCK) % BLOCK);
  t->state = TAR_DATA;
  t->is_dirty = 0;
  if (t->left == 0) begin_padding(t);
}

/* The size of a pax header counts for the next entry that is a file. */
static void apply_pax(TarVerdict *t) {
  char type = t->header.type;
  if (type == 'x') {
    memset(&t->pax, 0, sizeof t->pax);
  } else if (type != 'g' && type != 'L' && type != 'K') {
    if (t->pax.has_size && (type < '1' || type > '6'))
      t->header.size = t->pax.size;
    t->pax.has_size = 0;
  }
}

static int is_zero(const unsigned char *p, size_t n) {
  return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

/* Judge the whole block that is held. */
static void pass_block(TarVerdict *t) {
  int is_map = t->state == TAR_MAP;
  if (!is_map && is_zero(t->block, BLOCK)) {
    t->state = TAR_END;
  } else if (!is_map && moondock_tar_header(t->block, &t->header) != 0) {
    turn_foreign(t, "the header of an archive's entry");
    return;
  } else if (is_map ? moondock_tar_map_goes_on(t->block)
                    : t->header.extended) {
    if (!is_map) apply_pax(t);
    t->state = TAR_MAP;
  } else {
    if (!is_map) apply_pax(t);
    begin_data(t);
  }
  t->held = 0;
}

static size_t hold(TarVerdict *t, const unsigned char *p, size_t n) {
  if (n > BLOCK - t->held) n = BLOCK - t->held;
  memcpy(t->block + t->held, p, n);
  t->held += n;
  if (t->held == BLOCK) pass_block(t);
  return n;
}

static size_t pass_data(TarVerdict *t, const unsigned char *p, size_t n) {
  if (n > t->left) n = (size_t)t->left;
  if (t->header.type == 'x') moondock_tar_pax(&t->pax, p, n);
  t->left -= n;
  if (t->left == 0) begin_padding(t);
  return n;
}

/* Padding is zero; an engine that fails may not have come to write it. */
static size_t pass_padding(TarVerdict *t, const unsigned char *p, size_t n) {
  if (n > t->left) n = (size_t)t->left;
  if (p[0] == '{') {
    turn_foreign(t, "the padding of an archive's entry");
    return 0;
  }
  if (!is_zero(p, n)) t->is_dirty = 1;
  t->left -= n;
  if (t->left == 0) t->state = TAR_HEADER;
  return n;
}

/* Zeros may follow in any number, as tar pads to its own blocks. */
static size_t pass_end(TarVerdict *t, const unsigned char *p, size_t n) {
  size_t i = 0;
  if (is_zero(p, n)) return n;
  while (p[i] == 0) i++;
  turn_foreign(t, "nothing more after an archive");
  return i;
}

static int is_block_due(const TarVerdict *t) {
  return t->state == TAR_HEADER || t->state == TAR_MAP;
}

static size_t pass(TarVerdict *t, const unsigned char *p, size_t n) {
  switch (t->state) {
    case TAR_DATA: return pass_data(t, p, n);
    case TAR_PADDING: return pass_padding(t, p, n);
    case TAR_END: return pass_end(t, p, n);
    default: return hold(t, p, n);
  }
}

/* Follow the archive through `n` bytes. Returns how many of them may leave:
** those before a block that is held, or before what is foreign. */
static size_t follow(TarVerdict *t, const unsigned char *p, size_t n) {
  size_t at = 0, free = 0;
  while (at < n && t->state < TAR_FOREIGN) {
    int in_block = is_block_due(t);
    at += pass(t, p + at, n - at);
    if (!in_block || (t->held == 0 && t->state < TAR_FOREIGN)) free = at;
  }
  if (t->state == TAR_FOREIGN) add_foreign(t, p + at, n - at);
  return free;
}

/* Remember the last bytes of the archive. */
static void add_tail(TarVerdict *t, const unsigned char *p, size_t n) {
  if (n > TAIL) {
    p += n - TAIL;
    n = TAIL;
  }
  size_t kept = t->tail_size < TAIL - n ? t->tail_size : TAIL - n;
  memmove(t->tail, t->tail + t->tail_size - kept, kept);
  memcpy(t->tail + kept, p, n);
  t->tail_size = kept + n;
}

/* Push what may leave: `n` of the bytes at index 2, after those that were
** held before. */
static void push_free(lua_State *L, const unsigned char *held, size_t held_size,
                      size_t n) {
  size_t all;
  const char *bytes = lua_tolstring(L, 2, &all);
  if (n == all && held_size == 0) {
    lua_pushvalue(L, 2);
  } else if (n == 0) {
    lua_pushliteral(L, "");
  } else {
    lua_pushlstring(L, (const char *)held, held_size);
    lua_pushlstring(L, bytes, n);
    lua_concat(L, 2);
  }
}

/* verdict:feed(bytes). Whoever goes on after an error of Lua has lost bytes,
** and the verdict says so. */
static int verdict_feed(lua_State *L) {
  TarVerdict *t = checkverdict(L);
  size_t n, held_size = t->held;
  const unsigned char *bytes = (const void *)luaL_checklstring(L, 2, &n);
  unsigned char held[BLOCK];
  memcpy(held, t->block, held_size);
  size_t free = follow(t, bytes, n);
  TarState state = t->state;
  t->state = TAR_LOST;
  push_free(L, held, held_size, free);
  t->state = state;
  if (free > 0) {
    add_tail(t, held, held_size);
    add_tail(t, bytes, free);
  }
  lua_pushboolean(L, state == TAR_LOST ||
                         moondock_buffer_space(&t->foreign) == 0);
  return 2;
}

/* Say what is missing or wrong; returns its kind, or NULL when nothing is. */
static const char *judge(const TarVerdict *t, char *message) {
  char quote[MOONDOCK_QUOTE_ROOM(QUOTED)];
  switch (t->state) {
    case TAR_END: return NULL;
    case TAR_LOST:
      snprintf(message, MESSAGE_ROOM, "not enough memory for an archive");
      return "protocol";
    case TAR_FOREIGN:
      moondock_quote(quote, moondock_buffer_bytes(&t->foreign),
                     t->foreign.size, QUOTED);
      snprintf(message, MESSAGE_ROOM, "expected %s, found %s", t->expected,
               quote);
      return "protocol";
    case TAR_DATA:
    case TAR_PADDING:
      snprintf(message, MESSAGE_ROOM,
               "archive cut in an entry, %llu bytes before its end",
               (unsigned long long)t->left +
                   (t->state == TAR_DATA ? t->padding : 0));
      return "truncated";
    default:
      snprintf(message, MESSAGE_ROOM, t->held == 0
                   ? "archive cut before its end mark"
                   : "archive cut in a header, after %d of %d bytes",
               (int)t->held, BLOCK);
      return "truncated";
  }
}

/* verdict:finish(). An error's text may have begun in the data, and is then in
** the tail; what came whole is no such text, even where it looks like one. */
static int verdict_finish(lua_State *L) {
  char message[MESSAGE_ROOM];
  const TarVerdict *t = checkverdict(L);
  const char *kind = judge(t, message);
  if (kind == NULL) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushnil(L);
  lua_pushstring(L, message);
  lua_pushstring(L, kind);
  int in_tail = t->state == TAR_DATA || t->is_dirty || t->held > 0 ||
                t->foreign.size > 0;
  lua_pushlstring(L, t->tail, in_tail ? t->tail_size : 0);
  lua_pushlstring(L, (const char *)t->block, t->held);
  lua_pushlstring(L, moondock_buffer_bytes(&t->foreign), t->foreign.size);
  lua_concat(L, 3);
  return 4;
}

static const luaL_Reg METHODS[] = {
  {"feed", verdict_feed},
  {"finish", verdict_finish},
  {"__gc", verdict_release},
  {NULL, NULL},
};

static const luaL_Reg FUNCTIONS[] = {
  {"tar_verdict", verdict_new},
  {NULL, NULL},
};

void moondock_open_tar_verdict(lua_State *L) {
  luaL_newmetatable(L, MOONDOCK_TAR_VERDICT);
  luaL_setfuncs(L, METHODS, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_setfuncs(L, FUNCTIONS, 0);
}
