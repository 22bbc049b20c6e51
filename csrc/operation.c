/* core.operation and core.operations of operation.h. */
#include "operation.h"

#include "advice.h"

const char *const moondock_replies[] = {
  "none", "json", "json", "json", "values", "frames", "tar", "text", "upgrade",
};

const char *moondock_answer(const Operation *o) {
  static const char *const KINDS[] = {"object", "array", "string"};
  if (o->reply < REPLY_OBJECT || o->reply > REPLY_STRING) return NULL;
  return KINDS[o->reply - REPLY_OBJECT];
}

static void set_string(lua_State *L, const char *key, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, int value) {
  if (value == 0) return;
  lua_pushinteger(L, value);
  lua_setfield(L, -2, key);
}

static const char *const VALUES[] = {
  "boolean", "integer", "string", "flag", "list", "filters",
  "time",    "tail",    "platform", "json", "json_list",
};

static void push_parameter(lua_State *L, const Parameter *p) {
  lua_createtable(L, 0, 6);
  set_string(L, "name", p->name);
  set_string(L, "place", p->place == PLACE_HEADER ? "header" : "query");
  set_string(L, "type", VALUES[p->value]);
  set_integer(L, "since", p->since);
  set_integer(L, "last", p->last);
  lua_pushboolean(L, p->required);
  lua_setfield(L, -2, "required");
}

static const char *body_name(const Operation *o) {
  if (o->body == BODY_TAR) return "tar";
  return moondock_shape(o->type)->kind == SHAPE_ARRAY ? "array" : "object";
}

/* The names of the fields of the body. [-0, +1, m] */
static void push_fields(lua_State *L, const Shape *shape) {
  lua_newtable(L);
  for (unsigned i = 0; i < shape->count; i++) {
    lua_pushstring(L, shape->fields[i].name);
    lua_rawseti(L, -2, (int)i + 1);
  }
}

static void describe_body(lua_State *L, const Operation *o) {
  if (o->body == BODY_NONE) return;
  set_string(L, "body", body_name(o));
  if (o->body != BODY_JSON) return;
  push_fields(L, moondock_shape(o->type));
  lua_setfield(L, -2, "fields");
}

/* core.operation(name) */
int moondock_core_operation(lua_State *L) {
  const Operation *o = moondock_operation(luaL_checkstring(L, 1));
  lua_settop(L, 1);
  if (o == NULL) {
    lua_pushnil(L);
    moondock_advise_operation(L, lua_tostring(L, 1));
    return 2;
  }
  lua_createtable(L, 0, 10);
  set_string(L, "name", o->name);
  set_string(L, "method", o->method);
  set_string(L, "path", o->path);
  set_string(L, "reply", moondock_replies[o->reply]);
  set_string(L, "answer", moondock_answer(o));
  set_integer(L, "since", o->since);
  set_integer(L, "last", o->last);
  describe_body(L, o);
  lua_pushboolean(L, (o->flags & OPERATION_EXTRA) != 0);
  lua_setfield(L, -2, "extra");
  lua_pushboolean(L, (o->flags & OPERATION_SLASHES) != 0);
  lua_setfield(L, -2, "slashes");
  lua_createtable(L, o->count, 0);
  for (unsigned i = 0; i < o->count; i++) {
    push_parameter(L, &o->parameters[i]);
    lua_rawseti(L, -2, (int)i + 1);
  }
  lua_setfield(L, -2, "parameters");
  return 1;
}

/* core.operations() */
int moondock_core_operations(lua_State *L) {
  lua_createtable(L, (int)moondock_operation_count, 0);
  for (size_t i = 0; i < moondock_operation_count; i++) {
    lua_pushstring(L, moondock_operations[i].name);
    lua_rawseti(L, -2, (int)i + 1);
  }
  return 1;
}
