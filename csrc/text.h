/* Text that the wire wants in a form of its own: percent, time. */
#ifndef MOONDOCK_TEXT_H
#define MOONDOCK_TEXT_H

#include "moondock.h"

/* Append `s` percent-encoded: the unreserved characters stay, and "/" when
** `keep_slash` is true. 0, or -1 when the buffer is full. */
int moondock_percent(Buffer *out, const char *s, size_t n, int keep_slash);

/* Append the wire time that the value at `index` means, as text with nine
** decimals. 0, or -1 with a message on the stack. [-0, +(0|1), m] */
int moondock_time_argument(lua_State *L, int index, Buffer *out);

#endif
