/* The JSON writer of json_write.h, and core.encode. */
#include "json_write.h"

#include "advice.h"
#include "json_path.h"
#include "json_put.h"

#include <string.h>

#define STACK_NEEDED 8 /* slots that one level of nesting uses */

typedef JsonStep Step;

typedef struct Writer {
  lua_State *L;
  JsonOut out;
  const JsonOptions *options;
  const void *array, *object; /* the metatables that mark; NULL: not asked */
  int depth;
} Writer;

static int write_value(Writer *w, unsigned type, const Step *step);

/* Failing --------------------------------------------------------------- */

/* Push the path of `step`; the whole has its name. [-0, +1, m] */
static const char *push_path(Writer *w, const Step *step) {
  const char *name = w->options->name;
  return moondock_json_path(w->L, step, name != NULL ? name : "the value");
}

/* Put "path: " before the message on top and return -1. [-1, +1, m] */
static int fail(Writer *w, const Step *step) {
  push_path(w, step);
  lua_pushliteral(w->L, ": ");
  lua_pushvalue(w->L, -3);
  lua_concat(w->L, 3);
  lua_remove(w->L, -2);
  return -1;
}

static int fail_with(Writer *w, const Step *step, const char *message) {
  lua_pushstring(w->L, message);
  return fail(w, step);
}

static const char *const EXPECTED[] = {
  "anything", "a boolean", "an integer", "a number", "a string",
  "a string or an integer", "an array of strings or a string",
};

static const char *expected(unsigned type) {
  const Shape *shape = moondock_shape(type);
  if (shape == NULL) return EXPECTED[type];
  if (shape->kind == SHAPE_ARRAY)
    return shape->element == TYPE_STRING ? "an array of strings" : "an array";
  if (shape->kind == SHAPE_OBJECT) return "a table with named fields";
  if (shape->element == TYPE_STRING) return "a table of names and strings";
  return "a table with names as keys, such as {[\"80/tcp\"] = {}}";
}

/* "expected an integer, got a string" for the value on top. [-0, +1, m] */
static int fail_type(Writer *w, unsigned type, const Step *step) {
  int kind = lua_type(w->L, -1);
  if (type == TYPE_INTEGER && kind == LUA_TNUMBER) {
    lua_pushfstring(w->L, "expected an integer, got %f",
                    lua_tonumber(w->L, -1));
    return fail(w, step);
  }
  const char *name = lua_typename(w->L, kind);
  int digits = type == TYPE_INTEGER && kind == LUA_TSTRING;
  if (digits) lua_pushliteral(w->L, "expected an integer, got other text");
  else lua_pushfstring(w->L, "expected %s, got a %s", expected(type), name);
  return fail(w, step);
}

/* Putting --------------------------------------------------------------- */

static int fail_room(Writer *w, const Step *step) {
  return fail_with(w, step, "too large, or out of memory");
}

static int put(Writer *w, const char *s, size_t n, const Step *step) {
  return moondock_json_put(&w->out, s, n) ? fail_room(w, step) : 0;
}

static int put_string(Writer *w, const char *s, size_t n, const Step *step) {
  size_t bad = 0;
  if (moondock_json_put_string(&w->out, s, n, &bad) == 0) return 0;
  if (bad == 0) return fail_room(w, step);
  lua_pushfstring(w->L, "not valid UTF-8 at byte %d", (int)bad);
  return fail(w, step);
}

/* The number on top, as it is. */
static int put_number(Writer *w, const Step *step) {
  int failed;
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(w->L, -1)) {
    failed = moondock_json_put_integer(&w->out, lua_tointeger(w->L, -1));
    return failed ? fail_room(w, step) : 0;
  }
#endif
  double value = lua_tonumber(w->L, -1);
  if (value != value) return fail_with(w, step, "not a number (nan)");
  if (value - value != 0) return fail_with(w, step, "an infinite number");
  failed = moondock_json_put_float(&w->out, value);
  return failed ? fail_room(w, step) : 0;
}

