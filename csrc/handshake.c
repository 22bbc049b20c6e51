/* The request of a hijacked connection, which is upgraded to "tcp" unless the
** headers given say to what:
**
**   POST /v1.41/exec/4f2a/start HTTP/1.1\r\n
**   Host: d\r\n
**   (the headers given)\r\n
**   Connection: Upgrade\r\n
**   Upgrade: tcp\r\n
**   Content-Length: 2\r\n
**   \r\n
**   {}
*/
#include "handshake.h"

#include <string.h>

/* The parts of `scheme://user@authority/path?query#fragment` that a request
** names. */
typedef struct Target {
  const char *authority;
  size_t authority_length;
  const char *path;
  size_t path_length;
} Target;

static void split_url(const char *url, Target *t) {
  const char *scheme_end = strstr(url, "://");
  t->authority = scheme_end == NULL ? url : scheme_end + 3;
  t->authority_length = strcspn(t->authority, "/?#");
  t->path = t->authority + t->authority_length;
  t->path_length = strcspn(t->path, "#");
  const char *at = memchr(t->authority, '@', t->authority_length);
  if (at == NULL) return;
  t->authority_length -= (size_t)(at + 1 - t->authority);
  t->authority = at + 1;
}

static int add(Buffer *b, const char *text) {
  return moondock_buffer_append(b, text, strlen(text));
}

static int add_target(Buffer *b, const Options *o, const Target *t) {
  bool rooted = t->path_length > 0 && t->path[0] == '/';
  if (add(b, o->method) != 0 || add(b, rooted ? " " : " /") != 0) return -1;
  if (moondock_buffer_append(b, t->path, t->path_length) != 0) return -1;
  return add(b, " HTTP/1.1\r\n");
}

static int add_host(Buffer *b, const Target *t) {
  if (add(b, "Host: ") != 0) return -1;
  if (moondock_buffer_append(b, t->authority, t->authority_length) != 0) {
    return -1;
  }
  return add(b, "\r\n");
}

static int add_headers(lua_State *L, Buffer *b, const Options *o) {
  for (int k = 1; k <= o->header_count; k++) {
    const char *line = moondock_options_header(L, o, k);
    if (line != NULL && (add(b, line) != 0 || add(b, "\r\n") != 0)) return -1;
  }
  return 0;
}

static int add_upgrade(lua_State *L, Buffer *b, const Options *o) {
  if (add(b, "Connection: Upgrade\r\n") != 0) return -1;
  if (moondock_options_has(L, o, "upgrade")) return 0;
  return add(b, "Upgrade: tcp\r\n");
}

static int add_length(Buffer *b, const Options *o) {
  char digits[24];
  size_t at = sizeof digits;
  size_t n = o->body_length;
  digits[--at] = '\0';
  do digits[--at] = (char)('0' + n % 10);
  while ((n /= 10) > 0);
  return add(b, "Content-Length: ") || add(b, digits + at) || add(b, "\r\n");
}

int moondock_handshake(lua_State *L, const Options *o, Buffer *b) {
  Target t;
  split_url(o->url, &t);
  if (add_target(b, o, &t) != 0) return -1;
  if (!moondock_options_has(L, o, "host") && add_host(b, &t) != 0) return -1;
  if (add_headers(L, b, o) != 0) return -1;
  if (add_upgrade(L, b, o) != 0) return -1;
  if (add_length(b, o) != 0 || add(b, "\r\n") != 0) return -1;
  return moondock_buffer_append(b, o->body, o->body_length);
}
