/* The headers of a tar archive.
**
**   byte    0      124    136    148     156    157      257     482
**         +------+------+------+-------+------+--------+-------+-----
**         | name | size |      | check | type | link   | magic | ...
**         | ...  | 12   |      | sum 8 |  1   | 100    | 8     |
**         +------+------+------+-------+------+--------+-------+-----
**
** Numbers are octal text or, with the highest bit set, big-endian bytes. An
** old GNU sparse file (type S) has the first part of its map in its header,
** and byte 482 says whether blocks with more of it follow; in those byte 504
** does. A pax header (type x) has records "LENGTH KEY=VALUE\n", where LENGTH
** counts the whole record. */
#include "tar_header.h"


#define SIZE 124
#define CHECKSUM 148
#define TYPE 156
#define EXTENDED 482
#define MAP_EXTENDED 504
#define NUMBER 12
#define CHECKSUM_LENGTH 8
#define SIZE_MAX_64 ((uint64_t)1 << 62)

static int is_blank(unsigned char c) {
  return c == ' ' || c == '\0';
}

/* An octal field with blanks around it, or nothing but blanks. */
static int octal(const unsigned char *p, size_t n, uint64_t *value) {
  const unsigned char *end = p + n;
  *value = 0;
  while (p < end && is_blank(*p)) p++;
  for (; p < end && *p >= '0' && *p <= '7'; p++)
    *value = *value << 3 | (uint64_t)(*p - '0');
  return p == end || is_blank(*p) ? 0 : -1;
}

/* A big-endian number; a negative one is no size. */
static int base256(const unsigned char *p, size_t n, uint64_t *value) {
  *value = p[0] & 0x3f;
  if (p[0] & 0x40) return -1;
  for (size_t i = 1; i < n; i++) {
    if (*value > SIZE_MAX_64 >> 8) return -1;
    *value = *value << 8 | p[i];
  }
  return 0;
}

static int number(const unsigned char *p, size_t n, uint64_t *value) {
  return p[0] & 0x80 ? base256(p, n, value) : octal(p, n, value);
}

/* The sum of all bytes, the checksum's own counted as blanks. Some writers
** took bytes for signed numbers. */
static int is_sum_right(const unsigned char *block) {
  uint64_t said;
  int64_t sum = CHECKSUM_LENGTH * ' ', negative = 0;
  if (octal(block + CHECKSUM, CHECKSUM_LENGTH, &said) != 0) return 0;
  for (size_t i = 0; i < MOONDOCK_TAR_BLOCK; i++) {
    if (i >= CHECKSUM && i < CHECKSUM + CHECKSUM_LENGTH) continue;
    sum += block[i];
    if (block[i] > 127) negative += 256;
  }
  return said == (uint64_t)sum || (int64_t)said == sum - negative;
}

/* Links, devices, folders and pipes have no data, whatever their size says. */
static int has_data(char type) {
  return type < '1' || type > '6';
}

int moondock_tar_header(const unsigned char *block, TarHeader *header) {
  if (!is_sum_right(block)) return -1;
  header->type = (char)block[TYPE];
  header->extended = header->type == 'S' && block[EXTENDED] != 0;
  if (number(block + SIZE, NUMBER, &header->size) != 0) return -1;
  if (!has_data(header->type)) header->size = 0;
  return 0;
}

int moondock_tar_map_goes_on(const unsigned char *block) {
  return block[MAP_EXTENDED] != 0;
}

enum { LENGTH, KEY, VALUE, SKIP, BROKEN };

static const char WANTED[] = "size=";

/* One byte of a record's length; the first that is no digit ends it. */
static void pax_length(TarPax *pax, unsigned char c) {
  if (c >= '0' && c <= '9' && pax->length < SIZE_MAX_64 / 16) {
    pax->length = pax->length * 10 + (uint64_t)(c - '0');
  } else if (c == ' ' && pax->length > pax->passed) {
    pax->stage = KEY;
    pax->value = 0;
  } else {
    pax->stage = BROKEN;
  }
}

/* One byte of the key, of which `value` have matched. */
static void pax_key(TarPax *pax, unsigned char c) {
  if (c != (unsigned char)WANTED[pax->value]) {
    pax->stage = SKIP;
  } else if (WANTED[++pax->value] == '\0') {
    pax->stage = VALUE;
    pax->value = 0;
  }
}

static void pax_value(TarPax *pax, unsigned char c) {
  if (c >= '0' && c <= '9' && pax->value < SIZE_MAX_64 / 16) {
    pax->value = pax->value * 10 + (uint64_t)(c - '0');
  } else if (c == '\n' && pax->passed == pax->length) {
    pax->size = pax->value;
    pax->has_size = 1;
  } else {
    pax->stage = SKIP;
  }
}

void moondock_tar_pax(TarPax *pax, const unsigned char *bytes, size_t n) {
  for (size_t i = 0; i < n && pax->stage != BROKEN; i++) {
    pax->passed++;
    if (pax->stage == LENGTH) pax_length(pax, bytes[i]);
    else if (pax->stage == KEY) pax_key(pax, bytes[i]);
    else if (pax->stage == VALUE) pax_value(pax, bytes[i]);
    if (pax->stage != LENGTH && pax->passed == pax->length) {
      pax->stage = LENGTH;
      pax->length = pax->passed = 0;
    }
  }
}
