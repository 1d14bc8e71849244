/*
 * What comes as a stream of bytes and is a build context: an archive, or a Dockerfile. Which one it
 * is, is told by how it begins. Internal to the part.
 */
#ifndef OCIB_BUILD_INPUT_STREAM_H
#define OCIB_BUILD_INPUT_STREAM_H

#include "base/buf.h"
#include "base/error.h"
#include "io/stream.h"

#include <stdbool.h>

/* A descriptor (borrowed) of which the beginning was read. */
struct ocib_build_input_stream {
    int fd;
    struct ocib_buf head; /* at most OCIB_TAR_HEAD bytes */
    const volatile int *interrupted;
    const char *name; /* for messages; borrowed */
};
/* Reads the beginning; waits for it, but no longer than until *interrupted. */
int ocib_build_input_stream_open(struct ocib_build_input_stream *stream,
                                 struct ocib_error **err) OCIB_MUST;
void ocib_build_input_stream_release(struct ocib_build_input_stream *stream);

bool ocib_build_input_stream_is_archive(const struct ocib_build_input_stream *stream);
/* A web page, as servers send it in place of a file. */
bool ocib_build_input_stream_is_html(const struct ocib_build_input_stream *stream);

/* All of it from its beginning, once. The reader borrows the stream. */
struct ocib_reader *ocib_build_input_stream_reader(struct ocib_build_input_stream *stream);

#endif
