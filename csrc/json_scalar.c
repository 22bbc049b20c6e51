/* Scalars and refusals of json_scalar.h. */
#include "json_scalar.h"

typedef JsonWriter Writer;
typedef JsonStep Step;

/* Failing --------------------------------------------------------------- */

const char *moondock_json_where(Writer *w, const Step *step) {
  const char *name = w->options->name;
  return moondock_json_path(w->L, step, name != NULL ? name : "the value");
}

int moondock_json_fail(Writer *w, const Step *step) {
  moondock_json_where(w, step);
  lua_pushliteral(w->L, ": ");
  lua_pushvalue(w->L, -3);
  lua_concat(w->L, 3);
  lua_remove(w->L, -2);
  return -1;
}

int moondock_json_fail_as(Writer *w, const Step *step, const char *message) {
  lua_pushstring(w->L, message);
  return moondock_json_fail(w, step);
}

static const char *const EXPECTED[] = {
  "anything", "a boolean", "an integer", "a number", "a string",
  "a string or an integer", "an array of strings or a string",
};

const char *moondock_json_expected(unsigned type) {
  const Shape *shape = moondock_shape(type);
  if (shape == NULL) return EXPECTED[type];
  if (shape->kind == SHAPE_ARRAY)
    return shape->element == TYPE_STRING ? "an array of strings" : "an array";
  if (shape->kind == SHAPE_OBJECT) return "a table with named fields";
  if (shape->element == TYPE_STRING) return "a table of names and strings";
  return "a table with names as keys, such as {[\"80/tcp\"] = {}}";
}

int moondock_json_fail_type(Writer *w, unsigned type, const Step *step) {
  int kind = lua_type(w->L, -1);
  if (type == TYPE_INTEGER && kind == LUA_TNUMBER) {
    lua_pushfstring(w->L, "expected an integer, got %f",
                    lua_tonumber(w->L, -1));
    return moondock_json_fail(w, step);
  }
  const char *name = lua_typename(w->L, kind);
  int digits = type == TYPE_INTEGER && kind == LUA_TSTRING;
  if (digits) lua_pushliteral(w->L, "expected an integer, got other text");
  else
    lua_pushfstring(w->L, "expected %s, got a %s", moondock_json_expected(type),
                    name);
  return moondock_json_fail(w, step);
}

/* Putting --------------------------------------------------------------- */

int moondock_json_fail_size(Writer *w, const Step *step) {
  return moondock_json_fail_as(w, step, "too large, or out of memory");
}

static int put(Writer *w, const char *s, size_t n, const Step *step) {
  return moondock_json_put(&w->out, s, n) ? moondock_json_fail_size(w, step)
                                          : 0;
}

int moondock_json_fail_string(Writer *w, size_t bad, const Step *step) {
  if (bad == 0) return moondock_json_fail_size(w, step);
  lua_pushfstring(w->L, "not valid UTF-8 at byte %d", (int)bad);
  return moondock_json_fail(w, step);
}

/* The number on top, as it is. */
static int put_number(Writer *w, const Step *step) {
  int failed;
#if LUA_VERSION_NUM >= 503
  if (lua_isinteger(w->L, -1)) {
    failed = moondock_json_put_integer(&w->out, lua_tointeger(w->L, -1));
    return failed ? moondock_json_fail_size(w, step) : 0;
  }
#endif
  double value = lua_tonumber(w->L, -1);
  if (value != value)
    return moondock_json_fail_as(w, step, "not a number (nan)");
  if (value - value != 0)
    return moondock_json_fail_as(w, step, "an infinite number");
  failed = moondock_json_put_float(&w->out, value);
  return failed ? moondock_json_fail_size(w, step) : 0;
}

/* True for an integer of JSON as text: -?(0|[1-9][0-9]*). */
static int is_integer_text(const char *s, size_t n) {
  size_t i = n > 1 && s[0] == '-' ? 1 : 0;
  if (n == i || n - i > 20 || (s[i] == '0' && n - i > 1)) return 0;
  for (; i < n; i++)
    if (s[i] < '0' || s[i] > '9') return 0;
  return 1;
}

/* Scalars --------------------------------------------------------------- */

static int write_boolean(Writer *w, unsigned type, const Step *step) {
  if (type != TYPE_BOOLEAN && type != TYPE_ANY && !w->options->raw)
    return moondock_json_fail_type(w, type, step);
  if (lua_toboolean(w->L, -1)) return put(w, "true", 4, step);
  return put(w, "false", 5, step);
}

static int write_number(Writer *w, unsigned type, const Step *step) {
  if (type == TYPE_INTEGER || type == TYPE_DIGITS) {
    int integral = moondock_is_integral(lua_tonumber(w->L, -1));
    if (!integral && !w->options->raw)
      return moondock_json_fail_type(w, type, step);
    if (type == TYPE_INTEGER || !integral) return put_number(w, step);
    if (moondock_json_char(w, '"', step) != 0 || put_number(w, step) != 0)
      return -1;
    return moondock_json_char(w, '"', step);
  }
  if (type != TYPE_FLOAT && type != TYPE_ANY && !w->options->raw)
    return moondock_json_fail_type(w, type, step);
  return put_number(w, step);
}

static int write_string(Writer *w, unsigned type, const Step *step) {
  size_t n;
  const char *s = lua_tolstring(w->L, -1, &n);
  switch (type) {
    case TYPE_ANY: case TYPE_STRING: case TYPE_DIGITS: case TYPE_WORDS:
      return moondock_json_string(w, s, n, step);
    case TYPE_INTEGER:
      if (is_integer_text(s, n)) return put(w, s, n, step);
      break;
    default:
      break;
  }
  if (w->options->raw) return moondock_json_string(w, s, n, step);
  return moondock_json_fail_type(w, type, step);
}

/* Any -------------------------------------------------------------------- */

int moondock_json_scalar(Writer *w, int kind, unsigned type,
                         const Step *step) {
  switch (kind) {
    case LUA_TSTRING: return write_string(w, type, step);
    case LUA_TNUMBER: return write_number(w, type, step);
    case LUA_TBOOLEAN: return write_boolean(w, type, step);
    case LUA_TLIGHTUSERDATA:
      if (lua_touserdata(w->L, -1) == NULL) return put(w, "null", 4, step);
      break;
    default: break;
  }
  lua_pushfstring(w->L, "cannot be sent: a %s", luaL_typename(w->L, -1));
  return moondock_json_fail(w, step);
}