/* True for an integer of JSON as text: -?(0|[1-9][0-9]*). */
static int is_integer_text(const char *s, size_t n) {
  size_t i = n > 1 && s[0] == '-' ? 1 : 0;
  if (n == i || n - i > 20 || (s[i] == '0' && n - i > 1)) return 0;
  for (; i < n; i++)
    if (s[i] < '0' || s[i] > '9') return 0;
  return 1;
}

static int is_integral(double value) {
  const double limit = 9223372036854775808.0;
  if (value != value) return 0;
  if (value >= limit || value <= -limit) return value - value == 0;
  return (double)(int64_t)value == value;
}

/* Scalars --------------------------------------------------------------- */

static int write_boolean(Writer *w, unsigned type, const Step *step) {
  if (type != TYPE_BOOLEAN && type != TYPE_ANY && !w->options->raw)
    return fail_type(w, type, step);
  if (lua_toboolean(w->L, -1)) return put(w, "true", 4, step);
  return put(w, "false", 5, step);
}

static int write_number(Writer *w, unsigned type, const Step *step) {
  if (type == TYPE_INTEGER || type == TYPE_DIGITS) {
    int integral = is_integral(lua_tonumber(w->L, -1));
    if (!integral && !w->options->raw) return fail_type(w, type, step);
    if (type == TYPE_INTEGER || !integral) return put_number(w, step);
    if (put(w, "\"", 1, step) != 0 || put_number(w, step) != 0) return -1;
    return put(w, "\"", 1, step);
  }
  if (type != TYPE_FLOAT && type != TYPE_ANY && !w->options->raw)
    return fail_type(w, type, step);
  return put_number(w, step);
}

static int write_string(Writer *w, unsigned type, const Step *step) {
  size_t n;
  const char *s = lua_tolstring(w->L, -1, &n);
  switch (type) {
    case TYPE_ANY: case TYPE_STRING: case TYPE_DIGITS: case TYPE_WORDS:
      return put_string(w, s, n, step);
    case TYPE_INTEGER:
      if (is_integer_text(s, n)) return put(w, s, n, step);
      break;
    default:
      break;
  }
  if (w->options->raw) return put_string(w, s, n, step);
  return fail_type(w, type, step);
}

/* Arrays ---------------------------------------------------------------- */

static int put_separator(Writer *w, int first, const Step *step) {
  return first ? 0 : put(w, ",", 1, step);
}

/* Count the keys of the table at `table` and find the largest; -1 with a
** message when they are not all positive integers. */
static int measure_array(Writer *w, int table, lua_Number *count,
                         lua_Number *largest, const Step *step) {
  lua_State *L = w->L;
  *count = *largest = 0;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TNUMBER)
      return fail_with(w, step, "both positions and names in one table");
    lua_Number key = lua_tonumber(L, -2);
    if (key < 1 || !is_integral(key))
      return fail_with(w, step, "a key that is no position of an array");
    if (key > *largest) *largest = key;
    ++*count;
  }
  return 0;
}

static int fail_hole(Writer *w, int table, const Step *step) {
  int index = 1;
  for (;; index++) {
    lua_rawgeti(w->L, table, index);
    int missing = lua_isnil(w->L, -1);
    lua_pop(w->L, 1);
    if (missing) break;
  }
  lua_pushfstring(w->L, "hole in the array at position %d", index);
  return fail(w, step);
}

/* The elements from `index` on, which the walk did not meet in order. */
static int write_scattered(Writer *w, unsigned element, int table,
                           lua_Integer index, const Step *step) {
  lua_Number count, largest;
  if (measure_array(w, table, &count, &largest, step) != 0) return -1;
  if (count != largest) return fail_hole(w, table, step);
  for (; (lua_Number)index <= largest; index++) {
    Step here = {step, NULL, 0, index};
    lua_rawgeti(w->L, table, (int)index);
    if (put_separator(w, index == 1, step) != 0) return -1;
    if (write_value(w, element, &here) != 0) return -1;
    lua_pop(w->L, 1);
  }
  return 0;
}

