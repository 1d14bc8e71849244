#include "base/mem.h"
#include "registry/blobs.h"

#include <string.h>

/* After so many bytes a new break is not counted together with the earlier ones. */
enum { PROGRESS_BYTES = 1024 * 1024, REPORT_BYTES = 256 * 1024 };

/* The blob on its way into the store; goes on over several answers. */
struct fetch {
    struct ocib_writer base; /* what takes the answers' bodies */
    const struct ocib_blob_job *job;
    struct ocib_writer *to;
    struct ocib_http_response response;
    bool begun;   /* the current answer has been looked at */
    int64_t skip; /* bytes of it that are here already */
    int64_t done;
    int64_t reported;
};

static void report(struct fetch *f)
{
    const struct ocib_descriptor *blob = f->job->blob;
    bool due = f->done - f->reported >= REPORT_BYTES || f->done == blob->size;
    if (due) {
        struct ocib_transfer transfer = {"pull", blob->digest.text, f->done, blob->size, false};
        ocib_registry_report(f->job->session->registry, &transfer);
        f->reported = f->done;
    }
}

/* Where a new answer begins: 206 where we asked, or anything else from the start. */
static int begin(struct fetch *f, struct ocib_error **err)
{
    f->begun = true;
    f->skip = f->done;
    if (f->response.status != 206) {
        return 0;
    }
    OCIB_AUTO_FREE char *expected = ocib_format("bytes %lld-", (long long)f->done);
    const char *range = ocib_http_header(&f->response, "Content-Range", 0);
    if (!range || !ocib_str_starts(ocib_str(range), expected)) {
        return ocib_error_set(err, OCIB_EREGISTRY, "%s sent another part of blob %s than asked for",
                              f->job->session->peer, f->job->blob->digest.text);
    }
    f->skip = 0;
    return 0;
}

static int fetch_write(struct ocib_writer *base, const void *bytes, size_t len,
                       struct ocib_error **err)
{
    struct fetch *f = (struct fetch *)base;
    const struct ocib_descriptor *blob = f->job->blob;
    if (f->job->stop && atomic_load(f->job->stop)) {
        return ocib_error_set(err, OCIB_EINTERRUPTED, "stopped after another failure");
    }
    if (!f->begun && begin(f, err)) {
        return -1;
    }
    size_t drop = f->skip < (int64_t)len ? (size_t)f->skip : len;
    f->skip -= (int64_t)drop;
    len -= drop;
    if (len == 0) {
        return 0;
    }
    if ((int64_t)len > blob->size - f->done) {
        return ocib_error_set(err, OCIB_ECORRUPT, "%s sends more for blob %s than its %lld bytes",
                              f->job->session->peer, blob->digest.text, (long long)blob->size);
    }
    if (ocib_writer_write(f->to, (const char *)bytes + drop, len, err)) {
        return -1;
    }
    f->done += (int64_t)len;
    report(f);
    return 0;
}

static void fetch_free(struct ocib_writer *base)
{
}

static const struct ocib_writer_ops fetch_ops = {fetch_write, NULL, fetch_free};

static int refuse_foreign(const struct ocib_descriptor *blob, struct ocib_error **err)
{
    if (!strstr(blob->media_type, "foreign") && !strstr(blob->media_type, "nondistributable")) {
        return 0;
    }
    ocib_error_set(err, OCIB_EREGISTRY,
                   "layer %s is a foreign layer (%.100s), which registries don't hand out",
                   blob->digest.text, blob->media_type);
    return ocib_error_hint_set(err, "such layers are of Windows images; choose another base");
}

static int judge(struct fetch *f, struct ocib_error **err)
{
    const struct ocib_blob_job *job = f->job;
    const struct ocib_descriptor *blob = job->blob;
    int status = f->response.status;
    if (status == 200 || status == 206) {
        return ocib_error_set(err, OCIB_ECORRUPT, "%s sent %lld bytes for blob %s instead of %lld",
                              job->session->peer, (long long)f->done, blob->digest.text,
                              (long long)blob->size);
    }
    OCIB_AUTO_FREE char *doing = ocib_format("fetch blob %s of %s from", blob->digest.text,
                                             job->session->endpoint->repository);
    return ocib_session_refused(job->session, doing, &f->response, err);
}

/* One answer: 0 if the blob is complete, else -1, with *err if there was no answer. */
static int fetch_some(struct fetch *f, struct ocib_error **err)
{
    const struct ocib_blob_job *job = f->job;
    OCIB_AUTO_FREE char *path =
        ocib_format("/v2/%s/blobs/%s", job->session->endpoint->repository, job->blob->digest.text);
    OCIB_AUTO_STRINGS struct ocib_strings headers = {0};
    if (f->done > 0) {
        ocib_strings_take(&headers, ocib_format("Range: bytes=%lld-", (long long)f->done));
    }
    f->begun = false;
    struct ocib_call call = {.method = "GET", .target = path, .headers = &headers, .out = &f->base};
    if (ocib_session_exchange(job->session, &call, &f->response, err)) {
        return -1;
    }
    bool good = f->response.status == 200 || f->response.status == 206;
    return good && f->done == job->blob->size ? 0 : -1;
}

static int fetch_all(struct fetch *f, struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *failure = NULL;
    const struct ocib_session *session = f->job->session;
    struct ocib_retry retry;
    ocib_retry_init(&retry, session->registry->http, session->tries);
    for (;;) {
        int64_t before = f->done;
        if (!fetch_some(f, &failure)) {
            return 0;
        }
        if (f->done - before >= PROGRESS_BYTES) {
            ocib_retry_progress(&retry);
        }
        /* A break right after the last byte loses nothing. */
        if (f->done == f->job->blob->size && f->response.fault == OCIB_HTTP_BROKEN) {
            return 0;
        }
        if (!ocib_retry_again(&retry, &f->response, &failure)) {
            break;
        }
    }
    if (!failure) {
        return judge(f, err);
    }
    return ocib_error_move(err, ocib_steal(&failure));
}

static int fetch_into_store(const struct ocib_blob_job *job, struct ocib_error **err)
{
    struct ocib_tally tally = {0};
    OCIB_AUTO(ocib_writer_cleanup)
    struct ocib_writer *to = ocib_store_blob_writer(job->store, &job->blob->digest, &tally, err);
    if (!to) {
        return -1;
    }
    struct fetch f = {.base.ops = &fetch_ops, .job = job, .to = to, .response.retry_after = -1};
    int result = fetch_all(&f, err);
    ocib_http_response_release(&f.response);
    if (!result && ocib_writer_finish(to, err)) {
        return ocib_error_wrap(err, "what %s sent is damaged", job->session->peer);
    }
    return result;
}

int ocib_blob_fetch(const struct ocib_blob_job *job, struct ocib_error **err)
{
    const struct ocib_descriptor *blob = job->blob;
    if (ocib_store_blob_has(job->store, &blob->digest, blob->size)) {
        struct ocib_transfer there = {"pull", blob->digest.text, blob->size, blob->size, true};
        ocib_registry_report(job->session->registry, &there);
        return 0;
    }
    if (refuse_foreign(blob, err) || ocib_session_open(job->session, err)) {
        return -1;
    }
    return fetch_into_store(job, err);
}
