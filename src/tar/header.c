#include "tar/format.h"

#include <string.h>

_Static_assert(sizeof(struct ocib_tar_block) == OCIB_TAR_BLOCK, "a header is one block");

void ocib_tar_raw_reset(struct ocib_tar_raw *raw)
{
    struct ocib_tar_raw kept = {
        .path = raw->path, .linkname = raw->linkname, .xattrs = raw->xattrs, .sparse = raw->sparse};
    ocib_buf_clear(&kept.path);
    ocib_buf_clear(&kept.linkname);
    ocib_xattrs_clear(&kept.xattrs);
    ocib_vec_release(&kept.sparse.map);
    kept.sparse = (struct ocib_tar_sparse){.size = -1};
    *raw = kept;
}

void ocib_tar_raw_release(struct ocib_tar_raw *raw)
{
    ocib_buf_release(&raw->path);
    ocib_buf_release(&raw->linkname);
    ocib_xattrs_release(&raw->xattrs);
    ocib_vec_release(&raw->sparse.map);
}

/* GNU's form of large and negative numbers: the first bit set, then big-endian two's complement. */
static bool base256(const unsigned char *field, size_t len, int64_t *out)
{
    bool negative = (field[0] & 0x40) != 0;
    uint64_t value = negative ? UINT64_MAX : 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char digit = field[i];
        if (i == 0) {
            digit = negative ? digit : (unsigned char)(digit & 0x7f);
        }
        if (value >> 55 != (negative ? UINT64_MAX >> 55 : 0)) {
            return false; /* the next shift would lose bits */
        }
        value = value << 8 | digit;
    }
    *out = (int64_t)value;
    return true;
}

bool ocib_tar_number(const char *field, size_t len, int64_t *out)
{
    if (*field & 0x80) {
        return base256((const unsigned char *)field, len, out);
    }
    size_t at = 0;
    while (at < len && field[at] == ' ') {
        at++;
    }
    int64_t value = 0;
    for (; at < len && field[at] >= '0' && field[at] <= '7'; at++) {
        if (value > INT64_MAX >> 3) {
            return false;
        }
        value = value << 3 | (field[at] - '0');
    }
    *out = value;
    return at == len || field[at] == ' ' || field[at] == '\0';
}

unsigned ocib_tar_checksum(const struct ocib_tar_block *block)
{
    const unsigned char *bytes = (const unsigned char *)block;
    const size_t from = offsetof(struct ocib_tar_block, checksum);
    unsigned sum = 0;
    for (size_t i = 0; i < OCIB_TAR_BLOCK; i++) {
        bool in_field = i >= from && i < from + sizeof(block->checksum);
        sum += in_field ? ' ' : bytes[i];
    }
    return sum;
}

bool ocib_tar_checksum_matches(const struct ocib_tar_block *block)
{
    int64_t told;
    if (!ocib_tar_number(block->checksum, sizeof(block->checksum), &told)) {
        return false;
    }
    /* Some old writers summed signed bytes. */
    const signed char *bytes = (const signed char *)block;
    int64_t difference = 0;
    for (size_t i = 0; i < OCIB_TAR_BLOCK; i++) {
        difference += bytes[i] < 0 ? 256 : 0;
    }
    unsigned sum = ocib_tar_checksum(block);
    return told == (int64_t)sum || told == (int64_t)sum - difference;
}

static struct ocib_str field_text(const char *field, size_t len)
{
    return (struct ocib_str){field, strnlen(field, len)};
}

static void take_path(const struct ocib_tar_block *block, struct ocib_tar_raw *raw)
{
    bool posix = memcmp(block->magic, "ustar\0", 6) == 0;
    bool star = posix && memcmp(block->rest + 8, "tar", 4) == 0;
    struct ocib_str prefix = field_text(block->prefix, star ? 131 : sizeof(block->prefix));
    ocib_buf_clear(&raw->path);
    if (posix && prefix.len) {
        ocib_buf_add_str(&raw->path, prefix);
        ocib_buf_putc(&raw->path, '/');
    }
    ocib_buf_add_str(&raw->path, field_text(block->name, sizeof(block->name)));
}

static int take_number(struct ocib_str field, bool told_before, int64_t *out,
                       struct ocib_error **err)
{
    int64_t value;
    if (told_before) {
        return 0;
    }
    if (!ocib_tar_number(field.s, field.len, &value)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "a header field is not a number");
    }
    *out = value;
    return 0;
}

#define FIELD(block, name) ((struct ocib_str){(block)->name, sizeof((block)->name)})

static int take_sparse(const struct ocib_tar_block *block, struct ocib_tar_sparse *sparse,
                       struct ocib_error **err)
{
    /* Old GNU: four segments at offset 386, "more follow" at 482, the whole size at 483. */
    const char *bytes = (const char *)block;
    sparse->used = true;
    if (!ocib_tar_number(bytes + 483, 12, &sparse->size) || sparse->size < 0) {
        return ocib_error_set(err, OCIB_ECORRUPT, "the size of a sparse file is not a number");
    }
    return ocib_tar_sparse_old(sparse, bytes + 386, 4, err);
}

int ocib_tar_header_parse(const struct ocib_tar_block *block, struct ocib_tar_raw *raw,
                          struct ocib_error **err)
{
    raw->type = block->type;
    if (!raw->has_path) {
        take_path(block, raw);
    }
    if (!raw->has_linkname) {
        ocib_buf_clear(&raw->linkname);
        ocib_buf_add_str(&raw->linkname, field_text(block->linkname, sizeof(block->linkname)));
    }
    if (take_number(FIELD(block, mode), false, &raw->mode, err) < 0 ||
        take_number(FIELD(block, uid), raw->has_uid, &raw->uid, err) < 0 ||
        take_number(FIELD(block, gid), raw->has_gid, &raw->gid, err) < 0 ||
        take_number(FIELD(block, size), raw->has_size, &raw->size, err) < 0 ||
        take_number(FIELD(block, mtime), raw->has_mtime, &raw->mtime, err) < 0) {
        return -1;
    }
    bool device = block->type == '3' || block->type == '4';
    if (device && (take_number(FIELD(block, devmajor), false, &raw->major, err) < 0 ||
                   take_number(FIELD(block, devminor), false, &raw->minor, err) < 0)) {
        return -1;
    }
    return block->type == 'S' ? take_sparse(block, &raw->sparse, err) : 0;
}
