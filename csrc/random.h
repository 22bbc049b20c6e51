/* Bytes that nobody can guess. */
#ifndef MOONDOCK_RANDOM_H
#define MOONDOCK_RANDOM_H

#include "moondock.h"

/* Fill `n` bytes, at most 256. 0, or -1 when the system has none. */
int moondock_random(void *bytes, size_t n);

#endif
