/* Reading JSON: the parser of whole values and the scanner that finds where a
** value ends, however it was cut. */
#ifndef MOONDOCK_JSON_H
#define MOONDOCK_JSON_H

#include "moondock.h"

/* What is wrong, and the byte where it was seen. */
typedef struct JsonProblem {
  const char *text;
  const char *at;
} JsonProblem;

/* Push the upvalues that a function needs to call moondock_json_parse: they
** must be its first. [-0, +MOONDOCK_JSON_UPVALUES, m] */
#define MOONDOCK_JSON_UPVALUES 5
void moondock_json_pushupvalues(lua_State *L);

/* Push the value that begins at `s`, after white space. Returns the byte after
** it, or NULL and what is wrong. [-0, +(0|1), m] */
const char *moondock_json_parse(lua_State *L, const char *s, const char *end,
                                JsonProblem *problem);

/* The first byte from `s` that does not stand for itself in a string: a quote,
** a backslash or a control character; `end` when there is none. */
const char *moondock_json_plain(const char *s, const char *end);

/* Skip the white space of JSON. */
const char *moondock_json_space(const char *s, const char *end);

/* Read a string from `s`, after its quote, into `out`, which is emptied first.
** Returns the byte after its end, or NULL and what is wrong. */
const char *moondock_json_unescape(Buffer *out, const char *s, const char *end,
                                   JsonProblem *problem);

/* The float that stands between `s` and `end`, exactly. 0, or -1 when it is too
** large; `scratch` is overwritten. */
int moondock_json_double(Buffer *scratch, const char *s, const char *end,
                         double *n);

/* A scan starts zeroed and looks at each byte once. */
typedef enum JsonState {
  JSON_BEFORE, /* no byte of the value seen */
  JSON_INSIDE, /* in `depth` arrays and objects */
  JSON_STRING,
  JSON_ESCAPE, /* after a backslash in a string */
  JSON_NUMBER,
  JSON_WORD, /* true, false or null */
  JSON_DONE,
  JSON_BAD
} JsonState;

typedef struct JsonScan {
  JsonState state;
  int depth;
  size_t passed;    /* bytes of the value seen, or where the problem is */
  const char *word; /* the literal that the value must be */
  const char *problem;
} JsonScan;

/* Go on with the value of which `n` bytes have arrived at `s`. A number is done
** when another byte follows; the caller knows when none will. */
void moondock_json_scan(JsonScan *scan, const char *s, size_t n);

#endif
