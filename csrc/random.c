/* Bytes that nobody can guess, from the system. */
#include "random.h"

#include <unistd.h>

#ifdef __APPLE__
#include <sys/random.h>
#endif

#define RANDOM_MAX 256 /* what getentropy gives at once */

int moondock_random(void *bytes, size_t n) {
  return getentropy(bytes, n);
}

/* core.random(n) */
static int core_random(lua_State *L) {
  char bytes[RANDOM_MAX];
  lua_Integer n = luaL_checkinteger(L, 1);
  luaL_argcheck(L, n >= 0 && n <= RANDOM_MAX, 1, "out of range");
  if (moondock_random(bytes, (size_t)n) != 0)
    return luaL_error(L, "the system has no random bytes");
  lua_pushlstring(L, bytes, (size_t)n);
  return 1;
}

static const luaL_Reg FUNCTIONS[] = {
  {"random", core_random},
  {NULL, NULL},
};

void moondock_open_random(lua_State *L) {
  luaL_setfuncs(L, FUNCTIONS, 0);
}
