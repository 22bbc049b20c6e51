/* The bounded byte buffer of buffer.h. */
#include "buffer.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_FIRST_ROOM 512

void moondock_buffer_init(Buffer *b, size_t max) {
  memset(b, 0, sizeof *b);
  b->max = max;
}

void moondock_buffer_free(Buffer *b) {
  free(b->data);
  moondock_buffer_init(b, b->max);
}

static size_t larger_room(const Buffer *b, size_t needed) {
  size_t room = b->room ? b->room : BUFFER_FIRST_ROOM;
  while (room < needed) room += room / 2;
  return room < b->max || needed > b->max ? room : b->max;
}

static void move_to_front(Buffer *b) {
  if (b->head > 0 && b->size > 0) memmove(b->data, b->data + b->head, b->size);
  b->head = 0;
}

char *moondock_buffer_reserve(Buffer *b, size_t n) {
  if (n > b->max - b->size) return NULL;
  if (b->head + b->size + n > b->room) move_to_front(b);
  if (b->size + n > b->room) {
    size_t room = larger_room(b, b->size + n);
    char *data = realloc(b->data, room);
    if (data == NULL) return NULL;
    b->data = data;
    b->room = room;
  }
  return b->data ? b->data + b->head + b->size : NULL;
}

void moondock_buffer_commit(Buffer *b, size_t n) {
  b->size += n;
}

int moondock_buffer_append(Buffer *b, const void *bytes, size_t n) {
  if (n == 0) return 0;
  char *place = moondock_buffer_reserve(b, n);
  if (place == NULL) return -1;
  memcpy(place, bytes, n);
  moondock_buffer_commit(b, n);
  return 0;
}

void moondock_buffer_consume(Buffer *b, size_t n) {
  b->head += n;
  b->size -= n;
  if (b->size == 0) b->head = 0;
}

const char *moondock_buffer_bytes(const Buffer *b) {
  return b->data ? b->data + b->head : "";
}

size_t moondock_buffer_space(const Buffer *b) {
  return b->max - b->size;
}