/* The elements of the table on top. */
static int write_elements(Writer *w, unsigned element, const Step *step) {
  lua_State *L = w->L;
  int table = lua_gettop(L);
  lua_Integer index = 1;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1), index++) {
    int is_next = lua_type(L, -2) == LUA_TNUMBER &&
                  lua_tonumber(L, -2) == (lua_Number)index;
    if (!is_next) {
      lua_pop(L, 2);
      return write_scattered(w, element, table, index, step);
    }
    Step here = {step, NULL, 0, index};
    if (put_separator(w, index == 1, step) != 0) return -1;
    if (write_value(w, element, &here) != 0) return -1;
  }
  return 0;
}

static int write_array(Writer *w, unsigned element, const Step *step) {
  if (put(w, "[", 1, step) != 0) return -1;
  if (write_elements(w, element, step) != 0) return -1;
  return put(w, "]", 1, step);
}

/* Objects --------------------------------------------------------------- */

/* Values that say nothing need no engine that knows the field. */
static int says_nothing(lua_State *L, int removed) {
  switch (lua_type(L, -1)) {
    case LUA_TLIGHTUSERDATA: return 1;
    case LUA_TSTRING: return lua_rawlen(L, -1) == 0;
    case LUA_TBOOLEAN: return removed && !lua_toboolean(L, -1);
    case LUA_TNUMBER: return removed && lua_tonumber(L, -1) == 0;
    case LUA_TTABLE:
      lua_pushnil(L);
      if (!lua_next(L, -2)) return 1;
      lua_pop(L, 2);
      return 0;
    default: return 0;
  }
}

static int check_version(Writer *w, const Field *f, const Step *step) {
  int version = w->options->version;
  if (w->options->raw || version == 0) return 0;
  if (version >= f->since && (f->last == 0 || version <= f->last)) return 0;
  if (says_nothing(w->L, version >= f->since)) return 0;
  return moondock_advise_version(w->L, push_path(w, step), f->since, f->last,
                                 version);
}

/* A key of the whole that belongs to the address, not to the body. */
static int is_parameter(const Writer *w, const char *name, size_t n) {
  const Operation *o = w->options->operation;
  return moondock_parameter(o, name, n) != NULL || strcmp(name, "body") == 0;
}

static int fail_unknown(Writer *w, const Shape *shape, const Step *parent,
                        const char *name) {
  if (parent == NULL && w->options->operation != NULL) {
    moondock_advise_option(w->L, w->options->operation, name);
    return -1;
  }
  const char *path = parent == NULL ? "" : push_path(w, parent);
  moondock_advise_field(w->L, path, moondock_shape(w->options->type), shape,
                        name);
  return -1;
}

/* Two spellings of one field, of which the engine would take either. */
static int check_twice(Writer *w, const Field *f, const Step *step,
                       const char *spelt, int table) {
  lua_pushlstring(w->L, f->name, f->length);
  lua_rawget(w->L, table);
  int twice = !lua_isnil(w->L, -1);
  lua_pop(w->L, 1);
  if (!twice) return 0;
  lua_pushfstring(w->L, "given twice, as '%s' and as '%s'", f->name,
                  spelt);
  return fail(w, step);
}

static int put_name(Writer *w, const Field *f, int first, const Step *step) {
  if (moondock_json_room(&w->out, (size_t)f->length + 4) != 0)
    return fail_room(w, step);
  char *at = w->out.at;
  if (!first) *at++ = ',';
  *at++ = '"';
  memcpy(at, f->name, f->length);
  at += f->length;
  *at++ = '"';
  *at++ = ':';
  w->out.at = at;
  return 0;
}

/* A field that the shape does not have, with its value on top: a null says
** nothing; raw sends it as it is. */
static int write_unknown(Writer *w, const Shape *shape, int first,
                         const Step *step) {
  int null = moondock_is_null(w->L, -1);
  if (!null && !w->options->raw)
    return fail_unknown(w, shape, step->up, step->name);
  if (put_separator(w, first, step) != 0) return -1;
  if (put_string(w, step->name, step->length, step) != 0) return -1;
  if (put(w, ":", 1, step) != 0) return -1;
  return write_value(w, TYPE_ANY, step);
}

