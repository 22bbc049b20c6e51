/* core.request: one call of the Engine API from the operation table, checked
** before anything is sent. */
#include "advice.h"
#include "operation.h"
#include "query.h"
#include "text.h"

#include <stdio.h>
#include <string.h>

#define TARGET_MAX (1024 * 1024) /* path and query of one request */

/* What core.request was given and what it fills; all of it lives on the stack
** of Lua, at these places. */
enum {
  ARG_NAME = 1,
  ARG_VERSION,
  ARG_PATH,
  ARG_OPTIONS,
  ARG_RAW,
  RESULT,
  TARGET,
  SCRATCH,
  BODY
};

/* Upvalues: the buffers that it keeps. */
enum { LENT_TARGET = 1, LENT_SCRATCH, LENT_BODY };

typedef struct Request {
  const Operation *operation;
  Query query;
  Buffer *body;
  int upload; /* bytes follow that are not ours */
  int no_id;  /* a path value is missing, or no string */
} Request;

/* The raw value of an option on top. [-0, +1, -] */
static void push_option(lua_State *L, const char *name) {
  lua_pushstring(L, name);
  lua_rawget(L, ARG_OPTIONS);
  if (!moondock_is_null(L, -1)) return;
  lua_pop(L, 1);
  lua_pushnil(L);
}

/* Path ------------------------------------------------------------------ */

static int fail_path(lua_State *L, const Request *r, const char *name, size_t n,
                     const char *message) {
  lua_pushlstring(L, name, n);
  lua_pushfstring(L, "%s: the %s %s", r->operation->name, lua_tostring(L, -1),
                  message);
  return -1;
}

/* What is wrong with a path value whose segments become part of the address,
** or NULL. */
static const char *path_trouble(const char *s, size_t n, int slashes) {
  if (n == 0) return "must not be empty";
  if (moondock_breaks_line(s, n)) return "must not hold a line break or NUL";
  for (size_t start = 0; start <= n;) {
    const char *slash = memchr(s + start, '/', n - start);
    size_t length = slash ? (size_t)(slash - s) - start : n - start;
    if (slash && !slashes) return "must not hold a slash";
    if (length == 0) return "must not begin or end with a slash or double it";
    if (length <= 2 && memcmp(s + start, "..", length) == 0)
      return "must not have '.' or '..' for a part";
    start += length + 1;
  }
  return NULL;
}

/* A container's name with a link under it is two segments. */
static int takes_slashes(lua_State *L, const Operation *o) {
  if (o->flags & OPERATION_SLASHES) return 1;
  if (strcmp(o->name, "ContainerDelete") != 0) return 0;
  push_option(L, "link");
  int link = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return link;
}

/* Append the path value on top for the {name} of the template. */
static int add_path_value(lua_State *L, Request *r, const char *name,
                          size_t length) {
  size_t n;
  r->no_id = lua_type(L, -1) != LUA_TSTRING;
  if (lua_isnil(L, -1)) return fail_path(L, r, name, length, "is missing");
  if (r->no_id) return fail_path(L, r, name, length, "must be a string");
  const char *s = lua_tolstring(L, -1, &n);
  const char *path = r->operation->path;
  int slashes = takes_slashes(L, r->operation);
  if (strncmp(path, "/containers/", 12) == 0 && n > 1 && s[0] == '/') {
    s++; /* as engines list names */
    n--;
  }
  const char *trouble = path_trouble(s, n, slashes);
  if (trouble != NULL) return fail_path(L, r, name, length, trouble);
  if (moondock_percent(r->query.target, s, n, slashes) == 0) return 0;
  return fail_path(L, r, name, length, "is too long");
}

static int fail_path_count(lua_State *L, const Request *r, int used) {
  lua_pushfstring(L, "%s takes %d path values, got %d", r->operation->name,
                  used, (int)lua_rawlen(L, ARG_PATH));
  return -1;
}

