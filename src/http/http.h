/*
 * HTTP requests over a pool of kept connections (libcurl hidden). HTTP/1.1 and 2, TLS by OpenSSL,
 * proxies from the environment as curl(1) and Go programs read them (http_proxy, HTTP_PROXY,
 * https_proxy, HTTPS_PROXY, ALL_PROXY, NO_PROXY; never for loopback hosts).
 *
 * One exchange is one request and its answer, whatever the status; redirects are followed here, and
 * the `authorization` of a request goes to the origin of its URL only. Trying again is the business
 * of http/retry.h, since only the caller knows what of a stream can be sent or taken up again.
 *
 * Nothing of this part puts `authorization`, bodies or queries of URLs into messages or logs.
 *
 * Thread rule: one client may be used by several threads at once; a request, its streams and its
 * response by one. The first client of a process is made before other threads use libcurl.
 */
#ifndef OCIB_HTTP_HTTP_H
#define OCIB_HTTP_HTTP_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/vec.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stdint.h>

struct ocib_http_options {
    const struct ocib_log *log;
    /* Becomes non-zero: exchanges and waits end with OCIB_EINTERRUPTED within a second. */
    const volatile int *interrupted;
    unsigned connect_ms; /* until connected, TLS included; 0: 30 s */
    unsigned stall_ms;   /* without any byte; 0: 60 s, five times that once a body is sent whole */
    unsigned tries;      /* of one request, the first included; 0: 6 */
    unsigned backoff_ms; /* the first wait between tries; 0: 500 */
    unsigned wait_most_ms; /* the longest wait that a server may ask for; 0: 120 s */
};

struct ocib_http;
struct ocib_http *ocib_http_new(const struct ocib_http_options *options) OCIB_MUST;
void ocib_http_free(struct ocib_http *http);
OCIB_DEFINE_CLEANUP(ocib_http, struct ocib_http, ocib_http_free)

/* How a server is trusted. The strings are borrowed and outlive the requests. */
struct ocib_http_tls {
    bool verify;
    struct ocib_str ca_pem;  /* certificates trusted beside the system's; may be empty */
    const char *client_cert; /* files in PEM form, or NULL */
    const char *client_key;
};

/* A body to send: `open` gives it from its beginning, each time it has to be sent. */
struct ocib_http_body {
    struct ocib_reader *(*open)(void *data, struct ocib_error **err); /* NULL: send `bytes` */
    void *data;
    int64_t size; /* exactly what the reader gives */
    struct ocib_str bytes;
};

struct ocib_http_request {
    const char *method;
    const char *url;
    const struct ocib_strings *headers; /* "Name: value"; may be NULL */
    const char *authorization;          /* value of that header, or NULL */
    const struct ocib_http_tls *tls;    /* NULL: the system's certificates, verified */
    const char *peer;    /* who is asked, for messages: "registry x"; NULL: the URL's host */
    bool plain_redirect; /* follow a redirect from https to http as well */
    struct ocib_http_body body;
    /* Takes the body of a 2xx answer, never finished here; status and headers of the response are
     * set before its first byte. NULL: the body goes to response.body. Borrowed. */
    struct ocib_writer *out;
    size_t limit; /* of response.body on a 2xx answer, beyond it is an error; 0: 1 MiB */
};

/* Why no answer came, as far as trying again, or otherwise, depends on it. */
enum ocib_http_fault {
    OCIB_HTTP_NO_FAULT,
    OCIB_HTTP_UNREACHABLE, /* no such host, refused, no route */
    OCIB_HTTP_BROKEN,      /* time-out, reset, cut short: may pass */
    OCIB_HTTP_NOT_TLS,     /* https was asked of something that does not speak it */
    OCIB_HTTP_FINAL,
};

/* The caller's storage, zeroed or initialised; release frees what it holds. */
struct ocib_http_response {
    int status;                  /* 0: none came */
    struct ocib_strings headers; /* "Name: value" of the last answer */
    struct ocib_buf
        body;            /* what no `out` took; of other answers than 2xx at most 64 KiB are kept */
    char *url;           /* that answered, after redirects */
    int64_t retry_after; /* seconds, -1 if the server didn't say */
    enum ocib_http_fault fault; /* set when the exchange failed */
};
void ocib_http_response_release(struct ocib_http_response *response);
#define OCIB_AUTO_RESPONSE OCIB_AUTO(ocib_http_response_release)
/* The n-th value of a header, NULL if there are no more. Names compare without case. */
const char *ocib_http_header(const struct ocib_http_response *response, const char *name,
                             unsigned n);
/* A date as headers have it (RFC 9110 §5.6.7), in seconds since 1970; -1: it is none. */
int64_t ocib_http_date(const char *text);

/*
 * One exchange. *response is released first. Fails with OCIB_ENETWORK (no answer or only a part of
 * it), OCIB_EREGISTRY (TLS, too long, not HTTP), OCIB_EINTERRUPTED, or the error of a stream.
 */
int ocib_http_exchange(struct ocib_http *http, const struct ocib_http_request *request,
                       struct ocib_http_response *response, struct ocib_error **err) OCIB_MUST;

#endif
