/* core.sha256: the digest by which the docker CLI names a context's folder. */
#include "moondock.h"

#include <string.h>

#define BLOCK 64
#define DIGEST 32

static const uint32_t ROUNDS[BLOCK] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
  0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
  0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
  0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static const uint32_t INITIAL[8] = {
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static uint32_t rotate(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}

static uint32_t read_word(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
         p[3];
}

/* The sixteen words of a block, stretched to one for each round. */
static void stretch(uint32_t w[BLOCK], const unsigned char *block) {
  for (int i = 0; i < 16; i++) w[i] = read_word(block + 4 * i);
  for (int i = 16; i < BLOCK; i++) {
    uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
           (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
}

static void add_block(uint32_t state[8], const unsigned char *block) {
  uint32_t w[BLOCK], s[8];
  stretch(w, block);
  memcpy(s, state, sizeof s);
  for (int i = 0; i < BLOCK; i++) {
    uint32_t e = s[4], a = s[0];
    uint32_t t = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) +
                 ((e & s[5]) ^ (~e & s[6])) + ROUNDS[i] + w[i];
    uint32_t u = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) +
                 ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += t;
    s[0] = t + u;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

/* What is left after the whole blocks, a one bit, zeros and the length. */
static void add_rest(uint32_t state[8], const unsigned char *rest, size_t n,
                     uint64_t length) {
  unsigned char last[2 * BLOCK] = {0};
  size_t size = n + 9 > BLOCK ? 2 * BLOCK : BLOCK;
  if (n > 0) memcpy(last, rest, n);
  last[n] = 0x80;
  for (int i = 1; i <= 8; i++) {
    last[size - (size_t)i] = (unsigned char)(length * 8 >> 8 * (i - 1));
  }
  for (size_t at = 0; at < size; at += BLOCK) add_block(state, last + at);
}

/* core.sha256(bytes) */
static int sha256(lua_State *L) {
  static const char hex[] = "0123456789abcdef";
  size_t n;
  const char *bytes = luaL_checklstring(L, 1, &n);
  uint32_t state[8];
  char out[2 * DIGEST];
  size_t whole = n - n % BLOCK;
  memcpy(state, INITIAL, sizeof state);
  for (size_t at = 0; at < whole; at += BLOCK) {
    add_block(state, (const unsigned char *)bytes + at);
  }
  add_rest(state, (const unsigned char *)bytes + whole, n - whole, n);
  for (int i = 0; i < 2 * DIGEST; i++) {
    out[i] = hex[state[i / 8] >> (28 - i % 8 * 4) & 15];
  }
  lua_pushlstring(L, out, sizeof out);
  return 1;
}

void moondock_open_sha256(lua_State *L) {
  lua_pushcfunction(L, sha256);
  lua_setfield(L, -2, "sha256");
}
