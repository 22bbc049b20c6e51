/* The parts of JSON that need their text changed first: strings with escapes,
** and floats. */
#include "json.h"

#include <float.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

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

static int append_utf8(Buffer *out, long code) {
  static const char lead[] = {0, 0, (char)0xC0, (char)0xE0, (char)0xF0};
  char s[4];
  size_t n = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = n - 1; i > 0; i--, code >>= 6)
    s[i] = (char)(0x80 | (code & 63));
  s[0] = (char)(lead[n] | code);
  return moondock_buffer_append(out, s, n);
}

/* Append what "\uXXXX" at `s` stands for, or the two of a pair. Half a pair
** becomes U+FFFD, as in Go. Returns the byte after it, or NULL. */
static const char *read_unit(Buffer *out, const char *s, const char *end) {
  long code = unit_at(s, end);
  if (code < 0) return NULL;
  s += 6;
  if (code >= 0xD800 && code < 0xE000) {
    long low = code < 0xDC00 ? unit_at(s, end) : -1;
    int pair = low >= 0xDC00 && low < 0xE000;
    if (pair) s += 6;
    code = pair ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : 0xFFFD;
  }
  return append_utf8(out, code) == 0 ? s : NULL;
}

/* Append what the escape at `s` stands for. Returns the byte after it, or
** NULL. */
static const char *read_escape(Buffer *out, const char *s, const char *end) {
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  char c = end - s > 1 ? s[1] : '\0';
  if (c == 'u') return read_unit(out, s, end);
  const char *found = c != '\0' ? strchr(from, c) : NULL;
  if (found == NULL) return NULL;
  return moondock_buffer_append(out, &to[found - from], 1) == 0 ? s + 2 : NULL;
}

static const char *refuse(JsonProblem *problem, const char *text,
                          const char *at) {
  problem->text = text;
  problem->at = at;
  return NULL;
}

const char *moondock_json_unescape(Buffer *out, const char *s, const char *end,
                                   JsonProblem *problem) {
  moondock_buffer_consume(out, out->size);
  for (;;) {
    const char *stop = moondock_json_plain(s, end);
    if (moondock_buffer_append(out, s, (size_t)(stop - s)) != 0)
      return refuse(problem, "a string too long", s);
    if (stop == end)
      return refuse(problem, "expected the end of a string", stop);
    if (*stop == '"') return stop + 1;
    if (*stop != '\\')
      return refuse(problem, "expected no control character in a string", stop);
    s = read_escape(out, stop, end);
    if (s == NULL) return refuse(problem, "an invalid escape", stop);
  }
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
