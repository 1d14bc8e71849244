/*
 * Talking to one repository of one registry: the host's scheme and trust, authorization, tries, and
 * errors in the registry's own words.
 *
 * Not for other parts. Thread rule: a session may be used by several threads at once.
 */
#ifndef OCIB_REGISTRY_SESSION_H
#define OCIB_REGISTRY_SESSION_H

#include "base/map.h"
#include "http/http.h"
#include "http/retry.h"
#include "registry/certs.h"
#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/endpoint.h"
#include "registry/registry.h"

#include <pthread.h>

/* A host and what was found out about it; lives as long as the registry struct. */
struct ocib_host {
    char *name;
    char *base; /* "https://host"; NULL until it was reached */
    bool insecure;
    struct ocib_certs certs;
    struct ocib_http_tls tls;        /* borrows from certs */
    struct ocib_challenge challenge; /* under auth_lock */
};

/* A bearer token for one scope. */
struct ocib_token {
    char *value;
    int64_t expires_at; /* ms of the monotonic clock */
};

struct ocib_registry {
    const struct ocib_log *log;
    const volatile int *interrupted;
    void (*progress)(void *data, const struct ocib_transfer *transfer);
    void *data;
    bool tls_verify;
    char *authfile;
    uid_t uid;
    struct ocib_buf ca_pem;
    struct ocib_http *http;
    struct ocib_conf conf;
    struct ocib_mirrors mirrors;
    pthread_mutex_t host_lock; /* of hosts, also while one is being reached */
    struct ocib_map *hosts;    /* struct ocib_host */
    pthread_mutex_t auth_lock; /* of what follows, and of the hosts' challenges; held while a token
                                  is fetched, so that one thread does it for all */
    struct ocib_map *tokens;   /* struct ocib_token, by server and scope */
    struct ocib_map *credentials; /* struct ocib_credentials, by "registry/repository" */
    pthread_mutex_t progress_lock;
};

/* registry_new with the tries and waits of tests; `http` may be NULL. */
struct ocib_registry *ocib_registry_new_with(const struct ocib_registry_options *options,
                                             const struct ocib_http_options *http,
                                             struct ocib_error **err) OCIB_MUST;
void ocib_registry_report(struct ocib_registry *registry, const struct ocib_transfer *transfer);

struct ocib_session {
    struct ocib_registry *registry;
    const struct ocib_endpoint *endpoint;
    struct ocib_host *host;
    const char *actions; /* of the token's scope: "pull", "pull,push" */
    unsigned tries;      /* 0: as many as the client makes */
    char *peer;          /* "registry x", for messages */
};

/* Fills in what follows from registry and endpoint, which are borrowed. */
void ocib_session_prepare(struct ocib_session *session);
/* Reaches the host, once; done by the first call that needs it. */
int ocib_session_open(struct ocib_session *session, struct ocib_error **err) OCIB_MUST;
void ocib_session_release(struct ocib_session *session);

struct ocib_call {
    const char *method;
    const char *target; /* a path, "/v2/…", or a URL as the registry gave it */
    const struct ocib_strings *headers;
    struct ocib_http_body body;
    struct ocib_writer *out;
    size_t limit;
};
/* One exchange, with authorization if asked for; a token that expired is renewed. */
int ocib_session_exchange(struct ocib_session *session, const struct ocib_call *call,
                          struct ocib_http_response *response, struct ocib_error **err) OCIB_MUST;
/* The same, tried again after faults that may pass. Not for calls with `out`. */
int ocib_session_request(struct ocib_session *session, const struct ocib_call *call,
                         struct ocib_http_response *response, struct ocib_error **err) OCIB_MUST;

/* What a 401 means for a header that was sent. */
enum ocib_auth_hope {
    OCIB_AUTH_UNTRIED, /* nothing was known yet, or an older token was used: try again */
    OCIB_AUTH_FRESH,   /* the token was made just now; it may have ended all the same, once */
    OCIB_AUTH_FIXED,   /* there is nothing else to show */
};
/* The value of the Authorization header for the session, to be freed with ocib_secret_free();
 * *out NULL: none is needed, or there is nothing to show. */
int ocib_auth_header(struct ocib_session *session, char **out, enum ocib_auth_hope *hope,
                     struct ocib_error **err) OCIB_MUST;
/* Learns from a 401: the challenge, and that `used` is worth nothing more. */
void ocib_auth_refused(struct ocib_session *session, const struct ocib_http_response *response,
                       const char *used);
/* "from FILE" of the credentials that would be used, or NULL; freed with free(). */
char *ocib_auth_source(struct ocib_session *session);
void ocib_secret_free(char *secret);
struct ocib_host *ocib_host_get(struct ocib_registry *registry, const char *name, bool insecure,
                                struct ocib_error **err) OCIB_MUST;

/* What an answer that is not the wanted one means, as an error: "can't <doing> registry x: …".
 * `doing` is like "pull library/x:1 from". Returns -1. */
int ocib_session_refused(struct ocib_session *session, const char *doing,
                         const struct ocib_http_response *response, struct ocib_error **err);
/* The registry's own words in a body (distribution-spec, "Error Codes"), on one line, bounded;
 * NULL if it has none. Freed with free(). */
char *ocib_answer_text(struct ocib_str body);
/* Whether a body is a web page rather than JSON. */
bool ocib_answer_is_html(const struct ocib_http_response *response);

#endif
