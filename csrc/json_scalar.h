/* The JSON writer's scalars, and how it refuses a value. */
#ifndef MOONDOCK_JSON_SCALAR_H
#define MOONDOCK_JSON_SCALAR_H

#include "json_path.h"
#include "json_put.h"
#include "json_write.h"

typedef struct JsonWriter {
  lua_State *L;
  JsonOut out;
  const JsonOptions *options;
  const void *array, *object; /* the metatables that mark; NULL: not asked */
  int depth;
} JsonWriter;

/* All that put or write return 0, or -1 with a message on top. */

/* Put the value on top, of Lua's type `kind`, no table, as `type` wants it. */
int moondock_json_scalar(JsonWriter *w, int kind, unsigned type,
                         const JsonStep *step);

/* What messages call a value of `type`: "an array of strings". */
const char *moondock_json_expected(unsigned type);

/* Push the path of `step`; the whole has its name. [-0, +1, m] */
const char *moondock_json_where(JsonWriter *w, const JsonStep *step);

/* Put "path: " before the message on top and return -1. [-1, +1, m] */
int moondock_json_fail(JsonWriter *w, const JsonStep *step);

/* The same with this message. [-0, +1, m] */
int moondock_json_fail_as(JsonWriter *w, const JsonStep *step,
                          const char *message);

/* "expected an integer, got a string" for the value on top. [-0, +1, m] */
int moondock_json_fail_type(JsonWriter *w, unsigned type,
                            const JsonStep *step);

/* The buffer is full. [-0, +1, m] */
int moondock_json_fail_size(JsonWriter *w, const JsonStep *step);

/* A string is not UTF-8 at the byte `bad`, or, where that is 0, does not fit.
** [-0, +1, m] */
int moondock_json_fail_string(JsonWriter *w, size_t bad, const JsonStep *step);

/* Put a string with its quotes. */
static inline int moondock_json_string(JsonWriter *w, const char *s, size_t n,
                                       const JsonStep *step) {
  size_t bad = 0;
  if (moondock_json_put_string(&w->out, s, n, &bad) == 0) return 0;
  return moondock_json_fail_string(w, bad, step);
}

static inline int moondock_json_char(JsonWriter *w, char c,
                                     const JsonStep *step) {
  if (moondock_json_room(&w->out, 1) != 0)
    return moondock_json_fail_size(w, step);
  *w->out.at++ = c;
  return 0;
}

static inline int moondock_is_integral(double value) {
  const double limit = 9223372036854775808.0;
  if (value != value) return 0;
  if (value >= limit || value <= -limit) return value - value == 0;
  return (double)(int64_t)value == value;
}

#endif
