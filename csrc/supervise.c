/* The supervising process of supervise.h.
**
** The program forks it as a child whose end raises no SIGCHLD and which no
** plain wait() sees (where the system can do that), so that it is no matter how
** the program handles its own children. It is the leader of a session and of a
** process group to which all that it starts belongs: to kill the group can hit
** nobody else, since its leader lives. */
#define _GNU_SOURCE /* ppoll, accept4, __WALL */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

/* Where the descriptors are in the supervisor. */
enum { INPUT, OUTPUT, ERRORS, CONTROL, HOST, LISTENER, FIRST_FREE };

#define DESCRIPTORS_MAX 4096 /* closed one by one, for want of a better way */
#define SIGNALS_MAX 64
#define SERVED_MAX 1024 /* connections at once; more wait in the queue */
#define LOOK_MS 1000 /* how often the parent is looked at, if need be */
#define NANOSECONDS 1000000 /* in a millisecond */

/* Where the C library's fork would take locks that another thread of the
** program may hold, the kernel's does not. */
static pid_t bare_fork(int end_signal) {
#ifdef __linux__
  return (pid_t)syscall(SYS_clone, (unsigned long)end_signal, NULL, NULL, NULL,
                        0L);
#else
  (void)end_signal;
  return fork();
#endif
}

static void close_from(unsigned first) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, first, ~0u, 0u) == 0) return;
#endif
  for (unsigned fd = first; fd < DESCRIPTORS_MAX; fd++) close((int)fd);
}

static void place(int fd, int at) {
  if (fd < 0) {
    close(at);
    return;
  }
  dup2(fd, at);
  if (at > ERRORS) fcntl(at, F_SETFD, FD_CLOEXEC);
}

