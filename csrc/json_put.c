/* Strings and numbers of json_put.h. */
#include "json_put.h"

#include <stdio.h>
#include <stdlib.h>

#define CHUNK 512      /* bytes asked of the buffer at a time, at least */
#define ESCAPE_MAX 6   /* bytes that stand for one */
#define DIGITS_MAX 328 /* the longest finite double as plain digits */

void moondock_json_commit(JsonOut *out) {
  moondock_buffer_commit(out->buffer, (size_t)(out->at - out->start));
  out->start = out->at;
}

int moondock_json_grow(JsonOut *out, size_t n) {
  moondock_json_commit(out);
  size_t wish = n + out->buffer->size + CHUNK;
  char *place = moondock_buffer_reserve(out->buffer, wish);
  if (place == NULL) place = moondock_buffer_reserve(out->buffer, wish = n);
  if (place == NULL) return -1;
  out->start = out->at = place;
  out->end = place + wish;
  return 0;
}

/* Strings --------------------------------------------------------------- */

/* 0: stands for itself. 1: \u00XX. 2: starts a longer character. Any other:
** the letter after the backslash. */
static const unsigned char CLASS[256] = {
  1, 1, 1, 1, 1, 1, 1, 1, 'b', 't', 'n', 1, 'f', 'r', 1, 1,
  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
  ['"'] = '"', ['\\'] = '\\',
  [128] = 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
};

/* True when one of these eight bytes does not stand for itself: a control
** character, a quote, a backslash, or one beyond ASCII. The subtractions borrow
** from the next byte only below one that is found anyway. */
static int has_special(uint64_t bytes) {
  const uint64_t each = 0x0101010101010101u, high = 0x80 * each;
  uint64_t control = bytes - 0x20 * each;
  uint64_t quote = (bytes ^ '"' * each) - each;
  uint64_t backslash = (bytes ^ '\\' * each) - each;
  return ((control | quote | backslash | bytes) & high) != 0;
}

/* Copy eight bytes when all stand for themselves. */
static int copy_eight(char *at, const char *s) {
  uint64_t eight;
  memcpy(&eight, s, sizeof eight);
  if (has_special(eight)) return 0;
  memcpy(at, &eight, sizeof eight);
  return 1;
}

/* The same of four to eight bytes, the first and the last four. */
static int copy_fours(char *at, const char *s, size_t n) {
  uint32_t first, last;
  memcpy(&first, s, sizeof first);
  memcpy(&last, s + n - sizeof last, sizeof last);
  if (has_special((uint64_t)last << 32 | first)) return 0;
  memcpy(at, &first, sizeof first);
  memcpy(at + n - sizeof last, &last, sizeof last);
  return 1;
}

/* Copy the bytes that stand for themselves, up to the first that does not.
** Returns how many. */
static size_t copy_plain(char *at, const char *s, size_t n) {
  size_t i = 0;
  while (n - i >= 8 && copy_eight(at + i, s + i)) i += 8;
  if (n - i < 8) { /* the last ones, with some that were copied already */
    if (n >= 8 && copy_eight(at + n - 8, s + n - 8)) return n;
    if (n < 8 && n >= 4 && copy_fours(at, s, n)) return n;
  }
  for (; i < n && CLASS[(unsigned char)s[i]] == 0; i++) at[i] = s[i];
  return i;
}

static int is_tail(const unsigned char *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if ((s[i] & 0xC0) != 0x80) return 0;
  return 1;
}

/* The length of the UTF-8 character at `s`, or 0 when it is not one: too
** long a form, a surrogate, beyond U+10FFFF, or cut. */
static size_t utf8_length(const unsigned char *s, size_t n) {
  if (s[0] < 0xC2 || s[0] > 0xF4) return 0;
  size_t length = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
  if (n < length || !is_tail(s + 1, length - 1)) return 0;
  if (s[0] == 0xE0 && s[1] < 0xA0) return 0;
  if (s[0] == 0xED && s[1] > 0x9F) return 0;
  if (s[0] == 0xF0 && s[1] < 0x90) return 0;
  if (s[0] == 0xF4 && s[1] > 0x8F) return 0;
  return length;
}

static char *escape(char *at, unsigned char c, unsigned char class) {
  static const char HEX[] = "0123456789abcdef";
  *at++ = '\\';
  if (class != 1) {
    *at++ = (char)class;
    return at;
  }
  memcpy(at, "u00", 3);
  at[3] = HEX[c >> 4];
  at[4] = HEX[c & 15];
  return at + 5;
}

/* Put the byte or character at `s`, which does not stand for itself; there is
** room. Returns its length, or 0 when it is not UTF-8. */
static size_t put_special(JsonOut *out, const unsigned char *s, size_t n) {
  if (CLASS[*s] != 2) {
    out->at = escape(out->at, *s, CLASS[*s]);
    return 1;
  }
  size_t length = utf8_length(s, n);
  memcpy(out->at, s, length);
  out->at += length;
  return length;
}

/* The rest of a string from the special byte at `i` on, and its quote. Rare, so
** kept out of the way of the others. */
__attribute__((noinline)) static int put_rest(JsonOut *out, const char *bytes,
                                              size_t n, size_t i, size_t *bad) {
  const unsigned char *s = (const unsigned char *)bytes;
  while (i < n) {
    if (moondock_json_room(out, n - i + ESCAPE_MAX) != 0) return -1;
    size_t length = put_special(out, s + i, n - i);
    if (length == 0) {
      *bad = i + 1;
      return -1;
    }
    i += length;
    size_t plain = copy_plain(out->at, bytes + i, n - i);
    out->at += plain;
    i += plain;
  }
  return moondock_json_put(out, "\"", 1);
}

int moondock_json_put_string(JsonOut *out, const char *s, size_t n,
                             size_t *bad) {
  if (moondock_json_room(out, n + 2) != 0) return -1;
  *out->at++ = '"';
  size_t plain = copy_plain(out->at, s, n);
  out->at += plain;
  if (plain < n) return put_rest(out, s, n, plain, bad);
  *out->at++ = '"';
  return 0;
}

/* Numbers --------------------------------------------------------------- */

int moondock_json_put_integer(JsonOut *out, int64_t value) {
  char digits[24];
  char *at = digits + sizeof digits;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do *--at = (char)('0' + rest % 10);
  while ((rest /= 10) != 0);
  if (value < 0) *--at = '-';
  return moondock_json_put(out, at, (size_t)(digits + sizeof digits - at));
}

/* A fraction: the shortest form that reads back as the same number. The
** decimal point is a point in every locale. */
static int put_fraction(JsonOut *out, double value) {
  char digits[40];
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(digits, sizeof digits, "%.*g", precision, value);
    if (strtod(digits, NULL) == value) break;
  }
  size_t n = strlen(digits);
  for (size_t i = 0; i < n; i++)
    if (strchr("0123456789+-e", digits[i]) == NULL) digits[i] = '.';
  return moondock_json_put(out, digits, n);
}

int moondock_json_put_float(JsonOut *out, double value) {
  const double limit = 9223372036854775808.0; /* 2^63 */
  if (value >= -limit && value < limit) {
    int64_t integer = (int64_t)value;
    if ((double)integer == value)
      return moondock_json_put_integer(out, integer);
    return put_fraction(out, value);
  }
  char digits[DIGITS_MAX]; /* so large a number has no fraction */
  int n = snprintf(digits, sizeof digits, "%.0f", value);
  return moondock_json_put(out, digits, (size_t)n);
}
