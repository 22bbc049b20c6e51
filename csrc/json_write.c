/* The JSON writer of json_write.h, and core.encode. */
#include "json_write.h"

#include "advice.h"
#include "json_scalar.h"

#include <string.h>

#define STACK_NEEDED 8 /* slots that one level of nesting uses */
#define LEVELS 8       /* of nesting, for which slots are reserved at a time */

typedef JsonWriter Writer;
typedef JsonStep Step;

static int write_value(Writer *w, unsigned type, const Step *step);

/* Arrays ---------------------------------------------------------------- */

static int put_separator(Writer *w, int first, const Step *step) {
  return first ? 0 : moondock_json_char(w, ',', step);
}

/* Count the keys of the table at `table` and find the largest; -1 with a
** message when they are not all positive integers. */
static int measure_array(Writer *w, int table, lua_Number *count,
                         lua_Number *largest, const Step *step) {
  lua_State *L = w->L;
  *count = *largest = 0;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TNUMBER)
      return moondock_json_fail_as(w, step,
                                   "both positions and names in one table");
    lua_Number key = lua_tonumber(L, -2);
    if (key < 1 || !moondock_is_integral(key))
      return moondock_json_fail_as(w, step,
                                   "a key that is no position of an array");
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
  return moondock_json_fail(w, step);
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

/* A walk over the table on top has begun: `more` says whether its first key and
** value were pushed. Where that table is. */
static int walked(lua_State *L, int more) {
  return lua_gettop(L) - (more ? 2 : 0);
}

static int next(lua_State *L, int table) {
  lua_pop(L, 1);
  return lua_next(L, table);
}

