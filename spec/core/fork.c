/* A module for specs: fork, and what a forked process needs to end. */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* fork() -> 0 in the child, its pid in the parent. */
static int fork_begin(lua_State *L) {
  fflush(NULL); /* what was printed before is printed once */
  lua_pushinteger(L, (lua_Integer)fork());
  return 1;
}

/* exit(code): at once, without finalizers, which belong to the parent. */
static int fork_exit(lua_State *L) {
  _exit((int)luaL_checkinteger(L, 1));
}

/* wait(pid) -> its exit code, or nil when it was killed. */
static int fork_wait(lua_State *L) {
  int status;
  pid_t pid = (pid_t)luaL_checkinteger(L, 1);
  if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return 0;
  lua_pushinteger(L, WEXITSTATUS(status));
  return 1;
}

int luaopen_fork(lua_State *L);

__attribute__((visibility("default"))) int luaopen_fork(lua_State *L) {
  lua_newtable(L);
  lua_pushcfunction(L, fork_begin);
  lua_setfield(L, -2, "fork");
  lua_pushcfunction(L, fork_exit);
  lua_setfield(L, -2, "exit");
  lua_pushcfunction(L, fork_wait);
  lua_setfield(L, -2, "wait");
  return 1;
}
