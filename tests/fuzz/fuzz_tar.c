/* Any bytes as a tar: read whole, and what was read can be written and read again. */
#include "base/error.h"
#include "io/stream.h"
#include "tar/tar.h"

#include <stdlib.h>

enum { MOST = 1 << 20 }; /* bytes of content that are looked at: a sparse file can claim any size */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void copy(struct ocib_tar_reader *tar, struct ocib_tar_writer *to, int64_t size)
{
    static char block[4096];
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    int64_t done = 0;
    ssize_t n;
    while (done < size && (n = ocib_tar_reader_data(tar, block, sizeof(block), &err)) > 0) {
        done += n;
        if (done > size || ocib_tar_writer_data(to, block, (size_t)n, &err) < 0) {
            abort();
        }
    }
    if (done < size && ocib_tar_writer_zeros(to, size - done, &err) < 0) {
        abort();
    }
}

static void check(const struct ocib_tar_entry *entry)
{
    const char *path = entry->path;
    if (path[0] == '/' || (path[0] == '.' && path[1] == '.' && (!path[2] || path[2] == '/'))) {
        abort();
    }
    if (entry->size < 0 || entry->uid == UINT32_MAX || entry->gid == UINT32_MAX) {
        abort();
    }
}

static void rewrite(struct ocib_tar_reader *tar, struct ocib_tar_writer *to)
{
    struct ocib_tar_entry entry;
    while (ocib_tar_reader_next(tar, &entry, NULL) > 0) {
        check(&entry);
        if (entry.size > MOST) {
            entry.size = MOST;
        }
        if (ocib_tar_writer_entry(to, &entry, NULL) < 0) {
            return; /* an attribute's name that no tar can hold */
        }
        copy(tar, to, entry.size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct ocib_str input = {(const char *)bytes, len};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_tar_reader *tar = ocib_tar_reader_new(ocib_reader_of_str(input), false, NULL);
    struct ocib_tar_writer *to = ocib_tar_writer_new(ocib_writer_to_buf(&out), NULL);
    rewrite(tar, to);
    ocib_tar_reader_free(tar);
    ocib_tar_writer_free(to);
    return 0;
}
