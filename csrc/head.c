/* The head of an answer, bounded by MOONDOCK_HEAD_MAX. */
#include "head.h"

#include <ctype.h>
#include <string.h>

/* A field line, `Name: value`, cut into its parts. */
typedef struct Field {
  const char *name;
  size_t name_length;
  const char *value;
  size_t value_length;
} Field;

void moondock_head_init(Head *h) {
  memset(h, 0, sizeof *h);
  moondock_buffer_init(&h->lines, MOONDOCK_HEAD_MAX);
  moondock_buffer_init(&h->partial, MOONDOCK_HEAD_MAX);
}

void moondock_head_free(Head *h) {
  moondock_buffer_free(&h->lines);
  moondock_buffer_free(&h->partial);
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* "HTTP/1.1 404 Not Found": the 404, or -1. */
static int parse_status(const char *line, size_t n) {
  if (n < 5 || memcmp(line, "HTTP/", 5) != 0) return -1;
  const char *space = memchr(line, ' ', n);
  if (space == NULL || n - (size_t)(space - line) < 4) return -1;
  const char *d = space + 1;
  if (d[0] < '1' || !is_digit(d[0]) || !is_digit(d[1]) || !is_digit(d[2])) {
    return -1;
  }
  return (d[0] - '0') * 100 + (d[1] - '0') * 10 + (d[2] - '0');
}

static int begin_head(Head *h, const char *line, size_t n) {
  int status = parse_status(line, n);
  if (status < 0) return -1;
  h->status = status;
  return 0;
}

/* An empty line: the final head is complete, an interim one forgotten. */
static void end_head(Head *h) {
  h->done = h->status >= 200 || h->status == 101;
  if (h->done) return;
  moondock_buffer_consume(&h->lines, h->lines.size);
  h->status = 0;
}

int moondock_head_line(Head *h, const char *line, size_t n) {
  if (h->done) return 0;
  if (h->status == 0) return begin_head(h, line, n);
  if (n > 0 && line[0] != '\r' && line[0] != '\n') {
    return moondock_buffer_append(&h->lines, line, n);
  }
  end_head(h);
  return 0;
}

/* Take bytes up to the next line end. How many were used, or -1. */
static ptrdiff_t feed_line(Head *h, const char *bytes, size_t n) {
  const char *end = memchr(bytes, '\n', n);
  size_t used = end == NULL ? n : (size_t)(end - bytes) + 1;
  if (moondock_buffer_append(&h->partial, bytes, used) != 0) return -1;
  if (end == NULL) return (ptrdiff_t)used;
  const char *line = moondock_buffer_bytes(&h->partial);
  int status = moondock_head_line(h, line, h->partial.size);
  moondock_buffer_consume(&h->partial, h->partial.size);
  return status == 0 ? (ptrdiff_t)used : -1;
}

ptrdiff_t moondock_head_feed(Head *h, const char *bytes, size_t n) {
  size_t used = 0;
  while (used < n && !h->done) {
    ptrdiff_t more = feed_line(h, bytes + used, n - used);
    if (more < 0) return -1;
    used += (size_t)more;
  }
  return (ptrdiff_t)used;
}

/* type (20 to 23), version (3, 0 to 4), length, ... */
bool moondock_head_is_tls(const char *bytes, size_t n) {
  return n >= 3 && bytes[0] >= 0x14 && bytes[0] <= 0x17 && bytes[1] == 3 &&
         bytes[2] >= 0 && bytes[2] <= 4;
}

static void trim(const char **text, size_t *n) {
  while (*n > 0 && is_blank(**text)) (*text)++, (*n)--;
  while (*n > 0 && is_blank((*text)[*n - 1])) (*n)--;
}

/* Cut the line at `*at` and move `*at` behind it; false at the end. A line
** that continues the one before it has an empty name. */
static bool next_field(const char **at, const char *end, Field *f) {
  const char *line = *at;
  if (line == end) return false;
  const char *stop = memchr(line, '\n', (size_t)(end - line));
  *at = stop == NULL ? end : stop + 1;
  size_t n = (size_t)(*at - line);
  const char *colon = is_blank(*line) ? NULL : memchr(line, ':', n);
  f->name = line;
  f->name_length = colon == NULL ? 0 : (size_t)(colon - line);
  f->value = colon == NULL ? line : colon + 1;
  f->value_length = n - (size_t)(f->value - line);
  trim(&f->name, &f->name_length);
  trim(&f->value, &f->value_length);
  return true;
}

static bool is_named(const Field *f, const char *name) {
  if (strlen(name) != f->name_length) return false;
  for (size_t i = 0; i < f->name_length; i++) {
    if (tolower((unsigned char)f->name[i]) != name[i]) return false;
  }
  return true;
}

const char *moondock_head_find(const Head *h, const char *name, size_t *n) {
  const char *at = moondock_buffer_bytes(&h->lines);
  const char *end = at + h->lines.size;
  const char *found = NULL;
  Field f;
  while (next_field(&at, end, &f)) {
    if (!is_named(&f, name)) continue;
    found = f.value;
    *n = f.value_length;
  }
  return found;
}

static void push_lower(lua_State *L, const char *text, size_t n) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (size_t i = 0; i < n; i++) {
    luaL_addchar(&b, (char)tolower((unsigned char)text[i]));
  }
  luaL_pushresult(&b);
}

/* Add the value to what table[name] has; the name is on top. [-1, +0, m] */
static void add_value(lua_State *L, int table, const Field *f,
                      const char *separator) {
  lua_pushvalue(L, -1);
  lua_rawget(L, table);
  bool first = lua_isnil(L, -1);
  if (first) {
    lua_pop(L, 1);
  } else {
    lua_pushstring(L, separator);
  }
  lua_pushlstring(L, f->value, f->value_length);
  if (!first) lua_concat(L, 3);
  lua_rawset(L, table);
}

void moondock_head_push(lua_State *L, const Head *h) {
  const char *at = moondock_buffer_bytes(&h->lines);
  const char *end = at + h->lines.size;
  Field f;
  luaL_checkstack(L, 8, NULL);
  lua_newtable(L);
  int table = lua_gettop(L);
  lua_pushnil(L); /* the last name */
  while (next_field(&at, end, &f)) {
    bool continues = f.name_length == 0;
    if (continues && lua_isnil(L, -1)) continue;
    if (!continues) {
      push_lower(L, f.name, f.name_length);
      lua_replace(L, table + 1);
    }
    lua_pushvalue(L, table + 1);
    add_value(L, table, &f, continues ? " " : ", ");
  }
  lua_settop(L, table);
}
