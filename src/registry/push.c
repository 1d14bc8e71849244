#include "base/mem.h"
#include "registry/blobs.h"
#include "registry/document.h"
#include "registry/jobs.h"

#include <string.h>

enum { THREADS = 4, MOST_INDEX_DEPTH = 3 };

struct push {
    struct ocib_session *session;
    struct ocib_store *store;
    const struct ocib_manifest *manifest;
};

static int send_layer(void *data, size_t i, const atomic_bool *stop, struct ocib_error **err)
{
    struct push *push = data;
    const struct ocib_descriptors *layers = &push->manifest->layers;
    for (size_t j = 0; j < i; j++) {
        if (ocib_digest_eq(&layers->items[j].digest, &layers->items[i].digest)) {
            return 0;
        }
    }
    struct ocib_blob_job job = {push->session, push->store, &layers->items[i], stop};
    return ocib_blob_send(&job, err);
}

static int send_blobs(struct push *push, struct ocib_error **err)
{
    struct ocib_jobs jobs = {push->manifest->layers.len, THREADS, send_layer, push};
    struct ocib_blob_job config = {push->session, push->store, &push->manifest->config, NULL};
    return ocib_jobs_run(&jobs, err) || ocib_blob_send(&config, err) ? -1 : 0;
}

/* The document itself, under a tag or its digest. */
static int put_document(struct ocib_session *session, const struct ocib_descriptor *descriptor,
                        struct ocib_str body, const char *name, struct ocib_error **err)
{
    const char *repository = session->endpoint->repository;
    OCIB_AUTO_FREE char *path = ocib_format("/v2/%s/manifests/%s", repository, name);
    OCIB_AUTO_STRINGS struct ocib_strings headers = {0};
    ocib_strings_take(&headers, ocib_format("Content-Type: %s", descriptor->media_type));
    struct ocib_call call = {
        .method = "PUT", .target = path, .headers = &headers, .body.bytes = body};
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    if (ocib_session_request(session, &call, &response, err)) {
        return -1;
    }
    if (response.status != 201 && response.status != 200) {
        OCIB_AUTO_FREE char *doing =
            ocib_format("push %s%c%s to", repository, strchr(name, ':') ? '@' : ':', name);
        ocib_session_refused(session, doing, &response, err);
        return response.status == 404 ? ocib_error_code_set(err, OCIB_EREGISTRY) : -1;
    }
    const char *said = ocib_http_header(&response, "Docker-Content-Digest", 0);
    bool comparable = said && ocib_str_starts(ocib_str(said), "sha256:");
    if (comparable && strcmp(said, descriptor->digest.text) != 0) {
        return ocib_error_set(err, OCIB_EREGISTRY,
                              "%s stored manifest %s as something else (%.80s)", session->peer,
                              descriptor->digest.text, said);
    }
    return 0;
}

struct sending {
    struct ocib_session *session;
    struct ocib_store *store;
    const struct ocib_descriptor *descriptor;
    const char *name; /* tag or digest */
    int depth;
};

static int send_document(const struct sending *sending, struct ocib_error **err);

static int send_index(const struct sending *sending, struct ocib_str body, struct ocib_error **err)
{
    struct ocib_index index = {0};
    if (sending->depth >= MOST_INDEX_DEPTH) {
        return ocib_error_set(err, OCIB_EINPUT, "indexes within indexes, deeper than %d",
                              MOST_INDEX_DEPTH);
    }
    if (ocib_index_parse(body, &index, err)) {
        return -1;
    }
    int result = 0;
    for (size_t i = 0; i < index.manifests.len && !result; i++) {
        const struct ocib_descriptor *entry = &index.manifests.items[i];
        struct sending inner = {sending->session, sending->store, entry, entry->digest.text,
                                sending->depth + 1};
        result = send_document(&inner, err);
    }
    ocib_index_release(&index);
    return result;
}

static int send_manifest(const struct sending *sending, struct ocib_str body,
                         struct ocib_error **err)
{
    struct ocib_manifest manifest = {0};
    if (ocib_manifest_parse(body, &manifest, err)) {
        return -1;
    }
    struct push push = {sending->session, sending->store, &manifest};
    int result = send_blobs(&push, err);
    ocib_manifest_release(&manifest);
    return result;
}

/* What a document names first, then the document: a registry refuses it otherwise. */
static int send_document(const struct sending *sending, struct ocib_error **err)
{
    const struct ocib_descriptor *descriptor = sending->descriptor;
    OCIB_AUTO_BUF struct ocib_buf body;
    ocib_buf_init(&body);
    if (ocib_store_blob_read(sending->store, &descriptor->digest, OCIB_MANIFEST_MOST_BYTES, &body,
                             err)) {
        return -1;
    }
    int sent = ocib_type_is_index(descriptor->media_type)
                   ? send_index(sending, ocib_buf_str(&body), err)
                   : send_manifest(sending, ocib_buf_str(&body), err);
    if (sent) {
        return -1;
    }
    return put_document(sending->session, descriptor, ocib_buf_str(&body), sending->name, err);
}

int ocib_registry_push(struct ocib_registry *registry, struct ocib_store *store,
                       const struct ocib_descriptor *manifest, const struct ocib_reference *ref,
                       struct ocib_error **err)
{
    OCIB_AUTO(ocib_endpoints_release) struct ocib_endpoints list = {0};
    if (ocib_endpoints_find(&registry->conf, &registry->mirrors, ref, true, &list, err)) {
        return -1;
    }
    struct ocib_session session = {
        .registry = registry, .endpoint = &list.items[0], .actions = "pull,push"};
    ocib_session_prepare(&session);
    struct sending sending = {&session, store, manifest,
                              ref->tag ? ref->tag : manifest->digest.text, 0};
    int result = -1;
    if (!ref->tag && ocib_digest_is_set(&ref->digest) &&
        !ocib_digest_eq(&ref->digest, &manifest->digest)) {
        ocib_error_set(err, OCIB_EUSAGE, "can't push %s as %s: a digest is not a name to choose",
                       manifest->digest.text, ref->digest.text);
    } else if (!ocib_session_open(&session, err)) {
        result = send_document(&sending, err);
    }
    ocib_session_release(&session);
    return result;
}
