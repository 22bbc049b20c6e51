/* core.decode for whole documents and core.json_reader for streams of values:
** feed bytes, then take values until it says "not yet". */
#include "json.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define KEPT_MAX (256 * 1024) /* memory kept while nothing is held */
#define QUOTED 40             /* bytes of what was found in the message */
#define MESSAGE_ROOM (MOONDOCK_QUOTE_ROOM(QUOTED) + 128)

typedef struct JsonReader {
  Buffer in;     /* from the first byte of the value that is due */
  JsonScan scan; /* of that value */
  size_t limit;  /* the most bytes of one value */
  uint64_t offset; /* where `in` begins in the stream */
  int ended;       /* no more bytes will come */
  int failed;
  char message[MESSAGE_ROOM];
} JsonReader;

static int push_failure(lua_State *L, const char *message) {
  lua_pushnil(L);
  lua_pushstring(L, message);
  return 2;
}

/* Say what is wrong and what was found; `at` is `offset` bytes from the start
** of all. */
static void describe(char *message, const JsonProblem *problem, const char *end,
                     uint64_t offset) {
  char quote[MOONDOCK_QUOTE_ROOM(QUOTED)] = "the end";
  size_t n = (size_t)(end - problem->at);
  if (n > 0) moondock_quote(quote, problem->at, n, QUOTED);
  snprintf(message, MESSAGE_ROOM, "invalid JSON at byte %llu: %s, found %s",
           (unsigned long long)offset + 1, problem->text, quote);
}

/* core.decode(bytes) */
static int json_decode(lua_State *L) {
  char message[MESSAGE_ROOM];
  size_t n;
  JsonProblem problem = {"expected nothing more", NULL};
  const char *s = luaL_checklstring(L, 1, &n), *end = s + n;
  lua_pushboolean(L, 1);
  const char *rest = moondock_json_parse(L, s, end, &problem);
  if (rest != NULL) problem.at = moondock_json_space(rest, end);
  if (rest != NULL && problem.at == end) return 2;
  describe(message, &problem, end, (uint64_t)(problem.at - s));
  return push_failure(L, message);
}

static JsonReader *checkreader(lua_State *L) {
  return luaL_checkudata(L, 1, MOONDOCK_JSON_READER);
}

/* core.json_reader(limit?) */
static int reader_new(lua_State *L) {
  lua_Number limit = luaL_optnumber(L, 1, MOONDOCK_JSON_MAX);
  luaL_argcheck(L, limit >= 1 && limit <= 0x7fffffff, 1,
                "a number of bytes expected");
  JsonReader *r = lua_newuserdatauv(L, sizeof *r, 0);
  memset(r, 0, sizeof *r);
  r->limit = (size_t)limit;
  moondock_buffer_init(&r->in, r->limit);
  luaL_setmetatable(L, MOONDOCK_JSON_READER);
  return 1;
}

static int reader_release(lua_State *L) {
  moondock_buffer_free(&checkreader(L)->in);
  return 0;
}

/* reader:feed(bytes). One chunk of any size is accepted when less than the
** limit is held; to go on feeding without taking is a mistake. */
static int reader_feed(lua_State *L) {
  JsonReader *r = checkreader(L);
  size_t n;
  const char *bytes = luaL_checklstring(L, 2, &n);
  if (r->failed) return 0;
  if (r->in.size > r->limit)
    return luaL_error(L, "too much fed: call next until it returns false");
  r->in.max = r->limit + n;
  if (moondock_buffer_append(&r->in, bytes, n) != 0)
    return luaL_error(L, "not enough memory");
  return 0;
}

/* Nothing more can be read; keep only the message. */
static void reader_fail(JsonReader *r) {
  r->failed = 1;
  moondock_buffer_free(&r->in);
}

static void reader_refuse(JsonReader *r, const JsonProblem *problem) {
  const char *s = moondock_buffer_bytes(&r->in);
  describe(r->message, problem, s + r->in.size,
           r->offset + (uint64_t)(problem->at - s));
  reader_fail(r);
}

static void reader_consume(JsonReader *r, size_t n) {
  moondock_buffer_consume(&r->in, n);
  r->offset += n;
  if (r->in.size == 0 && r->in.room > KEPT_MAX) moondock_buffer_free(&r->in);
}

/* Skip what may stand between values: white space, and the record separator
** of json-seq. */
static void reader_skip(JsonReader *r) {
  const char *s = moondock_buffer_bytes(&r->in), *end = s + r->in.size;
  const char *p = moondock_json_space(s, end);
  while (p < end && *p == '\x1e') p = moondock_json_space(p + 1, end);
  if (p > s) reader_consume(r, (size_t)(p - s));
}

