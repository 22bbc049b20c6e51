/* libcurl, loaded when the first connection is made. Its forty libraries cost
** more time than all else that a short script loads, and a program that only
** requires the module need not pay. With MOONDOCK_LINK_CURL, and where shared
** objects are not looked up by name as on Linux, it is linked as usual. */
#ifndef MOONDOCK_CURL_API_H
#define MOONDOCK_CURL_API_H

#include <curl/curl.h>

/* Make libcurl usable. NULL, or what is wrong. Safe to repeat. */
const char *moondock_curl_load(void);

/* The library of libcurl for dlsym, which also finds what libcurl itself is
** linked to. It is never unloaded. NULL when it cannot be told. */
void *moondock_curl_library(void);

#if defined(__linux__) && !defined(MOONDOCK_LINK_CURL)
#define MOONDOCK_LAZY_CURL

#define CURL_FUNCTIONS(X)                                                     \
  X(easy_cleanup) X(easy_getinfo) X(easy_init) X(easy_pause) X(easy_recv)     \
  X(easy_send) X(easy_setopt) X(easy_strerror) X(global_cleanup)              \
  X(global_init) X(multi_add_handle) X(multi_cleanup) X(multi_info_read)      \
  X(multi_init) X(multi_remove_handle) X(multi_setopt)                        \
  X(multi_socket_action) X(multi_strerror) X(slist_append) X(slist_free_all)

typedef struct CurlApi {
#define CURL_MEMBER(name) __typeof__(curl_##name) *name;
  CURL_FUNCTIONS(CURL_MEMBER)
#undef CURL_MEMBER
} CurlApi;

extern CurlApi moondock_curl;

#undef curl_easy_getinfo /* macros that check types; linked builds use them */
#undef curl_easy_setopt
#undef curl_multi_setopt
#define curl_easy_cleanup moondock_curl.easy_cleanup
#define curl_easy_getinfo moondock_curl.easy_getinfo
#define curl_easy_init moondock_curl.easy_init
#define curl_easy_pause moondock_curl.easy_pause
#define curl_easy_recv moondock_curl.easy_recv
#define curl_easy_send moondock_curl.easy_send
#define curl_easy_setopt moondock_curl.easy_setopt
#define curl_easy_strerror moondock_curl.easy_strerror
#define curl_global_cleanup moondock_curl.global_cleanup
#define curl_global_init moondock_curl.global_init
#define curl_multi_add_handle moondock_curl.multi_add_handle
#define curl_multi_cleanup moondock_curl.multi_cleanup
#define curl_multi_info_read moondock_curl.multi_info_read
#define curl_multi_init moondock_curl.multi_init
#define curl_multi_remove_handle moondock_curl.multi_remove_handle
#define curl_multi_setopt moondock_curl.multi_setopt
#define curl_multi_socket_action moondock_curl.multi_socket_action
#define curl_multi_strerror moondock_curl.multi_strerror
#define curl_slist_append moondock_curl.slist_append
#define curl_slist_free_all moondock_curl.slist_free_all
#endif

#endif
