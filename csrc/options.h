/* The request table of core.transfer and core.upgrade, checked. */
#ifndef MOONDOCK_OPTIONS_H
#define MOONDOCK_OPTIONS_H

#include "curl_api.h"
#include "moondock.h"

#include <stdbool.h>

/* All pointers lead into Lua strings on the stack of the caller. */
typedef struct Options {
  const char *method;
  const char *url;
  const char *socket_path; /* NULL: by the URL */
  const char *body;        /* NULL: none */
  size_t body_length;
  int headers;             /* stack index of the array, 0: none */
  int header_count;
  bool tls;
  const char *ca;          /* PEM files, NULL: the system's, none, none */
  const char *cert;
  const char *key;
  bool verify;             /* the certificate of the server */
  const char *connect_to;  /* curl's form, when `url` has another name */
  const char *proxy;       /* URL with credentials; NULL: none */
  bool upload;
  bool fresh;
  bool bulk;
  curl_off_t size;         /* of the upload, -1: unknown */
  long connect_ms;
  size_t drain;            /* unread bytes kept, 0: the transfer is paused */
} Options;

/* Check the table at `i` and leave its values on the stack, so that the
** pointers stay valid. Raises before anything is acquired. [-0, +?, v] */
void moondock_checkoptions(lua_State *L, int i, Options *o);

/* The header line `k`, or NULL when it is no string. The table keeps it alive.
** [-0, +0, -] */
const char *moondock_options_header(lua_State *L, const Options *o, int k);

/* The header lines as a new list that the caller owns; NULL when there are
** none or memory is short, which `*ok` tells. [-0, +0, -] */
struct curl_slist *moondock_options_fields(lua_State *L, const Options *o,
                                           bool *ok);

/* True when a header of that name is given. [-0, +0, -] */
bool moondock_options_has(lua_State *L, const Options *o, const char *name);

#endif
