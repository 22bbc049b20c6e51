/* The request table: types and characters, before anything is acquired. */
#include "options.h"

#include <limits.h>
#include <string.h>
#include <strings.h>

#define CONNECT_SECONDS 300.0 /* where none is given: curl's own limit */

static int bad_field(lua_State *L, int i, const char *name, const char *what) {
  return luaL_argerror(L, i, lua_pushfstring(L, "'%s' %s", name, what));
}

/* No NUL, CR or LF: they would end the line and begin another. */
static bool is_one_line(const char *text, size_t n) {
  return memchr(text, '\0', n) == NULL && memchr(text, '\r', n) == NULL &&
         memchr(text, '\n', n) == NULL;
}

/* Leave the field's value on the stack. [-0, +1, v] */
static const char *optbytes(lua_State *L, int i, const char *name, size_t *n) {
  lua_getfield(L, i, name);
  if (lua_isnil(L, -1)) return NULL;
  if (lua_type(L, -1) != LUA_TSTRING) bad_field(L, i, name, "is no string");
  return lua_tolstring(L, -1, n);
}

static const char *optline(lua_State *L, int i, const char *name) {
  size_t n;
  const char *text = optbytes(L, i, name, &n);
  if (text != NULL && !is_one_line(text, n)) {
    bad_field(L, i, name, "has a line break or zero byte");
  }
  return text;
}

static const char *checkline(lua_State *L, int i, const char *name) {
  const char *text = optline(L, i, name);
  if (text == NULL || *text == '\0') bad_field(L, i, name, "is missing");
  return text;
}

static bool optboolean(lua_State *L, int i, const char *name, bool otherwise) {
  lua_getfield(L, i, name);
  if (!lua_isnil(L, -1) && !lua_isboolean(L, -1)) {
    bad_field(L, i, name, "is no boolean");
  }
  bool value = lua_isnil(L, -1) ? otherwise : lua_toboolean(L, -1) != 0;
  lua_pop(L, 1);
  return value;
}

static lua_Number optnumber(lua_State *L, int i, const char *name,
                            lua_Number otherwise) {
  lua_getfield(L, i, name);
  lua_Number value = otherwise;
  if (!lua_isnil(L, -1)) {
    if (lua_type(L, -1) != LUA_TNUMBER) bad_field(L, i, name, "is no number");
    value = lua_tonumber(L, -1);
    if (!(value >= 0)) bad_field(L, i, name, "is negative");
  }
  lua_pop(L, 1);
  return value;
}

static void check_header(lua_State *L, int i) {
  size_t n;
  if (lua_type(L, -1) != LUA_TSTRING) bad_field(L, i, "headers", "are strings");
  const char *line = lua_tolstring(L, -1, &n);
  if (!is_one_line(line, n)) {
    bad_field(L, i, "headers", "has a line break or zero byte");
  }
  const char *colon = strchr(line, ':');
  if (colon == NULL || colon == line) {
    bad_field(L, i, "headers", "has a line without a name");
  }
}

static void check_headers(lua_State *L, int i, Options *o) {
  lua_getfield(L, i, "headers");
  if (lua_isnil(L, -1)) return;
  if (!lua_istable(L, -1)) bad_field(L, i, "headers", "is no table");
  o->headers = lua_gettop(L);
  o->header_count = (int)lua_rawlen(L, o->headers);
  for (int k = 1; k <= o->header_count; k++) {
    lua_rawgeti(L, o->headers, k);
    check_header(L, i);
    lua_pop(L, 1);
  }
}

static void check_upload(lua_State *L, int i, Options *o) {
  o->upload = optboolean(L, i, "upload", false);
  lua_Number size = optnumber(L, i, "size", -1);
  if (size > 9007199254740992.0) bad_field(L, i, "size", "is too large");
  o->size = (curl_off_t)size;
  if (o->upload && o->body != NULL) {
    bad_field(L, i, "body", "excludes 'upload'");
  }
}

static void check_connect(lua_State *L, int i, Options *o) {
  lua_Number s = optnumber(L, i, "connect_timeout", CONNECT_SECONDS);
  o->connect_ms = s < 1e6 ? (long)(s * 1000) : 1000000000L;
  if (o->connect_ms == 0) o->connect_ms = 1; /* zero means curl's default */
  o->fresh = optboolean(L, i, "fresh", false);
  o->bulk = optboolean(L, i, "bulk", false);
  o->socket_path = optline(L, i, "unix");
  o->ca = optline(L, i, "ca");
  o->cert = optline(L, i, "cert");
  o->key = optline(L, i, "key");
  o->verify = optboolean(L, i, "verify", true);
  o->proxy = optline(L, i, "proxy");
  if (o->proxy != NULL && o->socket_path != NULL) {
    bad_field(L, i, "proxy", "excludes 'unix'");
  }
}

