#include "registry/session.h"

#include "base/mem.h"
#include "http/url.h"

#include <string.h>

enum { MOST_AUTH_ROUNDS = 3 };

/* --- hosts --- */

static struct ocib_host *host_make(struct ocib_registry *registry, const char *name, bool insecure,
                                   struct ocib_error **err)
{
    struct ocib_host *host = ocib_new(struct ocib_host);
    host->name = ocib_strdup(name);
    host->insecure = insecure || !registry->tls_verify;
    if (ocib_certs_load(name, ocib_buf_str(&registry->ca_pem), registry->uid, &host->certs, err)) {
        ocib_certs_release(&host->certs);
        free(host->name);
        free(host);
        return NULL;
    }
    host->tls = (struct ocib_http_tls){.verify = !host->insecure,
                                       .ca_pem = ocib_buf_str(&host->certs.ca_pem),
                                       .client_cert = host->certs.client_cert,
                                       .client_key = host->certs.client_key};
    return host;
}

static struct ocib_host *host_get(struct ocib_registry *registry, const char *name, bool insecure,
                                  struct ocib_error **err)
{
    OCIB_AUTO_FREE char *key = ocib_format("%s %d", name, insecure);
    struct ocib_host *host = ocib_map_get(registry->hosts, ocib_str(key));
    if (!host) {
        host = host_make(registry, name, insecure, err);
        if (host) {
            ocib_map_set(registry->hosts, ocib_str(key), host);
        }
    }
    return host;
}

struct ocib_host *ocib_host_get(struct ocib_registry *registry, const char *name, bool insecure,
                                struct ocib_error **err)
{
    pthread_mutex_lock(&registry->host_lock);
    struct ocib_host *host = host_get(registry, name, insecure, err);
    pthread_mutex_unlock(&registry->host_lock);
    return host;
}

/* --- reaching a host: which scheme it speaks, and what it asks for --- */

static int ping(struct ocib_session *session, const char *scheme, unsigned tries,
                struct ocib_http_response *response, struct ocib_error **err)
{
    struct ocib_host *host = session->host;
    OCIB_AUTO_FREE char *url = ocib_format("%s://%s/v2/", scheme, host->name);
    struct ocib_http_request request = {.method = "GET",
                                        .url = url,
                                        .tls = &host->tls,
                                        .peer = session->peer,
                                        .plain_redirect = host->insecure};
    OCIB_AUTO_ERROR struct ocib_error *failure = NULL;
    struct ocib_retry retry;
    ocib_retry_init(&retry, session->registry->http, tries);
    do {
        if (!ocib_http_exchange(session->registry->http, &request, response, &failure) &&
            !ocib_retry_status(response->status)) {
            return 0;
        }
    } while (ocib_retry_again(&retry, response, &failure));
    if (!failure) {
        return 0; /* the requests that follow will say what is wrong */
    }
    return ocib_error_move(err, ocib_steal(&failure));
}

/* Where plain HTTP is allowed: TLS once, then plain, as Docker does. */
static const char *find_scheme(struct ocib_session *session, struct ocib_http_response *response,
                               struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *failure = NULL;
    if (!ping(session, "https", 1, response, &failure)) {
        return "https";
    }
    bool maybe_plain = response->fault == OCIB_HTTP_NOT_TLS ||
                       response->fault == OCIB_HTTP_UNREACHABLE ||
                       response->fault == OCIB_HTTP_BROKEN;
    if (!maybe_plain) {
        if (err && !*err) {
            *err = ocib_steal(&failure);
        }
        return NULL;
    }
    if (ping(session, "http", session->tries, response, err)) {
        return NULL;
    }
    /* What Go's servers answer to plain HTTP on their TLS port: the first try only broke. */
    bool was_tls = response->status == 400 &&
                   memmem(response->body.data, response->body.len, "HTTPS server", 12);
    if (!was_tls) {
        return "http";
    }
    return ping(session, "https", session->tries, response, err) ? NULL : "https";
}

