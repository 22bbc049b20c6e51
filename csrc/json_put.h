/* JSON text at the end of a buffer; knows numbers and strings, not Lua. */
#ifndef MOONDOCK_JSON_PUT_H
#define MOONDOCK_JSON_PUT_H

#include "buffer.h"

#include <stdint.h>
#include <string.h>

/* Starts as zeros and the buffer. What was put counts once committed. */
typedef struct JsonOut {
  Buffer *buffer;
  char *start, *at, *end; /* what the buffer has reserved for us */
} JsonOut;

/* All that put return 0, or -1 when the buffer is full. */

/* Reserve `n` bytes or more at out->at. */
int moondock_json_grow(JsonOut *out, size_t n);

/* Let the buffer know what was put. */
void moondock_json_commit(JsonOut *out);

/* Put a string with its quotes. When it is not UTF-8, -1 with the position of
** the first bad byte, counted from 1, in `bad`. */
int moondock_json_put_string(JsonOut *out, const char *s, size_t n,
                             size_t *bad);

/* Put an integer, or a finite number: without fraction and exponent when it
** is integral, else in the shortest form that reads back as the same. */
int moondock_json_put_integer(JsonOut *out, int64_t value);
int moondock_json_put_float(JsonOut *out, double value);

/* Make sure that `n` bytes fit at out->at. */
static inline int moondock_json_room(JsonOut *out, size_t n) {
  if ((size_t)(out->end - out->at) >= n) return 0;
  return moondock_json_grow(out, n);
}

static inline int moondock_json_put(JsonOut *out, const char *s, size_t n) {
  if (moondock_json_room(out, n) != 0) return -1;
  memcpy(out->at, s, n);
  out->at += n;
  return 0;
}

#endif
