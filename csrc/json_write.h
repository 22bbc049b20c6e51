/* The writer of JSON: with the operation table as its guide, or without. */
#ifndef MOONDOCK_JSON_WRITE_H
#define MOONDOCK_JSON_WRITE_H

#include "moondock.h"
#include "schema.h"

typedef struct JsonOptions {
  const Operation *operation; /* at the top, its parameters are left out */
  const char *name;           /* what messages call the whole, or NULL */
  unsigned type;              /* what the whole must be */
  int version;                /* minor number; 0 refuses no version */
  int raw;                    /* the type only decides between [] and {} */
} JsonOptions;

/* Append the value at `index` as JSON text. 0, or -1 with a message on the
** stack. [-0, +(0|1), m] */
int moondock_json_write(lua_State *L, int index, const JsonOptions *options,
                        Buffer *out);

/* True when the value at `index` is JSON null. [-0, +0, -] */
static inline int moondock_is_null(lua_State *L, int index) {
  return lua_islightuserdata(L, index) && lua_touserdata(L, index) == NULL;
}

#endif
