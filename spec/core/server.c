/* A server for specs that does to each request what the request itself asks
** for in its field `Script`: actions separated by `;`.
**
**   send TEXT      drip TEXT (byte by byte)     repeat N TEXT    fill N
**   number N TEXT (N times, `#` is the turn)
**   sleep MS       expect N (bytes read)        body (read it whole)
**   report         (answer with method, body size and a sum of the body)
**   connections    (answer with how many there were)
**   requests       (answer with how many there were, this one too)
**   echo           (until the peer's end)       tally (say how many came)
**   hang           (until the peer's end)       close            reset
**   for TEXT       (what follows, up to the next `for`, is for requests with
**                  this text in their first line, and of which none was yet)
**
** TEXT knows \r \n \s (blank) \\ and \xHH. After the script the connection
** is kept for the next request. It listens on DIRECTORY/socket and on a port
** that it writes to DIRECTORY/port, and ends with its standard input. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define HEAD_ROOM (64 * 1024)
#define BACKLOG 4096
#define STACK (512 * 1024)

typedef struct Peer {
  int fd;
  char head[HEAD_ROOM]; /* the request, and what came after it */
  size_t filled;
  size_t used;
  char *script;
  char method[16];
  size_t body;          /* bytes read by `body` */
  unsigned sum;
  bool closed;
} Peer;

static atomic_int connections, requests;

static bool send_all(Peer *p, const char *bytes, size_t n) {
  while (n > 0) {
    ssize_t sent = send(p->fd, bytes, n, MSG_NOSIGNAL);
    if (sent <= 0) return !(p->closed = true);
    bytes += sent;
    n -= (size_t)sent;
  }
  return true;
}

