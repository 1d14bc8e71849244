#include "base/mem.h"
#include "io/compress.h"

#include <string.h>
#include <zlib.h>

#ifdef OCIB_HAVE_ZSTD
#include <zstd.h>
#endif

enum { IN_SIZE = 65536, MAGIC_SIZE = 4 };

struct decompressor {
    struct ocib_reader base;
    struct ocib_reader *next;
    /* How this kind of stream is read; chosen by the first bytes. */
    ssize_t (*pull)(struct decompressor *d, void *bytes, size_t len, struct ocib_error **err);
    unsigned char *in; /* what was read of `next` and not yet used: in[at..end) */
    size_t at;
    size_t end;
    bool in_member; /* gzip, zstd: bytes are missing until the member or frame ends */
    z_stream z;
    bool z_ready;
#ifdef OCIB_HAVE_ZSTD
    ZSTD_DCtx *zstd;
#endif
    int64_t left; /* plain bytes that may still come; -1: any number */
};

/* Makes in[at..end) not empty: 1, 0 at the end of `next`, -1. */
static int fill(struct decompressor *d, struct ocib_error **err)
{
    if (d->at < d->end) {
        return 1;
    }
    ssize_t n = ocib_reader_read(d->next, d->in, IN_SIZE, err);
    if (n <= 0) {
        return (int)n;
    }
    d->at = 0;
    d->end = (size_t)n;
    return 1;
}

static ssize_t pull_plain(struct decompressor *d, void *bytes, size_t len, struct ocib_error **err)
{
    if (d->at == d->end) {
        return ocib_reader_read(d->next, bytes, len, err);
    }
    size_t n = d->end - d->at < len ? d->end - d->at : len;
    memcpy(bytes, d->in + d->at, n);
    d->at += n;
    return (ssize_t)n;
}

static int truncated(struct ocib_error **err)
{
    return ocib_error_set(err, OCIB_ECORRUPT, "the compressed data ends too early");
}

/* One step of inflate: bytes made, or -1. */
static ssize_t inflate_some(struct decompressor *d, void *bytes, size_t len,
                            struct ocib_error **err)
{
    size_t room = len < IN_SIZE * 16 ? len : IN_SIZE * 16;
    d->z.next_in = d->in + d->at;
    d->z.avail_in = (uInt)(d->end - d->at);
    d->z.next_out = bytes;
    d->z.avail_out = (uInt)room;
    int status = inflate(&d->z, Z_NO_FLUSH);
    d->at = d->end - d->z.avail_in;
    if (status == Z_STREAM_END) {
        d->in_member = false;
        if (inflateReset(&d->z) != Z_OK) {
            status = Z_STREAM_ERROR;
        }
    }
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
        return ocib_error_set(err, OCIB_ECORRUPT, "bad gzip data: %s",
                              d->z.msg ? d->z.msg : "unexpected bytes");
    }
    return (ssize_t)(room - d->z.avail_out);
}

static ssize_t pull_gzip(struct decompressor *d, void *bytes, size_t len, struct ocib_error **err)
{
    for (;;) {
        int more = fill(d, err);
        if (more <= 0) {
            return more < 0 || !d->in_member ? more : truncated(err);
        }
        d->in_member = true;
        ssize_t n = inflate_some(d, bytes, len, err);
        if (n != 0) {
            return n;
        }
    }
}

#ifdef OCIB_HAVE_ZSTD

