/* The end of input on a connection that goes on reading. */
#ifndef MOONDOCK_HALF_CLOSE_H
#define MOONDOCK_HALF_CLOSE_H

#include "buffer.h"
#include "curl_api.h"

/* Say on the TLS session of the handle that no more will be written, and put
** the bytes that must still be sent on the plain socket into `out`. After
** that curl_easy_send must not be called again. NULL, or what failed. */
const char *moondock_half_close_tls(CURL *easy, Buffer *out);

#endif
