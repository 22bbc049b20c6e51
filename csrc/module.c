/* luaopen_moondock_core: registration only. */
#include "moondock.h"

#include <stdio.h>

#define LENT_MAX (64 * 1024) /* memory that a buffer keeps between two calls */

typedef void (*Opener)(lua_State *L);

static const Opener OPENERS[] = {
  moondock_open_text,
  moondock_open_sha256,
  moondock_open_folder_names,
  moondock_open_json_read,
  moondock_open_frames,
  moondock_open_tar_verdict,
  moondock_open_random,
  moondock_open_sha1,
  moondock_open_websocket,
  moondock_open_json_write,
  moondock_open_request,
  moondock_open_advice,
  moondock_open_loop,
  moondock_open_transfer,
  moondock_open_upgrade,
  moondock_open_reader,
  moondock_open_process,
  moondock_open_terminal,
  NULL,
};

/* A private object on the heap of Lua that owns a buffer. */
static int buffer_release(lua_State *L) {
  moondock_buffer_free(luaL_checkudata(L, 1, MOONDOCK_BUFFER));
  return 0;
}

typedef struct Lent {
  Buffer buffer; /* at first, so that a pointer to it is one to the whole */
  int out;
} Lent;

Buffer *moondock_pushbuffer(lua_State *L, size_t max) {
  Lent *lent = lua_newuserdatauv(L, sizeof *lent, 0);
  moondock_buffer_init(&lent->buffer, max);
  lent->out = 1;
  luaL_setmetatable(L, MOONDOCK_BUFFER);
  return &lent->buffer;
}

Buffer *moondock_borrow(lua_State *L, int upvalue, size_t max) {
  Lent *lent = lua_touserdata(L, lua_upvalueindex(upvalue));
  if (lent == NULL || lent->out) return moondock_pushbuffer(L, max);
  lua_pushvalue(L, lua_upvalueindex(upvalue));
  lent->out = 1;
  return &lent->buffer;
}

void moondock_give_back(lua_State *L, int upvalue, int index) {
  Lent *lent = lua_touserdata(L, index);
  lent->out = 0;
  moondock_buffer_consume(&lent->buffer, lent->buffer.size);
  if (lent->buffer.room > LENT_MAX) moondock_buffer_free(&lent->buffer);
  if (lua_touserdata(L, lua_upvalueindex(upvalue)) == lent) return;
  lua_pushvalue(L, index);
  lua_replace(L, lua_upvalueindex(upvalue));
}

void moondock_pushinteger(lua_State *L, int64_t n) {
#if LUA_VERSION_NUM >= 503
  lua_pushinteger(L, n);
#else
  const int64_t exact = (int64_t)1 << 53;
  if (n >= -exact && n <= exact) {
    lua_pushnumber(L, (lua_Number)n);
  } else {
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)n);
    lua_pushstring(L, digits);
  }
#endif
}

/* The one symbol of the shared object; a host that links the core statically
** registers it in package.preload. */
__attribute__((visibility("default"))) int luaopen_moondock_core(lua_State *L);

int luaopen_moondock_core(lua_State *L) {
  luaL_newmetatable(L, MOONDOCK_BUFFER);
  lua_pushcfunction(L, buffer_release);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_newtable(L);
  for (const Opener *open = OPENERS; *open != NULL; open++) (*open)(L);
  return 1;
}
