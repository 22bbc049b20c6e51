/* SHA-1, which a WebSocket server proves with that it has understood (FIPS
** 180-4, section 6.1). Nothing secret depends on it. */
#include "moondock.h"

#include <string.h>

#define BLOCK 64
#define DIGEST 20

typedef struct Sha1 {
  uint32_t h[5];
  unsigned char tail[2 * BLOCK]; /* the last bytes, padded */
} Sha1;

static uint32_t rotate(uint32_t x, int n) {
  return x << n | x >> (32 - n);
}

static uint32_t big_endian(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
         p[3];
}

/* The function and the constant of round `t`. */
static uint32_t mix(int t, uint32_t b, uint32_t c, uint32_t d) {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5A827999;
  if (t < 40) return (b ^ c ^ d) + 0x6ED9EBA1;
  if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC;
  return (b ^ c ^ d) + 0xCA62C1D6;
}

static void add_block(Sha1 *s, const unsigned char *p) {
  uint32_t w[80];
  uint32_t a = s->h[0], b = s->h[1], c = s->h[2], d = s->h[3], e = s->h[4];
  for (int t = 0; t < 16; t++) w[t] = big_endian(p + 4 * t);
  for (int t = 16; t < 80; t++)
    w[t] = rotate(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  for (int t = 0; t < 80; t++) {
    uint32_t next = rotate(a, 5) + mix(t, b, c, d) + e + w[t];
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next;
  }
  s->h[0] += a;
  s->h[1] += b;
  s->h[2] += c;
  s->h[3] += d;
  s->h[4] += e;
}

/* The last `n` bytes of `total`, a one bit, zeros, and the length in bits. */
static void add_tail(Sha1 *s, const unsigned char *p, size_t n, size_t total) {
  size_t size = n + 9 > BLOCK ? 2 * BLOCK : BLOCK;
  uint64_t bits = (uint64_t)total * 8;
  memset(s->tail, 0, sizeof s->tail);
  memcpy(s->tail, p, n);
  s->tail[n] = 0x80;
  for (int i = 0; i < 8; i++)
    s->tail[size - 1 - (size_t)i] = (unsigned char)(bits >> (8 * i));
  for (size_t at = 0; at < size; at += BLOCK) add_block(s, s->tail + at);
}

/* core.sha1(bytes): the twenty bytes of the digest */
static int core_sha1(lua_State *L) {
  size_t n;
  const unsigned char *p = (const void *)luaL_checklstring(L, 1, &n);
  Sha1 s = {{0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, {0}};
  unsigned char digest[DIGEST];
  size_t whole = n - n % BLOCK;
  for (size_t at = 0; at < whole; at += BLOCK) add_block(&s, p + at);
  add_tail(&s, p + whole, n - whole, n);
  for (int i = 0; i < DIGEST; i++)
    digest[i] = (unsigned char)(s.h[i / 4] >> (24 - 8 * (i % 4)));
  lua_pushlstring(L, (const char *)digest, DIGEST);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
  {"sha1", core_sha1},
  {NULL, NULL},
};

void moondock_open_sha1(lua_State *L) {
  luaL_setfuncs(L, FUNCTIONS, 0);
}
