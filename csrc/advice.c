/* Suggestions and version messages of advice.h. */
#include "advice.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define NAME_MAX_LENGTH 48 /* longer names get no suggestion */
#define NESTING_MAX 4      /* how deep a misplaced field is looked for */
#define LISTED_MAX 12      /* more options than this are not listed */

typedef struct Nearest {
  const char *name; /* what was written */
  const char *best; /* the likeliest of what was meant, or NULL */
  unsigned distance;
} Nearest;

static unsigned least(unsigned a, unsigned b, unsigned c) {
  unsigned m = a < b ? a : b;
  return m < c ? m : c;
}

/* Insertions, deletions and changes that lead from `a` to `b`, in any case. */
static unsigned edit_distance(const char *a, const char *b) {
  unsigned row[NAME_MAX_LENGTH + 1];
  size_t n = strlen(b);
  for (size_t j = 0; j <= n; j++) row[j] = (unsigned)j;
  for (size_t i = 0; a[i] != '\0'; i++) {
    unsigned diagonal = row[0];
    row[0] = (unsigned)i + 1;
    for (size_t j = 0; j < n; j++) {
      int differ = tolower((unsigned char)a[i]) != tolower((unsigned char)b[j]);
      unsigned change = diagonal + (unsigned)differ;
      diagonal = row[j + 1];
      row[j + 1] = least(change, row[j] + 1, diagonal + 1);
    }
  }
  return row[n];
}

static void nearest_start(Nearest *best, const char *name) {
  best->name = strlen(name) <= NAME_MAX_LENGTH ? name : "";
  best->best = NULL;
  size_t n = strlen(best->name);
  best->distance = n < 2 ? 0 : (unsigned)n / 3 + 1; /* at the most */
}

static void nearest_offer(Nearest *best, const char *candidate) {
  if (best->name[0] == '\0' || strlen(candidate) > NAME_MAX_LENGTH) return;
  unsigned distance = edit_distance(best->name, candidate);
  if (distance > best->distance) return;
  if (distance == best->distance && best->best != NULL) return;
  best->best = candidate;
  best->distance = distance;
}

static void nearest_offer_fields(Nearest *best, const Shape *shape) {
  for (unsigned i = 0; shape != NULL && i < shape->count; i++)
    nearest_offer(best, shape->fields[i].name);
}

/* Append "; did you mean '...'?" to the string on top. [-1, +1, m] */
static void append_nearest(lua_State *L, const Nearest *best) {
  if (best->best == NULL) return;
  lua_pushfstring(L, "; did you mean '%s'?", best->best);
  lua_concat(L, 2);
}

/* Push the path of the shape under `shape` that has the field, without it
** ("" for `shape` itself), and return 1; or push nothing. [-0, +(0|1), m] */
static int find_home(lua_State *L, const Shape *shape, const char *name,
                     int depth) {
  if (shape == NULL || shape->kind != SHAPE_OBJECT) return 0;
  const Field *f = moondock_field_any_case(shape, name, strlen(name));
  if (f != NULL) {
    lua_pushliteral(L, "");
    return 1;
  }
  for (unsigned i = 0; depth < NESTING_MAX && i < shape->count; i++) {
    const Shape *inner = moondock_shape(shape->fields[i].type);
    if (!find_home(L, inner, name, depth + 1)) continue;
    const char *below = lua_tostring(L, -1);
    const char *dot = below[0] == '\0' ? "" : ".";
    lua_pushfstring(L, "%s%s%s", shape->fields[i].name, dot, below);
    lua_remove(L, -2);
    return 1;
  }
  return 0;
}

/* "Memory belongs under HostConfig" [-0, +(0|1), m] */
static int advise_home(lua_State *L, const Shape *root, const char *name) {
  if (!find_home(L, root, name, 0)) return 0;
  const char *home = lua_tostring(L, -1);
  if (home[0] == '\0') lua_pushfstring(L, "%s belongs at the top level", name);
  else lua_pushfstring(L, "%s belongs under %s", name, home);
  lua_remove(L, -2);
  return 1;
}

void moondock_advise_field(lua_State *L, const char *path, const Shape *root,
                           const Shape *shape, const char *name) {
  const char *of = path[0] == '\0' ? shape->name : path;
  Nearest best;
  nearest_start(&best, name);
  nearest_offer_fields(&best, shape);
  lua_pushfstring(L, "unknown field '%s' of %s", name, of);
  if (!advise_home(L, root, name)) {
    append_nearest(L, &best);
    return;
  }
  lua_pushliteral(L, ": ");
  lua_insert(L, -2);
  lua_concat(L, 3);
}

/* Append " (it takes: a, b)" to the string on top, of the fields of a body only
** that there are some. [-1, +1, m] */
static void append_options(lua_State *L, const Operation *o) {
  if (o->count > LISTED_MAX || (o->body == BODY_JSON && o->count == 0)) return;
  if (o->count == 0) lua_pushliteral(L, " (it takes none");
  else lua_pushliteral(L, " (it takes: ");
  for (unsigned i = 0; i < o->count; i++) {
    lua_pushfstring(L, "%s%s", i == 0 ? "" : ", ", o->parameters[i].name);
    lua_concat(L, 2);
  }
  lua_pushstring(L, o->body == BODY_JSON ? ", and fields of its body)" : ")");
  lua_concat(L, 3);
}

void moondock_advise_option(lua_State *L, const Operation *o,
                            const char *name) {
  const Shape *body = o->body == BODY_JSON ? moondock_shape(o->type) : NULL;
  Nearest best;
  nearest_start(&best, name);
  for (unsigned i = 0; i < o->count; i++)
    nearest_offer(&best, o->parameters[i].name);
  nearest_offer_fields(&best, body);
  int other_case = best.best != NULL && best.distance == 0;
  if (!other_case && advise_home(L, body, name)) return;
  lua_pushfstring(L, "unknown option '%s' of %s", name, o->name);
  append_nearest(L, &best);
  if (body == NULL || best.best == NULL) append_options(L, o);
}

void moondock_advise_operation(lua_State *L, const char *name) {
  Nearest best;
  nearest_start(&best, name);
  for (size_t i = 0; i < moondock_operation_count; i++)
    nearest_offer(&best, moondock_operations[i].name);
  lua_pushfstring(L, "unknown operation '%s'", name);
  append_nearest(L, &best);
}

/* core.nearest(name, names): which of the list was likeliest meant, or nil. */
static int nearest(lua_State *L) {
  Nearest best;
  nearest_start(&best, luaL_checkstring(L, 1));
  luaL_checktype(L, 2, LUA_TTABLE);
  for (int i = 1; lua_rawgeti(L, 2, i), lua_type(L, -1) == LUA_TSTRING; i++) {
    nearest_offer(&best, lua_tostring(L, -1));
    lua_pop(L, 1); /* the list keeps the string */
  }
  lua_pushstring(L, best.best); /* nil for NULL */
  return 1;
}

void moondock_open_advice(lua_State *L) {
  lua_pushcfunction(L, nearest);
  lua_setfield(L, -2, "nearest");
}

int moondock_advise_version(lua_State *L, const char *what, int since, int last,
                            int version) {
  if (version == 0) return 0;
  if (version < since) {
    lua_pushfstring(L, "%s needs API 1.%d" MOONDOCK_OF_VERSION "%d", what,
                    since, version);
    return -1;
  }
  if (last != 0 && version > last) {
    lua_pushfstring(L, "%s was removed after API 1.%d" MOONDOCK_OF_VERSION "%d",
                    what, last, version);
    return -1;
  }
  return 0;
}
