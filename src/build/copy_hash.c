#include "build/copy_selection.h"

#include "base/mem.h"
#include "sys/fd.h"

#include <stdio.h>

/* Fields are of a fixed order for each kind of thing, and every list begins with its length, so no
 * two selections give the same row of fields. */

static void add_text(struct ocib_hasher *hasher, const char *text)
{
    ocib_hasher_field(hasher, ocib_str(text ? text : ""));
}

static void add_number(struct ocib_hasher *hasher, uint64_t number)
{
    char text[32];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
    add_text(hasher, text);
}

static void add_xattrs(struct ocib_hasher *hasher, const struct ocib_xattrs *xattrs)
{
    size_t count = xattrs ? xattrs->len : 0;
    add_number(hasher, count);
    for (size_t i = 0; i < count; i++) {
        add_text(hasher, xattrs->items[i].name);
        ocib_hasher_field(hasher, ocib_buf_str(&xattrs->items[i].value));
    }
}

static bool keeps_owners(const struct ocib_selection *selection)
{
    return !selection->source.is_context && !selection->op->chown;
}

static void add_mode_and_owner(struct ocib_selection *selection,
                               const struct ocib_copy_entry *entry, struct ocib_hasher *hasher)
{
    mode_t mode = entry->mode & 07777;
    if (!S_ISLNK(entry->mode)) {
        mode = ocib_chmod_apply(&selection->chmod, mode, S_ISDIR(entry->mode));
    }
    add_number(hasher, entry->mode & S_IFMT);
    add_number(hasher, mode);
    if (keeps_owners(selection)) {
        add_number(hasher, entry->uid);
        add_number(hasher, entry->gid);
    }
}

static int add_content(struct ocib_selection *selection, const struct ocib_copy_pick *pick,
                       const struct ocib_copy_entry *entry, struct ocib_hasher *hasher,
                       struct ocib_error **err)
{
    struct ocib_digest digest;
    if (pick->file) {
        ocib_digest_of(pick->file->content.s, pick->file->content.len, &digest);
    } else if (entry->size == 0) {
        ocib_digest_of("", 0, &digest);
    } else {
        OCIB_AUTO_FREE char *path = ocib_copy_entry_path(pick, entry);
        struct stat st = ocib_copy_entry_stat(entry);
        if (ocib_digests_file(selection->source.digests, selection->tree.root_fd, path, &st,
                              &digest, err) < 0) {
            return ocib_error_place_at(err, selection->span);
        }
    }
    add_text(hasher, digest.text);
    return 0;
}

static int add_entry(struct ocib_selection *selection, const struct ocib_copy_pick *pick,
                     const struct ocib_copy_entry *entry, struct ocib_hasher *hasher,
                     struct ocib_error **err)
{
    add_text(hasher, entry->path);
    add_mode_and_owner(selection, entry, hasher);
    add_xattrs(hasher, entry->xattrs);
    if (entry->twin != OCIB_NO_TWIN) {
        add_text(hasher, "hard link");
        add_number(hasher, entry->twin - pick->first);
    } else if (S_ISREG(entry->mode)) {
        return add_content(selection, pick, entry, hasher, err);
    } else if (S_ISLNK(entry->mode)) {
        add_text(hasher, entry->link);
    } else if (S_ISCHR(entry->mode) || S_ISBLK(entry->mode)) {
        add_number(hasher, entry->rdev);
    }
    return 0;
}

/* Of a folder only the contents land: its own name, mode and owner decide nothing. */
static int add_pick(struct ocib_selection *selection, const struct ocib_copy_pick *pick,
                    struct ocib_hasher *hasher, struct ocib_error **err)
{
    if (!S_ISDIR(pick->top.mode)) {
        add_text(hasher, "file");
        add_text(hasher, pick->name);
        return add_entry(selection, pick, &pick->top, hasher, err);
    }
    add_text(hasher, "folder");
    add_number(hasher, pick->count);
    for (size_t i = 0; i < pick->count; i++) {
        const struct ocib_copy_entry *entry = &selection->entries.items[pick->first + i];
        if (add_entry(selection, pick, entry, hasher, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_selection_hash(struct ocib_selection *selection, struct ocib_hasher *hasher,
                        struct ocib_error **err)
{
    add_text(hasher, selection->op->unpack ? "add" : "copy");
    add_text(hasher, keeps_owners(selection) ? "owners kept" : "owners set");
    add_text(hasher, selection->op->chmod);
    add_number(hasher, selection->picks.len);
    for (size_t i = 0; i < selection->picks.len; i++) {
        if (add_pick(selection, &selection->picks.items[i], hasher, err) < 0) {
            return -1;
        }
    }
    return 0;
}
