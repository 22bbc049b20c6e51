/* Where the functions of libcurl come from. A closed transfer may leave a
** thread of libcurl's resolver behind, which must not lose its code: the
** library is never unloaded. */
#define _GNU_SOURCE /* dladdr, RTLD_NODELETE */
#include "curl_api.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static _Atomic(void *) library;

#ifdef MOONDOCK_LAZY_CURL

CurlApi moondock_curl;

/* With any TLS library; OpenSSL's is what half-closing a TLS connection needs. */
static const char *const NAMES[] = {
  "libcurl.so.4",
  "libcurl-gnutls.so.4",
  "libcurl-nss.so.4",
  NULL,
};

static void *open_library(void) {
  for (const char *const *name = NAMES; *name != NULL; name++) {
    void *found = dlopen(*name, RTLD_LAZY | RTLD_LOCAL | RTLD_NODELETE);
    if (found != NULL) return found;
  }
  return NULL;
}

/* dlsym gives an object pointer, where we need a function. */
static bool find(void *found, const char *name, void *function) {
  void **place = function;
  *place = dlsym(found, name);
  return *place != NULL;
}

const char *moondock_curl_load(void) {
  if (atomic_load(&library) != NULL) return NULL;
  void *found = open_library();
  if (found == NULL) return "libcurl is not installed (libcurl.so.4)";
#define FIND(name)                                                            \
  if (!find(found, "curl_" #name, &moondock_curl.name)) {                     \
    return "libcurl is too old: it lacks curl_" #name;                        \
  }
  CURL_FUNCTIONS(FIND)
#undef FIND
  atomic_store(&library, found);
  return NULL;
}

#else

const char *moondock_curl_load(void) {
  Dl_info info;
  CURL *(*self)(void) = curl_easy_init;
  if (atomic_load(&library) != NULL) return NULL;
  if (dladdr(*(void **)(void *)&self, &info) == 0) return NULL;
  int how = RTLD_LAZY | RTLD_NOLOAD;
#ifdef RTLD_NODELETE
  how |= RTLD_NODELETE;
#endif
  atomic_store(&library, dlopen(info.dli_fname, how));
  return NULL;
}

#endif

void *moondock_curl_library(void) {
  return atomic_load(&library);
}
