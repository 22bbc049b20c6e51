/* A bounded byte buffer: bytes are appended at the end and consumed at the
** front. It knows neither Lua nor curl. */
#ifndef MOONDOCK_BUFFER_H
#define MOONDOCK_BUFFER_H

#include <stddef.h>

typedef struct Buffer {
  char *data;   /* the allocation, NULL while empty */
  size_t head;  /* offset of the first unread byte */
  size_t size;  /* number of unread bytes */
  size_t room;  /* size of the allocation */
  size_t max;   /* `size` never exceeds this */
} Buffer;

/* Make an empty buffer of at most `max` bytes; nothing is allocated yet. */
void moondock_buffer_init(Buffer *b, size_t max);

/* Release the memory. The buffer stays valid and empty; safe to call twice. */
void moondock_buffer_free(Buffer *b);

/* Copy `n` bytes to the end. 0, or -1 when full or out of memory: then
** nothing was added. */
int moondock_buffer_append(Buffer *b, const void *bytes, size_t n);

/* A place for `n` bytes at the end, or NULL; they count once committed. Any
** other call on the buffer invalidates it. */
char *moondock_buffer_reserve(Buffer *b, size_t n);
void moondock_buffer_commit(Buffer *b, size_t n);

/* Forget the first `n` unread bytes. */
void moondock_buffer_consume(Buffer *b, size_t n);

/* The unread bytes; invalidated by every call that adds or frees. */
const char *moondock_buffer_bytes(const Buffer *b);

/* How many more bytes fit. */
size_t moondock_buffer_space(const Buffer *b);

#endif
