#include "base/library.h"
#include "base/mem.h"
#include "io/compress.h"
#include "tar/format.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>

enum { IN_SIZE = 65536 };

/* Loaded by the first archive that needs it. */
#define FUNCTIONS(X)                                                                               \
    X(read_data, archive_read_data)                                                                \
    X(read_free, archive_read_free)                                                                \
    X(read_new, archive_read_new)                                                                  \
    X(read_next_header, archive_read_next_header)                                                  \
    X(read_open, archive_read_open)                                                                \
    X(read_support_filter_bzip2, archive_read_support_filter_bzip2)                                \
    X(read_support_filter_xz, archive_read_support_filter_xz)                                      \
    X(read_support_format_empty, archive_read_support_format_empty)                                \
    X(read_support_format_raw, archive_read_support_format_raw)                                    \
    X(bzlib_version, archive_bzlib_version)                                                        \
    X(liblzma_version, archive_liblzma_version)                                                    \
    X(error_string, archive_error_string)                                                          \
    X(set_error, archive_set_error)
struct library {
    FUNCTIONS(OCIB_LIBRARY_MEMBER)
};

static int library_load(struct library *out, struct ocib_error **err)
{
    static const struct ocib_symbol symbols[] = {
#define SYMBOL(member, function) OCIB_LIBRARY_SYMBOL(struct library, member, function)
        FUNCTIONS(SYMBOL)
#undef SYMBOL
    };
    return ocib_library_load(OCIB_ARCHIVE_LIBRARY, symbols, OCIB_COUNT(symbols), out, err);
}

/* libarchive as an unpacker of one stream: its "raw" format, whose one entry is the content. */
struct filter {
    struct ocib_reader base;
    struct ocib_reader *next;
    struct library library;
    struct archive *archive;
    bool empty;
    struct ocib_error *below; /* what `next` failed with inside a callback */
    char in[IN_SIZE];
};

static ssize_t feed(struct archive *archive, void *data, const void **bytes)
{
    struct filter *f = data;
    *bytes = f->in;
    ssize_t n = ocib_reader_read(f->next, f->in, sizeof(f->in), &f->below);
    if (n < 0) {
        f->library.set_error(archive, EIO, "reading failed");
        return ARCHIVE_FATAL;
    }
    return n;
}

/* The error of the stream below is the better one. */
static int failed(struct filter *f, struct ocib_error **err)
{
    if (f->below && err && !*err) {
        *err = ocib_steal(&f->below);
        return -1;
    }
    const char *why = f->library.error_string(f->archive);
    return ocib_error_set(err, OCIB_ECORRUPT, "bad compressed data: %s", why ? why : "unknown");
}

static ssize_t filter_read(struct ocib_reader *reader, void *bytes, size_t len,
                           struct ocib_error **err)
{
    struct filter *f = (struct filter *)reader;
    ssize_t n = f->empty ? 0 : f->library.read_data(f->archive, bytes, len);
    return n < 0 ? failed(f, err) : n;
}

static void filter_free(struct ocib_reader *reader)
{
    struct filter *f = (struct filter *)reader;
    if (f->archive) {
        f->library.read_free(f->archive);
    }
    ocib_error_free(f->below);
    ocib_reader_free(f->next);
    free(f);
}

/* Only what libarchive unpacks itself: where it lacks a library it would run a program. gzip and
 * zstd never get here. */
static bool support(const struct library *library, struct archive *archive)
{
    bool good = library->read_support_format_raw(archive) == ARCHIVE_OK &&
                library->read_support_format_empty(archive) == ARCHIVE_OK;
    good = good &&
           (!library->bzlib_version() || library->read_support_filter_bzip2(archive) == ARCHIVE_OK);
    return good &&
           (!library->liblzma_version() || library->read_support_filter_xz(archive) == ARCHIVE_OK);
}

/* By libarchive. */
static struct ocib_reader *other_kinds(struct ocib_reader *next, struct ocib_error **err)
{
    static const struct ocib_reader_ops ops = {filter_read, filter_free};
    struct filter *f = ocib_new(struct filter);
    struct archive_entry *entry;
    f->base.ops = &ops;
    f->next = next;
    if (library_load(&f->library, err)) {
        filter_free(&f->base);
        return NULL;
    }
    f->archive = f->library.read_new();
    if (!f->archive || !support(&f->library, f->archive)) {
        ocib_error_set(err, OCIB_EINTERNAL, "can't begin to read an archive");
        filter_free(&f->base);
        return NULL;
    }
    int status = f->library.read_open(f->archive, f, NULL, feed, NULL);
    if (status == ARCHIVE_OK) {
        status = f->library.read_next_header(f->archive, &entry);
    }
    if (status != ARCHIVE_OK && status != ARCHIVE_EOF) {
        failed(f, err);
        filter_free(&f->base);
        return NULL;
    }
    f->empty = status == ARCHIVE_EOF;
    return &f->base;
}

/* gzip and zstd by our own reader: it gives what comes before a damaged place, libarchive drops it.
 */
struct ocib_reader *ocib_tar_filter(struct ocib_reader *next, struct ocib_error **err)
{
    next = ocib_decompressor_new(next, -1, err);
    return next && ocib_decompressor_is_plain(next) ? other_kinds(next, err) : next;
}
