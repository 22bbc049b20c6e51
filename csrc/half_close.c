/* close_notify, with the libssl that libcurl itself uses.
**
** SSL_shutdown on libcurl's own session writes through a BIO that is only
** valid inside libcurl, and crashes when the peer is gone. So the session gets
** a memory BIO to write to, and the few bytes are sent by us. We are not
** linked to libssl: its functions are found through libcurl's own library. */
#define _GNU_SOURCE
#include "half_close.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

#define NOTIFY_MAX 256 /* an alert record is about 30 bytes */

typedef struct Functions {
  const void *(*s_mem)(void);
  void *(*bio_new)(const void *method);
  int (*bio_read)(void *bio, void *bytes, int n);
  void (*set0_wbio)(void *ssl, void *bio);
  int (*shutdown)(void *ssl);
  void (*clear_error)(void);
} Functions;

/* dlsym gives an object pointer, where we need a function. */
static bool find(void *library, const char *name, void *function) {
  void **place = function;
  *place = dlsym(library, name);
  return *place != NULL;
}

static bool find_all(void *library, Functions *f) {
  return find(library, "BIO_s_mem", &f->s_mem) &&
         find(library, "BIO_new", &f->bio_new) &&
         find(library, "BIO_read", &f->bio_read) &&
         find(library, "SSL_set0_wbio", &f->set0_wbio) &&
         find(library, "SSL_shutdown", &f->shutdown) &&
         find(library, "ERR_clear_error", &f->clear_error);
}

/* The functions of the very library that libcurl is linked to. */
static bool load(Functions *f) {
  void *library = moondock_curl_library();
  return library != NULL && find_all(library, f);
}

static void *session_of(CURL *easy) {
  struct curl_tlssessioninfo *info = NULL;
  curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info);
  bool known = info != NULL && info->backend == CURLSSLBACKEND_OPENSSL;
  return known ? info->internals : NULL;
}

const char *moondock_half_close_tls(CURL *easy, Buffer *out) {
  Functions f;
  char notify[NOTIFY_MAX];
  void *session = session_of(easy);
  if (session == NULL || !load(&f)) {
    return "input cannot be ended over TLS with this build of libcurl";
  }
  void *bio = f.bio_new(f.s_mem());
  if (bio == NULL) return "out of memory";
  f.set0_wbio(session, bio); /* the session owns it now */
  f.shutdown(session);
  int n = f.bio_read(bio, notify, sizeof notify);
  f.clear_error();
  if (n <= 0) return "the TLS session cannot be ended";
  if (moondock_buffer_append(out, notify, (size_t)n) != 0) {
    return "out of memory";
  }
  return NULL;
}
