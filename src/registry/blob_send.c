#include "base/mem.h"
#include "http/url.h"
#include "registry/blobs.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
    REPORT_BYTES = 256 * 1024,
    FIRST_CHUNK = 8 * 1024 * 1024,
    SMALLEST_CHUNK = 64 * 1024,
    MOST_CHUNK = 256 * 1024 * 1024
};

/* One blob on its way to the registry. */
struct send {
    const struct ocib_blob_job *job;
    int fd;
    char *location;      /* where the current upload goes on */
    int64_t offset;      /* what the registry has of it */
    int64_t furthest;    /* the largest offset so far */
    int64_t chunk;       /* bytes of one; 0: all in one piece */
    int64_t chunk_least; /* OCI-Chunk-Min-Length */
};

/* --- the blob's bytes [at, end) --- */

struct part {
    struct ocib_reader base;
    const struct send *send;
    int64_t at;
    int64_t end;
    int64_t reported;
};

static void report(const struct send *s, int64_t done, bool exists)
{
    const struct ocib_descriptor *blob = s->job->blob;
    struct ocib_transfer transfer = {"push", blob->digest.text, done, blob->size, exists};
    ocib_registry_report(s->job->session->registry, &transfer);
}

static ssize_t part_read(struct ocib_reader *base, void *bytes, size_t len, struct ocib_error **err)
{
    struct part *p = (struct part *)base;
    const struct ocib_blob_job *job = p->send->job;
    if (job->stop && atomic_load(job->stop)) {
        return ocib_error_set(err, OCIB_EINTERRUPTED, "stopped after another failure");
    }
    if ((int64_t)len > p->end - p->at) {
        len = (size_t)(p->end - p->at);
    }
    ssize_t got = len ? pread(p->send->fd, bytes, len, p->at) : 0;
    if (got < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't read blob %s", job->blob->digest.text);
    }
    p->at += got;
    if (p->at - p->reported >= REPORT_BYTES || p->at == job->blob->size) {
        report(p->send, p->at, false);
        p->reported = p->at;
    }
    return got;
}

static void part_free(struct ocib_reader *base)
{
    free(base);
}

struct range {
    const struct send *send;
    int64_t from;
    int64_t size;
};

static struct ocib_reader *open_part(void *data, struct ocib_error **err)
{
    static const struct ocib_reader_ops ops = {part_read, part_free};
    const struct range *range = data;
    struct part *p = ocib_new(struct part);
    *p = (struct part){{&ops}, range->send, range->from, range->from + range->size, range->from};
    return &p->base;
}

/* --- single requests --- */

static int refused(const struct send *s, const struct ocib_http_response *response,
                   struct ocib_error **err)
{
    struct ocib_session *session = s->job->session;
    OCIB_AUTO_FREE char *doing = ocib_format("send blob %s of %s to", s->job->blob->digest.text,
                                             session->endpoint->repository);
    ocib_session_refused(session, doing, response, err);
    if (response->status == 404) {
        ocib_error_code_set(err, OCIB_EREGISTRY);
    }
    return -1;
}

/* 1: the registry has the blob, 0: it has not. */
static int is_there(const struct send *s, struct ocib_error **err)
{
    struct ocib_session *session = s->job->session;
    OCIB_AUTO_FREE char *path =
        ocib_format("/v2/%s/blobs/%s", session->endpoint->repository, s->job->blob->digest.text);
    struct ocib_call call = {.method = "HEAD", .target = path};
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    if (ocib_session_request(session, &call, &response, err)) {
        return -1;
    }
    if (response.status == 401 || response.status == 403 || ocib_retry_status(response.status)) {
        return refused(s, &response, err);
    }
    return response.status == 200;
}