static int add_path(lua_State *L, Request *r) {
  const char *at = r->operation->path;
  int used = 0;
  while (*at != '\0') {
    size_t n = strcspn(at, "{");
    moondock_buffer_append(r->query.target, at, n);
    at += n;
    if (*at == '\0') break;
    size_t length = strcspn(at, "}") - 1;
    lua_rawgeti(L, ARG_PATH, ++used);
    if (add_path_value(L, r, at + 1, length) != 0) return -1;
    lua_pop(L, 1);
    at += length + 2;
  }
  if ((int)lua_rawlen(L, ARG_PATH) > used) return fail_path_count(L, r, used);
  return 0;
}

static void add_prefix(Request *r) {
  char prefix[16];
  if (r->query.version == 0) return;
  if (r->operation->flags & OPERATION_UNVERSIONED) return;
  int n = snprintf(prefix, sizeof prefix, "/v1.%d", r->query.version);
  moondock_buffer_append(r->query.target, prefix, (size_t)n);
}

/* Parameters ------------------------------------------------------------ */

static int fail_missing(lua_State *L, const Request *r, const Parameter *p) {
  lua_pushfstring(L, "%s needs the option '%s'", r->operation->name, p->name);
  return -1;
}

static int check_version(lua_State *L, const Request *r, const Parameter *p) {
  int version = r->query.version;
  int known = version >= p->since && (p->last == 0 || version <= p->last);
  if (known || r->query.raw) return 0;
  if (lua_isboolean(L, -1) && !lua_toboolean(L, -1)) return 0; /* as without */
  lua_pushfstring(L, "option '%s' of %s", p->name, r->operation->name);
  return moondock_advise_version(L, lua_tostring(L, -1), p->since, p->last,
                                 version);
}

/* Append "Name: value" to result.headers, made on demand. */
static void add_header(lua_State *L, const char *header) {
  lua_getfield(L, RESULT, "headers");
  lua_pushstring(L, header);
  lua_rawseti(L, -2, (int)lua_rawlen(L, -2) + 1);
  lua_pop(L, 1);
}

static int add_header_parameter(lua_State *L, const Request *r,
                                const Parameter *p) {
  size_t n = 0;
  const char *s = lua_tolstring(L, -1, &n);
  int is_string = lua_type(L, -1) == LUA_TSTRING;
  if (!is_string || moondock_breaks_line(s, n)) {
    lua_pushfstring(L, "option '%s' of %s: %s", p->name, r->operation->name,
                    is_string ? "must not hold a line break or NUL"
                              : "expected a string");
    return -1;
  }
  lua_pushfstring(L, "%s: %s", p->name, s);
  add_header(L, lua_tostring(L, -1));
  return 0;
}

static int add_parameter(lua_State *L, Request *r, const Parameter *p) {
  int top = lua_gettop(L);
  lua_pushstring(L, p->name);
  lua_rawget(L, ARG_OPTIONS);
  if (lua_isnil(L, -1) || moondock_is_null(L, -1)) {
    lua_settop(L, top);
    return p->required && !r->query.raw ? fail_missing(L, r, p) : 0;
  }
  if (check_version(L, r, p) != 0) return -1;
  int failed = p->place == PLACE_HEADER
                   ? add_header_parameter(L, r, p)
                   : moondock_query_add(L, &r->query, p, top + 1);
  if (!failed) lua_settop(L, top);
  return failed;
}

static int add_parameters(lua_State *L, Request *r) {
  for (unsigned i = 0; i < r->operation->count; i++)
    if (add_parameter(L, r, &r->operation->parameters[i]) != 0) return -1;
  return 0;
}

/* Other options --------------------------------------------------------- */

/* An option that is no parameter where fields of a body make no sense: raw
** sends it along. The key and the value are on top. */
static int add_unknown(lua_State *L, Request *r) {
  const char *name = lua_tostring(L, -2);
  if (r->query.raw)
    return moondock_query_add_raw(L, &r->query, name, lua_gettop(L));
  moondock_advise_option(L, r->operation, name);
  return -1;
}

static int fail_both(lua_State *L, const Request *r) {
  lua_pushfstring(L, "%s: give the whole 'body' or its field '%s', not both",
                  r->operation->name, lua_tostring(L, -2));
  return -1;
}

