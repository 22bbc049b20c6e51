/* A module for specs: what a host program may do with processes. */
#include <lauxlib.h>
#include <lua.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* forker.fork(): 0 in the child, its pid in the parent. */
static int forker_fork(lua_State *L) {
  fflush(NULL); /* what was printed before is printed once */
  lua_pushinteger(L, fork());
  return 1;
}

/* forker.wait(pid, options?): waitpid of that process or of any (-1): its pid and
** status. */
static int forker_wait(lua_State *L) {
  int status = 0;
  int options = luaL_optinteger(L, 2, 0) != 0 ? WNOHANG : 0;
  lua_pushinteger(L, waitpid((pid_t)luaL_checkinteger(L, 1), &status, options));
  lua_pushinteger(L, status);
  return 2;
}

/* forker.exit(code): at once, without finalizers, which belong to the parent. */
static int forker_exit(lua_State *L) {
  _exit((int)luaL_checkinteger(L, 1));
}

static int forker_kill(lua_State *L) {
  pid_t pid = (pid_t)luaL_checkinteger(L, 1);
  lua_pushboolean(L, kill(pid, (int)luaL_checkinteger(L, 2)) == 0);
  return 1;
}

/* forker.ignore_children(on) */
static int forker_ignore_children(lua_State *L) {
  signal(SIGCHLD, lua_toboolean(L, 1) ? SIG_IGN : SIG_DFL);
  return 0;
}

static int forker_pid(lua_State *L) {
  lua_pushinteger(L, getpid());
  return 1;
}

static const struct {
  const char *name;
  lua_CFunction function;
} FUNCTIONS[] = {
  { "fork", forker_fork },
  { "wait", forker_wait },
  { "exit", forker_exit },
  { "kill", forker_kill },
  { "ignore_children", forker_ignore_children },
  { "pid", forker_pid },
};

int luaopen_forker(lua_State *L);

__attribute__((visibility("default"))) int luaopen_forker(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
    lua_pushcfunction(L, FUNCTIONS[i].function);
    lua_setfield(L, -2, FUNCTIONS[i].name);
  }
  return 1;
}