/* Takes the address of the next request from an answer. */
static int take_location(struct send *s, const struct ocib_http_response *response,
                         struct ocib_error **err)
{
    const char *location = ocib_http_header(response, "Location", 0);
    if (!location) {
        return ocib_error_set(err, OCIB_EREGISTRY, "%s says not where to send blob %s",
                              s->job->session->peer, s->job->blob->digest.text);
    }
    char *next = ocib_url_resolve(response->url, location, err);
    if (!next) {
        return -1;
    }
    free(s->location);
    s->location = next;
    return 0;
}

static int begin_upload(struct send *s, struct ocib_error **err)
{
    struct ocib_session *session = s->job->session;
    OCIB_AUTO_FREE char *path = ocib_format("/v2/%s/blobs/uploads/", session->endpoint->repository);
    struct ocib_call call = {.method = "POST", .target = path};
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    if (ocib_session_request(session, &call, &response, err)) {
        return -1;
    }
    if (response.status != 202) {
        return refused(s, &response, err);
    }
    const char *least = ocib_http_header(&response, "OCI-Chunk-Min-Length", 0);
    uint64_t bytes = 0;
    if (least && ocib_str_uint(ocib_str(least), MOST_CHUNK, &bytes)) {
        s->chunk_least = (int64_t)bytes;
    }
    s->offset = 0;
    return take_location(s, &response, err);
}

/* Sends a range; the answer is the caller's to judge. */
static int send_range(struct send *s, const char *method, const char *url, struct range *range,
                      struct ocib_http_response *response, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings headers = {0};
    ocib_strings_push(&headers, "Content-Type: application/octet-stream");
    if (strcmp(method, "PATCH") == 0) {
        ocib_strings_take(&headers, ocib_format("Content-Range: %lld-%lld", (long long)range->from,
                                                (long long)(range->from + range->size - 1)));
    }
    struct ocib_call call = {.method = method,
                             .target = url,
                             .headers = &headers,
                             .body = {.open = open_part, .data = range, .size = range->size}};
    return ocib_session_exchange(s->job->session, &call, response, err);
}

/* The closing PUT, with the bytes that are left. */
static int finish_upload(struct send *s, struct ocib_http_response *response,
                         struct ocib_error **err)
{
    struct range rest = {s, s->offset, s->job->blob->size - s->offset};
    OCIB_AUTO_FREE char *url = ocib_url_add_query(s->location, "digest", s->job->blob->digest.text);
    return send_range(s, "PUT", url, &rest, response, err);
}

/* "0-99" or "bytes=0-99": what the registry has is one more. */
static bool read_range(const struct ocib_http_response *response, int64_t most, int64_t *offset)
{
    const char *text = ocib_http_header(response, "Range", 0);
    struct ocib_str range = ocib_str(text ? text : "");
    ptrdiff_t dash = ocib_str_rfind(range, '-');
    uint64_t last = 0;
    if (dash < 0 || most < 1 ||
        !ocib_str_uint(ocib_str_sub(range, (size_t)dash + 1, range.len), (uint64_t)most - 1,
                       &last)) {
        return false;
    }
    *offset = (int64_t)last + 1;
    return true;
}

/* --- chunks --- */

/* After a fault: asks how far the upload came. Where that can't be told it begins anew. */
static int take_up(struct send *s, struct ocib_error **err)
{
    struct ocib_call call = {.method = "GET", .target = s->location};
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    if (ocib_session_request(s->job->session, &call, &response, err)) {
        return -1;
    }
    bool known = response.status == 204 && read_range(&response, s->job->blob->size, &s->offset) &&
                 ocib_http_header(&response, "Location", 0);
    return known ? take_location(s, &response, err) : begin_upload(s, err);
}

/* Smaller chunks after a 413; false if they can't be. */
static bool shrink(struct send *s)
{
    int64_t least = s->chunk_least > SMALLEST_CHUNK ? s->chunk_least : SMALLEST_CHUNK;
    if (s->chunk == 0) {
        s->chunk = FIRST_CHUNK > least ? FIRST_CHUNK : least;
        /* What was too large in one piece is sent in two at least. */
        while (s->chunk > least && s->chunk >= s->job->blob->size) {
            s->chunk /= 2;
        }
        return s->chunk < s->job->blob->size;
    }
    if (s->chunk / 2 < least) {
        return false;
    }
    s->chunk /= 2;
    return true;
}

