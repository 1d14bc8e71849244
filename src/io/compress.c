#include "io/compress.h"

#include "base/mem.h"
#include "io/gzip.h"

#ifdef OCIB_HAVE_ZSTD
#include <zstd.h>
#endif

/* Level 5 takes two thirds of the time of zlib's own default, 6, for layers larger by one percent.
 */
enum { GZIP_DEFAULT = 5, GZIP_MOST = 9 };

int ocib_compression_parse(struct ocib_str name, enum ocib_compression *out,
                           struct ocib_error **err)
{
    if (ocib_str_is(name, "gzip")) {
        *out = OCIB_COMPRESSION_GZIP;
        return 0;
    }
    if (ocib_str_is(name, "uncompressed")) {
        *out = OCIB_COMPRESSION_NONE;
        return 0;
    }
    if (ocib_str_is(name, "zstd")) {
#ifdef OCIB_HAVE_ZSTD
        *out = OCIB_COMPRESSION_ZSTD;
        return 0;
#else
        return ocib_error_set(err, OCIB_EUSAGE, "this ocib was built without zstd");
#endif
    }
    ocib_error_set(err, OCIB_EUSAGE, "unknown compression \"%.*s\"", OCIB_STR_ARG(name));
    return ocib_error_hint_set(err, "the kinds are gzip, zstd and uncompressed");
}

const char *ocib_compression_name(enum ocib_compression kind)
{
    switch (kind) {
    case OCIB_COMPRESSION_GZIP:
        return "gzip";
    case OCIB_COMPRESSION_ZSTD:
        return "zstd";
    case OCIB_COMPRESSION_NONE:
        break;
    }
    return "uncompressed";
}

#ifdef OCIB_HAVE_ZSTD

/* One thread: what zstd writes with worker threads differs from what it writes without, and not
 * every libzstd has them. */
struct zstd_writer {
    struct ocib_writer base;
    struct ocib_writer *next;
    ZSTD_CCtx *context;
    void *out;
    size_t out_size;
};

/* Feeds `in` until it is taken, and with ZSTD_e_end until all is written. */
static int zstd_feed(struct zstd_writer *w, ZSTD_inBuffer *in, ZSTD_EndDirective mode,
                     struct ocib_error **err)
{
    size_t left;
    do {
        ZSTD_outBuffer out = {w->out, w->out_size, 0};
        left = ZSTD_compressStream2(w->context, &out, in, mode);
        if (ZSTD_isError(left)) {
            return ocib_error_set(err, OCIB_EINTERNAL, "can't compress: %s",
                                  ZSTD_getErrorName(left));
        }
        if (ocib_writer_write(w->next, w->out, out.pos, err) < 0) {
            return -1;
        }
    } while (mode == ZSTD_e_end ? left != 0 : in->pos < in->size);
    return 0;
}

static int zstd_write(struct ocib_writer *writer, const void *bytes, size_t len,
                      struct ocib_error **err)
{
    ZSTD_inBuffer in = {bytes, len, 0};
    return zstd_feed((struct zstd_writer *)writer, &in, ZSTD_e_continue, err);
}

static int zstd_finish(struct ocib_writer *writer, struct ocib_error **err)
{
    struct zstd_writer *w = (struct zstd_writer *)writer;
    ZSTD_inBuffer none = {NULL, 0, 0};
    return zstd_feed(w, &none, ZSTD_e_end, err) < 0 ? -1 : ocib_writer_finish(w->next, err);
}

static void zstd_writer_free(struct ocib_writer *writer)
{
    struct zstd_writer *w = (struct zstd_writer *)writer;
    ZSTD_freeCCtx(w->context);
    free(w->out);
    ocib_writer_free(w->next);
    free(w);
}

static struct ocib_writer *zstd_writer_new(struct ocib_writer *next, int level,
                                           struct ocib_error **err)
{
    static const struct ocib_writer_ops ops = {zstd_write, zstd_finish, zstd_writer_free};
    struct zstd_writer *w = ocib_new(struct zstd_writer);
    w->base.ops = &ops;
    w->next = next;
    w->out_size = ZSTD_CStreamOutSize();
    w->out = ocib_alloc(w->out_size, 1);
    w->context = ZSTD_createCCtx();
    if (!w->context ||
        ZSTD_isError(ZSTD_CCtx_setParameter(w->context, ZSTD_c_compressionLevel, level)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(w->context, ZSTD_c_checksumFlag, 1))) {
        ocib_error_set(err, OCIB_EINTERNAL, "can't begin to compress with zstd");
        ocib_writer_free(&w->base);
        return NULL;
    }
    return &w->base;
}

static int zstd_level(int level)
{
    return level ? level : ZSTD_CLEVEL_DEFAULT;
}

static int zstd_most(void)
{
    return 19; /* beyond, a decompressor needs more memory than RFC 8878 promises */
}

#else

static struct ocib_writer *zstd_writer_new(struct ocib_writer *next, int level,
                                           struct ocib_error **err)
{
    ocib_writer_free(next);
    ocib_error_set(err, OCIB_EUSAGE, "this ocib was built without zstd");
    return NULL;
}

static int zstd_level(int level)
{
    return level;
}

static int zstd_most(void)
{
    return 19;
}

#endif

struct ocib_writer *ocib_compressor_new(struct ocib_writer *next,
                                        const struct ocib_compress_options *options,
                                        struct ocib_error **err)
{
    if (options->kind == OCIB_COMPRESSION_NONE) {
        return next;
    }
    int most = options->kind == OCIB_COMPRESSION_ZSTD ? zstd_most() : GZIP_MOST;
    if (options->level < 0 || options->level > most) {
        ocib_error_set(err, OCIB_EUSAGE, "compression level %d is not one of %s's, 1 to %d",
                       options->level, ocib_compression_name(options->kind), most);
        ocib_writer_free(next);
        return NULL;
    }
    if (options->kind == OCIB_COMPRESSION_ZSTD) {
        return zstd_writer_new(next, zstd_level(options->level), err);
    }
    return ocib_gzip_writer(next, options->level ? options->level : GZIP_DEFAULT);
}