/* What is left of the head's segment first, then the socket. */
static size_t receive(Peer *p, char *bytes, size_t n) {
  size_t left = p->filled - p->used;
  if (left > 0) {
    if (n > left) n = left;
    memcpy(bytes, p->head + p->used, n);
    p->used += n;
    return n;
  }
  ssize_t got = recv(p->fd, bytes, n, 0);
  if (got <= 0) p->closed = true;
  return got > 0 ? (size_t)got : 0;
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

static void act_send(Peer *p, char *text) {
  size_t n = unescape(text, text);
  send_all(p, text, n);
}

static void act_drip(Peer *p, char *text) {
  size_t n = unescape(text, text);
  for (size_t i = 0; i < n && send_all(p, text + i, 1); i++) usleep(100);
}

static void act_repeat(Peer *p, char *text) {
  long times = strtol(text, &text, 10);
  size_t n = unescape(text + 1, text);
  while (times-- > 0 && send_all(p, text, n)) continue;
}

static void act_number(Peer *p, char *text) {
  long times = strtol(text, &text, 10);
  char *number = strchr(++text, '#');
  if (number == NULL) return;
  *number = '\0';
  size_t before = unescape(text, text), after = unescape(number + 1, number + 1);
  char block[HEAD_ROOM + 24]; /* more than the text of a request */
  size_t n = 0;
  for (long i = 1; i <= times && !p->closed; i++) {
    if (n + before + after + 24 > sizeof block) {
      send_all(p, block, n);
      n = 0;
    }
    memcpy(block + n, text, before);
    n += before + (size_t)snprintf(block + n + before, 24, "%ld", i);
    memcpy(block + n, number + 1, after);
    n += after;
  }
  send_all(p, block, n);
}

static void act_fill(Peer *p, char *text) {
  static const char block[64 * 1024];
  long long n = strtoll(text, NULL, 10);
  while (n > 0) {
    size_t part = n < (long long)sizeof block ? (size_t)n : sizeof block;
    if (!send_all(p, block, part)) return;
    n -= (long long)part;
  }
}

static void act_sleep(Peer *p, char *text) {
  (void)p;
  usleep((useconds_t)strtol(text, NULL, 10) * 1000);
}

static void count(Peer *p, const char *bytes, size_t n) {
  for (size_t i = 0; i < n; i++) p->sum = p->sum * 31 + (unsigned char)bytes[i];
  p->body += n;
}

static void read_exactly(Peer *p, long long n) {
  char bytes[16 * 1024];
  while (n > 0 && !p->closed) {
    size_t part = n < (long long)sizeof bytes ? (size_t)n : sizeof bytes;
    size_t got = receive(p, bytes, part);
    count(p, bytes, got);
    n -= (long long)got;
  }
}

static void act_expect(Peer *p, char *text) {
  read_exactly(p, strtoll(text, NULL, 10));
}

static void read_line(Peer *p, char *line, size_t room) {
  size_t n = 0;
  while (n + 1 < room && receive(p, line + n, 1) == 1 && line[n] != '\n') n++;
  line[n] = '\0';
}

static void read_chunks(Peer *p) {
  char line[64];
  long long size;
  do {
    read_line(p, line, sizeof line);
    size = strtoll(line, NULL, 16);
    read_exactly(p, size);
    read_line(p, line, sizeof line);
  } while (size > 0 && !p->closed);
}

static void act_body(Peer *p, char *text) {
  (void)text;
  const char *length = strcasestr(p->head, "\nContent-Length:");
  if (length != NULL) read_exactly(p, strtoll(length + 16, NULL, 10));
  if (strcasestr(p->head, "\nTransfer-Encoding: chunked")) read_chunks(p);
}

static void answer(Peer *p, const char *text) {
  char head[128];
  int n = snprintf(head, sizeof head,
                   "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                   strlen(text));
  send_all(p, head, (size_t)n);
  send_all(p, text, strlen(text));
}

static void act_report(Peer *p, char *text) {
  char line[96];
  (void)text;
  snprintf(line, sizeof line, "%s %zu %u", p->method, p->body, p->sum);
  answer(p, line);
}

static void answer_number(Peer *p, int number) {
  char line[16];
  snprintf(line, sizeof line, "%d", number);
  answer(p, line);
}

static void act_connections(Peer *p, char *text) {
  (void)text;
  answer_number(p, connections);
}

static void act_requests(Peer *p, char *text) {
  (void)text;
  answer_number(p, requests);
}

static void act_echo(Peer *p, char *text) {
  char bytes[64 * 1024];
  size_t n;
  (void)text;
  while ((n = receive(p, bytes, sizeof bytes)) > 0) {
    if (!send_all(p, bytes, n)) return;
  }
}

static void act_tally(Peer *p, char *text) {
  char line[64];
  (void)text;
  while (!p->closed) read_exactly(p, 1 << 20);
  int n = snprintf(line, sizeof line, "%zu", p->body);
  send_all(p, line, (size_t)n);
}

static void act_hang(Peer *p, char *text) {
  (void)text;
  while (!p->closed) read_exactly(p, 1 << 20);
}

static void act_close(Peer *p, char *text) {
  (void)text;
  p->closed = true;
}

static void act_reset(Peer *p, char *text) {
  struct linger now = { 1, 0 };
  (void)text;
  setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  p->closed = true;
}

static const struct Action {
  const char *name;
  void (*act)(Peer *p, char *text);
} ACTIONS[] = {
  { "send", act_send },     { "drip", act_drip },     { "fill", act_fill },
  { "repeat", act_repeat }, { "sleep", act_sleep },   { "body", act_body },
  { "expect", act_expect }, { "report", act_report }, { "echo", act_echo },
  { "tally", act_tally },   { "hang", act_hang },     { "close", act_close },
  { "reset", act_reset },   { "connections", act_connections },
  { "number", act_number }, { "requests", act_requests },
};

static void act(Peer *p, char *action) {
  size_t n = strcspn(action, " ");
  for (size_t i = 0; i < sizeof ACTIONS / sizeof ACTIONS[0]; i++) {
    if (strlen(ACTIONS[i].name) != n) continue;
    if (strncmp(ACTIONS[i].name, action, n) != 0) continue;
    ACTIONS[i].act(p, action + n + (action[n] == ' '));
    return;
  }
  fprintf(stderr, "server: no action '%s'\n", action);
}

/* Read one request head. False at the peer's end. */
static bool read_head(Peer *p) {
  memmove(p->head, p->head + p->used, p->filled - p->used);
  p->filled -= p->used;
  p->used = 0;
  p->body = p->sum = 0;
  for (;;) {
    p->head[p->filled] = '\0';
    char *end = strstr(p->head, "\r\n\r\n");
    if (end != NULL) {
      end[2] = '\0'; /* the head is a string, the rest stays behind it */
      p->used = (size_t)(end + 4 - p->head);
      return sscanf(p->head, "%15s", p->method) == 1;
    }
    ssize_t n = recv(p->fd, p->head + p->filled, HEAD_ROOM - 1 - p->filled, 0);
    if (n <= 0) return false;
    p->filled += (size_t)n;
  }
}

/* Whether the request has this text in its first line. */
static bool is_for(const Peer *p, const char *text) {
  const char *found = strstr(p->head, text);
  return found != NULL && found < strchr(p->head, '\n');
}

static void run_script(Peer *p) {
  char *script = strcasestr(p->head, "\nScript:");
  requests++;
  if (script == NULL) return act_report(p, NULL);
  script = strndup(script + 8, strcspn(script + 8, "\r"));
  char *rest = script;
  char *action;
  bool meant = true, found = false;
  while (!p->closed && (action = strsep(&rest, ";")) != NULL) {
    action += strspn(action, " ");
    if (strncmp(action, "for ", 4) == 0)
      found |= meant = !found && is_for(p, action + 4);
    else if (meant) act(p, action);
  }
  free(script);
}

static void *serve(void *user) {
  Peer *p = user;
  while (!p->closed && read_head(p)) run_script(p);
  close(p->fd);
  free(p);
  return NULL;
}

static void start(int fd, const pthread_attr_t *attributes) {
  Peer *p = calloc(1, sizeof *p);
  pthread_t thread;
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  connections++;
  p->fd = fd;
  if (pthread_create(&thread, attributes, serve, p) != 0) {
    close(fd);
    free(p);
  }
}

static void *accept_all(void *user) {
  int listener = *(int *)user;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0) start(fd, &attributes);
  }
  return NULL;
}

