/* The JSON parser: RFC 8259, strictly, straight into Lua values.
**
** Pairs and elements are gathered on the Lua stack, so that a table is created
** once and at its size. Keys repeat in everything that the engine says: a small
** cache hands out their Lua strings without making them again. */
#include "json.h"

#include <string.h>

#define CACHE_BITS 9
#define CACHE_SLOTS (1 << CACHE_BITS)
#define CACHED_LENGTH 40 /* longer strings are not shared by Lua itself */

/* Values gathered before they go into their table; few when much of the stack
** is in use, since 5.1 gives a C function 8000 places. */
#define GATHER_MANY 128
#define GATHER_FEW 16
#define GATHER_ROOF 3000
#define CONTAINER_STACK (GATHER_MANY + 16)

enum { KEY_CACHE = 1, KEY_STRINGS, ARRAY_MARK, OBJECT_MARK, SCRATCH };

/* The bytes of a Lua string that KEY_STRINGS keeps alive. */
typedef struct CachedKey {
  const char *s;
  size_t n;
} CachedKey;

typedef struct Parse {
  lua_State *L;
  const char *p;
  const char *end;
  CachedKey *cache;
  int strings; /* stack index of KEY_STRINGS */
  int array;   /* stack index of ARRAY_MARK */
  Buffer *scratch;
  int depth;
  JsonProblem problem;
} Parse;

/* Which cache slots the keys of one object took, and whether one twice: only
** then can a key have come twice. */
typedef struct Seen {
  uint64_t slots[CACHE_SLOTS / 64];
  int twice;
} Seen;

typedef struct Slice {
  const char *s;
  size_t n;
} Slice;

static int parse_value(Parse *p);

void moondock_json_pushupvalues(lua_State *L) {
  const size_t size = CACHE_SLOTS * sizeof(CachedKey);
  luaL_checkstack(L, MOONDOCK_JSON_UPVALUES + 2, "not enough stack");
  memset(lua_newuserdatauv(L, size, 0), 0, size);
  lua_createtable(L, CACHE_SLOTS, 0);
  for (int i = 1; i <= CACHE_SLOTS; i++) {
    lua_pushboolean(L, 0);
    lua_rawseti(L, -2, i);
  }
  luaL_newmetatable(L, MOONDOCK_ARRAY);
  luaL_newmetatable(L, MOONDOCK_OBJECT);
  lua_pushnil(L); /* lent, see moondock_borrow */
}

/* Note what is wrong at `at`. Always -1. */
static int fail_at(Parse *p, const char *at, const char *text) {
  p->problem.text = text;
  p->problem.at = at;
  return -1;
}

static int fail(Parse *p, const char *text) {
  return fail_at(p, p->p, text);
}

/* The next byte; zero at the end, which no rule accepts. */
static char peek(const Parse *p) {
  return p->p < p->end ? *p->p : '\0';
}

static void skip_space(Parse *p) {
  if (p->p < p->end && *p->p <= ' ') p->p = moondock_json_space(p->p, p->end);
}

static int is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Strings */

/* Read on in a string that has more than plain bytes, into the scratch. */
static int read_escaped(Parse *p, Slice *slice) {
  p->p = moondock_json_unescape(p->scratch, p->p, p->end, &p->problem);
  if (p->p == NULL) return -1;
  slice->s = moondock_buffer_bytes(p->scratch);
  slice->n = p->scratch->size;
  return 0;
}

/* Read a string, from its quote on. The slice lasts until the next one. */
static int read_string(Parse *p, Slice *slice) {
  const char *start = ++p->p;
  const char *stop = moondock_json_plain(start, p->end);
  if (stop == p->end || *stop != '"') return read_escaped(p, slice);
  slice->s = start;
  slice->n = (size_t)(stop - start);
  p->p = stop + 1;
  return 0;
}

static unsigned key_slot(const Slice *key) {
  uint32_t first = 0, last = 0;
  size_t n = key->n < 4 ? key->n : 4;
  memcpy(&first, key->s, n);
  memcpy(&last, key->s + key->n - n, n);
  uint32_t mixed = (first ^ last * 31 ^ (uint32_t)key->n) * 2654435761u;
  return mixed >> (32 - CACHE_BITS);
}

/* Push the string, and remember it in its slot. */
static void push_new_key(Parse *p, const Slice *key, unsigned slot) {
  CachedKey *cached = &p->cache[slot];
  lua_pushlstring(p->L, key->s, key->n);
  lua_pushvalue(p->L, -1);
  lua_rawseti(p->L, p->strings, (int)slot + 1);
  cached->s = lua_tolstring(p->L, -1, &cached->n);
}

/* Keys are too short for memcmp to be worth its call. */
static int is_same(const char *a, const char *b, size_t n) {
  uint64_t x, y;
  for (; n >= 8; n -= 8, a += 8, b += 8) {
    memcpy(&x, a, 8);
    memcpy(&y, b, 8);
    if (x != y) return 0;
  }
  for (; n > 0 && *a == *b; a++, b++) n--;
  return n == 0;
}

