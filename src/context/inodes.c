#include "context/inodes.h"

#include "base/mem.h"
#include "base/vec.h"

#include <stdlib.h>

/* Few files have more than a mode and owners, so the rest is kept apart and records stay small. */
struct extra {
    dev_t rdev;
    struct ocib_xattrs xattrs;
};

struct record {
    uint64_t number; /* 0: an empty slot; no file system gives out inode 0 */
    uint32_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t extra; /* 1 + its index, 0: none */
};

/* An open-addressing table whose size is a power of two. */
struct ocib_inodes {
    struct record *slots;
    size_t size;
    size_t used;
    struct {
        OCIB_VEC(struct extra);
    } extras;
};

struct ocib_inodes *ocib_inodes_new(void)
{
    struct ocib_inodes *inodes = ocib_new(struct ocib_inodes);
    inodes->size = 256;
    inodes->slots = ocib_alloc(inodes->size, sizeof(struct record));
    return inodes;
}

void ocib_inodes_free(struct ocib_inodes *inodes)
{
    if (inodes) {
        for (size_t i = 0; i < inodes->extras.len; i++) {
            ocib_xattrs_release(&inodes->extras.items[i].xattrs);
        }
        ocib_vec_release(&inodes->extras);
        free(inodes->slots);
        free(inodes);
    }
}

static struct record *find_slot(const struct ocib_inodes *inodes, uint64_t number)
{
    size_t at = (size_t)(number * 0x9E3779B97F4A7C15u >> 20) & (inodes->size - 1);
    while (inodes->slots[at].number && inodes->slots[at].number != number) {
        at = (at + 1) & (inodes->size - 1);
    }
    return &inodes->slots[at];
}

static void grow(struct ocib_inodes *inodes)
{
    struct record *old = inodes->slots;
    size_t old_size = inodes->size;
    inodes->size *= 2;
    inodes->slots = ocib_alloc(inodes->size, sizeof(struct record));
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].number) {
            *find_slot(inodes, old[i].number) = old[i];
        }
    }
    free(old);
}

static uint32_t add_extra(struct ocib_inodes *inodes, const struct ocib_inode *inode)
{
    if (!inode->rdev && (!inode->xattrs || !inode->xattrs->len)) {
        return 0;
    }
    struct extra extra = {.rdev = inode->rdev};
    for (size_t i = 0; inode->xattrs && i < inode->xattrs->len; i++) {
        const struct ocib_xattr *xattr = &inode->xattrs->items[i];
        ocib_xattrs_add(&extra.xattrs, xattr->name, ocib_buf_str(&xattr->value));
    }
    ocib_vec_push(&inodes->extras, extra); /* the attributes may have been the table's own */
    return (uint32_t)inodes->extras.len;
}

void ocib_inodes_set(struct ocib_inodes *inodes, ino_t number, const struct ocib_inode *inode)
{
    if ((inodes->used + 1) * 4 > inodes->size * 3) {
        grow(inodes);
    }
    struct record *slot = find_slot(inodes, number);
    inodes->used += slot->number == 0;
    *slot = (struct record){.number = number,
                            .mode = inode->mode,
                            .uid = inode->uid,
                            .gid = inode->gid,
                            .extra = add_extra(inodes, inode)};
}

void ocib_inodes_get(const struct ocib_inodes *inodes, const struct stat *st,
                     struct ocib_inode *out)
{
    const struct record *record = find_slot(inodes, st->st_ino);
    if (!record->number) {
        *out = (struct ocib_inode){.mode = (st->st_mode & S_IFMT) | 0755};
        return;
    }
    *out = (struct ocib_inode){.mode = record->mode, .uid = record->uid, .gid = record->gid};
    if (record->extra) {
        const struct extra *extra = &inodes->extras.items[record->extra - 1];
        out->rdev = extra->rdev;
        out->xattrs = &extra->xattrs;
    }
}
