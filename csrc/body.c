/* The end of a body: by length, by chunks or by the end of the connection.
**
**   5;extension\r\n  hello\r\n  0\r\n  Trailer: x\r\n  \r\n
*/
#include "body.h"

#include <string.h>
#include <strings.h>

#define SIZE_DIGITS 15 /* hexadecimal; more does not fit into `left` */

/* A decimal length, or -1. */
static int64_t parse_length(const char *text, size_t n) {
  int64_t length = 0;
  if (n == 0 || n > 18) return -1;
  for (size_t i = 0; i < n; i++) {
    if (text[i] < '0' || text[i] > '9') return -1;
    length = length * 10 + (text[i] - '0');
  }
  return length;
}

static bool is_chunked(const Head *h) {
  static const char name[] = "chunked";
  size_t n;
  const char *coding = moondock_head_find(h, "transfer-encoding", &n);
  if (coding == NULL || n < sizeof name - 1) return false;
  return strncasecmp(coding + n - (sizeof name - 1), name,
                     sizeof name - 1) == 0;
}

int moondock_body_begin(Body *b, const Head *h) {
  size_t n;
  memset(b, 0, sizeof *b);
  if (h->status == 101) return 0;
  if (h->status == 204 || h->status == 304) {
    b->state = BODY_DONE;
    return 0;
  }
  if (is_chunked(h)) {
    b->state = BODY_SIZE;
    return 0;
  }
  const char *length = moondock_head_find(h, "content-length", &n);
  if (length == NULL) return 0;
  b->left = parse_length(length, n);
  b->state = b->left == 0 ? BODY_DONE : BODY_COUNTED;
  return b->left < 0 ? -1 : 0;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The line of the size is complete. */
static int end_size(Body *b) {
  if (b->digits == 0) return -1;
  b->state = b->left > 0 ? BODY_CHUNK : BODY_TRAILER;
  b->digits = 0;
  return 0;
}

static int feed_size(Body *b, char c) {
  int digit = hex_digit(c);
  if (digit >= 0) {
    b->left = b->left * 16 + digit;
    return ++b->digits <= SIZE_DIGITS ? 0 : -1;
  }
  if (c == '\n') return end_size(b);
  if (b->digits == 0 || strchr("; \t\r", c) == NULL) return -1;
  b->state = BODY_EXTENSION;
  return 0;
}

static int feed_chunk_end(Body *b, char c) {
  if (c == '\r') return 0;
  b->state = BODY_SIZE;
  return c == '\n' ? 0 : -1;
}

/* An empty line ends the trailer, and with it the body. */
static int feed_trailer(Body *b, char c) {
  if (c == '\n') {
    if (b->digits == 0) b->state = BODY_DONE;
    b->digits = 0;
  } else if (c != '\r') {
    b->digits = 1;
  }
  return 0;
}

/* One character between the data. 0, or -1. */
static int feed_frame(Body *b, char c) {
  switch (b->state) {
    case BODY_SIZE: return feed_size(b, c);
    case BODY_EXTENSION: return c == '\n' ? end_size(b) : 0;
    case BODY_CHUNK_END: return feed_chunk_end(b, c);
    case BODY_TRAILER: return feed_trailer(b, c);
    default: return -1;
  }
}

/* How many of the `n` bytes are data. */
static size_t data_size(const Body *b, size_t n) {
  if (b->state == BODY_RAW) return n;
  if (b->state != BODY_COUNTED && b->state != BODY_CHUNK) return 0;
  return (uint64_t)b->left < n ? (size_t)b->left : n;
}

static void count_data(Body *b, size_t n) {
  if (b->state == BODY_RAW) return;
  b->left -= (int64_t)n;
  if (b->left > 0) return;
  b->state = b->state == BODY_COUNTED ? BODY_DONE : BODY_CHUNK_END;
}

ptrdiff_t moondock_body_feed(Body *b, const char *bytes, size_t n,
                             Buffer *out) {
  size_t used = 0;
  while (used < n && b->state != BODY_DONE) {
    size_t data = data_size(b, n - used);
    if (data > 0) {
      if (moondock_buffer_append(out, bytes + used, data) != 0) return -1;
      count_data(b, data);
      used += data;
    } else if (feed_frame(b, bytes[used++]) != 0) {
      return -1;
    }
  }
  return (ptrdiff_t)used;
}

bool moondock_body_may_close(const Body *b) {
  return b->state == BODY_RAW || b->state == BODY_DONE;
}