/* The key and the value on top, a field of `shape`. */
static int write_field(Writer *w, const Shape *shape, int first, int table,
                       const Step *step) {
  const Field *exact = moondock_field(shape, step->name, step->length);
  const Field *f = exact;
  if (f == NULL) f = moondock_field_any_case(shape, step->name, step->length);
  if (f == NULL) return write_unknown(w, shape, first, step);
  Step known = {step->up, f->name, f->length, 0};
  if (exact == NULL && check_twice(w, f, &known, step->name, table) != 0)
    return -1;
  if (check_version(w, f, &known) != 0) return -1;
  if (put_name(w, f, first, &known) != 0) return -1;
  return write_value(w, f->type, &known);
}

/* The key and the value on top, of a map. */
static int write_entry(Writer *w, unsigned element, int first,
                       const Step *step) {
  if (put_separator(w, first, step) != 0) return -1;
  if (put_string(w, step->name, step->length, step) != 0) return -1;
  if (put(w, ":", 1, step) != 0) return -1;
  return write_value(w, element, step);
}

static int fail_key(Writer *w, const Step *step) {
  if (lua_type(w->L, -2) != LUA_TNUMBER)
    return fail_with(w, step, "a key that is neither a name nor a position");
  return fail_with(w, step, "both positions and names in one table");
}

/* The members of the table on top: fields when `shape` has them, else entries
** of type `element`. */
static int write_members(Writer *w, unsigned type, unsigned element,
                         const Step *step) {
  lua_State *L = w->L;
  const Shape *shape = moondock_shape(type);
  int is_shape = shape != NULL && shape->kind == SHAPE_OBJECT;
  int filter = step == NULL && w->options->operation != NULL;
  int table = lua_gettop(L), first = 1;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) return fail_key(w, step);
    Step here = {step, NULL, 0, 0};
    here.name = lua_tolstring(L, -2, &here.length);
    if (filter && is_parameter(w, here.name, here.length)) continue;
    int failed = is_shape ? write_field(w, shape, first, table, &here)
                          : write_entry(w, element, first, &here);
    if (failed) return -1;
    first = 0;
  }
  return 0;
}

static int write_object(Writer *w, unsigned type, unsigned element,
                        const Step *step) {
  if (put(w, "{", 1, step) != 0) return -1;
  if (write_members(w, type, element, step) != 0) return -1;
  return put(w, "}", 1, step);
}

/* Tables ---------------------------------------------------------------- */

static const void *mark(lua_State *L, const char *name) {
  luaL_getmetatable(L, name);
  const void *p = lua_topointer(L, -1);
  lua_pop(L, 1);
  return p;
}

enum { UNMARKED, MARKED_ARRAY, MARKED_OBJECT };

/* What the table on top is marked as. */
static int marked(Writer *w) {
  if (!lua_getmetatable(w->L, -1)) return UNMARKED;
  const void *p = lua_topointer(w->L, -1);
  lua_pop(w->L, 1);
  if (w->array == NULL) {
    w->array = mark(w->L, MOONDOCK_ARRAY);
    w->object = mark(w->L, MOONDOCK_OBJECT);
  }
  if (p == w->array) return MARKED_ARRAY;
  return p == w->object ? MARKED_OBJECT : UNMARKED;
}

/* The type of the first key of the table on top, LUA_TNIL when empty. */
static int first_key(lua_State *L) {
  lua_pushnil(L);
  if (!lua_next(L, -2)) return LUA_TNIL;
  int type = lua_type(L, -2);
  lua_pop(L, 2);
  return type;
}

static int write_any_table(Writer *w, const Step *step) {
  int mark = marked(w);
  if (mark == UNMARKED)
    mark = first_key(w->L) == LUA_TNUMBER ? MARKED_ARRAY : MARKED_OBJECT;
  if (mark == MARKED_ARRAY) return write_array(w, TYPE_ANY, step);
  return write_object(w, TYPE_ANY, TYPE_ANY, step);
}

