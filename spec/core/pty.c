/* Runs a command in a new pseudo-terminal of 24 rows and 80 columns, and plays
** the person in front of it:
**
**   pty SCRIPT COMMAND
**
**   expect TEXT (in what came after the last)      send TEXT
**   size ROWS COLUMNS                              sleep MS
**   raw, cooked (wait until the terminal is that)  kill SIGNAL
**   end (wait for the end of the command)
**
** Actions are separated by `;`, TEXT knows \r \n \s (blank) \; \\ and \xHH.
** All output goes to standard output, and `=N` or `=sN` at the end, the exit
** code or the signal. What does not happen within 20 seconds is told instead,
** and the command killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX (1 << 20)
#define PATIENCE 20000 /* milliseconds */
#define SLICE 20

static int master;
static pid_t child;
static char output[OUTPUT_MAX];
static size_t filled, seen;
static bool ended;
static int status;

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Take what the command writes, for a moment. */
static void watch(int ms) {
  struct pollfd p = { .fd = master, .events = POLLIN };
  if (poll(&p, 1, ms) > 0) {
    ssize_t n = read(master, output + filled, OUTPUT_MAX - filled);
    if (n > 0) filled += (size_t)n;
    else usleep(1000);
  }
  if (!ended && waitpid(child, &status, WNOHANG) == child) ended = true;
}

static size_t unescape(const char *text, char *out) {
  char *at = out;
  for (; *text != '\0'; text++) {
    if (*text != '\\' || text[1] == '\0') {
      *at++ = *text;
    } else if (*++text == 'x') {
      char digits[3] = { text[1], text[2], '\0' };
      *at++ = (char)strtol(digits, NULL, 16);
      text += 2;
    } else {
      *at++ = *text == 'r' ? '\r' : *text == 'n' ? '\n' :
              *text == 's' ? ' ' : *text;
    }
  }
  return (size_t)(at - out);
}

static bool found(const char *text, size_t n) {
  char *at = memmem(output + seen, filled - seen, text, n);
  if (at != NULL) seen = (size_t)(at - output) + n;
  return at != NULL;
}

static bool is_raw(void) {
  struct termios t;
  return tcgetattr(master, &t) == 0 && !(t.c_lflag & ICANON);
}

static bool act_expect(char *text) {
  size_t n = unescape(text, text);
  for (long until = now() + PATIENCE; !found(text, n); watch(SLICE)) {
    if (now() > until) return false;
  }
  return true;
}

static bool act_send(char *text) {
  size_t n = unescape(text, text);
  return write(master, text, n) == (ssize_t)n;
}

static bool act_size(char *text) {
  struct winsize w = { 0 };
  w.ws_row = (unsigned short)strtol(text, &text, 10);
  w.ws_col = (unsigned short)strtol(text, &text, 10);
  return ioctl(master, TIOCSWINSZ, &w) == 0;
}

static bool act_sleep(char *text) {
  for (long until = now() + strtol(text, NULL, 10); now() < until;) watch(1);
  return true;
}

static bool await_mode(bool raw) {
  for (long until = now() + PATIENCE; is_raw() != raw; watch(SLICE)) {
    if (now() > until) return false;
  }
  return true;
}

static bool act_raw(char *text) {
  (void)text;
  return await_mode(true);
}

static bool act_cooked(char *text) {
  (void)text;
  return await_mode(false);
}

static bool act_kill(char *text) {
  return kill(child, (int)strtol(text, NULL, 10)) == 0;
}

static bool act_end(char *text) {
  (void)text;
  for (long until = now() + PATIENCE; !ended; watch(SLICE)) {
    if (now() > until) return false;
  }
  return true;
}

static const struct Action {
  const char *name;
  bool (*act)(char *text);
} ACTIONS[] = {
  { "expect", act_expect }, { "send", act_send },     { "size", act_size },
  { "sleep", act_sleep },   { "raw", act_raw },       { "cooked", act_cooked },
  { "kill", act_kill },     { "end", act_end },
};

static bool act(char *action) {
  action += strspn(action, " ");
  size_t n = strcspn(action, " ");
  for (size_t i = 0; i < sizeof ACTIONS / sizeof ACTIONS[0]; i++) {
    if (strlen(ACTIONS[i].name) != n) continue;
    if (strncmp(ACTIONS[i].name, action, n) != 0) continue;
    return ACTIONS[i].act(action + n + (action[n] == ' '));
  }
  return false;
}

/* The next action, up to a `;` that no backslash hides. */
static char *next_action(char **rest) {
  char *first = *rest;
  if (first == NULL) return NULL;
  for (char *at = first; *at != '\0'; at++) {
    if (*at == '\\' && at[1] != '\0') {
      at++;
    } else if (*at == ';') {
      *at = '\0';
      *rest = at + 1;
      return first;
    }
  }
  *rest = NULL;
  return first;
}

int main(int argc, char **argv) {
  struct winsize size = { .ws_row = 24, .ws_col = 80 };
  if (argc != 3) return 2;
  child = forkpty(&master, NULL, NULL, &size);
  if (child < 0) return 1;
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", argv[2], (char *)NULL);
    _exit(127);
  }
  char *rest = argv[1], *action, *failed = NULL;
  while (failed == NULL && (action = next_action(&rest)) != NULL) {
    char *copy = strdup(action);
    if (!act(copy)) failed = action;
    free(copy);
  }
  if (!ended) kill(child, SIGKILL);
  for (int i = 0; i < 3 || !ended; i++) watch(SLICE);
  fwrite(output, 1, filled, stdout);
  if (failed != NULL) printf("\nfailed: %s\n", failed);
  if (WIFSIGNALED(status)) printf("=s%d\n", WTERMSIG(status));
  else printf("=%d\n", WEXITSTATUS(status));
  return failed != NULL;
}
