/* What differs between Lua 5.1, LuaJIT, 5.3 and 5.4, and nothing else. */
#ifndef MOONDOCK_COMPAT_H
#define MOONDOCK_COMPAT_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>

#if LUA_VERSION_NUM < 503 && LUA_VERSION_NUM != 501
#error "moondock runs on Lua 5.1, LuaJIT, 5.3 and 5.4"
#endif

#if LUA_VERSION_NUM == 501

#ifndef LUA_OK
#define LUA_OK 0
#endif

#define lua_rawlen lua_objlen

static inline int lua_absindex(lua_State *L, int i) {
  return i > 0 || i <= LUA_REGISTRYINDEX ? i : lua_gettop(L) + i + 1;
}

static inline void lua_rawgetp(lua_State *L, int i, const void *p) {
  i = lua_absindex(L, i);
  lua_pushlightuserdata(L, (void *)p);
  lua_rawget(L, i);
}

static inline void lua_rawsetp(lua_State *L, int i, const void *p) {
  i = lua_absindex(L, i);
  lua_pushlightuserdata(L, (void *)p);
  lua_insert(L, -2);
  lua_rawset(L, i);
}

/* LuaJIT has its own of these three; ours do the same and serve both. */
static inline void moondock_setfuncs(lua_State *L, const luaL_Reg *l, int nup) {
  for (; l->name != NULL; l++) {
    for (int i = 0; i < nup; i++) lua_pushvalue(L, -nup);
    lua_pushcclosure(L, l->func, nup);
    lua_setfield(L, -(nup + 2), l->name);
  }
  lua_pop(L, nup);
}
#define luaL_setfuncs moondock_setfuncs

static inline void moondock_setmetatable(lua_State *L, const char *name) {
  luaL_getmetatable(L, name);
  lua_setmetatable(L, -2);
}
#define luaL_setmetatable moondock_setmetatable

static inline void *moondock_testudata(lua_State *L, int i, const char *name) {
  void *p = lua_touserdata(L, i);
  if (p == NULL || !lua_getmetatable(L, i)) return NULL;
  luaL_getmetatable(L, name);
  int same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? p : NULL;
}
#define luaL_testudata moondock_testudata

#endif

#if LUA_VERSION_NUM < 504
#define lua_newuserdatauv(L, size, values) lua_newuserdata(L, size)
#endif

/* The FILE of an open file of Lua, NULL when it was closed; the userdata has
** LUA_FILEHANDLE for its metatable. */
static inline FILE *moondock_tofile(void *userdata) {
#if LUA_VERSION_NUM >= 502
  luaL_Stream *stream = userdata;
  return stream->closef != NULL ? stream->f : NULL;
#else
  return *(FILE **)userdata;
#endif
}

/* Push an integer; on 5.1 and LuaJIT one beyond 2^53 as a decimal string.
** [-0, +1, m] */
void moondock_pushinteger(lua_State *L, int64_t n);

#endif
