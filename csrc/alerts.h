/* What a server says of our certificate inside TLS. */
#ifndef MOONDOCK_ALERTS_H
#define MOONDOCK_ALERTS_H

#include "options.h"

typedef struct Alerts {
  int received;  /* number of the last alert, 0: none (or close_notify) */
  bool demanded; /* the server asked for a client certificate */
} Alerts;

/* Note what comes on this handle; `a` must live as long as the handle. */
void moondock_alerts_watch(CURL *easy, Alerts *a);

#endif
