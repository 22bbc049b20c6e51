/* The paths of json_path.h. */
#include "json_path.h"

#include <ctype.h>
#include <stdio.h>

#define STEPS_SHOWN 12

static int is_plain_name(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isalnum((unsigned char)s[i]) && s[i] != '_') return 0;
  return n > 0;
}

/* Append the path, at most `most` steps of it. Returns how many were left. */
static int add_step(luaL_Buffer *b, const JsonStep *step, int most) {
  if (step == NULL) return most;
  most = add_step(b, step->up, most) - 1;
  if (most == -1) luaL_addstring(b, "...");
  if (most < 0) return most;
  char index[32];
  if (step->name == NULL) {
    snprintf(index, sizeof index, "[%lld]", (long long)step->index);
    luaL_addstring(b, index);
  } else if (is_plain_name(step->name, step->length)) {
    if (step->up != NULL) luaL_addchar(b, '.');
    luaL_addlstring(b, step->name, step->length);
  } else {
    luaL_addstring(b, "[\"");
    luaL_addlstring(b, step->name, step->length);
    luaL_addstring(b, "\"]");
  }
  return most;
}

const char *moondock_json_path(lua_State *L, const JsonStep *step,
                               const char *whole) {
  luaL_checkstack(L, LUA_MINSTACK, "no room for a message");
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  if (step == NULL) luaL_addstring(&b, whole);
  else add_step(&b, step, STEPS_SHOWN);
  luaL_pushresult(&b);
  return lua_tostring(L, -1);
}
