/* core.folder_names: the names in a folder. */
#include "moondock.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

/* Owns the stream until it is closed, so that no error can leak it. */
#define FOLDER "moondock.folder_names"

static int folder_release(lua_State *L) {
  DIR **folder = luaL_checkudata(L, 1, FOLDER);
  if (*folder != NULL) closedir(*folder);
  *folder = NULL;
  return 0;
}

static int is_self_or_parent(const char *name) {
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Push nil, a message and the errno. [-0, +3, m] */
static int fail(lua_State *L, const char *path, int error) {
  lua_pushnil(L);
  lua_pushfstring(L, "%s: %s", path, strerror(error));
  lua_pushinteger(L, error);
  return 3;
}

/* core.folder_names(path): the names in no order, or nil, a message and the
** errno. */
static int folder_names(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  DIR **folder = lua_newuserdatauv(L, sizeof *folder, 0);
  *folder = NULL;
  luaL_setmetatable(L, FOLDER);
  *folder = opendir(path);
  if (*folder == NULL) return fail(L, path, errno);
  lua_newtable(L);
  struct dirent *entry;
  int n = 0;
  while (errno = 0, (entry = readdir(*folder)) != NULL) {
    if (is_self_or_parent(entry->d_name)) continue;
    lua_pushstring(L, entry->d_name);
    lua_rawseti(L, -2, ++n);
  }
  int error = errno;
  closedir(*folder);
  *folder = NULL;
  return error == 0 ? 1 : fail(L, path, error);
}

void moondock_open_folder_names(lua_State *L) {
  luaL_newmetatable(L, FOLDER);
  lua_pushcfunction(L, folder_release);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_pushcfunction(L, folder_names);
  lua_setfield(L, -2, "folder_names");
}