/* Walk through the options that are neither parameters nor the body: fields
** of the body when `fields`, else a mistake. */
static int check_others(lua_State *L, Request *r, int fields, int whole) {
  const Operation *o = r->operation;
  for (lua_pushnil(L); lua_next(L, ARG_OPTIONS); lua_settop(L, BODY + 2)) {
    if (lua_type(L, -2) != LUA_TSTRING) {
      lua_pushfstring(L, "the options of %s have names, not positions",
                      o->name);
      return -1;
    }
    size_t n;
    const char *s = lua_tolstring(L, -2, &n);
    if (moondock_parameter(o, s, n) != NULL) continue;
    if (o->body != BODY_NONE && strcmp(s, "body") == 0) continue;
    if (fields && whole) return fail_both(L, r);
    if (!fields && add_unknown(L, r) != 0) return -1;
  }
  return 0;
}

/* Body ------------------------------------------------------------------ */

static int encode(lua_State *L, Request *r, int index, const Operation *skip) {
  JsonOptions options = {skip, r->operation->name, r->operation->type,
                         r->query.version, r->query.raw};
  return moondock_json_write(L, index, &options, r->body);
}

/* The value of options.body is on top; nil means the fields among the
** options, or nothing. */
static int add_json(lua_State *L, Request *r, int is_object) {
  size_t n;
  add_header(L, "Content-Type: application/json");
  if (lua_type(L, -1) == LUA_TSTRING) {
    const char *s = lua_tolstring(L, -1, &n); /* JSON text already */
    if (moondock_buffer_append(r->body, s, n) == 0) return 0;
    lua_pushfstring(L, "%s: the body is too large", r->operation->name);
    return -1;
  }
  if (!lua_isnil(L, -1)) return encode(L, r, lua_gettop(L), NULL);
  if (is_object) return encode(L, r, ARG_OPTIONS, r->operation);
  moondock_buffer_append(r->body, "[]", 2);
  return 0;
}

/* A build from a remote address and an import from one send no bytes. */
static int wants_upload(lua_State *L, const Operation *o) {
  int wanted = 1;
  if (moondock_parameter(o, "remote", 6) != NULL) {
    push_option(L, "remote");
    wanted = lua_isnil(L, -1) || lua_rawlen(L, -1) == 0;
    lua_pop(L, 1);
  } else if (moondock_parameter(o, "fromSrc", 7) != NULL) {
    push_option(L, "fromSrc");
    const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    wanted = strcmp(s, "-") == 0;
    lua_pop(L, 1);
  }
  return wanted;
}

static int add_tar(lua_State *L, Request *r) {
  if (lua_type(L, -1) == LUA_TSTRING) {
    add_header(L, "Content-Type: application/x-tar");
    lua_setfield(L, RESULT, "body"); /* the bytes given */
    lua_pushnil(L);
    return 0;
  }
  if (!lua_isnil(L, -1)) {
    lua_pushfstring(L, "%s: the body is bytes, not a %s", r->operation->name,
                    luaL_typename(L, -1));
    return -1;
  }
  r->upload = wants_upload(L, r->operation);
  if (r->upload) add_header(L, "Content-Type: application/x-tar");
  return 0;
}

static int add_body(lua_State *L, Request *r) {
  const Operation *o = r->operation;
  const Shape *shape = o->body == BODY_JSON ? moondock_shape(o->type) : NULL;
  int is_object = shape != NULL && shape->kind == SHAPE_OBJECT;
  push_option(L, "body");
  if (check_others(L, r, is_object, !lua_isnil(L, -1)) != 0) return -1;
  if (o->body == BODY_JSON) return add_json(L, r, is_object);
  return o->body == BODY_TAR ? add_tar(L, r) : 0;
}

/* The whole ------------------------------------------------------------- */

static int check_operation(lua_State *L, const Request *r) {
  const Operation *o = r->operation;
  int free = o->flags & OPERATION_UNVERSIONED ||
             strcmp(o->name, "SystemVersion") == 0;
  if (r->query.version == 0 && !free) {
    lua_pushfstring(L, "%s needs an API version", o->name);
    return -1;
  }
  if (r->query.raw || o->flags & OPERATION_UNVERSIONED) return 0;
  return moondock_advise_version(L, o->name, o->since, o->last,
                                 r->query.version);
}

