/* The body of an answer that we parse ourselves: where it ends. */
#ifndef MOONDOCK_BODY_H
#define MOONDOCK_BODY_H

#include <stdint.h>

#include "head.h"

typedef enum BodyState {
  BODY_RAW,        /* everything until the connection closes */
  BODY_COUNTED,    /* `left` bytes */
  BODY_SIZE,       /* chunked: in the hexadecimal size */
  BODY_EXTENSION,  /* chunked: in the rest of that line */
  BODY_CHUNK,      /* chunked: `left` bytes of data */
  BODY_CHUNK_END,  /* chunked: the line end after the data */
  BODY_TRAILER,    /* chunked: in a line after the last chunk */
  BODY_DONE
} BodyState;

typedef struct Body {
  BodyState state;
  int64_t left;
  int digits; /* of the size, or characters of the trailer line */
} Body;

/* Begin the body that belongs to this final head. 0, or -1 when the head
** says nonsense. */
int moondock_body_begin(Body *b, const Head *h);

/* Decode `n` bytes to the end of `out`, which must have room for them. How
** many were used (all, unless it is done), or -1. */
ptrdiff_t moondock_body_feed(Body *b, const char *bytes, size_t n,
                             Buffer *out);

/* True when the connection may close here. */
bool moondock_body_may_close(const Body *b);

#endif
