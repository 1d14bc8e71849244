/*
 * libcurl, loaded when it is first needed (see base/library.h). Not for other parts.
 */
#ifndef OCIB_HTTP_LIBRARY_H
#define OCIB_HTTP_LIBRARY_H

#include "base/library.h"

#include <curl/curl.h>

/* What exchanges need. */
#define OCIB_CURL_FUNCTIONS(X)                                                                     \
    X(easy_cleanup, curl_easy_cleanup)                                                             \
    X(easy_getinfo, curl_easy_getinfo)                                                             \
    X(easy_init, curl_easy_init)                                                                   \
    X(easy_reset, curl_easy_reset)                                                                 \
    X(easy_setopt, curl_easy_setopt)                                                               \
    X(easy_strerror, curl_easy_strerror)                                                           \
    X(global_cleanup, curl_global_cleanup)                                                         \
    X(global_init, curl_global_init)                                                               \
    X(multi_add_handle, curl_multi_add_handle)                                                     \
    X(multi_cleanup, curl_multi_cleanup)                                                           \
    X(multi_info_read, curl_multi_info_read)                                                       \
    X(multi_init, curl_multi_init)                                                                 \
    X(multi_perform, curl_multi_perform)                                                           \
    X(multi_poll, curl_multi_poll)                                                                 \
    X(multi_remove_handle, curl_multi_remove_handle)                                               \
    X(share_cleanup, curl_share_cleanup)                                                           \
    X(share_init, curl_share_init)                                                                 \
    X(share_setopt, curl_share_setopt)                                                             \
    X(slist_append, curl_slist_append)                                                             \
    X(slist_free_all, curl_slist_free_all)
struct ocib_curl {
    OCIB_CURL_FUNCTIONS(OCIB_LIBRARY_MEMBER)
};
int ocib_curl_load(struct ocib_curl *out, struct ocib_error **err) OCIB_MUST;

/* What reads texts: URLs and dates. */
#define OCIB_CURL_TEXT_FUNCTIONS(X)                                                                \
    X(free, curl_free)                                                                             \
    X(getdate, curl_getdate)                                                                       \
    X(url, curl_url)                                                                               \
    X(url_cleanup, curl_url_cleanup)                                                               \
    X(url_get, curl_url_get)                                                                       \
    X(url_set, curl_url_set)
struct ocib_curl_text {
    OCIB_CURL_TEXT_FUNCTIONS(OCIB_LIBRARY_MEMBER)
};
int ocib_curl_text_load(struct ocib_curl_text *out, struct ocib_error **err) OCIB_MUST;

#endif
