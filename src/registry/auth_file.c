#include "base/buf.h"
#include "base/mem.h"
#include "registry/base64.h"
#include "registry/credentials.h"

#include <jansson.h>
#include <string.h>

static void secret_free(char *secret)
{
    if (secret) {
        explicit_bzero(secret, strlen(secret));
        free(secret);
    }
}

void ocib_credentials_release(struct ocib_credentials *credentials)
{
    free(credentials->user);
    secret_free(credentials->secret);
    free(credentials->source);
    *credentials = (struct ocib_credentials){0};
}

void ocib_auth_match_release(struct ocib_auth_match *match)
{
    ocib_credentials_release(&match->credentials);
    free(match->helper);
    match->helper = NULL;
}

static void json_cleanup(json_t **json)
{
    json_decref(*json);
}

/* A key of "auths" as "host/path": without scheme; with one, also without path. Docker Hub has
 * several names. */
static char *normal_key(const char *key)
{
    struct ocib_str rest = ocib_str(key), host;
    size_t scheme = ocib_str_starts(rest, "https://")  ? 8
                    : ocib_str_starts(rest, "http://") ? 7
                                                       : 0;
    rest = ocib_str_sub(rest, scheme, rest.len);
    struct ocib_str whole = rest;
    if (!ocib_str_cut(&rest, '/', &host)) {
        return ocib_strdup("");
    }
    if (ocib_str_is(host, "index.docker.io") || ocib_str_is(host, "registry-1.docker.io")) {
        return scheme || rest.len == 0 || ocib_str_is(ocib_str_trim(rest), "v1/")
                   ? ocib_strdup("docker.io")
                   : ocib_format("docker.io/%.*s", OCIB_STR_ARG(rest));
    }
    return ocib_str_dup(scheme || rest.len == 0 ? host : whole);
}

/* How many bytes of "host/repository" a key covers; 0: it does not fit. */
static size_t fits(const char *key, const char *image)
{
    OCIB_AUTO_FREE char *normal = normal_key(key);
    size_t len = strlen(normal);
    bool fit = len > 0 && strncmp(image, normal, len) == 0 && (image[len] == '/' || !image[len]);
    return fit ? len : 0;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && *text ? text : NULL;
}

static bool set_secret(struct ocib_credentials *out, enum ocib_secret_kind kind, const char *user,
                       const char *secret)
{
    free(out->user);
    secret_free(out->secret);
    out->user = ocib_strdup(user);
    out->secret = ocib_strdup(secret);
    out->kind = kind;
    return true;
}

/* "auth": base64 of "user:password". */
static bool set_basic(struct ocib_credentials *out, const char *auth)
{
    OCIB_AUTO_BUF struct ocib_buf plain;
    ocib_buf_init(&plain);
    bool good = ocib_base64_decode(ocib_str(auth), &plain);
    char *colon = good ? memchr(plain.data, ':', plain.len) : NULL;
    if (colon) {
        /* Docker once padded the decoded text with NULs; as a C string it ends there. */
        *colon = '\0';
        set_secret(out, OCIB_SECRET_PASSWORD, plain.data, colon + 1);
    }
    explicit_bzero(plain.data, plain.len);
    return colon != NULL;
}

/* False if the entry has no credentials, as entries of helpers do. */
static int read_entry(const json_t *entry, const char *name, const char *key,
                      struct ocib_credentials *out, struct ocib_error **err)
{
    const char *auth = text_of(entry, "auth");
    const char *user = text_of(entry, "username");
    const char *password = text_of(entry, "password");
    const char *identity = text_of(entry, "identitytoken");
    const char *bearer = text_of(entry, "registrytoken");
    if (bearer) {
        return set_secret(out, OCIB_SECRET_BEARER, NULL, bearer);
    }
    if (identity) {
        return set_secret(out, OCIB_SECRET_IDENTITY, user, identity);
    }
    if (auth) {
        if (!set_basic(out, auth)) {
            OCIB_AUTO_FREE char *shown = normal_key(key);
            ocib_error_set(err, OCIB_EREGISTRY,
                           "%s: \"auth\" of '%.200s' is not base64 of user:password", name, shown);
            return -1;
        }
        return 1;
    }
    return user && password && set_secret(out, OCIB_SECRET_PASSWORD, user, password);
}

static int find_entry(const json_t *auths, const char *name, const char *image,
                      struct ocib_credentials *out, struct ocib_error **err)
{
    const char *key, *best_key = NULL;
    const json_t *entry, *best = NULL;
    size_t best_len = 0;
    json_object_foreach((json_t *)(uintptr_t)auths, key, entry)
    {
        size_t len = fits(key, image);
        if (len > best_len && json_object_size(entry) > 0) {
            best = entry;
            best_key = key;
            best_len = len;
        }
    }
    return best && read_entry(best, name, best_key, out, err) < 0 ? -1 : 0;
}

/* credHelpers are by host (podman: or path); credsStore stands for every host. */
static const char *find_helper(const json_t *root, const char *image)
{
    const char *key, *best = NULL;
    json_t *value;
    size_t best_len = 0;
    json_object_foreach(json_object_get(root, "credHelpers"), key, value)
    {
        size_t len = fits(key, image);
        if (len > best_len && json_is_string(value)) {
            best = json_string_value(value);
            best_len = len;
        }
    }
    return best && *best ? best : text_of(root, "credsStore");
}

int ocib_auth_find(struct ocib_str json, const char *name, const char *image,
                   struct ocib_auth_match *out, struct ocib_error **err)
{
    json_error_t trouble;
    OCIB_AUTO(json_cleanup) json_t *root = json_loadb(json.s, json.len, 0, &trouble);
    if (!json_is_object(root)) {
        /* jansson's own text quotes the file, and with it secrets. */
        ocib_error_set(err, OCIB_EREGISTRY, "the auth file %s is no valid JSON object (line %d)",
                       name, root ? 1 : trouble.line);
        return ocib_error_hint_set(err, "repair it, or log in again with `podman login` or "
                                        "`docker login`");
    }
    out->helper = ocib_strdup(find_helper(root, image));
    if (find_entry(json_object_get(root, "auths"), name, image, &out->credentials, err)) {
        return -1;
    }
    if (out->credentials.secret) {
        out->credentials.source = ocib_strdup(name);
    }
    return 0;
}