/* Push a key. Returns its slot; all that are too long share one. */
static unsigned push_key(Parse *p, const Slice *key) {
  if (key->n > CACHED_LENGTH) {
    lua_pushlstring(p->L, key->s, key->n);
    return 0;
  }
  unsigned slot = key_slot(key);
  const CachedKey *cached = &p->cache[slot];
  if (cached->s != NULL && cached->n == key->n &&
      is_same(cached->s, key->s, key->n))
    lua_rawgeti(p->L, p->strings, (int)slot + 1);
  else
    push_new_key(p, key, slot);
  return slot;
}

static int parse_string(Parse *p) {
  Slice slice;
  if (read_string(p, &slice) != 0) return -1;
  lua_pushlstring(p->L, slice.s, slice.n);
  return 0;
}

/* Numbers */

static void skip_digits(Parse *p) {
  while (is_digit(peek(p))) p->p++;
}

/* Push the float that stands between `start` and here. */
static int push_float(Parse *p, const char *start) {
  double n;
  if (moondock_json_double(p->scratch, start, p->p, &n) != 0)
    return fail_at(p, start, "a number too large");
  lua_pushnumber(p->L, (lua_Number)n);
  return 0;
}

/* Read the digits that must follow a point or an exponent. */
static int read_digits(Parse *p) {
  if (!is_digit(peek(p))) return fail(p, "expected a digit");
  skip_digits(p);
  return 0;
}

static int parse_float(Parse *p, const char *start) {
  if (peek(p) == '.') {
    p->p++;
    if (read_digits(p) != 0) return -1;
  }
  if (peek(p) == 'e' || peek(p) == 'E') {
    p->p++;
    if (peek(p) == '+' || peek(p) == '-') p->p++;
    if (read_digits(p) != 0) return -1;
  }
  return push_float(p, start);
}

/* Push the integer between `start` and here; beyond 64 bits, its digits. */
static void push_integer(Parse *p, const char *start) {
  int negative = *start == '-';
  const char *s = start + negative;
  uint64_t n = 0, most = (uint64_t)INT64_MAX + (unsigned)negative;
  int fits = p->p - s <= 19; /* ten to the power of 19 fits 64 bits */
  for (; fits && s < p->p; s++) n = n * 10 + (unsigned)(*s - '0');
  if (!fits || n > most)
    lua_pushlstring(p->L, start, (size_t)(p->p - start));
  else
    moondock_pushinteger(p->L, negative ? -(int64_t)(n - 1) - 1 : (int64_t)n);
}

static int parse_number(Parse *p) {
  const char *start = p->p;
  if (*p->p == '-') p->p++;
  if (peek(p) == '0') {
    p->p++;
    if (is_digit(peek(p))) return fail_at(p, start, "a leading zero");
  } else if (read_digits(p) != 0) {
    return -1;
  }
  char c = peek(p);
  if (c == '.' || c == 'e' || c == 'E') return parse_float(p, start);
  push_integer(p, start);
  return 0;
}

/* Arrays and objects */

/* Enter an array or object and leave a place for its table on the stack.
** Returns the index of that place, or 0. */
static int open_container(Parse *p) {
  if (++p->depth > MOONDOCK_JSON_DEPTH) {
    fail(p, "nested too deeply");
    return 0;
  }
  if (!lua_checkstack(p->L, CONTAINER_STACK)) {
    fail(p, "not enough stack");
    return 0;
  }
  p->p++;
  skip_space(p);
  lua_pushnil(p->L);
  return lua_gettop(p->L);
}

/* How many values are gathered above `place` before they are stored. */
static int gather_most(int place) {
  return place < GATHER_ROOF ? GATHER_MANY : GATHER_FEW;
}

/* After a value: 1 when a comma promises another, 0 at the end, else -1. */
static int goes_on(Parse *p, char close, const char *expected) {
  skip_space(p);
  char c = peek(p);
  if (c != ',' && c != close) return fail(p, expected);
  p->p++;
  if (c == close) return 0;
  skip_space(p);
  return 1;
}

/* Create the table at its place unless it is there. */
static void make_table(lua_State *L, int place, int elements, int pairs) {
  if (lua_type(L, place) != LUA_TNIL) return;
  lua_createtable(L, elements, pairs);
  lua_replace(L, place);
}

/* Store the `n` topmost values after the first `count` elements. */
static void store_elements(lua_State *L, int place, int count, int n) {
  make_table(L, place, n, 0);
  for (int i = count + n; i > count; i--) lua_rawseti(L, place, i);
}