/* The elements of the table that is walked. */
static int write_elements(Writer *w, unsigned element, int more,
                          const Step *step) {
  lua_State *L = w->L;
  int table = walked(L, more);
  lua_Integer index = 1;
  for (; more; more = next(L, table), index++) {
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

static int write_array(Writer *w, unsigned element, int more,
                       const Step *step) {
  if (moondock_json_char(w, '[', step) != 0) return -1;
  if (write_elements(w, element, more, step) != 0) return -1;
  return moondock_json_char(w, ']', step);
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
  return moondock_advise_version(w->L, moondock_json_where(w, step), f->since,
                                 f->last, version);
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
  const char *path = parent == NULL ? "" : moondock_json_where(w, parent);
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
  return moondock_json_fail(w, step);
}

static int put_name(Writer *w, const Field *f, int first, const Step *step) {
  if (moondock_json_room(&w->out, (size_t)f->length + 4) != 0)
    return moondock_json_fail_size(w, step);
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

/* The key and the value on top, of a map. */
static int write_entry(Writer *w, unsigned element, int first,
                       const Step *step) {
  if (put_separator(w, first, step) != 0) return -1;
  if (moondock_json_string(w, step->name, step->length, step) != 0) return -1;
  if (moondock_json_char(w, ':', step) != 0) return -1;
  return write_value(w, element, step);
}

/* A field that the shape does not have, with its value on top: a null says
** nothing; raw sends it as it is. */
static int write_unknown(Writer *w, const Shape *shape, int first,
                         const Step *step) {
  int null = moondock_is_null(w->L, -1);
  if (!null && !w->options->raw)
    return fail_unknown(w, shape, step->up, step->name);
  return write_entry(w, TYPE_ANY, first, step);
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

static int fail_key(Writer *w, const Step *step) {
  if (lua_type(w->L, -2) != LUA_TNUMBER)
    return moondock_json_fail_as(w, step,
                                 "a key that is neither a name nor a position");
  return moondock_json_fail_as(w, step,
                               "both positions and names in one table");
}

/* The members of the table that is walked: fields when `shape` has them, else
** entries of type `element`. */
static int write_members(Writer *w, unsigned type, unsigned element, int more,
                         const Step *step) {
  lua_State *L = w->L;
  const Shape *shape = moondock_shape(type);
  int is_shape = shape != NULL && shape->kind == SHAPE_OBJECT;
  int filter = step == NULL && w->options->operation != NULL;
  int table = walked(L, more), first = 1;
  for (; more; more = next(L, table)) {
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

static int write_object(Writer *w, unsigned type, unsigned element, int more,
                        const Step *step) {
  if (moondock_json_char(w, '{', step) != 0) return -1;
  if (write_members(w, type, element, more, step) != 0) return -1;
  return moondock_json_char(w, '}', step);
}

/* Tables ---------------------------------------------------------------- */

/* The metatables that mark once more in the registry, under keys that are found
** faster than a name. */
static const char ARRAY_KEY, OBJECT_KEY;

static const void *mark(lua_State *L, const void *key) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, key);
  const void *p = lua_topointer(L, -1);
  lua_pop(L, 1);
  return p;
}

enum { EITHER, ARRAY, OBJECT };

/* What the table on top is marked as. */
static int marked(Writer *w) {
  if (!lua_getmetatable(w->L, -1)) return EITHER;
  const void *p = lua_topointer(w->L, -1);
  lua_pop(w->L, 1);
  if (w->array == NULL) w->array = mark(w->L, &ARRAY_KEY);
  if (p == w->array) return ARRAY;
  if (w->object == NULL) w->object = mark(w->L, &OBJECT_KEY);
  return p == w->object ? OBJECT : EITHER;
}

/* The table that is walked, of `kind` by its mark or its first key. */
static int write_any(Writer *w, int kind, int more, const Step *step) {
  if (kind == ARRAY) return write_array(w, TYPE_ANY, more, step);
  return write_object(w, TYPE_ANY, TYPE_ANY, more, step);
}

static int fail_kind(Writer *w, unsigned type, int is_array, const Step *step) {
  lua_pushfstring(w->L, "expected %s, got %s", moondock_json_expected(type),
                  is_array ? "a table with names as keys" : "an array");
  return moondock_json_fail(w, step);
}

static int write_shaped(Writer *w, unsigned type, int kind, int more,
                        const Step *step) {
  const Shape *shape = moondock_shape(type);
  int is_array = type == TYPE_WORDS || shape->kind == SHAPE_ARRAY;
  unsigned element = type == TYPE_WORDS ? TYPE_STRING : shape->element;
  if (kind != EITHER && (kind == ARRAY) != is_array) {
    if (w->options->raw) return write_any(w, kind, more, step);
    return fail_kind(w, type, is_array, step);
  }
  if (is_array) return write_array(w, element, more, step);
  return write_object(w, type, element, more, step);
}

/* Room for one level more; asked for several at a time. */
static int has_room(Writer *w) {
  if (w->depth >= MOONDOCK_JSON_DEPTH) return 0;
  return w->depth % LEVELS != 0 ||
         lua_checkstack(w->L, LEVELS * STACK_NEEDED);
}

static int write_table(Writer *w, unsigned type, const Step *step) {
  lua_State *L = w->L;
  int shaped = type >= TYPE_SHAPE || type == TYPE_WORDS;
  if (!shaped && type != TYPE_ANY && !w->options->raw)
    return moondock_json_fail_type(w, type, step);
  if (!has_room(w))
    return moondock_json_fail_as(w, step, "nested too deeply");
  int kind = marked(w);
  lua_pushnil(L);
  int more = lua_next(L, -2);
  if (kind == EITHER && more)
    kind = lua_type(L, -2) == LUA_TNUMBER ? ARRAY : OBJECT;
  w->depth++;
  int failed = shaped ? write_shaped(w, type, kind, more, step)
                      : write_any(w, kind, more, step);
  w->depth--;
  return failed;
}

/* The value on top, which stays there. */
static int write_value(Writer *w, unsigned type, const Step *step) {
  int kind = lua_type(w->L, -1);
  if (kind == LUA_TTABLE) return write_table(w, type, step);
  return moondock_json_scalar(w, kind, type, step);
}

/* The whole ------------------------------------------------------------- */

int moondock_json_write(lua_State *L, int index, const JsonOptions *options,
                        Buffer *out) {
  Writer w;
  memset(&w, 0, sizeof w);
  w.L = L;
  w.out.buffer = out;
  w.options = options;
  luaL_checkstack(L, STACK_NEEDED, "too many values");
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
  if (lua_gettop(L) != 1) luaL_checkany(L, 1);
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
  lua_rawsetp(L, LUA_REGISTRYINDEX, &ARRAY_KEY);
  luaL_newmetatable(L, MOONDOCK_OBJECT);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &OBJECT_KEY);
  lua_pushnil(L);
  lua_pushcclosure(L, json_encode, 1);
  lua_setfield(L, -2, "encode");
}
