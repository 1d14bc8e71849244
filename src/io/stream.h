/*
 * Byte streams. A reader or writer is an object with a table of functions; composed ones own the
 * one below them and free it. Errors are sticky: after a failure every further call fails.
 *
 * A writer is ended in one of two ways: ocib_writer_finish() publishes what was written (flushes,
 * finishes the compressor, syncs or renames as the kind of writer says) and reports the failure of
 * any of it; ocib_writer_free() without it discards. A stream is used by one thread at a time.
 */
#ifndef OCIB_IO_STREAM_H
#define OCIB_IO_STREAM_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "io/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct ocib_reader;
struct ocib_writer;

struct ocib_reader_ops {
    /* Up to `len` (> 0) bytes; 0 at the end, -1 on failure. */
    ssize_t (*read)(struct ocib_reader *reader, void *bytes, size_t len, struct ocib_error **err);
    void (*free)(struct ocib_reader *reader);
};

/* The head of every kind of reader; a new one is zeroed but for `ops`. */
struct ocib_reader {
    const struct ocib_reader_ops *ops;
    bool failed; /* kept by ocib_reader_read() */
};

struct ocib_writer_ops {
    /* All `len` bytes, or -1. */
    int (*write)(struct ocib_writer *writer, const void *bytes, size_t len,
                 struct ocib_error **err);
    int (*finish)(struct ocib_writer *writer, struct ocib_error **err);
    void (*free)(struct ocib_writer *writer);
};

struct ocib_writer {
    const struct ocib_writer_ops *ops;
    bool failed; /* kept by ocib_writer_write() and ocib_writer_finish() */
    bool finished;
};

ssize_t ocib_reader_read(struct ocib_reader *reader, void *bytes, size_t len,
                         struct ocib_error **err) OCIB_MUST;
void ocib_reader_free(struct ocib_reader *reader);
OCIB_DEFINE_CLEANUP(ocib_reader, struct ocib_reader, ocib_reader_free)

int ocib_writer_write(struct ocib_writer *writer, const void *bytes, size_t len,
                      struct ocib_error **err) OCIB_MUST;
int ocib_writer_finish(struct ocib_writer *writer, struct ocib_error **err) OCIB_MUST;
void ocib_writer_free(struct ocib_writer *writer);
OCIB_DEFINE_CLEANUP(ocib_writer, struct ocib_writer, ocib_writer_free)

/* From a file descriptor, which the stream owns if `own`. `name` is for messages (copied). */
struct ocib_reader *ocib_reader_of_fd(int fd, bool own, const char *name);
struct ocib_writer *ocib_writer_to_fd(int fd, bool own, const char *name);
/* From memory that outlives the stream; into a buffer that outlives the stream. */
struct ocib_reader *ocib_reader_of_str(struct ocib_str bytes);
struct ocib_writer *ocib_writer_to_buf(struct ocib_buf *buf);

/* What passed through a tee. */
struct ocib_tally {
    struct ocib_digest digest; /* set once the stream has ended (writer: finished) */
    int64_t bytes;
};
/* Hash and count what passes; *tally outlives the stream. They own `next`. */
struct ocib_writer *ocib_writer_tee(struct ocib_writer *next, struct ocib_tally *tally);
struct ocib_reader *ocib_reader_tee(struct ocib_reader *next, struct ocib_tally *tally);
/*
 * Passes on what `next` has and fails at its end with OCIB_ECORRUPT unless it was exactly `size`
 * bytes
 * (-1: any) with this digest; fails before passing on a byte beyond `size`. Owns `next`.
 */
struct ocib_reader *ocib_reader_verify(struct ocib_reader *next, const struct ocib_digest *digest,
                                       int64_t size, const char *name);

/* Passes on at most `limit` bytes, and fails with OCIB_ESTORE at one more. Owns `next`. */
struct ocib_writer *ocib_writer_limit(struct ocib_writer *next, int64_t limit, const char *name);

/* Copies all; returns the bytes copied, or -1. Does not finish the writer. */
int64_t ocib_stream_copy(struct ocib_reader *from, struct ocib_writer *to,
                         struct ocib_error **err) OCIB_MUST;
/* All of a stream into a buffer, failing with OCIB_EINPUT beyond `limit` bytes. */
int ocib_stream_read_all(struct ocib_reader *from, size_t limit, struct ocib_buf *out,
                         struct ocib_error **err) OCIB_MUST;

#endif