static int build(lua_State *L, Request *r) {
  if (check_operation(L, r) != 0) return -1;
  add_prefix(r);
  if (add_path(L, r) != 0 || add_parameters(L, r) != 0) return -1;
  lua_settop(L, BODY);
  int failed = add_body(L, r);
  if (!failed) lua_settop(L, BODY);
  return failed;
}

static void set_buffer(lua_State *L, const char *key, const Buffer *b) {
  lua_pushlstring(L, moondock_buffer_bytes(b), b->size);
  lua_setfield(L, RESULT, key);
}

static void set_string(lua_State *L, const char *key, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

/* Push the result, complete. [-0, +1, m] */
static void push_result(lua_State *L, const Request *r) {
  const char *method = r->operation->method;
  lua_pushvalue(L, RESULT);
  set_string(L, "method", method);
  set_string(L, "reply", moondock_replies[r->operation->reply]);
  set_string(L, "answer", moondock_answer(r->operation));
  set_buffer(L, "target", r->query.target);
  if (r->body->size > 0) set_buffer(L, "body", r->body);
  lua_pushboolean(L, strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0);
  lua_setfield(L, RESULT, "safe");
  if (r->upload) {
    lua_pushboolean(L, 1);
    lua_setfield(L, RESULT, "upload");
  }
}

static int fail_name(lua_State *L) {
  lua_pushnil(L);
  moondock_advise_operation(L, lua_tostring(L, ARG_NAME));
  return 2;
}

/* Nil at `index` becomes an empty table. */
static void opt_table(lua_State *L, int index) {
  if (lua_isnoneornil(L, index)) {
    lua_newtable(L);
    lua_replace(L, index);
  }
  luaL_checktype(L, index, LUA_TTABLE);
}

/* Fill the places of the stack and the request from the arguments. */
static void prepare(lua_State *L, Request *r) {
  opt_table(L, ARG_PATH);
  opt_table(L, ARG_OPTIONS);
  r->query.operation = r->operation;
  r->query.version = (int)luaL_optinteger(L, ARG_VERSION, 0);
  r->query.raw = lua_toboolean(L, ARG_RAW);
  lua_createtable(L, 0, 8);
  lua_newtable(L);
  lua_setfield(L, RESULT, "headers");
  r->query.target = moondock_borrow(L, LENT_TARGET, TARGET_MAX);
  r->query.scratch = moondock_borrow(L, LENT_SCRATCH, TARGET_MAX);
  r->body = moondock_borrow(L, LENT_BODY, MOONDOCK_JSON_MAX);
}

static void give_back(lua_State *L) {
  moondock_give_back(L, LENT_TARGET, TARGET);
  moondock_give_back(L, LENT_SCRATCH, SCRATCH);
  moondock_give_back(L, LENT_BODY, BODY);
}

/* The message is on top: nil, message, and "version" when another version of
** the engine would have taken the request, "id" when there is none in the
** path. [-1, +(2|3), m] */
static int push_refusal(lua_State *L, const Request *r) {
  int of_version = strstr(lua_tostring(L, -1), MOONDOCK_OF_VERSION) != NULL;
  lua_pushnil(L);
  lua_insert(L, -2);
  if (!of_version && !r->no_id) return 2;
  lua_pushstring(L, r->no_id ? "id" : "version");
  return 3;
}

/* core.request(operation, version, path, options, raw?) */
static int core_request(lua_State *L) {
  Request r;
  memset(&r, 0, sizeof r);
  r.operation = moondock_operation(luaL_checkstring(L, ARG_NAME));
  lua_settop(L, ARG_RAW);
  if (r.operation == NULL) return fail_name(L);
  prepare(L, &r);
  int failed = build(L, &r);
  if (!failed) push_result(L, &r);
  give_back(L);
  return failed ? push_refusal(L, &r) : 1;
}

static const luaL_Reg FUNCTIONS[] = {
  {"operation", moondock_core_operation},
  {"operations", moondock_core_operations},
  {"secrets", moondock_core_secrets},
  {NULL, NULL},
};

void moondock_open_request(lua_State *L) {
  luaL_setfuncs(L, FUNCTIONS, 0);
  for (int i = 1; i <= LENT_BODY; i++) lua_pushnil(L);
  lua_pushcclosure(L, core_request, LENT_BODY);
  lua_setfield(L, -2, "request");
}
