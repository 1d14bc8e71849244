/*
 * Compression of layers. gzip output is one member with a zero time and no name, the same bytes for
 * the same input whatever the machine. (image-spec, layer.md: gzip and zstd.)
 */
#ifndef OCIB_IO_COMPRESS_H
#define OCIB_IO_COMPRESS_H

#include "io/stream.h"

#include <stdbool.h>

enum ocib_compression {
    OCIB_COMPRESSION_NONE,
    OCIB_COMPRESSION_GZIP,
    OCIB_COMPRESSION_ZSTD,
};

struct ocib_compress_options {
    enum ocib_compression kind;
    int level; /* 0: the kind's default */
};

/* "gzip", "zstd", "uncompressed"; -1 with OCIB_EUSAGE on another word or one that was not compiled
 * in. */
int ocib_compression_parse(struct ocib_str name, enum ocib_compression *out,
                           struct ocib_error **err) OCIB_MUST;
const char *ocib_compression_name(enum ocib_compression kind);

/* Compresses into `next`, which it owns. NONE passes bytes through. NULL on failure (next is
 * freed). */
struct ocib_writer *ocib_compressor_new(struct ocib_writer *next,
                                        const struct ocib_compress_options *options,
                                        struct ocib_error **err) OCIB_MUST;

/*
 * Decompresses by the first bytes of the stream: gzip (several members too), zstd, or plain. Fails
 * with OCIB_ECORRUPT on bad data, on a truncated stream, and beyond `limit` plain bytes (-1: none).
 * Owns `next`.
 */
struct ocib_reader *ocib_decompressor_new(struct ocib_reader *next, int64_t limit,
                                          struct ocib_error **err) OCIB_MUST;
/* Did this reader, which ocib_decompressor_new() made, find neither gzip nor zstd? */
bool ocib_decompressor_is_plain(const struct ocib_reader *reader);

#endif
