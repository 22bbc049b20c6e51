/* core.terminal: raw mode and size of a terminal, and its settings back.
**
** A terminal that stays raw is of no use to anybody, and a process may end in
** ways that it does not see. So a child process stands guard while the
** terminal is raw: it waits at a socket for our end, whatever the reason. No
** signal handler of the host is touched for that. */
#define _GNU_SOURCE /* cfmakeraw, SYS_close_range */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "exchange.h"

#define DESCRIPTORS_MAX 4096 /* closed one by one where there is no better way */

typedef struct Terminal {
  int fd;              /* our own copy; -1: closed */
  bool raw;
  pid_t owner;         /* the process that made it raw */
  pid_t guard;
  int post;            /* our end of the socket; the guard has the other */
  struct termios saved;
} Terminal;

static Terminal *checkterminal(lua_State *L) {
  return luaL_checkudata(L, 1, MOONDOCK_TERMINAL);
}

static int fail_with(lua_State *L, int error) {
  return moondock_exchange_refuse(L, strerror(error));
}

/* --- the guard: only what is safe after a fork */

/* Keep 0, 1 and 2 and nothing else: sockets of the host must not live on. */
static void close_others(void) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0) return;
#endif
  for (int fd = 3; fd < DESCRIPTORS_MAX; fd++) close(fd);
}

/* Wait for a word, or for the end of the process at the other end of the
** socket, and give the terminal its settings back unless there was a word. */
static void stand_guard(int terminal, int post, const struct termios *saved) {
  char word;
  ssize_t n;
  setsid();
  dup2(post, 0); /* neither is one of those that are replaced: both are new */
  dup2(terminal, 1);
  dup2(terminal, 2);
  close_others();
  do n = read(0, &word, 1);
  while (n < 0 && errno == EINTR);
  if (n <= 0) tcsetattr(1, TCSANOW, saved);
  _exit(0);
}

/* Fork a guard that no signal reaches. 0, or an errno. */
static int fork_guard(Terminal *t, int post) {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  t->guard = fork();
  if (t->guard == 0) stand_guard(t->fd, post, &t->saved);
  int error = t->guard < 0 ? errno : 0;
  sigprocmask(SIG_SETMASK, &before, NULL);
  return error;
}

/* A copy of `fd` that is none of 0, 1 and 2; `fd` is closed. */
static int moved(int fd) {
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  close(fd);
  return copy;
}

/* 0, or an errno. */
static int post_guard(Terminal *t) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return errno;
  int theirs = moved(ends[0]);
  t->post = moved(ends[1]);
  int error = theirs < 0 || t->post < 0 ? EMFILE : fork_guard(t, theirs);
  if (theirs >= 0) close(theirs);
  if (error == 0) return 0;
  if (t->post >= 0) close(t->post);
  t->post = -1;
  return error;
}

/* The guard goes before the terminal is anybody else's. */
static void dismiss_guard(Terminal *t) {
  pid_t gone;
  send(t->post, "x", 1, MSG_NOSIGNAL);
  close(t->post);
  t->post = -1;
  do gone = waitpid(t->guard, NULL, 0);
  while (gone < 0 && errno == EINTR);
}

/* --- the terminal */

/* 0, or an errno. A process that was forked meanwhile has no part in it. */
static int terminal_restore(Terminal *t) {
  if (!t->raw) return 0;
  t->raw = false;
  if (t->owner != getpid()) {
    close(t->post);
    t->post = -1;
    return 0;
  }
  int error = tcsetattr(t->fd, TCSANOW, &t->saved) == 0 ? 0 : errno;
  dismiss_guard(t);
  return error;
}

/* Give the settings back and release everything. Safe to call twice. */
static void terminal_release(Terminal *t) {
  terminal_restore(t);
  if (t->fd >= 0) close(t->fd);
  t->fd = -1;
}

/* core.terminal(fd) */
static int core_terminal(lua_State *L) {
  int fd = (int)luaL_checkinteger(L, 1);
  Terminal *t = lua_newuserdatauv(L, sizeof *t, 0);
  memset(t, 0, sizeof *t);
  t->fd = t->post = -1;
  luaL_setmetatable(L, MOONDOCK_TERMINAL);
  if (tcgetattr(fd, &t->saved) != 0) return fail_with(L, errno);
  t->fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  return t->fd < 0 ? fail_with(L, errno) : 1;
}

/* terminal:raw(): keys come as they are typed, and none means a signal. */
static int terminal_raw(lua_State *L) {
  Terminal *t = checkterminal(L);
  if (!t->raw) {
    struct termios raw;
    if (tcgetattr(t->fd, &t->saved) != 0) return fail_with(L, errno);
    int error = post_guard(t);
    if (error != 0) return fail_with(L, error);
    t->raw = true;
    t->owner = getpid();
    raw = t->saved;
    cfmakeraw(&raw);
    if (tcsetattr(t->fd, TCSANOW, &raw) != 0) {
      error = errno;
      terminal_restore(t);
      return fail_with(L, error);
    }
  }
  lua_pushboolean(L, 1);
  return 1;
}

static int terminal_restore_method(lua_State *L) {
  int error = terminal_restore(checkterminal(L));
  if (error != 0) return fail_with(L, error);
  lua_pushboolean(L, 1);
  return 1;
}

/* terminal:size(): rows and columns. */
static int terminal_size(lua_State *L) {
  Terminal *t = checkterminal(L);
  struct winsize size;
  if (ioctl(t->fd, TIOCGWINSZ, &size) != 0) return fail_with(L, errno);
  lua_pushinteger(L, size.ws_row);
  lua_pushinteger(L, size.ws_col);
  return 2;
}

static int terminal_close(lua_State *L) {
  terminal_release(checkterminal(L));
  return 0;
}

static const luaL_Reg METHODS[] = {
  { "raw", terminal_raw },
  { "restore", terminal_restore_method },
  { "size", terminal_size },
  { "close", terminal_close },
  { NULL, NULL },
};

static const luaL_Reg METAMETHODS[] = {
  { "__gc", terminal_close },
  { "__close", terminal_close },
  { NULL, NULL },
};

static const luaL_Reg FUNCTIONS[] = {
  { "terminal", core_terminal },
  { NULL, NULL },
};

void moondock_open_terminal(lua_State *L) {
  luaL_setfuncs(L, FUNCTIONS, 0);
  luaL_newmetatable(L, MOONDOCK_TERMINAL);
  luaL_setfuncs(L, METAMETHODS, 0);
  lua_newtable(L);
  luaL_setfuncs(L, METHODS, 0);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