/* True when the table on top is clearly not of the kind. */
static int contradicts(Writer *w, int is_array) {
  int mark = marked(w);
  if (mark != UNMARKED) return (mark == MARKED_ARRAY) != is_array;
  int key = first_key(w->L);
  return key != LUA_TNIL && (key == LUA_TNUMBER) != is_array;
}

static int fail_kind(Writer *w, unsigned type, int is_array, const Step *step) {
  lua_pushfstring(w->L, "expected %s, got %s", expected(type),
                  is_array ? "a table with names as keys" : "an array");
  return fail(w, step);
}

static int write_shaped(Writer *w, unsigned type, const Step *step) {
  const Shape *shape = moondock_shape(type);
  int is_array = type == TYPE_WORDS || shape->kind == SHAPE_ARRAY;
  unsigned element = type == TYPE_WORDS ? TYPE_STRING : shape->element;
  if (contradicts(w, is_array)) {
    if (w->options->raw) return write_any_table(w, step);
    return fail_kind(w, type, is_array, step);
  }
  if (is_array) return write_array(w, element, step);
  return write_object(w, type, element, step);
}

static int write_table(Writer *w, unsigned type, const Step *step) {
  int shaped = type >= TYPE_SHAPE || type == TYPE_WORDS;
  if (!shaped && type != TYPE_ANY && !w->options->raw)
    return fail_type(w, type, step);
  if (w->depth >= MOONDOCK_JSON_DEPTH || !lua_checkstack(w->L, STACK_NEEDED))
    return fail_with(w, step, "nested too deeply");
  w->depth++;
  int failed =
      shaped ? write_shaped(w, type, step) : write_any_table(w, step);
  w->depth--;
  return failed;
}

/* The value on top, which stays there. */
static int write_value(Writer *w, unsigned type, const Step *step) {
  switch (lua_type(w->L, -1)) {
    case LUA_TSTRING: return write_string(w, type, step);
    case LUA_TNUMBER: return write_number(w, type, step);
    case LUA_TBOOLEAN: return write_boolean(w, type, step);
    case LUA_TTABLE: return write_table(w, type, step);
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(w->L, -1) == NULL) return put(w, "null", 4, step);
      break;
    default: break;
  }
  lua_pushfstring(w->L, "cannot be sent: a %s", luaL_typename(w->L, -1));
  return fail(w, step);
}

/* The whole ------------------------------------------------------------- */

int moondock_json_write(lua_State *L, int index, const JsonOptions *options,
                        Buffer *out) {
  Writer w;
  memset(&w, 0, sizeof w);
  w.L = L;
  w.out.buffer = out;
  w.options = options;
  luaL_checkstack(L, 2 * STACK_NEEDED, "too many values");
  int top = lua_gettop(L);
  lua_pushvalue(L, index);
  int failed = write_value(&w, options->type, NULL);
  moondock_json_commit(&w.out);
  if (failed) lua_replace(L, top + 1);
  lua_settop(L, top + (failed ? 1 : 0));
  return failed;
}

/* core.encode(value) */
static int json_encode(lua_State *L) {
  static const JsonOptions PLAIN = {NULL, NULL, TYPE_ANY, 0, 0};
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  Buffer *out = moondock_borrow(L, 1, MOONDOCK_JSON_MAX);
  int failed = moondock_json_write(L, 1, &PLAIN, out);
  if (failed) {
    lua_pushnil(L);
    lua_insert(L, -2);
  } else {
    lua_pushlstring(L, moondock_buffer_bytes(out), out->size);
  }
  moondock_give_back(L, 1, 2);
  return failed ? 2 : 1;
}

void moondock_open_json_write(lua_State *L) {
  luaL_newmetatable(L, MOONDOCK_ARRAY);
  luaL_newmetatable(L, MOONDOCK_OBJECT);
  lua_pop(L, 2);
  lua_pushnil(L);
  lua_pushcclosure(L, json_encode, 1);
  lua_setfield(L, -2, "encode");
}