/* Look at the bytes that have not been looked at. */
static void reader_scan(JsonReader *r) {
  if (r->failed || r->scan.state == JSON_DONE) return;
  if (r->scan.state == JSON_BEFORE) reader_skip(r);
  const char *s = moondock_buffer_bytes(&r->in);
  moondock_json_scan(&r->scan, s, r->in.size);
  if (r->ended && r->scan.state == JSON_NUMBER) r->scan.state = JSON_DONE;
  if (r->scan.state == JSON_BAD) {
    JsonProblem problem = {r->scan.problem, s + r->scan.passed};
    reader_refuse(r, &problem);
  } else if (r->scan.passed > r->limit) {
    snprintf(r->message, MESSAGE_ROOM, "JSON value of more than %lu bytes",
             (unsigned long)r->limit);
    reader_fail(r);
  } else if (r->ended && r->scan.state != JSON_BEFORE &&
             r->scan.state != JSON_DONE) {
    snprintf(r->message, MESSAGE_ROOM, "JSON cut in a value, after byte %llu",
             (unsigned long long)(r->offset + r->in.size));
    reader_fail(r);
  }
}

/* reader:next(). The bytes stay until the value exists, so that an error of
** Lua loses nothing. */
static int reader_next(lua_State *L) {
  JsonReader *r = checkreader(L);
  JsonProblem problem;
  reader_scan(r);
  if (r->failed) return push_failure(L, r->message);
  int done = r->scan.state == JSON_DONE;
  lua_pushboolean(L, done);
  if (!done) return 1;
  const char *s = moondock_buffer_bytes(&r->in), *end = s + r->scan.passed;
  const char *rest = moondock_json_parse(L, s, end, &problem);
  if (rest == end) {
    reader_consume(r, r->scan.passed);
    memset(&r->scan, 0, sizeof r->scan);
    return 2;
  }
  if (rest != NULL) problem = (JsonProblem){"expected nothing more", rest};
  reader_refuse(r, &problem);
  return push_failure(L, r->message);
}

/* reader:finish(). A number may only now be complete: `next` hands it out. */
static int reader_finish(lua_State *L) {
  JsonReader *r = checkreader(L);
  r->ended = 1;
  reader_scan(r);
  if (r->failed) return push_failure(L, r->message);
  lua_pushboolean(L, 1);
  return 1;
}

/* reader:pending() */
static int reader_pending(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)checkreader(L)->in.size);
  return 1;
}

/* Mark the table at 1, or a new one, with the metatable `name`. */
static int mark(lua_State *L, const char *name) {
  if (lua_isnoneornil(L, 1)) {
    lua_settop(L, 0);
    lua_newtable(L);
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_setmetatable(L, name);
  return 1;
}

/* core.array(t?) */
static int json_array(lua_State *L) {
  return mark(L, MOONDOCK_ARRAY);
}

/* core.object(t?) */
static int json_object(lua_State *L) {
  return mark(L, MOONDOCK_OBJECT);
}

/* core.is_array(t) */
static int json_is_array(lua_State *L) {
  luaL_checkany(L, 1);
  int marked = lua_istable(L, 1) && lua_getmetatable(L, 1);
  if (marked) {
    luaL_getmetatable(L, MOONDOCK_ARRAY);
    marked = lua_rawequal(L, -1, -2);
  }
  lua_pushboolean(L, marked);
  return 1;
}

static const luaL_Reg METHODS[] = {
  {"feed", reader_feed},
  {"finish", reader_finish},
  {"pending", reader_pending},
  {"__gc", reader_release},
  {NULL, NULL},
};

static const luaL_Reg FUNCTIONS[] = {
  {"json_reader", reader_new},
  {"array", json_array},
  {"object", json_object},
  {"is_array", json_is_array},
  {NULL, NULL},
};

/* Make the metatable that marks tables. 5.1 does not name it by itself. */
static void make_mark(lua_State *L, const char *name) {
  luaL_newmetatable(L, name);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  lua_pop(L, 1);
}

/* Set a function that parses; the upvalues on top of the stack are shared.
** [-0, +0, m] */
static void set_parser(lua_State *L, int table, const char *name,
                       lua_CFunction f) {
  int last = lua_gettop(L);
  for (int i = 1; i <= MOONDOCK_JSON_UPVALUES; i++)
    lua_pushvalue(L, last - MOONDOCK_JSON_UPVALUES + i);
  lua_pushcclosure(L, f, MOONDOCK_JSON_UPVALUES);
  lua_setfield(L, table, name);
}

void moondock_open_json_read(lua_State *L) {
  int core = lua_gettop(L);
  make_mark(L, MOONDOCK_ARRAY);
  make_mark(L, MOONDOCK_OBJECT);
  luaL_setfuncs(L, FUNCTIONS, 0);
  lua_pushlightuserdata(L, NULL);
  lua_setfield(L, core, "null");
  luaL_newmetatable(L, MOONDOCK_JSON_READER);
  luaL_setfuncs(L, METHODS, 0);
  lua_pushvalue(L, -1);
  lua_setfield(L, -2, "__index");
  moondock_json_pushupvalues(L);
  set_parser(L, core, "decode", json_decode);
  set_parser(L, core + 1, "next", reader_next);
  lua_settop(L, core);
}