static int listen_unix(const char *directory) {
  struct sockaddr_un a = { .sun_family = AF_UNIX };
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  snprintf(a.sun_path, sizeof a.sun_path, "%s/socket", directory);
  return bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, BACKLOG)
             ? -1
             : fd;
}

static int listen_tcp(const char *directory) {
  struct sockaddr_in a = { .sin_family = AF_INET };
  socklen_t n = sizeof a;
  char path[256], other[256];
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, (struct sockaddr *)&a, n) || listen(fd, BACKLOG)) return -1;
  getsockname(fd, (struct sockaddr *)&a, &n);
  snprintf(other, sizeof other, "%s/port.new", directory);
  snprintf(path, sizeof path, "%s/port", directory);
  FILE *f = fopen(other, "w");
  fprintf(f, "%d\n", ntohs(a.sin_port));
  fclose(f);
  rename(other, path); /* appears whole */
  return fd;
}

static void clean_up(const char *directory) {
  char path[256];
  snprintf(path, sizeof path, "%s/socket", directory);
  unlink(path);
  snprintf(path, sizeof path, "%s/port", directory);
  unlink(path);
  rmdir(directory);
}

int main(int argc, char **argv) {
  int listeners[2];
  pthread_t thread;
  char byte;
  if (argc != 2) return 2;
  listeners[0] = listen_unix(argv[1]);
  listeners[1] = listen_tcp(argv[1]);
  if (listeners[0] < 0 || listeners[1] < 0) return 1;
  pthread_create(&thread, NULL, accept_all, &listeners[0]);
  pthread_create(&thread, NULL, accept_all, &listeners[1]);
  while (read(STDIN_FILENO, &byte, 1) > 0) continue;
  clean_up(argv[1]);
  return 0;
}
