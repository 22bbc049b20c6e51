/* The head of an answer: status line and fields, line by line. */
#ifndef MOONDOCK_HEAD_H
#define MOONDOCK_HEAD_H

#include "moondock.h"

#include <stdbool.h>

typedef struct Head {
  Buffer lines;   /* the field lines as they came */
  Buffer partial; /* a line that is not complete */
  int status;     /* 0 before a status line */
  bool done;      /* the final head is complete */
} Head;

void moondock_head_init(Head *h);

/* Release the memory; safe to call twice. */
void moondock_head_free(Head *h);

/* Take one line with its line end. Interim heads are forgotten, lines after
** the final head ignored. 0, or -1 when the head is too large or none. */
int moondock_head_line(Head *h, const char *line, size_t n);

/* True when the first bytes of an answer are a record of TLS instead: servers
** that expect TLS send an alert. */
bool moondock_head_is_tls(const char *bytes, size_t n);

/* Take bytes up to the end of the final head. How many were used, or -1. */
ptrdiff_t moondock_head_feed(Head *h, const char *bytes, size_t n);

/* The value of the last field of that (lower-case) name, or NULL. */
const char *moondock_head_find(const Head *h, const char *name, size_t *n);

/* Push a table of the fields, by lower-case name. [-0, +1, m] */
void moondock_head_push(lua_State *L, const Head *h);

#endif
