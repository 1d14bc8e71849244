#include "base/mem.h"
#include "http/url.h"
#include "registry/base64.h"
#include "registry/session.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

enum {
    MOST_TOKEN = 64 * 1024,
    SHORTEST_LIFE_S = 60, /* what a token lives if its server does not say, and at least */
    EARLY_S = 10          /* so long before its end a token is not used any more */
};

void ocib_secret_free(char *secret)
{
    if (secret) {
        explicit_bzero(secret, strlen(secret));
        free(secret);
    }
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- credentials --- */

static struct ocib_credentials *credentials_get(struct ocib_session *session,
                                                struct ocib_error **err)
{
    struct ocib_registry *registry = session->registry;
    const struct ocib_endpoint *endpoint = session->endpoint;
    OCIB_AUTO_FREE char *key = ocib_format("%s/%s", endpoint->name, endpoint->repository);
    struct ocib_credentials *found = ocib_map_get(registry->credentials, ocib_str(key));
    if (found) {
        return found;
    }
    struct ocib_credential_places places = {registry->authfile, registry->uid,
                                            registry->interrupted};
    found = ocib_new(struct ocib_credentials);
    if (ocib_credentials_find(&places, endpoint->name, endpoint->repository, found, err)) {
        ocib_credentials_release(found);
        free(found);
        return NULL;
    }
    ocib_map_set(registry->credentials, ocib_str(key), found);
    return found;
}

char *ocib_auth_source(struct ocib_session *session)
{
    pthread_mutex_lock(&session->registry->auth_lock);
    struct ocib_credentials *found = credentials_get(session, NULL);
    char *source = found ? ocib_strdup(found->source) : NULL;
    pthread_mutex_unlock(&session->registry->auth_lock);
    return source;
}

static char *basic_header(const struct ocib_credentials *credentials)
{
    OCIB_AUTO_FREE char *plain =
        ocib_format("%s:%s", credentials->user ? credentials->user : "", credentials->secret);
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    ocib_buf_puts(&out, "Basic ");
    ocib_base64_encode(ocib_str(plain), &out);
    explicit_bzero(plain, strlen(plain));
    return ocib_buf_take(&out);
}

/* --- tokens (Docker registry v2 token authentication) --- */

static char *scope_of(const struct ocib_session *session)
{
    return ocib_format("repository:%s:%s", session->endpoint->repository, session->actions);
}

/* The realm, if it may be asked: never in the clear where TLS is the rule. */
static int check_realm(const struct ocib_session *session, const char *realm,
                       struct ocib_error **err)
{
    OCIB_AUTO_FREE char *host = ocib_url_host(realm);
    if (*host == '\0') {
        return ocib_error_set(err, OCIB_EREGISTRY, "%s names a token server that is no URL",
                              session->peer);
    }
    bool plain_allowed = session->host->insecure || !ocib_url_is_https(session->host->base) ||
                         ocib_host_is_loopback(host);
    if (!ocib_url_is_https(realm) && !plain_allowed) {
        return ocib_error_set(err, OCIB_EREGISTRY,
                              "%s wants its token fetched over plain HTTP from %s: refused",
                              session->peer, host);
    }
    return 0;
}

static void add_parameter(struct ocib_buf *out, const char *name, const char *value)
{
    if (value) {
        ocib_buf_puts(out, out->len ? "&" : "");
        ocib_buf_printf(out, "%s=", name);
        ocib_url_encode(out, ocib_str(value));
    }
}

static char *token_url(const struct ocib_session *session, const char *scope,
                       const struct ocib_credentials *credentials)
{
    const struct ocib_challenge *challenge = &session->host->challenge;
    OCIB_AUTO_BUF struct ocib_buf query;
    ocib_buf_init(&query);
    add_parameter(&query, "service", challenge->service);
    add_parameter(&query, "scope", scope);
    if (credentials->secret) {
        add_parameter(&query, "account", credentials->user);
    }
    return ocib_format("%s%c%s", challenge->realm, strchr(challenge->realm, '?') ? '&' : '?',
                       query.data);
}

static char *refresh_form(const struct ocib_session *session, const char *scope,
                          const struct ocib_credentials *credentials)
{
    OCIB_AUTO_BUF struct ocib_buf form;
    ocib_buf_init(&form);
    add_parameter(&form, "grant_type", "refresh_token");
    add_parameter(&form, "service", session->host->challenge.service);
    add_parameter(&form, "scope", scope);
    add_parameter(&form, "client_id", "ocib");
    add_parameter(&form, "refresh_token", credentials->secret);
    return ocib_buf_take(&form);
}

/* A token goes into a header: nothing but visible ASCII. */
static bool is_token(const char *text)
{
    for (const char *c = text; c && *c; c++) {
        if (*c <= ' ' || (unsigned char)*c >= 0x7f) {
            return false;
        }
    }
    return text && *text;
}

static struct ocib_token *read_token(struct ocib_str body)
{
    json_t *root = json_loadb(body.s, body.len, 0, NULL);
    const char *token = json_string_value(json_object_get(root, "token"));
    const char *access = json_string_value(json_object_get(root, "access_token"));
    json_int_t life = json_integer_value(json_object_get(root, "expires_in"));
    const char *value = token && *token ? token : access;
    struct ocib_token *result = NULL;
    if (is_token(value)) {
        if (life < SHORTEST_LIFE_S || life > 24 * 3600) {
            life = SHORTEST_LIFE_S;
        }
        result = ocib_new(struct ocib_token);
        result->value = ocib_strdup(value);
        result->expires_at = now_ms() + (life - EARLY_S) * 1000;
    }
    json_decref(root);
    return result;
}

static int token_refused(const struct ocib_session *session,
                         const struct ocib_credentials *credentials,
                         const struct ocib_http_response *response, struct ocib_error **err)
{
    const char *name = session->endpoint->name;
    const char *repository = session->endpoint->repository;
    OCIB_AUTO_FREE char *server = ocib_url_host(session->host->challenge.realm);
    OCIB_AUTO_FREE char *text = ocib_answer_text(ocib_buf_str(&response->body));
    if (ocib_retry_status(response->status)) {
        return ocib_error_set(err, OCIB_ENETWORK, "the token server %s of %s answers %d", server,
                              session->peer, response->status);
    }
    if (credentials->secret) {
        ocib_error_set(err, OCIB_EREGISTRY,
                       "the token server %s refused the credentials of %s for %s: %s%s(status %d)",
                       server, credentials->source, name, text ? text : "", text ? " " : "",
                       response->status);
        return ocib_error_hint_set(err,
                                   "log in anew: `podman login %s` writes an auth file that "
                                   "ocib reads",
                                   name);
    }
    ocib_error_set(err, OCIB_EREGISTRY,
                   "the token server %s of %s gives no access to %s without credentials: %s%s"
                   "(status %d)",
                   server, session->peer, repository, text ? text : "", text ? " " : "",
                   response->status);
    return ocib_error_hint_set(err, "log in: `podman login %s` writes an auth file that ocib reads",
                               name);
}

static struct ocib_token *fetch_token(struct ocib_session *session, const char *scope,
                                      const struct ocib_credentials *credentials,
                                      struct ocib_error **err)
{
    struct ocib_registry *registry = session->registry;
    bool refresh = credentials->secret && credentials->kind == OCIB_SECRET_IDENTITY;
    OCIB_AUTO_FREE char *url = refresh ? ocib_strdup(session->host->challenge.realm)
                                       : token_url(session, scope, credentials);
    OCIB_AUTO_FREE char *name = ocib_url_host(url);
    OCIB_AUTO_FREE char *peer = ocib_format("the token server %s", name);
    struct ocib_host *host = ocib_host_get(registry, name, session->host->insecure, err);
    if (!host) {
        return NULL;
    }
    char *form = refresh ? refresh_form(session, scope, credentials) : NULL;
    char *basic = credentials->secret && !refresh ? basic_header(credentials) : NULL;
    OCIB_AUTO_STRINGS struct ocib_strings headers = {0};
    if (form) {
        ocib_strings_push(&headers, "Content-Type: application/x-www-form-urlencoded");
    }
    struct ocib_http_request request = {.method = form ? "POST" : "GET",
                                        .url = url,
                                        .headers = &headers,
                                        .authorization = basic,
                                        .tls = &host->tls,
                                        .peer = peer,
                                        .plain_redirect = host->insecure,
                                        .body.bytes = ocib_str(form ? form : ""),
                                        .limit = MOST_TOKEN};
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    struct ocib_token *token = NULL;
    if (!ocib_http_request(registry->http, &request, &response, err)) {
        token = response.status == 200 ? read_token(ocib_buf_str(&response.body)) : NULL;
        if (!token && response.status != 200) {
            token_refused(session, credentials, &response, err);
        } else if (!token) {
            ocib_error_set(err, OCIB_EREGISTRY, "the answer of %s holds no token", peer);
        }
    }
    if (response.body.data) {
        explicit_bzero(response.body.data, response.body.len);
    }
    ocib_secret_free(form);
    ocib_secret_free(basic);
    return token;
}

static char *token_key(const struct ocib_session *session, const char *scope)
{
    const struct ocib_challenge *challenge = &session->host->challenge;
    return ocib_format("%s\n%s\n%s\n%s", session->endpoint->name, challenge->realm,
                       challenge->service ? challenge->service : "", scope);
}

static int bearer_header(struct ocib_session *session, const struct ocib_credentials *credentials,
                         char **out, enum ocib_auth_hope *hope, struct ocib_error **err)
{
    struct ocib_registry *registry = session->registry;
    OCIB_AUTO_FREE char *scope = scope_of(session);
    OCIB_AUTO_FREE char *key = token_key(session, scope);
    struct ocib_token *token = ocib_map_get(registry->tokens, ocib_str(key));
    if (!token || !token->value || now_ms() >= token->expires_at) {
        if (check_realm(session, session->host->challenge.realm, err)) {
            return -1;
        }
        token = fetch_token(session, scope, credentials, err);
        if (!token) {
            return -1;
        }
        ocib_map_set(registry->tokens, ocib_str(key), token);
        *hope = OCIB_AUTH_FRESH;
    }
    *out = ocib_format("Bearer %s", token->value);
    return 0;
}

static int make_header(struct ocib_session *session, char **out, enum ocib_auth_hope *hope,
                       struct ocib_error **err)
{
    enum ocib_auth_scheme scheme = session->host->challenge.scheme;
    if (scheme == OCIB_AUTH_NONE) {
        return 0;
    }
    struct ocib_credentials *credentials = credentials_get(session, err);
    if (!credentials) {
        return -1;
    }
    if (scheme == OCIB_AUTH_BEARER &&
        (!credentials->secret || credentials->kind != OCIB_SECRET_BEARER)) {
        return bearer_header(session, credentials, out, hope, err);
    }
    *hope = OCIB_AUTH_FIXED;
    if (credentials->secret && credentials->kind == OCIB_SECRET_BEARER) {
        *out = ocib_format("Bearer %s", credentials->secret);
        return 0;
    }
    if (credentials->secret) {
        *out = basic_header(credentials);
    }
    return 0;
}

int ocib_auth_header(struct ocib_session *session, char **out, enum ocib_auth_hope *hope,
                     struct ocib_error **err)
{
    pthread_mutex_lock(&session->registry->auth_lock);
    *out = NULL;
    *hope = OCIB_AUTH_UNTRIED;
    int result = make_header(session, out, hope, err);
    pthread_mutex_unlock(&session->registry->auth_lock);
    return result;
}

static void forget_token(struct ocib_session *session, const char *used)
{
    OCIB_AUTO_FREE char *scope = scope_of(session);
    OCIB_AUTO_FREE char *key = token_key(session, scope);
    struct ocib_token *token = ocib_map_get(session->registry->tokens, ocib_str(key));
    /* Another thread may have fetched a newer one already. */
    if (token && token->value && ocib_str_starts(ocib_str(used), "Bearer ") &&
        strcmp(used + 7, token->value) == 0) {
        token->expires_at = 0;
    }
}

void ocib_auth_refused(struct ocib_session *session, const struct ocib_http_response *response,
                       const char *used)
{
    struct ocib_host *host = session->host;
    if (response->status != 401 || !ocib_url_same_origin(response->url, host->base)) {
        return;
    }
    pthread_mutex_lock(&session->registry->auth_lock);
    struct ocib_challenge found = {0};
    const char *value;
    for (unsigned i = 0; (value = ocib_http_header(response, "WWW-Authenticate", i)); i++) {
        ocib_challenge_read(ocib_str(value), &found);
    }
    if (used && host->challenge.realm) {
        forget_token(session, used);
    }
    if (found.scheme != OCIB_AUTH_NONE) {
        ocib_challenge_release(&host->challenge);
        host->challenge = found;
    }
    pthread_mutex_unlock(&session->registry->auth_lock);
}
