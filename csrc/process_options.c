/* The table of core.process, checked, and the program found in PATH. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process.h"

#define PATH_DEFAULT "/usr/local/bin:/usr/bin:/bin"

extern char **environ;

/* The string on top of the stack, which must be none that C would cut. */
static const char *checktext(lua_State *L, const char *what) {
  size_t n;
  const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &n)
                                                    : NULL;
  if (text == NULL || strlen(text) != n) {
    luaL_error(L, "%s must be a string without zeros", what);
  }
  return text;
}

/* Push a place for `n` pointers and a final NULL. [-0, +1, m] */
static char **push_vector(lua_State *L, size_t n) {
  char **vector = lua_newuserdatauv(L, (n + 1) * sizeof *vector, 0);
  vector[n] = NULL;
  return vector;
}

/* The strings of the array at `i`, which keeps them alive. [-0, +1, v] */
static char **push_arguments(lua_State *L, int i) {
  size_t n = lua_rawlen(L, i);
  if (n == 0) luaL_error(L, "argv must name a program");
  char **argv = push_vector(L, n);
  for (size_t k = 0; k < n; k++) {
    lua_rawgeti(L, i, (int)k + 1);
    argv[k] = (char *)checktext(L, "each of argv");
    lua_pop(L, 1);
  }
  return argv;
}

static size_t name_length(const char *entry) {
  return strcspn(entry, "=");
}

/* Put "NAME=value" where the name has its place already, or at the end. */
static size_t put_entry(char **envp, size_t n, char *entry) {
  size_t length = name_length(entry);
  for (size_t k = 0; k < n; k++) {
    if (name_length(envp[k]) == length && memcmp(envp[k], entry, length) == 0) {
      envp[k] = entry;
      return n;
    }
  }
  envp[n] = entry;
  return n + 1;
}

static size_t count_pairs(lua_State *L, int i) {
  size_t n = 0;
  for (lua_pushnil(L); lua_next(L, i) != 0; lua_pop(L, 1)) n++;
  return n;
}

/* The pair on top of the stack as "NAME=value", kept in the table at `kept`.
** [-1, +0, v] */
static char *take_pair(lua_State *L, int kept, int k) {
  checktext(L, "each value of env");
  lua_pushvalue(L, -2);
  const char *name = checktext(L, "each name of env");
  if (*name == '\0' || strchr(name, '=') != NULL) {
    luaL_error(L, "bad name in env");
  }
  char *entry = (char *)lua_pushfstring(L, "%s=%s", name, lua_tostring(L, -2));
  lua_rawseti(L, kept, k);
  lua_pop(L, 2);
  return entry;
}

/* The environment of the program with the pairs of the table at `i` (0:
** none). [-0, +2, v] */
static char **push_environment(lua_State *L, int i) {
  size_t most = i != 0 ? count_pairs(L, i) : 0;
  size_t n = 0;
  for (char **at = environ; at != NULL && *at != NULL; at++) most++;
  lua_newtable(L);
  int kept = lua_gettop(L);
  char **envp = push_vector(L, most);
  for (char **at = environ; at != NULL && *at != NULL; at++) envp[n++] = *at;
  if (i != 0) {
    int k = 0;
    for (lua_pushnil(L); lua_next(L, i) != 0;) {
      n = put_entry(envp, n, take_pair(L, kept, ++k));
    }
  }
  envp[n] = NULL;
  return envp;
}

static const char *search_path(char **envp) {
  for (; *envp != NULL; envp++) {
    if (strncmp(*envp, "PATH=", 5) == 0) return *envp + 5;
  }
  return PATH_DEFAULT;
}

/* 0, or the errno with which it cannot be executed. */
static int try_program(const char *path) {
  struct stat facts;
  if (stat(path, &facts) != 0) return errno;
  if (!S_ISREG(facts.st_mode)) return EACCES;
  return access(path, X_OK) == 0 ? 0 : errno;
}

/* Find `name` as a shell does, but in absolute folders only: what lies in the
** working directory is nobody's program. The path may be pushed. [-0, +?, m] */
static int find_program(lua_State *L, const char *name, Supervision *s) {
  int problem = ENOENT;
  if (strchr(name, '/') != NULL) {
    s->program = name;
    return try_program(name);
  }
  const char *at = search_path(s->envp);
  while (*name != '\0' && *at != '\0') {
    size_t n = strcspn(at, ":");
    lua_pushlstring(L, at, n);
    s->program = lua_pushfstring(L, "%s/%s", lua_tostring(L, -1), name);
    lua_remove(L, -2);
    int found = *at == '/' ? try_program(s->program) : ENOENT;
    if (found == 0) return 0;
    if (found == EACCES) problem = EACCES;
    lua_pop(L, 1);
    at += n + (at[n] == ':');
  }
  return problem;
}

/* The field `name`, which is a table or absent: its stack index, or 0. */
static int table_field(lua_State *L, int i, const char *name) {
  lua_getfield(L, i, name);
  if (lua_isnil(L, -1)) return 0;
  if (!lua_istable(L, -1)) luaL_error(L, "%s must be a table", name);
  return lua_gettop(L);
}

static void check_folder(lua_State *L, int i, Supervision *s) {
  lua_getfield(L, i, "folder");
  if (lua_isnil(L, -1)) return;
  s->folder = checktext(L, "folder");
  s->socket = lua_pushfstring(L, "%s/docker.sock", s->folder);
}

int moondock_process_options(lua_State *L, int i, Supervision *s) {
  luaL_checktype(L, i, LUA_TTABLE);
  luaL_checkstack(L, 16, NULL);
  int argv = table_field(L, i, "argv");
  if (argv == 0) luaL_error(L, "argv must be a table");
  s->argv = push_arguments(L, argv);
  s->envp = push_environment(L, table_field(L, i, "env"));
  check_folder(L, i, s);
  return find_program(L, s->argv[0], s);
}
