#include "base/checked.h"
#include "tar/format.h"

int ocib_tar_sparse_add(struct ocib_tar_sparse *sparse, int64_t offset, int64_t len,
                        struct ocib_error **err)
{
    int64_t end;
    if (sparse->map.len >= OCIB_TAR_SEGMENTS_MAX) {
        return ocib_error_set(err, OCIB_ECORRUPT, "a sparse file has more than %d pieces",
                              OCIB_TAR_SEGMENTS_MAX);
    }
    const struct ocib_tar_segment *before =
        sparse->map.len ? &sparse->map.items[sparse->map.len - 1] : NULL;
    if (offset < 0 || len < 0 || !ocib_add_i64(offset, len, &end) ||
        (before && offset < before->offset + before->len)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "the map of a sparse file is bad");
    }
    ocib_vec_push(&sparse->map, ((struct ocib_tar_segment){offset, len}));
    return 0;
}

int ocib_tar_sparse_old(struct ocib_tar_sparse *sparse, const char *fields, size_t count,
                        struct ocib_error **err)
{
    for (size_t i = 0; i < count; i++, fields += 24) {
        int64_t offset;
        int64_t len;
        if (fields[0] == '\0') {
            return 0;
        }
        if (!ocib_tar_number(fields, 12, &offset) || !ocib_tar_number(fields + 12, 12, &len)) {
            return ocib_error_set(err, OCIB_ECORRUPT, "the map of a sparse file is bad");
        }
        if (ocib_tar_sparse_add(sparse, offset, len, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_tar_sparse_check(const struct ocib_tar_sparse *sparse, int64_t stored,
                          struct ocib_error **err)
{
    int64_t sum = 0;
    int64_t end = 0;
    for (size_t i = 0; i < sparse->map.len; i++) {
        /* Can't overflow: pieces rise without overlap, so their sum is at most the last end. */
        sum += sparse->map.items[i].len;
        end = sparse->map.items[i].offset + sparse->map.items[i].len;
    }
    if (sparse->half || sparse->size < end || sum != stored) {
        return ocib_error_set(err, OCIB_ECORRUPT, "the map of a sparse file does not fit its size");
    }
    return 0;
}
