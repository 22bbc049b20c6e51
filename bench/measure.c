/* Runs one command and reports what it cost.
**
**   measure COMMAND ARGUMENTS...
**
** The command's output comes first, then one line of JSON: wall and cpu (user
** and system) in seconds, of the command and all the children it waited for;
** maxrss in kilobytes, of the largest of them; status, its exit code. */
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static double seconds(struct timeval t) {
  return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: measure COMMAND ARGUMENTS...\n");
    return 2;
  }
  struct rusage used;
  pid_t child;
  int status;
  double start = now();
  int error = posix_spawnp(&child, argv[1], NULL, NULL, argv + 1, environ);
  if (error != 0) {
    fprintf(stderr, "measure: %s: %s\n", argv[1], strerror(error));
    return 1;
  }
  if (wait4(child, &status, 0, &used) < 0) return 1;
  double wall = now() - start;
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  printf("{\"wall\":%.6f,\"cpu\":%.6f,\"maxrss\":%ld,\"status\":%d}\n", wall,
         seconds(used.ru_utime) + seconds(used.ru_stime), used.ru_maxrss, code);
  return 0;
}
