/* core.process: a child process with pipes, as an exchange of the loop: what is
** given is its input, what is taken its output, and the last that it wrote as
** errors is kept.
**
** The process is the child of a supervisor of ours (supervise.h), which says
** how it ended and ends it with us. So nothing here depends on how the program
** deals with its own children. */
#define _GNU_SOURCE /* pipe2 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "exchange.h"

#define READ_SIZE (64 * 1024) /* at once */
#define SEND_LOW (MOONDOCK_SEND_MAX / 4)
#define FIRST_FD 10 /* clear of those that the supervisor gives a place */
#define BACKLOG 128

typedef struct Process {
  Exchange x;
  Watch control; /* each `fd` is -1 when closed */
  Watch input;
  Watch output;
  Watch errors;
  int watched[4]; /* what for, in that order */
  Buffer words;  /* the last bytes of the errors */
  pid_t owner;   /* the process that started it */
  pid_t supervisor;
  Notice notice; /* how it ended; `what` is 0 before */
  int broken;    /* served connections, since Lua asked */
  bool finished; /* Lua has given everything */
  char *folder;  /* ours to remove, should the supervisor have been killed */
} Process;

static Process *checkprocess(lua_State *L) {
  luaL_checkudata(L, 1, MOONDOCK_PROCESS);
  return (Process *)(void *)moondock_checkexchange(L);
}

/* --- descriptors */

static void watch(Process *p, Watch *w, int what) {
  int *watched = &p->watched[w == &p->input    ? 1
                             : w == &p->output ? 2
                             : w == &p->errors ? 3
                                               : 0];
  if (w->fd < 0 || *watched == what) return;
  bool alive = p->x.loop != NULL && p->x.loop->multi != NULL;
  if (alive) moondock_loop_watch(p->x.loop, w, what);
  *watched = what;
}

static void drop(Process *p, Watch *w) {
  watch(p, w, 0);
  if (w->fd >= 0) close(w->fd);
  w->fd = -1;
}

/* --- input */

/* The process reads no more. */
static void shut_input(Process *p) {
  drop(p, &p->input);
  moondock_buffer_free(&p->x.out);
  if (p->x.wanting) moondock_exchange_news(&p->x);
  p->x.wanting = false;
}

static void send_input(Process *p) {
  Buffer *out = &p->x.out;
  while (p->input.fd >= 0 && out->size > 0) {
    ssize_t n = send(p->input.fd, moondock_buffer_bytes(out), out->size,
                     MSG_NOSIGNAL);
    if (n > 0) moondock_buffer_consume(out, (size_t)n);
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0 && errno != EINTR) shut_input(p);
  }
  if (p->x.wanting && out->size <= SEND_LOW) {
    p->x.wanting = false;
    moondock_exchange_news(&p->x);
  }
  if (p->finished && out->size == 0 && p->input.fd >= 0) {
    shutdown(p->input.fd, SHUT_WR); /* a forked process may have a copy */
    shut_input(p);
  }
  watch(p, &p->input, out->size > 0 ? POLLER_OUT : 0);
}

/* --- output */

/* Read what there is and room for. True when nothing more can come now. */
static bool read_output(Process *p) {
  while (p->output.fd >= 0) {
    if (p->x.in.size >= MOONDOCK_RECEIVE_MAX) return false;
    char *place = moondock_buffer_reserve(&p->x.in, READ_SIZE);
    ssize_t n = place == NULL ? -1 : read(p->output.fd, place, READ_SIZE);
    if (n > 0) {
      moondock_buffer_commit(&p->x.in, (size_t)n);
      p->x.received += (curl_off_t)n;
      moondock_exchange_news(&p->x);
    } else if (n < 0 && place != NULL && errno == EINTR) {
      continue;
    } else if (n < 0 && place != NULL && errno == EAGAIN) {
      return true;
    } else {
      drop(p, &p->output);
    }
  }
  return true;
}

static void keep_words(Process *p, const char *bytes, size_t n) {
  size_t space = moondock_buffer_space(&p->words);
  if (n > space) moondock_buffer_consume(&p->words, n - space);
  moondock_buffer_append(&p->words, bytes, n);
}

