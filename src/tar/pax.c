#include "tar/format.h"

#include <string.h>

/* A decimal number, negative ones too. */
static bool number(struct ocib_str text, int64_t *out)
{
    bool negative = text.len && text.s[0] == '-';
    uint64_t value;
    if (!ocib_str_uint(ocib_str_sub(text, negative, text.len), INT64_MAX, &value)) {
        return false;
    }
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

static int bad(struct ocib_str key, struct ocib_error **err)
{
    return ocib_error_set(err, OCIB_ECORRUPT, "PAX record %.*s has a bad value",
                          (int)(key.len < 100 ? key.len : 100), key.s);
}

/* "seconds[.fraction]", digits beyond nanoseconds dropped. */
static bool time_value(struct ocib_str text, int64_t *seconds, long *nsec)
{
    struct ocib_str whole;
    if (!ocib_str_cut(&text, '.', &whole) || !number(whole, seconds)) {
        return false;
    }
    *nsec = 0;
    long unit = 100000000;
    for (size_t i = 0; i < text.len; i++, unit /= 10) {
        if (text.s[i] < '0' || text.s[i] > '9') {
            return false;
        }
        *nsec += (text.s[i] - '0') * unit;
    }
    if (whole.s[0] == '-' && *nsec) {
        /* -1.25 is 2 seconds before the epoch and 0.75 after that. */
        *seconds -= 1;
        *nsec = 1000000000 - *nsec;
    }
    return true;
}

static int take_text(struct ocib_str key, struct ocib_str value, struct ocib_buf *out,
                     struct ocib_error **err)
{
    if (value.len > OCIB_TAR_PAX_MAX || memchr(value.s, '\0', value.len)) {
        return bad(key, err);
    }
    ocib_buf_clear(out);
    ocib_buf_add_str(out, value);
    return 0;
}

static int take_xattr(struct ocib_str name, struct ocib_str value, struct ocib_tar_raw *raw,
                      struct ocib_error **err)
{
    if (!name.len || memchr(name.s, '\0', name.len) || raw->xattrs.len >= OCIB_TAR_XATTRS_MAX) {
        return ocib_error_set(err, OCIB_ECORRUPT, "too many or bad extended attributes");
    }
    OCIB_AUTO_FREE char *copy = ocib_str_dup(name);
    ocib_xattrs_add(&raw->xattrs, copy, value);
    return 0;
}

/* PAX sparse 0.1: "offset,len,offset,len,…". */
static int take_map(struct ocib_str text, struct ocib_tar_sparse *sparse, struct ocib_error **err)
{
    struct ocib_str first;
    struct ocib_str second;
    while (ocib_str_cut(&text, ',', &first)) {
        int64_t offset;
        int64_t len;
        if (!ocib_str_cut(&text, ',', &second) || !number(first, &offset) ||
            !number(second, &len)) {
            return ocib_error_set(err, OCIB_ECORRUPT, "the map of a sparse file is bad");
        }
        if (ocib_tar_sparse_add(sparse, offset, len, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* PAX sparse 0.0 tells offsets and lengths in records of their own, in turn. */
static int take_offset(struct ocib_tar_sparse *sparse, int64_t value, struct ocib_error **err)
{
    if (sparse->half) {
        return ocib_error_set(err, OCIB_ECORRUPT, "the map of a sparse file is bad");
    }
    sparse->half = true;
    return ocib_tar_sparse_add(sparse, value, 0, err);
}

static int take_length(struct ocib_tar_sparse *sparse, int64_t value, struct ocib_error **err)
{
    if (!sparse->half) {
        return ocib_error_set(err, OCIB_ECORRUPT, "the map of a sparse file is bad");
    }
    sparse->half = false;
    int64_t offset = sparse->map.items[--sparse->map.len].offset;
    return ocib_tar_sparse_add(sparse, offset, value, err);
}

static int take_sparse(struct ocib_str key, struct ocib_str value, struct ocib_tar_raw *raw,
                       struct ocib_error **err)
{
    struct ocib_tar_sparse *sparse = &raw->sparse;
    struct ocib_str what = ocib_str_sub(key, strlen("GNU.sparse."), key.len);
    int64_t n = 0;
    if (ocib_str_is(what, "name")) {
        raw->has_path = true;
        return take_text(key, value, &raw->path, err);
    }
    if (ocib_str_is(what, "map")) {
        sparse->used = true;
        return take_map(value, sparse, err);
    }
    if (!number(value, &n) || n < 0) {
        return bad(key, err);
    }
    sparse->used = true;
    if (ocib_str_is(what, "size") || ocib_str_is(what, "realsize")) {
        sparse->size = n;
    } else if (ocib_str_is(what, "major")) {
        sparse->major = n;
    } else if (ocib_str_is(what, "offset")) {
        return take_offset(sparse, n, err);
    } else if (ocib_str_is(what, "numbytes")) {
        return take_length(sparse, n, err);
    }
    return 0;
}

static int take_number(struct ocib_str key, struct ocib_str value, bool *has, int64_t *out,
                       struct ocib_error **err)
{
    *has = value.len > 0; /* an empty value takes the record back */
    return *has && !number(value, out) ? bad(key, err) : 0;
}

static int take(struct ocib_str key, struct ocib_str value, struct ocib_tar_raw *raw,
                struct ocib_error **err)
{
    if (ocib_str_is(key, "path")) {
        raw->has_path = value.len > 0;
        return take_text(key, value, &raw->path, err);
    }
    if (ocib_str_is(key, "linkpath")) {
        raw->has_linkname = value.len > 0;
        return take_text(key, value, &raw->linkname, err);
    }
    if (ocib_str_is(key, "uid")) {
        return take_number(key, value, &raw->has_uid, &raw->uid, err);
    }
    if (ocib_str_is(key, "gid")) {
        return take_number(key, value, &raw->has_gid, &raw->gid, err);
    }
    if (ocib_str_is(key, "size")) {
        return take_number(key, value, &raw->has_size, &raw->size, err);
    }
    if (ocib_str_is(key, "mtime")) {
        raw->has_mtime = value.len > 0;
        return value.len && !time_value(value, &raw->mtime, &raw->mtime_nsec) ? bad(key, err) : 0;
    }
    if (ocib_str_starts(key, "SCHILY.xattr.")) {
        struct ocib_str name = ocib_str_sub(key, strlen("SCHILY.xattr."), key.len);
        return take_xattr(name, value, raw, err);
    }
    return ocib_str_starts(key, "GNU.sparse.") ? take_sparse(key, value, raw, err) : 0;
}

int ocib_tar_pax_parse(struct ocib_str records, struct ocib_tar_raw *raw, struct ocib_error **err)
{
    while (records.len) {
        /* "length key=value\n", the length counting itself. */
        ptrdiff_t blank = ocib_str_find(ocib_str_sub(records, 0, 20), ' ');
        uint64_t len;
        if (blank < 0 ||
            !ocib_str_uint(ocib_str_sub(records, 0, (size_t)blank), records.len, &len) ||
            len < (uint64_t)blank + 2 || records.s[len - 1] != '\n') {
            return ocib_error_set(err, OCIB_ECORRUPT, "PAX records are malformed");
        }
        struct ocib_str record = ocib_str_sub(records, (size_t)blank + 1, len - 1);
        ptrdiff_t equal = ocib_str_find(record, '=');
        if (equal <= 0) {
            return ocib_error_set(err, OCIB_ECORRUPT, "PAX records are malformed");
        }
        struct ocib_str value = ocib_str_sub(record, (size_t)equal + 1, record.len);
        if (take(ocib_str_sub(record, 0, (size_t)equal), value, raw, err) < 0) {
            return -1;
        }
        records = ocib_str_sub(records, len, records.len);
    }
    return 0;
}
