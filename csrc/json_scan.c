/* Finds where a JSON value ends that arrives in pieces. It refuses what can
** be no JSON at once and leaves the rest to the parser. */
#include "json.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define ONES 0x0101010101010101u
#define HIGH 0x8080808080808080u

/* A high bit for each byte of `x` below `n`; exact up to the first of them. */
static uint64_t bytes_below(uint64_t x, uint64_t n) {
  return (x - ONES * n) & ~x & HIGH;
}

static int is_plain(char c) {
  return c != '"' && c != '\\' && (unsigned char)c >= ' ';
}

#ifdef __SSE2__
/* A bit for each of the 16 bytes at `s` that does not stand for itself. */
static unsigned special_bits(const char *s) {
  const __m128i x = _mm_loadu_si128((const __m128i *)(const void *)s);
  const __m128i quotes = _mm_cmpeq_epi8(x, _mm_set1_epi8('"'));
  const __m128i slashes = _mm_cmpeq_epi8(x, _mm_set1_epi8('\\'));
  const __m128i low = _mm_min_epu8(x, _mm_set1_epi8(' ' - 1));
  const __m128i controls = _mm_cmpeq_epi8(low, x);
  const __m128i all = _mm_or_si128(_mm_or_si128(quotes, slashes), controls);
  return (unsigned)_mm_movemask_epi8(all);
}
#endif

const char *moondock_json_plain(const char *s, const char *end) {
#ifdef __SSE2__
  for (unsigned bits; end - s >= 16; s += 16) {
    bits = special_bits(s);
    if (bits != 0) return s + __builtin_ctz(bits);
  }
#endif
  for (uint64_t x; end - s >= 8; s += 8) {
    memcpy(&x, s, 8);
    uint64_t found = bytes_below(x, ' ') | bytes_below(x ^ ONES * '"', 1) |
                     bytes_below(x ^ ONES * '\\', 1);
    if (found == 0) continue;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return s + __builtin_ctzll(found) / 8;
#else
    break;
#endif
  }
  while (s < end && is_plain(*s)) s++;
  return s;
}

const char *moondock_json_space(const char *s, const char *end) {
  while (s < end && (*s == ' ' || *s == '\n' || *s == '\r' || *s == '\t')) s++;
  return s;
}

static void scan_bad(JsonScan *scan, const char *problem) {
  scan->state = JSON_BAD;
  scan->problem = problem;
}

static void scan_open(JsonScan *scan) {
  if (++scan->depth > MOONDOCK_JSON_DEPTH)
    scan_bad(scan, "nested too deeply");
  else
    scan->state = JSON_INSIDE;
}

static void scan_word(JsonScan *scan, const char *word) {
  scan->state = JSON_WORD;
  scan->word = word;
}

/* The first byte decides what the value must be. */
static void scan_first(JsonScan *scan, char c) {
  if (c == '{' || c == '[')
    scan_open(scan);
  else if (c == '"')
    scan->state = JSON_STRING;
  else if (c == '-' || (c >= '0' && c <= '9'))
    scan->state = JSON_NUMBER;
  else if (c == 't')
    scan_word(scan, "true");
  else if (c == 'f')
    scan_word(scan, "false");
  else if (c == 'n')
    scan_word(scan, "null");
  else
    scan_bad(scan, "expected a value");
  if (scan->state != JSON_BAD) scan->passed = 1;
}

static int is_one_of(const char *set, char c) {
  return c != '\0' && strchr(set, c) != NULL;
}

/* What may stand between strings and brackets: white space, separators, and
** the bytes of numbers and literals. */
static const char FILLING[256] = {
  [' '] = 1, ['\t'] = 1, ['\r'] = 1, ['\n'] = 1, [','] = 1, [':'] = 1,
  ['0'] = 1, ['1'] = 1,  ['2'] = 1,  ['3'] = 1,  ['4'] = 1, ['5'] = 1,
  ['6'] = 1, ['7'] = 1,  ['8'] = 1,  ['9'] = 1,  ['-'] = 1, ['+'] = 1,
  ['.'] = 1, ['e'] = 1,  ['E'] = 1,  ['t'] = 1,  ['r'] = 1, ['u'] = 1,
  ['f'] = 1, ['a'] = 1,  ['l'] = 1,  ['s'] = 1,  ['n'] = 1,
};

/* Pass what fills arrays and objects up to a string or bracket. */
static void scan_inside(JsonScan *scan, const char *s, size_t n) {
  size_t i = scan->passed;
  while (i < n && FILLING[(unsigned char)s[i]]) i++;
  scan->passed = i;
  if (i == n) return;
  if (s[i] == '"')
    scan->state = JSON_STRING;
  else if (s[i] == '{' || s[i] == '[')
    scan_open(scan);
  else if (s[i] != '}' && s[i] != ']')
    scan_bad(scan, "expected a value, a comma or a bracket");
  else if (--scan->depth == 0)
    scan->state = JSON_DONE;
  if (scan->state != JSON_BAD) scan->passed++;
}

/* Pass the bytes of a string up to its end, an escape or the last byte. */
static void scan_string(JsonScan *scan, const char *s, size_t n) {
  const char *stop = moondock_json_plain(s + scan->passed, s + n);
  scan->passed = (size_t)(stop - s);
  if (scan->passed == n) return;
  if (*stop == '"')
    scan->state = scan->depth > 0 ? JSON_INSIDE : JSON_DONE;
  else if (*stop == '\\')
    scan->state = JSON_ESCAPE;
  else
    scan_bad(scan, "expected no control character in a string");
  if (scan->state != JSON_BAD) scan->passed++;
}

/* Pass a byte of an escape, a number or a literal. */
static void scan_byte(JsonScan *scan, char c) {
  switch (scan->state) {
  case JSON_ESCAPE:
    scan->state = JSON_STRING;
    break;
  case JSON_NUMBER:
    if (is_one_of("0123456789+-.eE", c)) break;
    scan->state = JSON_DONE;
    return;
  default:
    if (c != scan->word[scan->passed]) {
      scan_bad(scan, "expected a value");
      scan->passed = 0;
    } else if (scan->word[scan->passed + 1] == '\0') {
      scan->state = JSON_DONE;
    }
  }
  if (scan->state != JSON_BAD) scan->passed++;
}

void moondock_json_scan(JsonScan *scan, const char *s, size_t n) {
  if (scan->state == JSON_BEFORE && n > 0) scan_first(scan, s[0]);
  while (scan->passed < n && scan->state < JSON_DONE) {
    if (scan->state == JSON_INSIDE)
      scan_inside(scan, s, n);
    else if (scan->state == JSON_STRING)
      scan_string(scan, s, n);
    else
      scan_byte(scan, s[scan->passed]);
  }
}
