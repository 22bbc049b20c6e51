/* base64 in both alphabets, percent-encoding, and quotes for messages. */
#include "text.h"

#include <string.h>

static const char STANDARD[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "abcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                          "abcdefghijklmnopqrstuvwxyz0123456789-_";
static const char HEX[] = "0123456789ABCDEF";

/* Write the four characters of the first `n` (1 to 3) bytes of `s`. */
static void base64_group(char *out, const unsigned char *s, size_t n,
                         const char *alphabet) {
  unsigned bits = (unsigned)s[0] << 16;
  if (n > 1) bits |= (unsigned)s[1] << 8;
  if (n > 2) bits |= s[2];
  out[0] = alphabet[bits >> 18];
  out[1] = alphabet[bits >> 12 & 63];
  out[2] = n > 1 ? alphabet[bits >> 6 & 63] : '=';
  out[3] = n > 2 ? alphabet[bits & 63] : '=';
}

/* core.base64(bytes, alphabet?) */
static int text_base64(lua_State *L) {
  static const char *const names[] = {"standard", "url", NULL};
  size_t n;
  const char *bytes = luaL_checklstring(L, 1, &n);
  const char *alphabet =
      luaL_checkoption(L, 2, "standard", names) == 0 ? STANDARD : URL;
  const unsigned char *s = (const unsigned char *)bytes;
  size_t size = (n + 2) / 3 * 4;
  char *out = lua_newuserdatauv(L, size + 1, 0);
  char *p = out;
  for (; n > 3; n -= 3, s += 3, p += 4) base64_group(p, s, 3, alphabet);
  if (n > 0) base64_group(p, s, n, alphabet);
  lua_pushlstring(L, out, size);
  return 1;
}

/* The six bits of a character of either alphabet, or -1. */
static int base64_bits(unsigned char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return -1;
}

/* Decode up to `n` characters; `*used` tells how many were of an alphabet.
** Returns the number of bytes written to `out`. */
static size_t base64_run(char *out, const char *s, size_t n, size_t *used) {
  unsigned bits = 0;
  size_t written = 0, i = 0;
  for (int six; i < n && (six = base64_bits((unsigned char)s[i])) >= 0; i++) {
    bits = bits << 6 | (unsigned)six;
    if (i % 4 > 0) out[written++] = (char)(bits >> (6 - i % 4 * 2) & 255);
  }
  *used = i;
  return written;
}

/* True when the `n` bytes at `s` are the padding of `used` characters. */
static int is_padding(const char *s, size_t n, size_t used) {
  if (n == 0) return 1;
  return used % 4 >= 2 && n == 4 - used % 4 && memcmp(s, "==", n) == 0;
}

/* core.unbase64(text). What was found is not quoted: it may be a secret. */
static int text_unbase64(lua_State *L) {
  size_t n, used;
  const char *s = luaL_checklstring(L, 1, &n);
  char *out = lua_newuserdatauv(L, n / 4 * 3 + 3, 0);
  size_t size = base64_run(out, s, n, &used);
  if (used % 4 != 1 && is_padding(s + used, n - used, used)) {
    lua_pushlstring(L, out, size);
    return 1;
  }
  lua_pushnil(L);
  if (used == n)
    lua_pushliteral(L, "invalid base64: the text is cut short");
  else
    lua_pushfstring(L, "invalid base64 at byte %d", (int)used + 1);
  return 2;
}

static int is_unreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || (c != 0 && strchr("-._~", c) != NULL);
}

int moondock_percent(Buffer *out, const char *s, size_t n, int keep_slash) {
  for (size_t i = 0; i < n; i++) {
    unsigned char c = (unsigned char)s[i];
    char code[3] = {'%', HEX[c >> 4], HEX[c & 15]};
    int plain = is_unreserved(c) || (c == '/' && keep_slash);
    int failed = plain ? moondock_buffer_append(out, s + i, 1)
                       : moondock_buffer_append(out, code, 3);
    if (failed) return -1;
  }
  return 0;
}

/* core.percent(text, keep_slash?) */
static int text_percent(lua_State *L) {
  size_t n;
  const char *s = luaL_checklstring(L, 1, &n);
  int keep_slash = lua_toboolean(L, 2);
  Buffer *out = moondock_pushbuffer(L, 3 * n);
  if (moondock_percent(out, s, n, keep_slash) != 0)
    return luaL_error(L, "not enough memory");
  lua_pushlstring(L, moondock_buffer_bytes(out), out->size);
  moondock_buffer_free(out);
  return 1;
}

/* Write one byte of a quote; returns where the next goes. */
static char *quote_byte(char *p, unsigned char c) {
  const char *escaped = c ? strchr("\nn\rr\tt\"\"\\\\", c) : NULL;
  if (c >= ' ' && c < 127 && c != '"' && c != '\\') {
    *p++ = (char)c;
  } else if (escaped != NULL && (c < ' ' || c == '"' || c == '\\')) {
    *p++ = '\\';
    *p++ = escaped[1];
  } else {
    *p++ = '\\';
    *p++ = 'x';
    *p++ = HEX[c >> 4];
    *p++ = HEX[c & 15];
  }
  return p;
}

char *moondock_quote(char *out, const char *s, size_t n, size_t most) {
  size_t shown = n < most ? n : most;
  char *p = out;
  *p++ = '"';
  for (size_t i = 0; i < shown; i++) p = quote_byte(p, (unsigned char)s[i]);
  if (shown < n) {
    memcpy(p, "...", 3);
    p += 3;
  }
  *p++ = '"';
  *p = '\0';
  return out;
}

static const luaL_Reg FUNCTIONS[] = {
  {"base64", text_base64},
  {"unbase64", text_unbase64},
  {"percent", text_percent},
  {"time", moondock_time},
  {"now", moondock_now},
  {NULL, NULL},
};

void moondock_open_text(lua_State *L) {
  luaL_setfuncs(L, FUNCTIONS, 0);
}
