/* Names that the files of the core share; everything else is static. */
#ifndef MOONDOCK_H
#define MOONDOCK_H

#include "buffer.h"
#include "compat.h"

/* Metatable names of the userdata types. */
#define MOONDOCK_LOOP "moondock.loop"
#define MOONDOCK_TRANSFER "moondock.transfer"
#define MOONDOCK_UPGRADE "moondock.upgrade"
#define MOONDOCK_READER "moondock.reader"
#define MOONDOCK_PROCESS "moondock.process"
#define MOONDOCK_TERMINAL "moondock.terminal"
#define MOONDOCK_FRAMES "moondock.frames"
#define MOONDOCK_JSON_READER "moondock.json_reader"
#define MOONDOCK_TAR_VERDICT "moondock.tar_verdict"
#define MOONDOCK_WEBSOCKET "moondock.websocket"
#define MOONDOCK_BUFFER "moondock.buffer"

/* Metatable names that mark tables as JSON arrays and objects. */
#define MOONDOCK_ARRAY "moondock.array"
#define MOONDOCK_OBJECT "moondock.object"

/* Every buffer has a maximum. */
#define MOONDOCK_RECEIVE_MAX (128 * 1024)    /* unread body bytes of a transfer */
#define MOONDOCK_DRAIN_MAX (4 * 1024 * 1024) /* the same of one that drains */
#define MOONDOCK_SEND_MAX (256 * 1024)       /* unsent body bytes of a transfer */
#define MOONDOCK_HEAD_MAX (64 * 1024)        /* status line and header fields */
#define MOONDOCK_JSON_MAX (64 * 1024 * 1024) /* one value on the wire */
#define MOONDOCK_JSON_DEPTH 128              /* nesting of one value */
#define MOONDOCK_FRAMES_MAX (4 * 1024 * 1024) /* framed bytes not yet taken */
#define MOONDOCK_PROCESS_WORDS (16 * 1024)    /* last errors of a process */
#define MOONDOCK_TAR_FOREIGN_MAX (64 * 1024) /* in the place of an archive */

/* Each file adds its functions to the table on top of the stack and makes its
** metatables. [-0, +0, m] */
void moondock_open_text(lua_State *L);
void moondock_open_sha256(lua_State *L);
void moondock_open_advice(lua_State *L);
void moondock_open_folder_names(lua_State *L);
void moondock_open_json_read(lua_State *L);
void moondock_open_json_write(lua_State *L);
void moondock_open_frames(lua_State *L);
void moondock_open_tar_verdict(lua_State *L);
void moondock_open_random(lua_State *L);
void moondock_open_sha1(lua_State *L);
void moondock_open_websocket(lua_State *L);
void moondock_open_request(lua_State *L);
void moondock_open_loop(lua_State *L);
void moondock_open_transfer(lua_State *L);
void moondock_open_upgrade(lua_State *L);
void moondock_open_reader(lua_State *L);
void moondock_open_process(lua_State *L);
void moondock_open_terminal(lua_State *L);

/* Push a new userdata that holds an empty Buffer of at most `max` bytes and
** frees it when collected, so that no error can leak it. [-0, +1, m] */
Buffer *moondock_pushbuffer(lua_State *L, size_t max);

/* A function that is called often keeps a buffer in an upvalue, which is nil at
** first. A call during the call, by a finalizer, gets a new one, and so does
** the next call after an error of Lua. */

/* Push the buffer of that upvalue, or a new one; it is empty. [-0, +1, m] */
Buffer *moondock_borrow(lua_State *L, int upvalue, size_t max);

/* Put the buffer at `index` back, emptied. [-0, +0, -] */
void moondock_give_back(lua_State *L, int upvalue, int index);

#endif
