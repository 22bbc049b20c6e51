/* What a process is started from: an argument vector, an environment, and
** the descriptors of the program's side. */
#ifndef MOONDOCK_PROCESS_H
#define MOONDOCK_PROCESS_H

#include "moondock.h"
#include "supervise.h"

/* Check the table at `i`, find the program, and fill program, argv, envp, folder
** and socket of `s`. Everything stays alive as long as the stack does.
** 0, or an errno when there is no such program. [-0, +?, v] */
int moondock_process_options(lua_State *L, int i, Supervision *s);

#endif