static int reach(struct ocib_session *session, struct ocib_http_response *response,
                 struct ocib_error **err)
{
    struct ocib_host *host = session->host;
    const char *scheme = session->endpoint->scheme;
    if (!scheme && !host->insecure && !ocib_host_is_loopback(host->name)) {
        scheme = "https";
    }
    if (scheme ? ping(session, scheme, session->tries, response, err)
               : !(scheme = find_scheme(session, response, err))) {
        return -1;
    }
    host->base = ocib_format("%s://%s", scheme, host->name);
    return 0;
}

void ocib_session_prepare(struct ocib_session *session)
{
    session->peer = ocib_format("registry %s", session->endpoint->name);
}

int ocib_session_open(struct ocib_session *session, struct ocib_error **err)
{
    struct ocib_registry *registry = session->registry;
    const struct ocib_endpoint *endpoint = session->endpoint;
    int result = -1;
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    pthread_mutex_lock(&registry->host_lock);
    /* Threads that share a session come by here: it is set once. */
    if (!session->host) {
        session->host = host_get(registry, endpoint->host, endpoint->insecure, err);
    }
    if (session->host) {
        result = session->host->base ? 0 : reach(session, &response, err);
    }
    pthread_mutex_unlock(&registry->host_lock);
    /* Without that lock: whoever fetches a token holds the other one and comes to this one. */
    if (!result && response.status == 401) {
        ocib_auth_refused(session, &response, NULL);
    }
    return result;
}

void ocib_session_release(struct ocib_session *session)
{
    free(session->peer);
    session->peer = NULL;
}

/* --- calls --- */

static bool is_final(const struct ocib_session *session, const struct ocib_http_response *response)
{
    /* Only the registry itself may say where credentials are to be shown. */
    return response->status != 401 || !ocib_url_same_origin(response->url, session->host->base);
}

int ocib_session_exchange(struct ocib_session *session, const struct ocib_call *call,
                          struct ocib_http_response *response, struct ocib_error **err)
{
    struct ocib_host *host = session->host;
    OCIB_AUTO_FREE char *url = ocib_url_resolve(host->base, call->target, err);
    if (!url) {
        response->fault = OCIB_HTTP_FINAL;
        return -1;
    }
    struct ocib_http_request request = {.method = call->method,
                                        .url = url,
                                        .headers = call->headers,
                                        .tls = &host->tls,
                                        .peer = session->peer,
                                        .plain_redirect = host->insecure,
                                        .body = call->body,
                                        .out = call->out,
                                        .limit = call->limit};
    bool at_home = ocib_url_same_origin(url, host->base);
    unsigned fresh = 0;
    for (int round = 0;; round++) {
        char *authorization = NULL;
        enum ocib_auth_hope hope = OCIB_AUTH_FIXED;
        if (at_home && ocib_auth_header(session, &authorization, &hope, err)) {
            response->fault = OCIB_HTTP_FINAL;
            return -1;
        }
        request.authorization = authorization;
        int result = ocib_http_exchange(session->registry->http, &request, response, err);
        fresh += hope == OCIB_AUTH_FRESH;
        bool done = result || is_final(session, response) || hope == OCIB_AUTH_FIXED ||
                    fresh >= 2 || round + 1 >= MOST_AUTH_ROUNDS;
        if (!result && response->status == 401 && !is_final(session, response)) {
            ocib_auth_refused(session, response, authorization);
        }
        ocib_secret_free(authorization);
        if (done) {
            return result;
        }
    }
}

int ocib_session_request(struct ocib_session *session, const struct ocib_call *call,
                         struct ocib_http_response *response, struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *failure = NULL;
    struct ocib_retry retry;
    ocib_retry_init(&retry, session->registry->http, session->tries);
    do {
        if (!ocib_session_exchange(session, call, response, &failure) &&
            !ocib_retry_status(response->status)) {
            return 0;
        }
    } while (ocib_retry_again(&retry, response, &failure));
    if (!failure) {
        return 0;
    }
    return ocib_error_move(err, ocib_steal(&failure));
}
