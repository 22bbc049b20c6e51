/* What to say about names that an operation does not know, and about names
** that an engine's version does not know. */
#ifndef MOONDOCK_ADVICE_H
#define MOONDOCK_ADVICE_H

#include "moondock.h"
#include "schema.h"

/* Push "'Nmae' ... did you mean 'Name'?" for a field that `shape`, which is
** reached through `root`, does not have. `path` leads to the shape, "" at the
** top. [-0, +1, m] */
void moondock_advise_field(lua_State *L, const char *path, const Shape *root,
                           const Shape *shape, const char *name);

/* The same for an option of an operation; its body fields count. [-0, +1, m] */
void moondock_advise_option(lua_State *L, const Operation *o, const char *name);

/* The same for the name of an operation. [-0, +1, m] */
void moondock_advise_operation(lua_State *L, const char *name);

/* What every refusal for the sake of a version says, and no other. */
#define MOONDOCK_OF_VERSION "; this engine speaks 1."

/* When `what` is not in `version`, push why and return -1; else 0. A version
** of 0 is unknown and refuses nothing. [-0, +(0|1), m] */
int moondock_advise_version(lua_State *L, const char *what, int since, int last,
                            int version);

#endif
