/*
 * What the files of this part share: the client with its pool of connections, and the state of one
 * transfer. Not for other parts.
 */
#ifndef OCIB_HTTP_INTERNAL_H
#define OCIB_HTTP_INTERNAL_H

#include "http/http.h"
#include "http/library.h"

#include <pthread.h>

/* One thread's place in the pool: the multi handle keeps its connections between exchanges. */
struct slot {
    CURLM *multi;
    CURL *easy;
    struct slot *next;
};

struct ocib_http {
    struct ocib_http_options options;
    pthread_mutex_t lock; /* of ready and idle */
    bool ready;           /* the first exchange has loaded libcurl */
    struct ocib_curl curl;
    struct slot *idle; /* last used first, so that its connections are alive */
    CURLSH *share;     /* names and TLS sessions */
    pthread_mutex_t share_locks[CURL_LOCK_DATA_LAST];
};

/* NULL with OCIB_EINTERNAL if libcurl is not there. */
struct slot *ocib_http_slot_take(struct ocib_http *http, struct ocib_error **err);
void ocib_http_slot_give(struct ocib_http *http, struct slot *slot);
bool ocib_http_interrupted(const struct ocib_http *http);
/* Milliseconds of a clock that only goes forward. */
int64_t ocib_http_now(void);

/* One request on the wire, redirects apart. */
struct transfer {
    struct ocib_http *http;
    const struct ocib_http_request *request;
    struct ocib_http_response *response;
    const char *method;
    const char *url;
    bool with_body;
    bool with_authorization;
    struct slot *slot;
    struct curl_slist *headers;
    struct ocib_reader *in;
    int64_t sent;
    size_t header_bytes;
    int64_t moved;    /* bytes in all directions at `moved_at` */
    int64_t moved_at; /* when something last moved */
    bool stalled;
    struct ocib_error *error; /* of a stream, a limit, or an interrupt */
    char errors[CURL_ERROR_SIZE];
};

/* Turns the failure of a transfer into an error, and sets the response's fault. Returns -1. */
int ocib_http_fail(struct transfer *transfer, CURLcode code, struct ocib_error **err);

/* A copy of what a server sent, fit for a message: one line, bounded, control characters gone. */
char *ocib_http_clean(struct ocib_str text, size_t most);

#endif