static void tell(int what, int value) {
  Notice notice = { what, value };
  send(CONTROL, &notice, sizeof notice, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* To exit would do as well, but a checker under which the program runs would
** look for leaks here, where nothing is released. */
static void vanish(void) {
  kill(getpid(), SIGKILL);
  _exit(0);
}

/* --- the process that it starts */

static void default_signals(void) {
  sigset_t none;
  for (int i = 1; i <= SIGNALS_MAX; i++) signal(i, SIG_DFL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A forwarder needs two descriptors for each connection. */
static void raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void become(const Supervision *s, int connection) {
  if (connection >= 0) {
    dup2(connection, INPUT);
    dup2(connection, OUTPUT);
  }
#ifdef __linux__
  prctl(PR_SET_PDEATHSIG, SIGTERM); /* should the supervisor be killed */
#endif
  if (s->folder != NULL) raise_limit();
  default_signals();
  execve(s->program, s->argv, s->envp);
  tell(SUPERVISE_FAILED, errno);
  vanish();
}

static pid_t start(const Supervision *s, int connection) {
  pid_t child = bare_fork(SIGCHLD);
  if (child == 0) become(s, connection);
  return child;
}

/* --- waiting */

static void on_child(int signal_number) {
  (void)signal_number;
}

static int64_t milliseconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NANOSECONDS;
}

/* Wait for descriptors, or until a child ends; the one signal that gets
** through does so here alone. */
static int wait_for(struct pollfd *fds, nfds_t n, int ms) {
  struct timespec limit = { ms / 1000, (long)(ms % 1000) * NANOSECONDS };
  sigset_t children_only;
  sigfillset(&children_only);
  sigdelset(&children_only, SIGCHLD);
  return ppoll(fds, n, ms < 0 ? NULL : &limit, &children_only);
}

/* Whether the program has ended, or wants no more. */
static bool is_over(const Supervision *s, const struct pollfd *fds, int n) {
  if (n > 0 && (fds[0].revents != 0 || fds[1].revents != 0)) return true;
  return s->host < 0 && getppid() != s->host_pid;
}

/* --- the end */

static void remove_folder(const Supervision *s) {
  if (s->folder == NULL) return;
  unlink(s->socket);
  rmdir(s->folder);
}

/* Wait until all children are gone; false when they take too long. */
static bool children_end(void) {
  int64_t until = milliseconds_now() + SUPERVISE_GRACE_MS;
  for (;;) {
    pid_t gone = waitpid(-1, NULL, WNOHANG);
    if (gone < 0 && errno == ECHILD) return true;
    int64_t left = until - milliseconds_now();
    if (gone == 0 && left <= 0) return false;
    if (gone == 0) wait_for(NULL, 0, (int)left);
  }
}

/* SIGTERM is blocked here; SIGKILL is for us as well. */
static void end_all(const Supervision *s, pid_t child) {
  kill(0, SIGTERM);
  if (!children_end() && child > 0) {
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
  remove_folder(s);
  kill(0, SIGKILL);
  vanish();
}

static void report(int status) {
  if (WIFSIGNALED(status)) {
    tell(SUPERVISE_SIGNALED, WTERMSIG(status));
  } else {
    tell(SUPERVISE_EXITED, WEXITSTATUS(status));
  }
}

/* --- its two forms */

static void watch_one(const Supervision *s) {
  struct pollfd fds[] = { { CONTROL, POLLIN, 0 },
                          { s->host < 0 ? -1 : HOST, POLLIN, 0 } };
  int status;
  pid_t child = start(s, -1);
  if (child < 0) tell(SUPERVISE_FAILED, errno);
  for (int i = INPUT; i <= ERRORS; i++) close(i);
  while (child > 0 && waitpid(child, &status, WNOHANG) != child) {
    int n = wait_for(fds, 2, s->host < 0 ? LOOK_MS : -1);
    if (is_over(s, fds, n)) end_all(s, child);
  }
  if (child > 0) report(status);
  remove_folder(s);
  vanish();
}

/* A connection that is served. Our copy of it keeps its end from being seen
** before it is told how its process ended. */
typedef struct Served {
  pid_t pid;
  int fd;
} Served;

static bool is_left(int fd) {
  struct pollfd p = { fd, 0, 0 };
  return poll(&p, 1, 0) > 0 && (p.revents & POLLHUP);
}

static void end_served(Served *served, int *count, pid_t pid, int status) {
  for (int i = 0; i < *count; i++) {
    if (served[i].pid != pid) continue;
    bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!well && !is_left(served[i].fd)) tell(SUPERVISE_BROKEN, 0);
    close(served[i].fd);
    served[i] = served[--*count];
    return;
  }
}

static void serve(const Supervision *s) {
  Served served[SERVED_MAX];
  int count = 0, status;
  pid_t pid;
  struct pollfd fds[] = { { CONTROL, POLLIN, 0 },
                          { s->host < 0 ? -1 : HOST, POLLIN, 0 },
                          { LISTENER, POLLIN, 0 } };
  for (;;) {
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
      end_served(served, &count, pid, status);
    }
    fds[2].fd = count < SERVED_MAX ? LISTENER : -1;
    fds[2].revents = 0;
    int n = wait_for(fds, 3, s->host < 0 ? LOOK_MS : -1);
    if (is_over(s, fds, n)) end_all(s, 0);
    if (n <= 0 || fds[2].revents == 0) continue;
    int connection = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) continue;
    pid = start(s, connection);
    if (pid > 0) {
      served[count++] = (Served){ pid, connection };
    } else {
      close(connection);
    }
  }
}

static void supervise(const Supervision *s) {
  struct sigaction child_action = { .sa_handler = on_child };
  setsid();
#ifdef __linux__
  prctl(PR_SET_NAME, "moondock");
#endif
  sigaction(SIGCHLD, &child_action, NULL);
  place(s->input, INPUT);
  place(s->output, OUTPUT);
  place(s->errors, ERRORS);
  place(s->control, CONTROL);
  place(s->host, HOST);
  place(s->listener, LISTENER);
  close_from(FIRST_FREE);
  if (s->listener < 0) watch_one(s);
  serve(s);
}

pid_t moondock_supervise(const Supervision *s) {
  sigset_t all, before;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, &before);
  pid_t pid = bare_fork(0);
  if (pid == 0) supervise(s);
  int error = errno;
  sigprocmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return pid;
}

int moondock_supervise_reap(pid_t pid) {
#ifdef __WALL
  int options = WNOHANG | __WALL;
#else
  int options = WNOHANG;
#endif
  pid_t gone;
  do gone = waitpid(pid, NULL, options);
  while (gone < 0 && errno == EINTR);
  return gone != 0;
}
