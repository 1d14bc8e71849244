#include "io/stream.h"

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { COPY_SIZE = 65536 };

ssize_t ocib_reader_read(struct ocib_reader *reader, void *bytes, size_t len,
                         struct ocib_error **err)
{
    if (reader->failed) {
        return ocib_error_set(err, OCIB_EINTERNAL, "reading goes on after a failure");
    }
    ssize_t n = len ? reader->ops->read(reader, bytes, len, err) : 0;
    reader->failed = n < 0;
    return n;
}

void ocib_reader_free(struct ocib_reader *reader)
{
    if (reader) {
        reader->ops->free(reader);
    }
}

int ocib_writer_write(struct ocib_writer *writer, const void *bytes, size_t len,
                      struct ocib_error **err)
{
    if (writer->failed || writer->finished) {
        return ocib_error_set(err, OCIB_EINTERNAL, "writing goes on after %s",
                              writer->failed ? "a failure" : "the end");
    }
    int written = len ? writer->ops->write(writer, bytes, len, err) : 0;
    writer->failed = written < 0;
    return written;
}

int ocib_writer_finish(struct ocib_writer *writer, struct ocib_error **err)
{
    if (writer->failed || writer->finished) {
        return ocib_error_set(err, OCIB_EINTERNAL, "a stream is finished after %s",
                              writer->failed ? "a failure" : "its end");
    }
    writer->finished = true;
    int finished = writer->ops->finish ? writer->ops->finish(writer, err) : 0;
    writer->failed = finished < 0;
    return finished;
}

void ocib_writer_free(struct ocib_writer *writer)
{
    if (writer) {
        writer->ops->free(writer);
    }
}

/* File descriptors. */

struct fd_reader {
    struct ocib_reader base;
    int fd;
    bool own;
    char *name;
};

static ssize_t fd_read(struct ocib_reader *reader, void *bytes, size_t len, struct ocib_error **err)
{
    struct fd_reader *r = (struct fd_reader *)reader;
    for (;;) {
        ssize_t n = read(r->fd, bytes, len);
        if (n >= 0) {
            return n;
        }
        if (errno != EINTR) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't read %s", r->name);
        }
    }
}

static void fd_reader_free(struct ocib_reader *reader)
{
    struct fd_reader *r = (struct fd_reader *)reader;
    if (r->own) {
        ocib_fd_cleanup(&r->fd);
    }
    free(r->name);
    free(r);
}

struct ocib_reader *ocib_reader_of_fd(int fd, bool own, const char *name)
{
    static const struct ocib_reader_ops ops = {fd_read, fd_reader_free};
    struct fd_reader *r = ocib_new(struct fd_reader);
    r->base.ops = &ops;
    r->fd = fd;
    r->own = own;
    r->name = ocib_strdup(name);
    return &r->base;
}

struct fd_writer {
    struct ocib_writer base;
    int fd;
    bool own;
    char *name;
};

static int fd_write(struct ocib_writer *writer, const void *bytes, size_t len,
                    struct ocib_error **err)
{
    struct fd_writer *w = (struct fd_writer *)writer;
    if (ocib_fd_write_all(w->fd, bytes, len) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't write %s", w->name);
    }
    return 0;
}

static int fd_finish(struct ocib_writer *writer, struct ocib_error **err)
{
    struct fd_writer *w = (struct fd_writer *)writer;
    return w->own ? ocib_fd_close(&w->fd, w->name, err) : 0;
}

static void fd_writer_free(struct ocib_writer *writer)
{
    struct fd_writer *w = (struct fd_writer *)writer;
    if (w->own) {
        ocib_fd_cleanup(&w->fd);
    }
    free(w->name);
    free(w);
}

struct ocib_writer *ocib_writer_to_fd(int fd, bool own, const char *name)
{
    static const struct ocib_writer_ops ops = {fd_write, fd_finish, fd_writer_free};
    struct fd_writer *w = ocib_new(struct fd_writer);
    w->base.ops = &ops;
    w->fd = fd;
    w->own = own;
    w->name = ocib_strdup(name);
    return &w->base;
}

/* Memory. */

struct str_reader {
    struct ocib_reader base;
    struct ocib_str rest;
};

static ssize_t str_read(struct ocib_reader *reader, void *bytes, size_t len,
                        struct ocib_error **err)
{
    struct str_reader *r = (struct str_reader *)reader;
    size_t n = len < r->rest.len ? len : r->rest.len;
    if (n) {
        memcpy(bytes, r->rest.s, n);
        r->rest = (struct ocib_str){r->rest.s + n, r->rest.len - n};
    }
    return (ssize_t)n;
}

static void str_reader_free(struct ocib_reader *reader)
{
    free((struct str_reader *)reader);
}

struct ocib_reader *ocib_reader_of_str(struct ocib_str bytes)
{
    static const struct ocib_reader_ops ops = {str_read, str_reader_free};
    struct str_reader *r = ocib_new(struct str_reader);
    r->base.ops = &ops;
    r->rest = bytes;
    return &r->base;
}

struct buf_writer {
    struct ocib_writer base;
    struct ocib_buf *buf;
};

static int buf_write(struct ocib_writer *writer, const void *bytes, size_t len,
                     struct ocib_error **err)
{
    ocib_buf_add(((struct buf_writer *)writer)->buf, bytes, len);
    return 0;
}

static void buf_writer_free(struct ocib_writer *writer)
{
    free((struct buf_writer *)writer);
}

struct ocib_writer *ocib_writer_to_buf(struct ocib_buf *buf)
{
    static const struct ocib_writer_ops ops = {buf_write, NULL, buf_writer_free};
    struct buf_writer *w = ocib_new(struct buf_writer);
    w->base.ops = &ops;
    w->buf = buf;
    return &w->base;
}

/* Whole streams. */

int64_t ocib_stream_copy(struct ocib_reader *from, struct ocib_writer *to, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *piece = ocib_alloc(COPY_SIZE, 1);
    int64_t total = 0;
    for (;;) {
        ssize_t n = ocib_reader_read(from, piece, COPY_SIZE, err);
        if (n <= 0) {
            return n < 0 ? -1 : total;
        }
        if (ocib_writer_write(to, piece, (size_t)n, err) < 0) {
            return -1;
        }
        total += n;
    }
}

int ocib_stream_read_all(struct ocib_reader *from, size_t limit, struct ocib_buf *out,
                         struct ocib_error **err)
{
    size_t start = out->len;
    for (;;) {
        char *at = ocib_buf_reserve(out, COPY_SIZE);
        ssize_t n = ocib_reader_read(from, at, COPY_SIZE, err);
        if (n <= 0) {
            return (int)n;
        }
        out->len += (size_t)n;
        out->data[out->len] = '\0';
        if (out->len - start > limit) {
            return ocib_error_set(err, OCIB_EINPUT, "more than %zu bytes", limit);
        }
    }
}
