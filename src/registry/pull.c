#include "base/mem.h"
#include "registry/blobs.h"
#include "registry/document.h"
#include "registry/jobs.h"

#include <string.h>

enum { THREADS = 4, CONFIG_MOST_BYTES = 8 * 1024 * 1024, TRIES_OF_MIRRORS = 2 };

struct pull {
    struct ocib_session *session;
    struct ocib_store *store;
    const struct ocib_reference *ref;
    const struct ocib_platform *platform;
    struct ocib_fetched document;
    struct ocib_manifest manifest;
    struct ocib_config config;
    struct ocib_descriptors layers; /* each once; borrows nothing */
};

static void pull_release(struct pull *pull)
{
    ocib_fetched_release(&pull->document);
    ocib_manifest_release(&pull->manifest);
    ocib_config_release(&pull->config);
    ocib_descriptors_release(&pull->layers);
}

static int fetch_layer(void *data, size_t i, const atomic_bool *stop, struct ocib_error **err)
{
    struct pull *pull = data;
    struct ocib_blob_job job = {pull->session, pull->store, &pull->layers.items[i], stop};
    return ocib_blob_fetch(&job, err);
}

/* The same layer may stand in an image several times: it is fetched once. */
static void list_layers(struct pull *pull)
{
    for (size_t i = 0; i < pull->manifest.layers.len; i++) {
        const struct ocib_descriptor *layer = &pull->manifest.layers.items[i];
        bool seen = false;
        for (size_t j = 0; j < pull->layers.len && !seen; j++) {
            seen = ocib_digest_eq(&pull->layers.items[j].digest, &layer->digest);
        }
        if (!seen) {
            ocib_descriptor_copy(ocib_vec_add(&pull->layers), layer);
        }
    }
}

static int read_config(struct pull *pull, struct ocib_error **err)
{
    const struct ocib_descriptor *config = &pull->manifest.config;
    OCIB_AUTO_BUF struct ocib_buf text;
    ocib_buf_init(&text);
    if (config->size > CONFIG_MOST_BYTES) {
        return ocib_error_set(err, OCIB_EREGISTRY, "the config of %s has %lld bytes: too many",
                              pull->ref->repository, (long long)config->size);
    }
    struct ocib_blob_job job = {pull->session, pull->store, config, NULL};
    if (ocib_blob_fetch(&job, err) ||
        ocib_store_blob_read(pull->store, &config->digest, CONFIG_MOST_BYTES, &text, err) ||
        ocib_config_parse(ocib_buf_str(&text), &pull->config, err)) {
        return -1;
    }
    return 0;
}

/* An image that is there for one platform only may be for another one than wanted. */
static int check_platform(const struct pull *pull, struct ocib_error **err)
{
    const struct ocib_platform *have = &pull->config.platform;
    if (!have->os || !have->architecture || ocib_platform_match(pull->platform, have) > 0) {
        return 0;
    }
    OCIB_AUTO_FREE char *name = ocib_reference_familiar(pull->ref);
    OCIB_AUTO_FREE char *wanted = ocib_platform_format(pull->platform);
    OCIB_AUTO_FREE char *found = ocib_platform_format(have);
    ocib_error_set(err, OCIB_ENOTFOUND, "%s is not there for %s; it is for %s", name, wanted,
                   found);
    return ocib_error_hint_set(err, "choose another image, or --platform %s", found);
}

static int pull_manifest(struct pull *pull, struct ocib_error **err)
{
    if (ocib_document_select(pull->session, pull->store, pull->ref, pull->platform, &pull->document,
                             err)) {
        return -1;
    }
    if (ocib_manifest_parse(ocib_buf_str(&pull->document.body), &pull->manifest, err)) {
        return ocib_error_wrap(err, "%s from %s", pull->session->endpoint->repository,
                               pull->session->peer);
    }
    return 0;
}

static void describe(const struct pull *pull, struct ocib_descriptor *out)
{
    out->media_type = ocib_strdup(pull->document.media_type);
    out->digest = pull->document.digest;
    out->size = (int64_t)pull->document.body.len;
    if (pull->config.platform.os && pull->config.platform.architecture) {
        out->has_platform = true;
        ocib_platform_copy(&out->platform, &pull->config.platform);
    }
}

/* The manifest goes in last: where it is, everything that it names was there. */
static int pull_image(struct pull *pull, struct ocib_descriptor *out, struct ocib_error **err)
{
    struct ocib_digest stored;
    if (pull_manifest(pull, err) || read_config(pull, err) || check_platform(pull, err)) {
        return -1;
    }
    list_layers(pull);
    struct ocib_jobs jobs = {pull->layers.len, THREADS, fetch_layer, pull};
    if (ocib_jobs_run(&jobs, err) ||
        ocib_store_blob_put(pull->store, ocib_buf_str(&pull->document.body), &stored, err)) {
        return -1;
    }
    describe(pull, out);
    return 0;
}

/* --- over the endpoints --- */

struct attempt {
    struct ocib_registry *registry;
    struct ocib_store *store; /* NULL: only resolve */
    const struct ocib_reference *ref;
    const struct ocib_platform *platform;
    struct ocib_descriptor *out;
    struct ocib_config *config; /* not NULL: only this, and no second try */
};

