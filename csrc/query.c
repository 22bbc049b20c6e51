/* The query values of query.h. */
#include "query.h"

#include "text.h"

#include <stdio.h>
#include <string.h>

/* Failing --------------------------------------------------------------- */

/* Put "option 'name' of Operation: " before the message on top; -1. */
static int fail(lua_State *L, const Query *q, const char *name) {
  lua_pushfstring(L, "option '%s' of %s: %s", name, q->operation->name,
                  lua_tostring(L, -1));
  return -1;
}

static int fail_with(lua_State *L, const Query *q, const char *name,
                     const char *message) {
  lua_pushstring(L, message);
  return fail(L, q, name);
}

static int fail_type(lua_State *L, const Query *q, const char *name, int index,
                     const char *expected) {
  lua_pushfstring(L, "expected %s, got a %s", expected,
                  luaL_typename(L, index));
  return fail(L, q, name);
}

int moondock_breaks_line(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (s[i] == '\r' || s[i] == '\n' || s[i] == '\0') return 1;
  return 0;
}

/* Writing --------------------------------------------------------------- */

/* Append "?name=value", both encoded. */
static int put(lua_State *L, Query *q, const char *name, const char *s,
               size_t n) {
  if (moondock_breaks_line(s, n))
    return fail_with(L, q, name, "must not hold a line break or NUL");
  const char *mark = q->any ? "&" : "?";
  q->any = 1;
  if (moondock_buffer_append(q->target, mark, 1) != 0 ||
      moondock_percent(q->target, name, strlen(name), 0) != 0 ||
      moondock_buffer_append(q->target, "=", 1) != 0 ||
      moondock_percent(q->target, s, n, 0) != 0)
    return fail_with(L, q, name, "the address is too long");
  return 0;
}

static int put_scratch(lua_State *L, Query *q, const char *name) {
  const char *s = moondock_buffer_bytes(q->scratch);
  int failed = put(L, q, name, s, q->scratch->size);
  moondock_buffer_consume(q->scratch, q->scratch->size);
  return failed;
}

/* Put the string, or the integer, at `index` into the scratch buffer as
** text; -1 without a message when it is neither. */
static int scratch_text(lua_State *L, Query *q, int index) {
  static const JsonOptions INTEGER = {NULL, NULL, TYPE_INTEGER, 0, 0};
  if (lua_type(L, index) == LUA_TNUMBER)
    return moondock_json_write(L, index, &INTEGER, q->scratch);
  if (lua_type(L, index) != LUA_TSTRING) return -1;
  size_t n;
  const char *s = lua_tolstring(L, index, &n);
  return moondock_buffer_append(q->scratch, s, n);
}

static int add_boolean(lua_State *L, Query *q, const Parameter *p, int index) {
  if (lua_type(L, index) != LUA_TBOOLEAN)
    return fail_type(L, q, p->name, index, "a boolean");
  return put(L, q, p->name, lua_toboolean(L, index) ? "1" : "0", 1);
}

static int add_integer(lua_State *L, Query *q, const Parameter *p, int index) {
  JsonOptions integer = {NULL, NULL, TYPE_INTEGER, 0, 0};
  int kind = lua_type(L, index);
  if (kind != LUA_TNUMBER && kind != LUA_TSTRING)
    return fail_type(L, q, p->name, index, "an integer");
  if (moondock_json_write(L, index, &integer, q->scratch) != 0)
    return fail_with(L, q, p->name, "expected an integer");
  return put_scratch(L, q, p->name);
}

/* True when `s` is one of "a, b, c". */
static int is_choice(const char *choices, const char *s, size_t n) {
  const char *at = choices;
  while (n > 0 && (at = strstr(at, s)) != NULL) {
    int starts = at == choices || at[-1] == ' ';
    if (starts && (at[n] == ',' || at[n] == '\0')) return 1;
    at += n;
  }
  return 0;
}

static int add_text(lua_State *L, Query *q, const Parameter *p, int index) {
  if (scratch_text(L, q, index) != 0)
    return fail_type(L, q, p->name, index, "a string");
  if (p->choices != NULL && !q->raw && lua_type(L, index) == LUA_TSTRING) {
    size_t n;
    const char *s = lua_tolstring(L, index, &n);
    if (!is_choice(p->choices, s, n)) {
      lua_pushfstring(L, "'%s' is none of: %s", s, p->choices);
      return fail(L, q, p->name);
    }
  }
  return put_scratch(L, q, p->name);
}

static int add_flag(lua_State *L, Query *q, const Parameter *p, int index) {
  if (lua_type(L, index) == LUA_TBOOLEAN) return add_boolean(L, q, p, index);
  return add_text(L, q, p, index);
}

static int is_digits(const char *s, size_t n) {
  return n > 0 && strspn(s + (s[0] == '-'), "0123456789") == n - (s[0] == '-');
}