/* Never stops the process: what does not fit pushes the oldest out. */
static void read_errors(Process *p) {
  char bytes[MOONDOCK_PROCESS_WORDS / 4];
  for (int turns = 0; p->errors.fd >= 0 && turns < 64; turns++) {
    ssize_t n = read(p->errors.fd, bytes, sizeof bytes);
    if (n > 0) {
      keep_words(p, bytes, (size_t)n);
      moondock_exchange_news(&p->x);
    } else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
      drop(p, &p->errors);
    } else if (errno == EAGAIN) {
      return;
    }
  }
}

/* --- its end */

/* The supervisor speaks once, or twice when the first says that nothing was
** started; then it is gone. */
static void read_control(Process *p) {
  Notice notice;
  while (p->control.fd >= 0) {
    ssize_t n = recv(p->control.fd, &notice, sizeof notice, 0);
    if (n == (ssize_t)sizeof notice) {
      if (notice.what == SUPERVISE_BROKEN) {
        p->broken++;
      } else if (p->notice.what == 0) {
        p->notice = notice;
      }
    } else if (n < 0 && errno == EINTR) {
      continue;
    } else if (n < 0 && errno == EAGAIN) {
      return;
    } else {
      drop(p, &p->control);
    }
  }
}

static void end(Process *p) {
  Failure f = { 0, p->notice.value, NULL, "start" };
  if (p->notice.what == SUPERVISE_FAILED) {
    moondock_exchange_fail(&p->x, &f);
  } else if (p->notice.what == 0) {
    f.message = "its supervisor was killed";
    f.phase = "body";
    moondock_exchange_fail(&p->x, &f);
  } else {
    moondock_exchange_end(&p->x);
  }
}

/* What descendants still hold open is not waited for. */
static void advance(Process *p) {
  if (p->x.ended) return;
  read_control(p);
  send_input(p);
  read_errors(p);
  bool drained = read_output(p);
  if (p->control.fd < 0 && drained) {
    end(p);
    return;
  }
  watch(p, &p->output, p->x.in.size < MOONDOCK_RECEIVE_MAX ? POLLER_IN : 0);
}

static void on_control(Watch *w, int what) {
  (void)what;
  advance(LINK_OWNER(w, Process, control));
}

static void on_input(Watch *w, int what) {
  (void)what;
  advance(LINK_OWNER(w, Process, input));
}

static void on_output(Watch *w, int what) {
  (void)what;
  advance(LINK_OWNER(w, Process, output));
}

static void on_errors(Watch *w, int what) {
  (void)what;
  advance(LINK_OWNER(w, Process, errors));
}

static void on_turn(Exchange *x) {
  advance((Process *)(void *)x);
}

static void on_taken(Exchange *x) {
  Process *p = (Process *)(void *)x;
  if (p->watched[2] != 0 || x->in.size > MOONDOCK_RECEIVE_MAX / 4) return;
  moondock_exchange_resume(x);
}

/* The supervisor removes it too; here it is gone when `close` returns. */
static void remove_folder(Process *p) {
  char path[sizeof((struct sockaddr_un *)NULL)->sun_path];
  if (p->folder == NULL) return;
  int n = snprintf(path, sizeof path, "%s/docker.sock", p->folder);
  if (n > 0 && (size_t)n < sizeof path) unlink(path);
  rmdir(p->folder);
}

/* In a forked process only the copies are closed: nothing ends. */
static void on_detach(Exchange *x) {
  Process *p = (Process *)(void *)x;
  bool ours = p->owner == getpid();
  if (ours && p->control.fd >= 0) shutdown(p->control.fd, SHUT_WR);
  drop(p, &p->control);
  drop(p, &p->input);
  drop(p, &p->output);
  drop(p, &p->errors);
  if (ours) remove_folder(p);
  if (ours && p->supervisor > 0 && x->loop != NULL) {
    moondock_loop_depart(x->loop, p->supervisor);
  }
  p->supervisor = 0;
  free(p->folder);
  p->folder = NULL;
}