/* HEAD tells the digest; only behind an index the documents are needed. */
static int resolve_by_head(struct ocib_session *session, const struct ocib_reference *ref,
                           struct ocib_descriptor *out, struct ocib_error **err)
{
    const char *what = ocib_digest_is_set(&ref->digest) ? ref->digest.text : ref->tag;
    OCIB_AUTO_FREE char *path =
        ocib_format("/v2/%s/manifests/%s", session->endpoint->repository, what);
    OCIB_AUTO_STRINGS struct ocib_strings headers = {0};
    ocib_strings_push(&headers, ocib_accept_manifests);
    struct ocib_call call = {.method = "HEAD", .target = path, .headers = &headers};
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    if (ocib_session_open(session, err) || ocib_session_request(session, &call, &response, err)) {
        return -1;
    }
    const char *digest = ocib_http_header(&response, "Docker-Content-Digest", 0);
    const char *type = ocib_http_header(&response, "Content-Type", 0);
    const char *length = ocib_http_header(&response, "Content-Length", 0);
    uint64_t size = 0;
    bool told = response.status == 200 && digest && type && length && ocib_type_is_manifest(type) &&
                ocib_str_uint(ocib_str(length), OCIB_MANIFEST_MOST_BYTES, &size) &&
                !ocib_digest_parse(ocib_str(digest), &out->digest, NULL);
    if (!told ||
        (ocib_digest_is_set(&ref->digest) && !ocib_digest_eq(&ref->digest, &out->digest))) {
        return 0;
    }
    out->media_type = ocib_strdup(type);
    out->size = (int64_t)size;
    return 1;
}

static int resolve(struct ocib_session *session, const struct attempt *attempt,
                   struct ocib_error **err)
{
    int told = resolve_by_head(session, attempt->ref, attempt->out, err);
    if (told) {
        return told < 0 ? -1 : 0;
    }
    struct ocib_fetched found = {0};
    int result = ocib_document_select(session, NULL, attempt->ref, attempt->platform, &found, err);
    if (!result) {
        attempt->out->media_type = ocib_strdup(found.media_type);
        attempt->out->digest = found.digest;
        attempt->out->size = (int64_t)found.body.len;
    }
    ocib_fetched_release(&found);
    return result;
}

/* Manifest and config; of an image for another platform, too. */
static int fetch_config(struct pull *pull, struct ocib_config *out, struct ocib_error **err)
{
    if (pull_manifest(pull, err) || read_config(pull, err)) {
        return -1;
    }
    ocib_config_copy(out, &pull->config);
    return 0;
}

static int try_endpoint(const struct attempt *attempt, const struct ocib_endpoint *endpoint,
                        unsigned tries, struct ocib_error **err)
{
    struct ocib_session session = {.registry = attempt->registry,
                                   .endpoint = endpoint,
                                   .actions = "pull",
                                   .tries = attempt->config ? 1 : tries};
    ocib_session_prepare(&session);
    struct ocib_descriptor out = {0};
    struct attempt own = *attempt;
    own.out = &out;
    int result;
    if (attempt->store) {
        struct pull pull = {&session, attempt->store, attempt->ref, attempt->platform,
                            .document = {{0}}};
        result = attempt->config ? fetch_config(&pull, attempt->config, err)
                                 : pull_image(&pull, &out, err);
        pull_release(&pull);
    } else {
        result = resolve(&session, &own, err);
    }
    ocib_session_release(&session);
    if (result) {
        ocib_descriptor_release(&out);
        return -1;
    }
    if (attempt->out) {
        *attempt->out = out;
    }
    return 0;
}

/* Whether another place may do better: not if we ourselves are the obstacle. */
static bool is_of_the_place(const struct ocib_error *err)
{
    enum ocib_code code = ocib_error_code(err);
    return code != OCIB_EINTERRUPTED && code != OCIB_ESTORE && code != OCIB_EUSAGE &&
           code != OCIB_EINTERNAL;
}

static int try_endpoints(const struct attempt *attempt, struct ocib_error **err)
{
    OCIB_AUTO(ocib_endpoints_release) struct ocib_endpoints list = {0};
    struct ocib_registry *registry = attempt->registry;
    if (ocib_endpoints_find(&registry->conf, &registry->mirrors, attempt->ref, false, &list, err)) {
        return -1;
    }
    for (size_t i = 0; i < list.len; i++) {
        struct ocib_error *failure = NULL;
        bool last = i + 1 == list.len;
        if (!try_endpoint(attempt, &list.items[i], last ? 0 : TRIES_OF_MIRRORS, &failure)) {
            return 0;
        }
        if (last || !is_of_the_place(failure)) {
            if (err && !*err) {
                *err = ocib_steal(&failure);
            }
            ocib_error_free(failure);
            return -1;
        }
        /* A mirror need not have everything. */
        enum ocib_log_level level =
            ocib_error_code(failure) == OCIB_ENOTFOUND ? OCIB_LOG_INFO : OCIB_LOG_WARNING;
        ocib_log(registry->log, level, "mirror %s: %s; asking the next", list.items[i].name,
                 ocib_error_message(failure));
        ocib_error_free(failure);
    }
    return -1;
}

int ocib_registry_pull(struct ocib_registry *registry, struct ocib_store *store,
                       const struct ocib_reference *ref, const struct ocib_platform *platform,
                       struct ocib_descriptor *out, struct ocib_error **err)
{
    struct attempt attempt = {registry, store, ref, platform, out, NULL};
    return try_endpoints(&attempt, err);
}

int ocib_registry_resolve(struct ocib_registry *registry, const struct ocib_reference *ref,
                          const struct ocib_platform *platform, struct ocib_descriptor *out,
                          struct ocib_error **err)
{
    struct attempt attempt = {registry, NULL, ref, platform, out, NULL};
    return try_endpoints(&attempt, err);
}

int ocib_registry_config(struct ocib_registry *registry, struct ocib_store *store,
                         const struct ocib_reference *ref, const struct ocib_platform *platform,
                         struct ocib_config *out, struct ocib_error **err)
{
    struct attempt attempt = {registry, store, ref, platform, NULL, out};
    return try_endpoints(&attempt, err);
}
