/* Preloaded last: keeps the libraries preloaded into this process out of its
** children. */
#include <stdlib.h>

__attribute__((constructor)) static void unpreload(void) {
  unsetenv("LD_PRELOAD");
}
