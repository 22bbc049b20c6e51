/* The parts of JSON that need their text changed first: strings with escapes,
** and floats. */
#include "json.h"

#include <float.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#define UTF8_MAX 4 /* bytes of one character */

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The number that "\uXXXX" at `s` stands for, or -1. */
static long unit_at(const char *s, const char *end) {
  long unit = 0;
  if (end - s < 6 || s[0] != '\\' || s[1] != 'u') return -1;
  for (int i = 2; i < 6; i++) {
    int digit = hex_digit(s[i]);
    if (digit < 0) return -1;
    unit = unit << 4 | digit;
  }
  return unit;
}

/* Put a character. Returns the byte after it. */
static char *put_utf8(char *at, long code) {
  static const char lead[] = {0, 0, (char)0xC0, (char)0xE0, (char)0xF0};
  size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = n - 1; i > 0; i--, code >>= 6)
    at[i] = (char)(0x80 | (code & 63));
  at[0] = (char)(lead[n] | code);
  return at + n;
}

/* Put at `*at` what "\uXXXX" at `s` stands for, or the two of a pair. Half a
** pair becomes U+FFFD, as in Go. Returns the byte after it, or NULL. */
static const char *read_unit(char **at, const char *s, const char *end) {
  long code = unit_at(s, end);
  if (code < 0) return NULL;
  s += 6;
  if (code >= 0xD800 && code < 0xE000) {
    long low = code < 0xDC00 ? unit_at(s, end) : -1;
    int pair = low >= 0xDC00 && low < 0xE000;
    if (pair) s += 6;
    code = pair ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
  }
  *at = put_utf8(*at, code);
  return s;
}

/* What the letter after a backslash stands for; zero: nothing. */
static const char MEANING[256] = {
  ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
  ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

/* Put at `*at` what the escape at `s` stands for. Returns the byte after it,
** or NULL. */
static const char *read_escape(char **at, const char *s, const char *end) {
  char c = end - s > 1 ? s[1] : '\0';
  if (c == 'u') return read_unit(at, s, end);
  *(*at)++ = MEANING[(unsigned char)c];
  return MEANING[(unsigned char)c] != '\0' ? s + 2 : NULL;
}

static const char *refuse(JsonProblem *problem, const char *text,
                          const char *at) {
  problem->text = text;
  problem->at = at;
  return NULL;
}

/* Append the bytes up to the escape at `stop`, and what that stands for.
** Returns the byte after it, or NULL and what is wrong. */
static const char *append_escaped(Buffer *out, const char *s, const char *stop,
                                  const char *end, JsonProblem *problem) {
  size_t n = (size_t)(stop - s);
  char *start = moondock_buffer_reserve(out, n + UTF8_MAX);
  if (start == NULL) return refuse(problem, "a string too long", s);
  memcpy(start, s, n);
  char *at = start + n;
  s = read_escape(&at, stop, end);
  if (s == NULL) return refuse(problem, "an invalid escape", stop);
  moondock_buffer_commit(out, (size_t)(at - start));
  return s;
}

const char *moondock_json_unescape(Buffer *out, const char *s, const char *end,
                                   JsonProblem *problem) {
  const char *stop;
  moondock_buffer_consume(out, out->size);
  while ((stop = moondock_json_plain(s, end)) < end && *stop == '\\') {
    s = append_escaped(out, s, stop, end, problem);
    if (s == NULL) return NULL;
  }
  if (stop == end) return refuse(problem, "expected the end of a string", stop);
  if (*stop != '"')
    return refuse(problem, "expected no control character in a string", stop);
  if (moondock_buffer_append(out, s, (size_t)(stop - s)) != 0)
    return refuse(problem, "a string too long", s);
  return stop + 1;
}

/* Copy a number for strtod, with the point that the locale wants. */
static int copy_number(Buffer *out, const char *s, const char *end) {
  const char *point = localeconv()->decimal_point;
  moondock_buffer_consume(out, out->size);
  for (; s < end; s++) {
    int failed = *s == '.' ? moondock_buffer_append(out, point, strlen(point))
                           : moondock_buffer_append(out, s, 1);
    if (failed) return -1;
  }
  return moondock_buffer_append(out, "", 1);
}

int moondock_json_double(Buffer *scratch, const char *s, const char *end,
                         double *n) {
  if (copy_number(scratch, s, end) != 0) return -1;
  *n = strtod(moondock_buffer_bytes(scratch), NULL);
  return *n <= DBL_MAX && *n >= -DBL_MAX ? 0 : -1;
}