/* One step of the upload: a chunk, or the closing request. 1: the blob is there; 0: go on, or judge
 * the answer. */
static int step(struct send *s, struct ocib_http_response *response, struct ocib_error **err)
{
    int64_t left = s->job->blob->size - s->offset;
    if (s->chunk == 0 || left == 0) {
        if (finish_upload(s, response, err)) {
            return -1;
        }
        return response->status == 201 || response->status == 200 || response->status == 204;
    }
    struct range range = {s, s->offset, left < s->chunk ? left : s->chunk};
    if (send_range(s, "PATCH", s->location, &range, response, err)) {
        return -1;
    }
    if (response->status == 202) {
        s->offset = range.from + range.size;
        int64_t said;
        if (read_range(response, s->job->blob->size, &said)) {
            s->offset = said;
        }
        if (s->offset <= range.from) {
            return ocib_error_set(err, OCIB_EREGISTRY, "%s takes chunks of blob %s and keeps none",
                                  s->job->session->peer, s->job->blob->digest.text);
        }
        return take_location(s, response, err);
    }
    return 0;
}

/* What to do after an answer that is not the wanted one: 0: it has been seen to, go on. */
static int recover(struct send *s, struct ocib_retry *retry, struct ocib_http_response *response,
                   struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *failure = NULL;
    if (err && *err) {
        failure = ocib_steal(err);
    }
    if (!failure && response->status == 413 && shrink(s)) {
        return begin_upload(s, err);
    }
    /* 404: the upload is forgotten, as behind a registry of many nodes. 416: out of step. */
    if (!failure && (response->status == 404 || response->status == 416)) {
        response->fault = OCIB_HTTP_BROKEN;
    }
    if (!ocib_retry_again(retry, response, &failure)) {
        if (failure && err) {
            *err = ocib_steal(&failure);
            return -1;
        }
        return refused(s, response, err);
    }
    if (s->chunk > 0) {
        return take_up(s, err);
    }
    /* The end of the last try may have been lost on the way back only. */
    int there = is_there(s, err);
    return there ? there : begin_upload(s, err);
}

static int upload(struct send *s, struct ocib_error **err)
{
    const struct ocib_session *session = s->job->session;
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_ERROR struct ocib_error *failure = NULL;
    struct ocib_retry retry;
    ocib_retry_init(&retry, session->registry->http, session->tries);
    int result = begin_upload(s, &failure);
    while (!result) {
        result = step(s, &response, &failure);
        bool moved_on = !result && response.status == 202 && s->chunk > 0;
        if (moved_on && s->offset > s->furthest) {
            s->furthest = s->offset;
            ocib_retry_progress(&retry);
        } else if (moved_on) {
            continue;
        } else if (result <= 0) {
            result = recover(s, &retry, &response, &failure);
        }
    }
    if (result > 0) {
        return 0;
    }
    return ocib_error_move(err, ocib_steal(&failure));
}

int ocib_blob_send(const struct ocib_blob_job *job, struct ocib_error **err)
{
    struct send s = {.job = job, .fd = -1};
    int there = is_there(&s, err);
    if (there != 0) {
        if (there > 0) {
            report(&s, job->blob->size, true);
        }
        return there > 0 ? 0 : -1;
    }
    int64_t size = 0;
    s.fd = ocib_store_blob_open(job->store, &job->blob->digest, &size, err);
    int result = s.fd < 0 ? -1 : 0;
    if (!result && size != job->blob->size) {
        result =
            ocib_error_set(err, OCIB_ECORRUPT, "blob %s has %lld bytes, its image says %lld",
                           job->blob->digest.text, (long long)size, (long long)job->blob->size);
    }
    if (!result) {
        result = upload(&s, err);
    }
    if (s.fd >= 0) {
        close(s.fd);
    }
    free(s.location);
    return result;
}