static int parse_elements(Parse *p, int place) {
  int count = 0, n = 0, most = gather_most(place), more;
  do {
    if (parse_value(p) != 0) return -1;
    if (++n == most) {
      store_elements(p->L, place, count, n);
      count += n;
      n = 0;
    }
    more = goes_on(p, ']', "expected a comma or the end of an array");
  } while (more > 0);
  store_elements(p->L, place, count, n);
  return more;
}

static int parse_array(Parse *p) {
  int place = open_container(p);
  if (place == 0) return -1;
  if (peek(p) == ']') {
    p->p++;
    make_table(p->L, place, 0, 0);
  } else if (parse_elements(p, place) != 0) {
    return -1;
  }
  lua_pushvalue(p->L, p->array);
  lua_setmetatable(p->L, place);
  p->depth--;
  return 0;
}

/* Store the `n` topmost values, which are keys and what belongs to them. When
** keys may be equal, they go in their order, so that the last one wins. */
static void store_pairs(lua_State *L, int place, int n, int in_order) {
  int top = lua_gettop(L);
  make_table(L, place, 0, n / 2);
  for (int i = top - n + 1; in_order && i < top; i += 2) {
    lua_pushvalue(L, i);
    lua_pushvalue(L, i + 1);
    lua_rawset(L, place);
  }
  if (in_order) lua_settop(L, top - n);
  for (int i = 0; !in_order && i < n; i += 2) lua_rawset(L, place);
}

static int parse_pair(Parse *p, Seen *seen) {
  Slice key;
  if (peek(p) != '"') return fail(p, "expected a key");
  if (read_string(p, &key) != 0) return -1;
  unsigned slot = push_key(p, &key);
  uint64_t *slots = &seen->slots[slot / 64], bit = (uint64_t)1 << slot % 64;
  if (*slots & bit) seen->twice = 1;
  *slots |= bit;
  skip_space(p);
  if (peek(p) != ':') return fail(p, "expected a colon");
  p->p++;
  skip_space(p);
  return parse_value(p);
}

static int parse_pairs(Parse *p, int place) {
  int n = 0, most = gather_most(place), more;
  Seen seen = {{0}, 0};
  do {
    if (parse_pair(p, &seen) != 0) return -1;
    if ((n += 2) == most) {
      store_pairs(p->L, place, n, seen.twice);
      n = 0;
    }
    more = goes_on(p, '}', "expected a comma or the end of an object");
  } while (more > 0);
  store_pairs(p->L, place, n, seen.twice);
  return more;
}

static int parse_object(Parse *p) {
  int place = open_container(p);
  if (place == 0) return -1;
  if (peek(p) == '}') {
    p->p++;
    make_table(p->L, place, 0, 0);
    lua_pushvalue(p->L, lua_upvalueindex(OBJECT_MARK));
    lua_setmetatable(p->L, place);
  } else if (parse_pairs(p, place) != 0) {
    return -1;
  }
  p->depth--;
  return 0;
}

/* Pass `word`, of which the first letter has been seen. */
static int read_word(Parse *p, const char *word, size_t n) {
  if ((size_t)(p->end - p->p) < n || memcmp(p->p, word, n) != 0)
    return fail(p, "expected a value");
  p->p += n;
  return 0;
}

static int parse_boolean(Parse *p, int value) {
  if (read_word(p, value ? "true" : "false", value ? 4 : 5) != 0) return -1;
  lua_pushboolean(p->L, value);
  return 0;
}

static int parse_null(Parse *p) {
  if (read_word(p, "null", 4) != 0) return -1;
  lua_pushlightuserdata(p->L, NULL);
  return 0;
}

static int parse_value(Parse *p) {
  switch (peek(p)) {
  case '"': return parse_string(p);
  case '{': return parse_object(p);
  case '[': return parse_array(p);
  case 't': return parse_boolean(p, 1);
  case 'f': return parse_boolean(p, 0);
  case 'n': return parse_null(p);
  case '-':
  case '0': case '1': case '2': case '3': case '4':
  case '5': case '6': case '7': case '8': case '9': return parse_number(p);
  default: return fail(p, "expected a value");
  }
}

const char *moondock_json_parse(lua_State *L, const char *s, const char *end,
                                JsonProblem *problem) {
  int top = lua_gettop(L);
  Parse p = {.L = L, .p = s, .end = end, .strings = top + 1, .array = top + 2};
  luaL_checkstack(L, CONTAINER_STACK, "not enough stack");
  p.cache = lua_touserdata(L, lua_upvalueindex(KEY_CACHE));
  lua_pushvalue(L, lua_upvalueindex(KEY_STRINGS));
  lua_pushvalue(L, lua_upvalueindex(ARRAY_MARK));
  p.scratch = moondock_borrow(L, SCRATCH, MOONDOCK_JSON_MAX);
  skip_space(&p);
  int failed = parse_value(&p);
  moondock_give_back(L, SCRATCH, top + 3);
  if (failed) {
    *problem = p.problem;
    lua_settop(L, top);
    return NULL;
  }
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
  return p.p;
}
