/* A receive buffer that is never full: when whole lines no longer fit, the
** oldest are dropped and counted. It knows neither Lua nor curl. */
#ifndef MOONDOCK_DRAIN_H
#define MOONDOCK_DRAIN_H

#include "buffer.h"

#include <stdbool.h>
#include <stdint.h>

/* All zero is off. */
typedef struct Drain {
  size_t max;      /* unread bytes that are kept; 0: nothing is dropped */
  bool skipping;   /* a line whose beginning was dropped has not ended */
  int64_t dropped; /* lines, since it was last asked */
} Drain;

/* Keep at most `max` bytes in the empty buffer `in`; `chunk` is the most that
** is appended at once. */
void moondock_drain_init(Drain *d, Buffer *in, size_t max, size_t chunk);

/* Append `n` bytes and drop what is too much. What is dropped are the lines at
** the front, so that what is left begins with a line. 0, or -1: no memory. */
int moondock_drain_append(Drain *d, Buffer *in, const char *bytes, size_t n);

#endif