static const ExchangeKind PROCESS_KIND = {
  .on_turn = on_turn,
  .on_taken = on_taken,
  .on_detach = on_detach,
};

/* --- its start */

/* A copy clear of the supervisor's own; `fd` is closed. */
static int moved(int fd) {
  int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FD);
  int error = errno;
  if (fd >= 0) close(fd);
  errno = error;
  return copy;
}

/* Our end, which never blocks, into `w`, and the other into `theirs`. */
static int open_pair(bool is_pipe, Watch *w, int *theirs) {
  int ends[2];
  int status = is_pipe ? pipe2(ends, O_CLOEXEC)
                       : socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
                                    ends);
  if (status != 0) return -1;
  w->fd = moved(ends[0]);
  *theirs = moved(ends[1]);
  if (w->fd < 0 || *theirs < 0) return -1;
  return fcntl(w->fd, F_SETFL, fcntl(w->fd, F_GETFL) | O_NONBLOCK);
}

/* The socket that the supervisor serves, in the folder. */
static int open_listener(const Supervision *s) {
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  size_t n = strlen(s->socket);
  errno = ENAMETOOLONG;
  if (n >= sizeof address.sun_path) return -1;
  memcpy(address.sun_path, s->socket, n + 1);
  int fd = moved(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd < 0) return -1;
  int flags = fcntl(fd, F_GETFL) | O_NONBLOCK;
  if (fcntl(fd, F_SETFL, flags) == 0 &&
      bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
      chmod(s->socket, 0600) == 0 && listen(fd, BACKLOG) == 0) {
    return fd;
  }
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

/* Readable when this process ends; -1 where the system has no such thing. */
static int own_end(void) {
#ifdef SYS_pidfd_open
  return moved((int)syscall(SYS_pidfd_open, getpid(), 0));
#else
  return -1;
#endif
}

static void close_theirs(const Supervision *s) {
  const int fds[] = { s->control, s->host,   s->input,
                      s->output,  s->errors, s->listener };
  for (size_t i = 0; i < sizeof fds / sizeof *fds; i++) {
    if (fds[i] >= 0) close(fds[i]);
  }
}

/* 0, or an errno; the supervisor's descriptors are closed. */
static int start(Process *p, Supervision *s, bool serve) {
  int error = 0;
  s->host_pid = p->owner = getpid();
  if (open_pair(false, &p->control, &s->control) != 0 ||
      open_pair(false, &p->input, &s->input) != 0 ||
      open_pair(true, &p->output, &s->output) != 0 ||
      open_pair(true, &p->errors, &s->errors) != 0 ||
      (serve && (s->listener = open_listener(s)) < 0)) {
    error = errno;
  } else {
    s->host = own_end();
    p->supervisor = moondock_supervise(s);
    if (p->supervisor < 0) error = errno;
  }
  close_theirs(s);
  return error;
}

/* Start the new, closed process. 0, or an errno. */
static int process_open(Process *p, Loop *l, Supervision *s, bool serve) {
  if (s->folder != NULL) {
    p->folder = strdup(s->folder);
    if (p->folder == NULL) return ENOMEM;
  }
  moondock_exchange_enter(&p->x, l);
  if (moondock_loop_reserve(l) != 0) return ENOMEM;
  int error = start(p, s, serve);
  if (error != 0) return error;
  watch(p, &p->control, POLLER_IN);
  watch(p, &p->output, POLLER_IN);
  watch(p, &p->errors, POLLER_IN);
  return 0;
}

static Process *process_new(lua_State *L) {
  Process *p = (Process *)(void *)moondock_exchange_new(L, sizeof *p,
                                                        MOONDOCK_PROCESS);
  p->x.kind = &PROCESS_KIND;
  p->control.fd = p->input.fd = p->output.fd = p->errors.fd = -1;
  p->control.on_event = on_control;
  p->input.on_event = on_input;
  p->output.on_event = on_output;
  p->errors.on_event = on_errors;
  moondock_buffer_init(&p->words, MOONDOCK_PROCESS_WORDS);
  return p;
}

static int refuse(lua_State *L, int error) {
  moondock_exchange_refuse(L, strerror(error));
  lua_pushinteger(L, error);
  return 3;
}

/* core.process(loop, options) */
static int core_process(lua_State *L) {
  Supervision s = { .control = -1, .host = -1, .input = -1, .output = -1,
                    .errors = -1, .listener = -1 };
  Loop *l = moondock_checkloop(L, 1);
  lua_settop(L, 2);
  int error = moondock_process_options(L, 2, &s);
  lua_getfield(L, 2, "serve");
  bool serve = lua_toboolean(L, -1);
  luaL_argcheck(L, !serve || s.folder != NULL, 2, "serve needs a folder");
  if (error != 0) return refuse(L, error);
  Process *p = process_new(L);
  error = process_open(p, l, &s, serve);
  if (error == 0) return 1;
  moondock_exchange_close(&p->x);
  return refuse(L, error);
}

/* core.folder(parent): a new folder that only this user can enter. */
static int core_folder(lua_State *L) {
  char path[256];
  const char *parent = luaL_checkstring(L, 1);
  int n = snprintf(path, sizeof path, "%s/moondock-XXXXXX", parent);
  if (n < 0 || (size_t)n >= sizeof path) return refuse(L, ENAMETOOLONG);
  if (mkdtemp(path) == NULL) return refuse(L, errno);
  lua_pushstring(L, path);
  return 1;
}

static int process_give(lua_State *L) {
  Process *p = checkprocess(L);
  if (p->x.ended || p->finished || p->input.fd < 0) return 0;
  int results = moondock_exchange_give(L, &p->x,
                                       MOONDOCK_SEND_MAX - p->x.out.size);
  send_input(p);
  return results;
}

static int process_finish(lua_State *L) {
  Process *p = checkprocess(L);
  if (p->x.ended || p->finished) return 0;
  p->finished = true;
  send_input(p);
  return 0;
}

/* process:status(): exit code, or nil and the number of the signal. */
static int process_status(lua_State *L) {
  const Process *p = luaL_checkudata(L, 1, MOONDOCK_PROCESS);
  lua_pushnil(L);
  if (p->notice.what == SUPERVISE_FAILED || p->notice.what == 0) return 1;
  lua_pushinteger(L, p->notice.value);
  return p->notice.what == SUPERVISE_EXITED ? 1 : 2;
}

/* process:broken(): how many connections that it served have ended badly
** since it was last asked. What has been told by now counts. */
static int process_broken(lua_State *L) {
  Process *p = checkprocess(L);
  advance(p);
  lua_pushinteger(L, p->broken);
  p->broken = 0;
  return 1;
}

/* process:words(): the last that it wrote as errors. */
static int process_words(lua_State *L) {
  const Process *p = luaL_checkudata(L, 1, MOONDOCK_PROCESS);
  lua_pushlstring(L, moondock_buffer_bytes(&p->words), p->words.size);
  return 1;
}

/* Both `close` and the finalizer: the words go last. */
static int process_gc(lua_State *L) {
  Process *p = luaL_checkudata(L, 1, MOONDOCK_PROCESS);
  if (p->x.loop != NULL) moondock_loop_check(p->x.loop);
  moondock_exchange_close(&p->x);
  moondock_buffer_free(&p->words);
  return 0;
}

static const luaL_Reg METHODS[] = {
  { "give", process_give },     { "finish", process_finish },
  { "status", process_status }, { "words", process_words },
  { "broken", process_broken },
  { NULL, NULL },
};

static const luaL_Reg FUNCTIONS[] = {
  { "process", core_process },
  { "folder", core_folder },
  { NULL, NULL },
};

void moondock_open_process(lua_State *L) {
  luaL_setfuncs(L, FUNCTIONS, 0);
  moondock_exchange_type(L, MOONDOCK_PROCESS, METHODS);
  luaL_getmetatable(L, MOONDOCK_PROCESS);
  lua_pushcfunction(L, process_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
}
