/* Alerts and requests for certificates, heard in what libcurl tells when it is
** verbose:
**
**   TLSv1.3 (IN), TLS handshake, Request CERT (13):
**   TLSv1.3 (IN), TLS alert, bad certificate (554):
**
** Its errors do not tell them when sending fails first, as it does where the
** server refuses our certificate and resets the connection: the alert is read
** as the connection is closed. */
#include "alerts.h"

#include <string.h>

#define LINE_MAX_LENGTH 160

/* The number in the last parentheses of a line, 0 when there is none. */
static int number_of(const char *line) {
  const char *at = strrchr(line, '(');
  int n = 0;
  if (at == NULL) return 0;
  while (*++at >= '0' && *at <= '9' && n < 100000) n = n * 10 + (*at - '0');
  return n;
}

static int on_debug(CURL *easy, curl_infotype type, char *text, size_t n,
                    void *user) {
  Alerts *a = user;
  char line[LINE_MAX_LENGTH];
  (void)easy;
  if (type != CURLINFO_TEXT || n < 3 || memcmp(text, "TLS", 3) != 0) return 0;
  if (n >= sizeof line) n = sizeof line - 1;
  memcpy(line, text, n);
  line[n] = '\0';
  if (strstr(line, "(IN)") == NULL) return 0;
  if (strstr(line, "Request CERT") != NULL) a->demanded = true;
  int alert = strstr(line, "TLS alert") != NULL ? number_of(line) & 0xff : 0;
  if (alert != 0) a->received = alert; /* the high byte is the level */
  return 0;
}

void moondock_alerts_watch(CURL *easy, Alerts *a) {
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, a);
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}
