/* What runs between the program and a process that it started: a small process
** of our own, which ends the other when the program ends, by whatever way. It
** is forked and never executes anything else, so it does only what is safe
** after a fork. */
#ifndef MOONDOCK_SUPERVISE_H
#define MOONDOCK_SUPERVISE_H

#include <sys/types.h>

#define SUPERVISE_GRACE_MS 500 /* between SIGTERM and SIGKILL */

enum {
  SUPERVISE_FAILED = 1, /* could not be executed: errno */
  SUPERVISE_EXITED,     /* exit code */
  SUPERVISE_SIGNALED,   /* number of the signal */
  SUPERVISE_BROKEN,     /* a served connection ends, and not by its peers */
};

/* What it says to the program. */
typedef struct Notice {
  int what;
  int value;
} Notice;

/* Everything it needs, made before the fork; descriptors of -1 are none. */
typedef struct Supervision {
  const char *program; /* path */
  char **argv;
  char **envp;
  int control;  /* notices go out; its end means the end */
  int host;     /* readable when the program has ended */
  pid_t host_pid;
  int input;
  int output;
  int errors;
  int listener; /* one process for each connection, with that as 0 and 1 */
  const char *folder; /* removed in the end, with `socket`; NULL: none */
  const char *socket;
} Supervision;

/* Fork a supervisor, which no signal reaches. Its pid, or -1 with errno. The
** caller closes its own copies of the descriptors. */
pid_t moondock_supervise(const Supervision *s);

/* Take the end of a supervisor. Nonzero when there is nothing left to take. */
int moondock_supervise_reap(pid_t pid);

#endif
