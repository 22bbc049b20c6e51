/* The buffer of lines of drain.h. */
#include "drain.h"

#include <string.h>

void moondock_drain_init(Drain *d, Buffer *in, size_t max, size_t chunk) {
  d->max = max;
  moondock_buffer_init(in, max + chunk);
}

/* How many of these bytes end the line that is being skipped. */
static size_t skip(Drain *d, const char *bytes, size_t n) {
  if (!d->skipping) return 0;
  const char *end = memchr(bytes, '\n', n);
  if (end == NULL) return n;
  d->skipping = false;
  return (size_t)(end - bytes) + 1;
}

/* A line with nothing but white space and record separators is no loss. */
static bool is_blank(const char *line, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (strchr(" \t\r\n\x1e", line[i]) == NULL || line[i] == '\0') return false;
  }
  return true;
}

/* Drop the first line. The last one stays when it fits: false. */
static bool drop_line(Drain *d, Buffer *in) {
  const char *line = moondock_buffer_bytes(in);
  const char *end = memchr(line, '\n', in->size);
  size_t n = end == NULL ? in->size : (size_t)(end - line) + 1;
  if (n == in->size && n <= d->max) return false;
  if (end == NULL || !is_blank(line, n)) d->dropped++;
  d->skipping = end == NULL;
  moondock_buffer_consume(in, n);
  return true;
}

/* More than what is too much is dropped: the buffer moves its bytes to make
** room, which must not happen with every line. */
static void drop_oldest(Drain *d, Buffer *in) {
  size_t low = d->max - d->max / 4;
  while (in->size > low && drop_line(d, in)) continue;
}

int moondock_drain_append(Drain *d, Buffer *in, const char *bytes, size_t n) {
  size_t skipped = skip(d, bytes, n);
  if (moondock_buffer_append(in, bytes + skipped, n - skipped) != 0) return -1;
  if (in->size > d->max) drop_oldest(d, in);
  return 0;
}
