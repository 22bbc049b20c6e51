/* A minimal form of text.h; the whole one replaces this file. */
#include "text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

int moondock_percent(Buffer *out, const char *s, size_t n, int keep_slash) {
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];
    char code[4];
    int plain = isalnum(c) || strchr("-._~", c) || (keep_slash && c == '/');
    snprintf(code, sizeof code, plain && c ? "%c" : "%%%02X", c);
    if (moondock_buffer_append(out, code, strlen(code)) != 0) return -1;
  }
  return 0;
}

int moondock_time_argument(lua_State *L, int index, Buffer *out) {
  char text[40];
  if (lua_type(L, index) != LUA_TNUMBER) {
    lua_pushliteral(L, "expected a time");
    return -1;
  }
  snprintf(text, sizeof text, "%.9f", (double)lua_tonumber(L, index));
  return moondock_buffer_append(out, text, strlen(text));
}
