/*
 * Trying again: exponential back-off with jitter, longer if the server says so (Retry-After, RFC
 * 9110 §10.2.3), bounded in number and time. Lost connections, time-outs, 408, 425, 429 and 5xx
 * (save 501 and 505) may pass; everything else is final.
 */
#ifndef OCIB_HTTP_RETRY_H
#define OCIB_HTTP_RETRY_H

#include "http/http.h"

/* A value; the tries of one piece of work. */
struct ocib_retry {
    struct ocib_http *http;
    unsigned tried;
    unsigned most;
};

/* `most`: tries in all, 0: the client's. */
void ocib_retry_init(struct ocib_retry *retry, struct ocib_http *http, unsigned most);

/* Whether this status may pass by itself. */
bool ocib_retry_status(int status);

/*
 * After a failed exchange (*err set) or an answer: true if it should be tried again, after waiting
 * for the right time; *err is then cleared. Otherwise false, with *err as it was, or OCIB_ENETWORK
 * if the server asks for a longer wait than allowed, or OCIB_EINTERRUPTED.
 */
bool ocib_retry_again(struct ocib_retry *retry, const struct ocib_http_response *response,
                      struct ocib_error **err);

/* Something was achieved: the count begins anew. */
void ocib_retry_progress(struct ocib_retry *retry);

/* An exchange with its tries. The last answer is the caller's to judge. */
int ocib_http_request(struct ocib_http *http, const struct ocib_http_request *request,
                      struct ocib_http_response *response, struct ocib_error **err) OCIB_MUST;

#endif
