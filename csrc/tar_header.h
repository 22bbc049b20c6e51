/* What the headers of a tar archive say about how many bytes follow. */
#ifndef MOONDOCK_TAR_HEADER_H
#define MOONDOCK_TAR_HEADER_H

#include <stddef.h>
#include <stdint.h>

#define MOONDOCK_TAR_BLOCK 512

typedef struct TarHeader {
  uint64_t size; /* of the data that follows, without its padding */
  char type;
  int extended; /* a block with more of a sparse file's map comes first */
} TarHeader;

/* Read a block as the header of an entry. 0, or -1 when it is none. */
int moondock_tar_header(const unsigned char *block, TarHeader *header);

/* Whether one more block of a sparse file's map follows this one. */
int moondock_tar_map_goes_on(const unsigned char *block);

/* The size that the records of an extended header give the entry after it. A
** pax starts zeroed; its bytes may come in any pieces. */
typedef struct TarPax {
  int stage;
  uint64_t length; /* of the current record, as far as it was read */
  uint64_t passed; /* bytes of it */
  uint64_t value;
  uint64_t size;
  int has_size;
} TarPax;

void moondock_tar_pax(TarPax *pax, const unsigned char *bytes, size_t n);

#endif
