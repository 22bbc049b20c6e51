/* core.secrets: what the operation table marks as secret, as trees that Lua
** walks along with the values. */
#include "operation.h"
#include "schema.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 32 /* of shapes in shapes */
#define NAME_MAX_SIZE 64

static const char *const MARKS[] = {"", "names", "whole", "credential"};

/* The mark of a name in a shape or an operation, or 0. */
static unsigned mark_of(const char *of, const char *name) {
  for (size_t i = 0; i < moondock_secret_count; i++) {
    const Secret *s = &moondock_secrets[i];
    if (strcmp(s->of, of) == 0 && strcmp(s->name, name) == 0) return s->mark;
  }
  return 0;
}

/* Push the name as engines compare it: in lower case. [-0, +1, m] */
static void push_lower(lua_State *L, const char *name) {
  char lower[NAME_MAX_SIZE];
  size_t n = 0;
  for (; name[n] != '\0' && n < sizeof lower; n++)
    lower[n] = (char)tolower((unsigned char)name[n]);
  lua_pushlstring(L, lower, n);
}

static int push_type(lua_State *L, unsigned type, int depth);

/* Push the mark or the tree of a field; whether there is one. [-0, +(0|1), m] */
static int push_field(lua_State *L, const char *of, const char *name,
                      unsigned type, int depth) {
  unsigned mark = mark_of(of, name);
  if (mark == 0) return push_type(L, type, depth + 1);
  lua_pushstring(L, MARKS[mark]);
  return 1;
}

/* Push { fields = { [lower name] = mark or tree } }. [-0, +(0|1), m] */
static int push_object(lua_State *L, const Shape *shape, int depth) {
  int found = 0;
  lua_newtable(L);
  lua_newtable(L);
  for (unsigned i = 0; i < shape->count; i++) {
    const Field *f = &shape->fields[i];
    if (!push_field(L, shape->name, f->name, f->type, depth)) continue;
    push_lower(L, f->name);
    lua_insert(L, -2);
    lua_rawset(L, -3);
    found = 1;
  }
  lua_setfield(L, -2, "fields");
  if (!found) lua_pop(L, 1);
  return found;
}

/* Push the tree of a type that has secrets below it. [-0, +(0|1), m] */
static int push_type(lua_State *L, unsigned type, int depth) {
  const Shape *shape = moondock_shape(type);
  if (shape == NULL || depth > DEPTH_MAX) return 0;
  luaL_checkstack(L, 8, "secrets");
  if (shape->kind == SHAPE_OBJECT) return push_object(L, shape, depth);
  lua_newtable(L);
  if (!push_type(L, shape->element, depth + 1)) {
    lua_pop(L, 1);
    return 0;
  }
  lua_setfield(L, -2, "each");
  return 1;
}

static void set_parameters(lua_State *L, const Operation *o) {
  lua_newtable(L);
  for (unsigned i = 0; i < o->count; i++) {
    const Parameter *p = &o->parameters[i];
    if (push_field(L, o->name, p->name, p->type, 0))
      lua_setfield(L, -2, p->name);
  }
  lua_setfield(L, -2, "parameters");
}

static int push_operation(lua_State *L, const Operation *o) {
  lua_newtable(L);
  set_parameters(L, o);
  if (o->body == BODY_JSON && push_field(L, o->name, "", o->type, 0))
    lua_setfield(L, -2, "body");
  return 1;
}

/* Push the names that are secret wherever answers have them. [-0, +1, m] */
static int push_answers(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; i < moondock_secret_count; i++) {
    const Secret *s = &moondock_secrets[i];
    if (s->of[0] != '\0') continue;
    push_lower(L, s->name);
    lua_pushstring(L, MARKS[s->mark]);
    lua_rawset(L, -3);
  }
  return 1;
}

/* core.secrets(operation?) */
int moondock_core_secrets(lua_State *L) {
  if (lua_isnoneornil(L, 1)) return push_answers(L);
  const Operation *o = moondock_operation(luaL_checkstring(L, 1));
  luaL_argcheck(L, o != NULL, 1, "no such operation");
  return push_operation(L, o);
}
