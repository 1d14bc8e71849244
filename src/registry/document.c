#include "registry/document.h"

#include "base/mem.h"

#include <jansson.h>
#include <string.h>

enum { MOST_INDEX_DEPTH = 3 };

const char ocib_accept_manifests[] = "Accept: " OCIB_TYPE_MANIFEST ", " OCIB_TYPE_INDEX
                                     ", " OCIB_TYPE_DOCKER_MANIFEST ", " OCIB_TYPE_DOCKER_LIST;

void ocib_fetched_release(struct ocib_fetched *fetched)
{
    ocib_buf_release(&fetched->body);
    free(fetched->media_type);
    *fetched = (struct ocib_fetched){0};
}

const char *ocib_document_type(struct ocib_str body)
{
    static const char *const types[] = {OCIB_TYPE_MANIFEST, OCIB_TYPE_INDEX,
                                        OCIB_TYPE_DOCKER_MANIFEST, OCIB_TYPE_DOCKER_LIST};
    json_t *root = json_loadb(body.s, body.len, 0, NULL);
    const char *said = json_string_value(json_object_get(root, "mediaType"));
    const char *found = NULL;
    for (size_t i = 0; said && i < OCIB_COUNT(types); i++) {
        found = strcmp(said, types[i]) == 0 ? types[i] : found;
    }
    if (!said && json_is_array(json_object_get(root, "manifests"))) {
        found = OCIB_TYPE_INDEX;
    } else if (!said && json_is_object(json_object_get(root, "config"))) {
        found = OCIB_TYPE_MANIFEST;
    }
    json_decref(root);
    return found;
}

/* "library/x:1" or "library/x@sha256:…" as messages name it. */
static char *short_name(const struct ocib_session *session, const struct ocib_reference *ref)
{
    const char *repository = session->endpoint->repository;
    return ocib_digest_is_set(&ref->digest) ? ocib_format("%s@%s", repository, ref->digest.text)
                                            : ocib_format("%s:%s", repository, ref->tag);
}

static int not_there(struct ocib_session *session, const char *name,
                     const struct ocib_http_response *response, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *doing = ocib_format("pull %s from", name);
    if (response->status == 404) {
        OCIB_AUTO_FREE char *text = ocib_answer_text(ocib_buf_str(&response->body));
        ocib_error_set(err, OCIB_ENOTFOUND, "%s has no image %s%s%s", session->peer, name,
                       text ? ": " : "", text ? text : "");
        return ocib_error_hint_set(err, "check the spelling of name and tag");
    }
    return ocib_session_refused(session, doing, response, err);
}

static int check_type(struct ocib_session *session, const char *name,
                      const struct ocib_http_response *response, struct ocib_fetched *out,
                      struct ocib_error **err)
{
    const char *type = ocib_document_type(ocib_buf_str(&response->body));
    if (type) {
        out->media_type = ocib_strdup(type);
        return 0;
    }
    if (ocib_answer_is_html(response)) {
        ocib_error_set(err, OCIB_EREGISTRY, "%s sent a web page in place of the manifest of %s",
                       session->peer, name);
        return ocib_error_hint_set(err, "what answers there is no registry; a proxy or a log-in "
                                        "page may answer in its place");
    }
    struct ocib_manifest manifest = {0};
    if (!ocib_manifest_parse(ocib_buf_str(&response->body), &manifest, err)) {
        ocib_manifest_release(&manifest);
        ocib_error_set(err, OCIB_EREGISTRY, "unknown media type");
    }
    return ocib_error_wrap(err, "%s sent no manifest for %s", session->peer, name);
}

static int check_digest(struct ocib_session *session, const char *name,
                        const struct ocib_reference *ref, const struct ocib_http_response *response,
                        struct ocib_fetched *out, struct ocib_error **err)
{
    const char *said = ocib_http_header(response, "Docker-Content-Digest", 0);
    bool comparable = said && ocib_str_starts(ocib_str(said), "sha256:");
    ocib_digest_of(response->body.data, response->body.len, &out->digest);
    if (ocib_digest_is_set(&ref->digest) && !ocib_digest_eq(&ref->digest, &out->digest)) {
        return ocib_error_set(err, OCIB_ECORRUPT,
                              "%s sent a manifest for %s that does not match: it is %s",
                              session->peer, name, out->digest.text);
    }
    if (comparable && strcmp(said, out->digest.text) != 0) {
        return ocib_error_set(err, OCIB_ECORRUPT,
                              "%s sent a manifest for %s that is not the one it announced (%s)",
                              session->peer, name, out->digest.text);
    }
    return 0;
}

static int fetch(struct ocib_session *session, const struct ocib_reference *ref,
                 struct ocib_fetched *out, struct ocib_error **err)
{
    const char *what = ocib_digest_is_set(&ref->digest) ? ref->digest.text : ref->tag;
    OCIB_AUTO_FREE char *name = short_name(session, ref);
    OCIB_AUTO_FREE char *path =
        ocib_format("/v2/%s/manifests/%s", session->endpoint->repository, what);
    OCIB_AUTO_STRINGS struct ocib_strings headers = {0};
    ocib_strings_push(&headers, ocib_accept_manifests);
    struct ocib_call call = {
        .method = "GET", .target = path, .headers = &headers, .limit = OCIB_MANIFEST_MOST_BYTES};
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    if (ocib_session_request(session, &call, &response, err)) {
        return -1;
    }
    if (response.status != 200) {
        return not_there(session, name, &response, err);
    }
    if (check_digest(session, name, ref, &response, out, err) ||
        check_type(session, name, &response, out, err)) {
        return -1;
    }
    ocib_buf_release(&out->body);
    out->body = response.body;
    response.body = (struct ocib_buf){0};
    return 0;
}