static ssize_t pull_zstd(struct decompressor *d, void *bytes, size_t len, struct ocib_error **err)
{
    for (;;) {
        /* A frame may have output left when all of its input is taken. */
        int more = d->in_member && d->at == d->end ? 1 : fill(d, err);
        ZSTD_inBuffer in = {d->in, d->end, d->at};
        ZSTD_outBuffer out = {bytes, len, 0};
        if (more <= 0) {
            return more;
        }
        size_t status = ZSTD_decompressStream(d->zstd, &out, &in);
        if (ZSTD_isError(status)) {
            return ocib_error_set(err, OCIB_ECORRUPT, "bad zstd data: %s",
                                  ZSTD_getErrorName(status));
        }
        d->at = in.pos;
        d->in_member = status != 0;
        if (out.pos) {
            return (ssize_t)out.pos;
        }
        if (d->in_member && d->at == d->end && (more = fill(d, err)) <= 0) {
            return more < 0 ? -1 : truncated(err);
        }
    }
}

static int begin_zstd(struct decompressor *d, struct ocib_error **err)
{
    d->zstd = ZSTD_createDCtx();
    d->pull = pull_zstd;
    return d->zstd ? 0 : ocib_error_set(err, OCIB_EINTERNAL, "can't begin to read zstd data");
}

static void end_zstd(struct decompressor *d)
{
    ZSTD_freeDCtx(d->zstd);
}

#else

static int begin_zstd(struct decompressor *d, struct ocib_error **err)
{
    return ocib_error_set(err, OCIB_EINPUT, "the data is zstd, which this ocib was built without");
}

static void end_zstd(struct decompressor *d)
{
}

#endif

static int begin_gzip(struct decompressor *d, struct ocib_error **err)
{
    d->z_ready = inflateInit2(&d->z, 15 + 16) == Z_OK;
    d->pull = pull_gzip;
    return d->z_ready ? 0 : ocib_error_set(err, OCIB_EINTERNAL, "can't begin to read gzip data");
}

/* The first frame may also be a skippable one (RFC 8878, 3.1.2). */
static bool is_zstd(const unsigned char *magic)
{
    bool frame = memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0;
    return frame || ((magic[0] & 0xf0) == 0x50 && memcmp(magic + 1, "\x2a\x4d\x18", 3) == 0);
}

static int begin(struct decompressor *d, struct ocib_error **err)
{
    while (d->end < MAGIC_SIZE) {
        ssize_t n = ocib_reader_read(d->next, d->in + d->end, IN_SIZE - d->end, err);
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        d->end += (size_t)n;
    }
    if (d->end >= 2 && d->in[0] == 0x1f && d->in[1] == 0x8b) {
        return begin_gzip(d, err);
    }
    if (d->end >= MAGIC_SIZE && is_zstd(d->in)) {
        return begin_zstd(d, err);
    }
    d->pull = pull_plain;
    return 0;
}

static ssize_t decompressor_read(struct ocib_reader *reader, void *bytes, size_t len,
                                 struct ocib_error **err)
{
    struct decompressor *d = (struct decompressor *)reader;
    ssize_t n = d->pull(d, bytes, len, err);
    if (n > 0 && d->left >= 0) {
        if (n > d->left) {
            return ocib_error_set(err, OCIB_ECORRUPT, "the data is longer unpacked than allowed");
        }
        d->left -= n;
    }
    return n;
}

static void decompressor_free(struct ocib_reader *reader)
{
    struct decompressor *d = (struct decompressor *)reader;
    if (d->z_ready) {
        inflateEnd(&d->z);
    }
    end_zstd(d);
    free(d->in);
    ocib_reader_free(d->next);
    free(d);
}

struct ocib_reader *ocib_decompressor_new(struct ocib_reader *next, int64_t limit,
                                          struct ocib_error **err)
{
    static const struct ocib_reader_ops ops = {decompressor_read, decompressor_free};
    struct decompressor *d = ocib_new(struct decompressor);
    d->base.ops = &ops;
    d->next = next;
    d->in = ocib_alloc(IN_SIZE, 1);
    d->left = limit;
    if (begin(d, err) < 0) {
        decompressor_free(&d->base);
        return NULL;
    }
    return &d->base;
}

bool ocib_decompressor_is_plain(const struct ocib_reader *reader)
{
    return ((const struct decompressor *)reader)->pull == pull_plain;
}
