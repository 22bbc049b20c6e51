/* libcurl gives a connection up when sending fails, without a look at what
** has arrived: a server that refuses an upload and closes would seem to have
** said nothing. Its words are in the socket, and read before that closes. */
#include "salvage.h"

#include <sys/socket.h>

#include "body.h"

#define PIECE (4 * 1024)

typedef struct Answer {
  Head *head;
  Body body;
  Buffer *in;
} Answer;

static int parse(Answer *a, const char *bytes, size_t n) {
  ptrdiff_t used = 0;
  if (!a->head->done) {
    used = moondock_head_feed(a->head, bytes, n);
    if (used < 0) return -1;
    if (a->head->done && moondock_body_begin(&a->body, a->head) != 0) return -1;
  }
  size_t left = n - (size_t)used;
  return moondock_body_feed(&a->body, bytes + used, left, a->in) < 0 ? -1 : 0;
}

bool moondock_salvage(int fd, Head *h, Buffer *in) {
  char bytes[PIECE];
  Answer a = { h, { BODY_RAW, 0, 0 }, in };
  ssize_t n;
  while ((n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
    if (parse(&a, bytes, (size_t)n) != 0) return false;
  }
  return h->done && moondock_body_may_close(&a.body);
}
