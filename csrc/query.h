/* The values of query parameters, each written by its type. */
#ifndef MOONDOCK_QUERY_H
#define MOONDOCK_QUERY_H

#include "json_write.h"

typedef struct Query {
  const Operation *operation;
  Buffer *target;  /* grows by ?name=value&... */
  Buffer *scratch; /* for values that are encoded twice */
  int version;
  int raw;
  int any; /* something was written */
} Query;

/* Append the parameter with the value at `index`. 0, or -1 with a message on
** the stack; the stack may be left higher. [-0, +?, m] */
int moondock_query_add(lua_State *L, Query *q, const Parameter *p, int index);

/* Append a name that no operation knows, by the type of its value. */
int moondock_query_add_raw(lua_State *L, Query *q, const char *name, int index);

/* True when the bytes hold what no address or header may: CR, LF, NUL. */
int moondock_breaks_line(const char *s, size_t n);

#endif
