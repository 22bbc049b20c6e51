/* The request that asks a server to hand over the connection. */
#ifndef MOONDOCK_HANDSHAKE_H
#define MOONDOCK_HANDSHAKE_H

#include "options.h"

/* Append the whole request, head and body, to `b`. 0, or -1 when it does not
** fit. [-0, +0, -] */
int moondock_handshake(lua_State *L, const Options *o, Buffer *b);

#endif
