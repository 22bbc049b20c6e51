/* The answer of a server that closed while we were sending. */
#ifndef MOONDOCK_SALVAGE_H
#define MOONDOCK_SALVAGE_H

#include "head.h"

/* Read what `fd` still holds as an answer, head and body. True when it is
** whole. */
bool moondock_salvage(int fd, Head *h, Buffer *in);

#endif
