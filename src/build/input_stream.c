#include "build/input_stream.h"

#include "base/mem.h"
#include "tar/tar.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { POLL_MS = 100 };

/* read() that a signal can end, however long the other side takes. */
static ssize_t wait_and_read(const struct ocib_build_input_stream *stream, void *bytes, size_t len,
                             struct ocib_error **err)
{
    for (;;) {
        struct pollfd ready = {.fd = stream->fd, .events = POLLIN};
        int there = poll(&ready, 1, POLL_MS);
        if (stream->interrupted && *stream->interrupted) {
            return ocib_error_set(err, OCIB_EINTERRUPTED, "interrupted");
        }
        ssize_t n = there > 0 ? read(stream->fd, bytes, len) : -1;
        if (n >= 0) {
            return n;
        }
        if (there < 0 || (there > 0 && errno != EINTR && errno != EAGAIN)) {
            if (errno != EINTR) {
                return ocib_error_set_errno(err, OCIB_EINPUT, "can't read %s", stream->name);
            }
        }
    }
}

int ocib_build_input_stream_open(struct ocib_build_input_stream *stream, struct ocib_error **err)
{
    char *bytes = ocib_buf_reserve(&stream->head, OCIB_TAR_HEAD);
    while (stream->head.len < OCIB_TAR_HEAD) {
        ssize_t n =
            wait_and_read(stream, bytes + stream->head.len, OCIB_TAR_HEAD - stream->head.len, err);
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        stream->head.len += (size_t)n;
    }
    bytes[stream->head.len] = '\0';
    return 0;
}

void ocib_build_input_stream_release(struct ocib_build_input_stream *stream)
{
    ocib_buf_release(&stream->head);
}

bool ocib_build_input_stream_is_archive(const struct ocib_build_input_stream *stream)
{
    return ocib_tar_detect(ocib_buf_str(&stream->head));
}

bool ocib_build_input_stream_is_html(const struct ocib_build_input_stream *stream)
{
    static const char *const beginnings[] = {"<!doctype html", "<html"};
    struct ocib_str text = ocib_buf_str(&stream->head);
    if (ocib_str_starts(text, "\xef\xbb\xbf")) {
        text = ocib_str_sub(text, 3, text.len);
    }
    text = ocib_str_trim(text);
    for (size_t i = 0; i < OCIB_COUNT(beginnings); i++) {
        if (ocib_str_is_nocase(ocib_str_sub(text, 0, strlen(beginnings[i])), beginnings[i])) {
            return true;
        }
    }
    return false;
}

struct stream_reader {
    struct ocib_reader base;
    struct ocib_build_input_stream *stream;
    size_t used; /* of the head */
};

static ssize_t stream_read(struct ocib_reader *reader, void *bytes, size_t len,
                           struct ocib_error **err)
{
    struct stream_reader *r = (struct stream_reader *)reader;
    size_t left = r->stream->head.len - r->used;
    if (!left) {
        return wait_and_read(r->stream, bytes, len, err);
    }
    size_t n = left < len ? left : len;
    memcpy(bytes, r->stream->head.data + r->used, n);
    r->used += n;
    return (ssize_t)n;
}

static void stream_reader_free(struct ocib_reader *reader)
{
    free(reader);
}

struct ocib_reader *ocib_build_input_stream_reader(struct ocib_build_input_stream *stream)
{
    static const struct ocib_reader_ops ops = {stream_read, stream_reader_free};
    struct stream_reader *r = ocib_new(struct stream_reader);
    r->base.ops = &ops;
    r->stream = stream;
    return &r->base;
}