static int add_tail(lua_State *L, Query *q, const Parameter *p, int index) {
  if (lua_type(L, index) == LUA_TSTRING && !q->raw) {
    size_t n;
    const char *s = lua_tolstring(L, index, &n);
    if (strcmp(s, "all") != 0 && !is_digits(s, n))
      return fail_with(L, q, p->name, "expected a number of lines or 'all'");
  }
  return add_text(L, q, p, index);
}

static int add_time(lua_State *L, Query *q, const Parameter *p, int index) {
  if (moondock_time_argument(L, index, q->scratch) != 0)
    return fail(L, q, p->name);
  return put_scratch(L, q, p->name);
}

/* Lists ----------------------------------------------------------------- */

typedef int (*AddOne)(lua_State *L, Query *q, const Parameter *p, int index);

static int is_list(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE) return 0;
  int empty = 1, list = 0;
  lua_pushnil(L);
  if (lua_next(L, index)) {
    list = lua_type(L, -2) == LUA_TNUMBER;
    empty = 0;
    lua_pop(L, 2);
  }
  return empty || list;
}

/* How many keys the table has, whatever they are. */
static size_t count_keys(lua_State *L, int index) {
  size_t n = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) n++;
  return n;
}

/* Each element of a list, or a single value. */
static int add_each(lua_State *L, Query *q, const Parameter *p, int index,
                    AddOne add) {
  if (!is_list(L, index)) return add(L, q, p, index);
  size_t n = lua_rawlen(L, index);
  if (count_keys(L, index) != n)
    return fail_with(L, q, p->name, "expected a list without holes");
  for (size_t i = 1; i <= n; i++) {
    lua_rawgeti(L, index, (int)i);
    if (add(L, q, p, lua_gettop(L)) != 0) return -1;
    lua_pop(L, 1);
  }
  return 0;
}

/* Platforms and other JSON ---------------------------------------------- */

/* Append {"os":...} for "os/architecture/variant". */
static int scratch_platform_text(lua_State *L, Query *q, const Parameter *p,
                                 int index) {
  static const char *const NAMES[] = {"os", "architecture", "variant"};
  const char *s = lua_tostring(L, index);
  if (strchr(s, '/') == NULL) {
    lua_pushfstring(L, "expected 'os/arch', got '%s'", s);
    return -1;
  }
  lua_createtable(L, 0, 3);
  for (int i = 0; i < 3 && s != NULL; i++) {
    const char *slash = i < 2 ? strchr(s, '/') : NULL;
    lua_pushlstring(L, s, slash ? (size_t)(slash - s) : strlen(s));
    lua_setfield(L, -2, NAMES[i]);
    s = slash ? slash + 1 : NULL;
  }
  JsonOptions options = {NULL, p->name, p->type, 0, 0};
  return moondock_json_write(L, lua_gettop(L), &options, q->scratch);
}

static int is_platform(unsigned type) {
  const Shape *shape = moondock_shape(type);
  return shape != NULL && strcmp(shape->name, "OCIPlatform") == 0;
}

static int add_json(lua_State *L, Query *q, const Parameter *p, int index) {
  JsonOptions options = {NULL, p->name, p->type, q->version, q->raw};
  int failed;
  if (lua_type(L, index) != LUA_TSTRING)
    failed = moondock_json_write(L, index, &options, q->scratch);
  else if (is_platform(p->type) && lua_tostring(L, index)[0] != '{')
    failed = scratch_platform_text(L, q, p, index);
  else
    failed = scratch_text(L, q, index);
  return failed ? fail(L, q, p->name) : put_scratch(L, q, p->name);
}

static int add_json_list(lua_State *L, Query *q, const Parameter *p,
                         int index) {
  return add_each(L, q, p, index, add_json);
}

static int add_list(lua_State *L, Query *q, const Parameter *p, int index) {
  return add_each(L, q, p, index, add_text);
}

/* {os =, architecture =, variant =} as os/architecture/variant. */
static int add_platform(lua_State *L, Query *q, const Parameter *p,
                        int index) {
  static const char *const NAMES[] = {"os", "architecture", "variant"};
  if (lua_type(L, index) != LUA_TTABLE) return add_text(L, q, p, index);
  for (int i = 0; i < 3; i++) {
    lua_getfield(L, index, NAMES[i]);
    size_t n;
    const char *s = lua_tolstring(L, -1, &n);
    if (s == NULL) break;
    if (i > 0 && moondock_buffer_append(q->scratch, "/", 1) != 0) return -1;
    if (moondock_buffer_append(q->scratch, s, n) != 0) return -1;
  }
  if (q->scratch->size == 0)
    return fail_with(L, q, p->name, "expected os/arch or a table with os");
  return put_scratch(L, q, p->name);
}

/* Filters --------------------------------------------------------------- */

