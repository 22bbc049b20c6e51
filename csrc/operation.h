/* The operation table, described to Lua. */
#ifndef MOONDOCK_OPERATION_H
#define MOONDOCK_OPERATION_H

#include "moondock.h"
#include "schema.h"

/* What Lua calls the REPLY_ constants. */
extern const char *const moondock_replies[];

/* The kind of JSON that an operation answers with, NULL where it does not. */
const char *moondock_answer(const Operation *o);

/* core.operation(name) and core.operations(). */
int moondock_core_operation(lua_State *L);
int moondock_core_operations(lua_State *L);

/* core.secrets(operation?), of secret.c. */
int moondock_core_secrets(lua_State *L);

#endif
