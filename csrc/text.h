/* Text that the wire wants in a form of its own: percent, time, quotes. */
#ifndef MOONDOCK_TEXT_H
#define MOONDOCK_TEXT_H

#include "moondock.h"

/* Room for a quote of `n` bytes, each of which may become "\xNN". */
#define MOONDOCK_QUOTE_ROOM(n) (4 * (n) + 6)

/* Append `s` percent-encoded: the unreserved characters stay, and "/" when
** `keep_slash` is true. 0, or -1 when the buffer is full. */
int moondock_percent(Buffer *out, const char *s, size_t n, int keep_slash);

/* Append the wire time that the value at `index` means, as text with nine
** decimals. 0, or -1 with a message on the stack. [-0, +(0|1), m] */
int moondock_time_argument(lua_State *L, int index, Buffer *out);

/* core.time(value, now?) and core.now(). */
int moondock_time(lua_State *L);
int moondock_now(lua_State *L);

/* Write the first `most` of `n` bytes to `out` as a readable quote with a final
** zero; `out` has MOONDOCK_QUOTE_ROOM(most) bytes. Returns `out`. */
char *moondock_quote(char *out, const char *s, size_t n, size_t most);

#endif