/* True if the store had it, whole and of a kind that is known. */
static bool fetch_from_store(struct ocib_store *store, const struct ocib_digest *digest,
                             struct ocib_fetched *out)
{
    if (!store || !ocib_digest_is_set(digest) || !ocib_store_blob_has(store, digest, -1) ||
        ocib_store_blob_read(store, digest, OCIB_MANIFEST_MOST_BYTES, &out->body, NULL)) {
        return false;
    }
    out->media_type = ocib_strdup(ocib_document_type(ocib_buf_str(&out->body)));
    out->digest = *digest;
    return out->media_type != NULL;
}

int ocib_document_fetch(struct ocib_session *session, struct ocib_store *store,
                        const struct ocib_reference *ref, struct ocib_fetched *out,
                        struct ocib_error **err)
{
    ocib_fetched_release(out);
    ocib_buf_init(&out->body);
    if (fetch_from_store(store, &ref->digest, out)) {
        return 0;
    }
    ocib_fetched_release(out);
    /* Only now is the registry needed, and reached. */
    return ocib_session_open(session, err) || fetch(session, ref, out, err) ? -1 : 0;
}

/* --- choosing --- */

static int weigh(const struct ocib_descriptor *entry, const struct ocib_platform *platform)
{
    bool known = ocib_type_is_manifest(entry->media_type) || ocib_type_is_index(entry->media_type);
    if (!known) {
        return 0;
    }
    /* Without a platform it may be the right one; its config tells. */
    return entry->has_platform ? 1 + ocib_platform_match(platform, &entry->platform) : 1;
}

static void list_platforms(const struct ocib_index *index, struct ocib_buf *out)
{
    OCIB_AUTO_STRINGS struct ocib_strings seen = {0};
    for (size_t i = 0; i < index->manifests.len; i++) {
        const struct ocib_descriptor *entry = &index->manifests.items[i];
        const char *os = entry->has_platform ? entry->platform.os : NULL;
        OCIB_AUTO_FREE char *name =
            os && strcmp(os, "unknown") != 0 ? ocib_platform_format(&entry->platform) : NULL;
        if (name && !ocib_strings_has(&seen, name)) {
            ocib_buf_printf(out, "%s%s", seen.len ? ", " : "", name);
            ocib_strings_push(&seen, name);
        }
    }
    ocib_buf_puts(out, seen.len ? "" : "none that is named");
}

const struct ocib_descriptor *ocib_index_choose(const struct ocib_index *index,
                                                const struct ocib_platform *platform,
                                                const char *name, struct ocib_error **err)
{
    const struct ocib_descriptor *best = NULL;
    int most = 0;
    for (size_t i = 0; i < index->manifests.len; i++) {
        const struct ocib_descriptor *entry = &index->manifests.items[i];
        int weight = weigh(entry, platform);
        bool fits = weight > 1 || (weight == 1 && !entry->has_platform);
        if (fits && weight > most) {
            best = entry;
            most = weight;
        }
    }
    if (!best) {
        OCIB_AUTO_FREE char *wanted = ocib_platform_format(platform);
        OCIB_AUTO_BUF struct ocib_buf there;
        ocib_buf_init(&there);
        list_platforms(index, &there);
        ocib_error_set(err, OCIB_ENOTFOUND, "%s is not there for %s; it is for %s", name, wanted,
                       there.data);
        ocib_error_hint_set(err, "choose one of these with --platform");
    }
    return best;
}

/* Replaces the index in *out by the document that it names for the platform. */
static int descend(struct ocib_session *session, struct ocib_store *store,
                   const struct ocib_platform *platform, struct ocib_reference *at,
                   struct ocib_fetched *out, struct ocib_error **err)
{
    struct ocib_index index = {0};
    OCIB_AUTO_FREE char *name = short_name(session, at);
    if (ocib_index_parse(ocib_buf_str(&out->body), &index, err)) {
        return ocib_error_wrap(err, "%s from %s", name, session->peer);
    }
    struct ocib_digest stored;
    const struct ocib_descriptor *entry = NULL;
    if (!store || !ocib_store_blob_put(store, ocib_buf_str(&out->body), &stored, err)) {
        entry = ocib_index_choose(&index, platform, name, err);
    }
    int result = -1;
    if (entry) {
        at->digest = entry->digest;
        int64_t size = entry->size;
        result = ocib_document_fetch(session, store, at, out, err);
        if (!result && (int64_t)out->body.len != size) {
            result = ocib_error_set(err, OCIB_ECORRUPT,
                                    "%s: manifest %s has %zu bytes, the index says %lld", name,
                                    at->digest.text, out->body.len, (long long)size);
        }
    }
    ocib_index_release(&index);
    return result;
}

int ocib_document_select(struct ocib_session *session, struct ocib_store *store,
                         const struct ocib_reference *ref, const struct ocib_platform *platform,
                         struct ocib_fetched *out, struct ocib_error **err)
{
    struct ocib_reference at = *ref; /* borrows its strings */
    if (ocib_document_fetch(session, store, ref, out, err)) {
        return -1;
    }
    for (int depth = 0; ocib_type_is_index(out->media_type); depth++) {
        if (depth >= MOST_INDEX_DEPTH) {
            return ocib_error_set(err, OCIB_EREGISTRY, "%s: indexes within indexes, deeper than %d",
                                  session->endpoint->repository, MOST_INDEX_DEPTH);
        }
        if (descend(session, store, platform, &at, out, err)) {
            return -1;
        }
    }
    return 0;
}