static void push_number_text(lua_State *L, lua_Number value) {
  const lua_Number exact = 9007199254740992.0; /* 2^53 */
  char digits[40];
  int integral = value > -exact && value < exact && value == (int64_t)value;
  if (integral) snprintf(digits, sizeof digits, "%lld", (long long)value);
  else snprintf(digits, sizeof digits, "%.17g", (double)value);
  lua_pushstring(L, digits);
}

/* Push a string, number or boolean as text; -1 when it is something else.
** [-0, +(0|1), m] */
static int push_text(lua_State *L, int index) {
  switch (lua_type(L, index)) {
    case LUA_TSTRING: lua_pushvalue(L, index); return 0;
    case LUA_TNUMBER: push_number_text(L, lua_tonumber(L, index)); return 0;
    case LUA_TBOOLEAN:
      lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
      return 0;
    default: return -1;
  }
}

/* Append the text at the end of the array at `list`. [-1, +0, m] */
static void append_text(lua_State *L, int list) {
  lua_rawseti(L, list, (int)lua_rawlen(L, list) + 1);
}

/* One member of the table of a filter, its key and value on top: an element,
** label = value, or a member of a set (label = true). */
static int append_member(lua_State *L, int list) {
  int value = lua_gettop(L), key = value - 1;
  int named = lua_type(L, key) == LUA_TSTRING;
  if (named && lua_type(L, value) == LUA_TBOOLEAN) {
    if (!lua_toboolean(L, value)) return -1;
    lua_pushvalue(L, key);
  } else if (push_text(L, value) != 0) {
    return -1;
  } else if (named) {
    lua_pushfstring(L, "%s=%s", lua_tostring(L, key), lua_tostring(L, -1));
    lua_remove(L, -2);
  }
  append_text(L, list);
  return 0;
}

/* Push the array of texts that the value of one filter means. There is one at
** least: engines take an empty one for no filter. */
static int push_filter(lua_State *L, int index) {
  lua_newtable(L);
  int list = lua_gettop(L);
  if (lua_type(L, index) != LUA_TTABLE) {
    if (push_text(L, index) != 0) return -1;
    append_text(L, list);
    return 0;
  }
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
    if (append_member(L, list) != 0) return -1;
  return lua_rawlen(L, list) > 0 ? 0 : -1;
}

static int fail_filter(lua_State *L, Query *q, const Parameter *p, int key) {
  if (lua_type(L, key) != LUA_TSTRING)
    return fail_with(L, q, p->name, "filters have names as keys, as in "
                     "{ label = \"a=b\" }");
  lua_pushfstring(L, "filter '%s' takes a string, a list, a boolean or a table "
                  "of labels, and not an empty one", lua_tostring(L, key));
  return fail(L, q, p->name);
}

/* {label = "a"} as {"label":["a"]}. A null is no value: a filter that was left
** out would let everything through. */
static int add_filters(lua_State *L, Query *q, const Parameter *p, int index) {
  if (lua_type(L, index) != LUA_TTABLE)
    return fail_type(L, q, p->name, index, "a table of filters");
  lua_newtable(L);
  int filters = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    int value = lua_gettop(L), key = value - 1;
    if (lua_type(L, key) != LUA_TSTRING || push_filter(L, value) != 0)
      return fail_filter(L, q, p, key);
    lua_pushvalue(L, key);
    lua_insert(L, -2);
    lua_rawset(L, filters);
  }
  JsonOptions options = {NULL, p->name, TYPE_ANY, 0, 0};
  if (moondock_json_write(L, filters, &options, q->scratch) != 0)
    return fail(L, q, p->name);
  return put_scratch(L, q, p->name);
}

/* The table of contents ------------------------------------------------- */

static const AddOne ADD[] = {
  [VALUE_BOOLEAN] = add_boolean,
  [VALUE_INTEGER] = add_integer,
  [VALUE_TEXT] = add_text,
  [VALUE_FLAG] = add_flag,
  [VALUE_LIST] = add_list,
  [VALUE_FILTERS] = add_filters,
  [VALUE_TIME] = add_time,
  [VALUE_TAIL] = add_tail,
  [VALUE_PLATFORM] = add_platform,
  [VALUE_JSON] = add_json,
  [VALUE_JSON_LIST] = add_json_list,
};

int moondock_query_add(lua_State *L, Query *q, const Parameter *p, int index) {
  return ADD[p->value](L, q, p, index);
}

int moondock_query_add_raw(lua_State *L, Query *q, const char *name,
                           int index) {
  Parameter p = {name, NULL, PLACE_QUERY, VALUE_FLAG, TYPE_ANY, 0, 0, 0};
  if (lua_type(L, index) == LUA_TTABLE)
    p.value = is_list(L, index) ? VALUE_LIST : VALUE_JSON;
  return ADD[p.value](L, q, &p, index);
}