#define NAME_CHARACTERS \
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

/* How long the host in `host:port/path` or `[host]:port/path` is. */
static size_t host_length(const char *authority) {
  size_t n = strcspn(authority, "/?#");
  if (*authority == '[') {
    const char *end = memchr(authority, ']', n);
    return end == NULL ? n : (size_t)(end + 1 - authority);
  }
  const char *colon = memchr(authority, ':', n);
  return colon == NULL ? n : (size_t)(colon - authority);
}

/* The name takes the place of the URL's host, in the certificate, in SNI and
** in the field Host, and the connection goes to the host all the same. */
static void check_server_name(lua_State *L, int i, Options *o) {
  const char *name = optline(L, i, "server_name");
  o->tls = strncasecmp(o->url, "https://", 8) == 0;
  if (name == NULL || !o->tls) return;
  if (*name == '\0' || name[strspn(name, NAME_CHARACTERS)] != '\0') {
    bad_field(L, i, "server_name", "is no host name");
  }
  const char *host = o->url + 8;
  size_t n = host_length(host);
  lua_pushlstring(L, host, n);
  o->connect_to = lua_pushfstring(L, "::%s:", lua_tostring(L, -1));
  o->url = lua_pushfstring(L, "https://%s%s", name, host + n);
}

/* `true` stands for the most there can be. */
static void check_drain(lua_State *L, int i, Options *o) {
  lua_getfield(L, i, "drain");
  bool most = lua_isboolean(L, -1);
  if (most && lua_toboolean(L, -1)) o->drain = MOONDOCK_DRAIN_MAX;
  lua_pop(L, 1);
  if (most) return;
  lua_Number n = optnumber(L, i, "drain", 0);
  if (n > MOONDOCK_DRAIN_MAX) bad_field(L, i, "drain", "is too large");
  o->drain = (size_t)n;
}

void moondock_checkoptions(lua_State *L, int i, Options *o) {
  luaL_checktype(L, i, LUA_TTABLE);
  luaL_checkstack(L, 24, NULL);
  memset(o, 0, sizeof *o);
  o->method = checkline(L, i, "method");
  o->url = checkline(L, i, "url");
  if (strpbrk(o->method, " \t") != NULL || strpbrk(o->url, " \t") != NULL) {
    luaL_argerror(L, i, "'method' or 'url' has a space");
  }
  o->body = optbytes(L, i, "body", &o->body_length);
  check_upload(L, i, o);
  check_connect(L, i, o);
  check_server_name(L, i, o);
  check_drain(L, i, o);
  check_headers(L, i, o);
}

const char *moondock_options_header(lua_State *L, const Options *o, int k) {
  lua_rawgeti(L, o->headers, k);
  bool is_text = lua_type(L, -1) == LUA_TSTRING;
  const char *line = is_text ? lua_tostring(L, -1) : NULL;
  lua_pop(L, 1);
  return line;
}

/* curl spells an empty field `Name;`, and `Name:` drops it. */
static struct curl_slist *append_field(struct curl_slist *list,
                                       const char *line) {
  const char *colon = strchr(line, ':');
  if (colon[1 + strspn(colon + 1, " \t")] != '\0') {
    return curl_slist_append(list, line);
  }
  char name[256];
  size_t n = (size_t)(colon - line);
  if (n + 2 > sizeof name) return NULL;
  memcpy(name, line, n);
  memcpy(name + n, ";", 2);
  return curl_slist_append(list, name);
}

struct curl_slist *moondock_options_fields(lua_State *L, const Options *o,
                                           bool *ok) {
  struct curl_slist *list = NULL;
  *ok = true;
  for (int k = 1; k <= o->header_count; k++) {
    const char *line = moondock_options_header(L, o, k);
    if (line == NULL) continue;
    struct curl_slist *longer = append_field(list, line);
    if (longer == NULL) {
      *ok = false;
      curl_slist_free_all(list);
      return NULL;
    }
    list = longer;
  }
  return list;
}

bool moondock_options_has(lua_State *L, const Options *o, const char *name) {
  size_t n = strlen(name);
  for (int k = 1; k <= o->header_count; k++) {
    const char *line = moondock_options_header(L, o, k);
    if (line == NULL || strncasecmp(line, name, n) != 0) continue;
    if (line[n] == ':') return true;
  }
  return false;
}
