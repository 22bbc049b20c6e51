/* The way from a whole to a value in it, for messages. */
#ifndef MOONDOCK_JSON_PATH_H
#define MOONDOCK_JSON_PATH_H

#include "moondock.h"

/* Lives on the C stack; the names are those of keys that Lua holds
** meanwhile. */
typedef struct JsonStep {
  const struct JsonStep *up; /* NULL: the whole */
  const char *name;          /* NULL in an array */
  size_t length;
  lua_Integer index;
} JsonStep;

/* Push the path of `step`: HostConfig.Binds[2]; that of the whole, which is
** NULL, is `whole`. [-0, +1, m] */
const char *moondock_json_path(lua_State *L, const JsonStep *step,
                               const char *whole);

#endif
