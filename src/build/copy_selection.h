/*
 * What a COPY's sources came to: the inside of struct ocib_selection, for the files that make, hash
 * and copy it.
 */
#ifndef OCIB_BUILD_COPY_SELECTION_H
#define OCIB_BUILD_COPY_SELECTION_H

#include "base/vec.h"
#include "base/xattrs.h"
#include "build/copy.h"
#include "build/copy_mode.h"
#include "build/copy_tree.h"

#include <sys/stat.h>

#define OCIB_NO_TWIN ((size_t)-1)

/* A file, folder or link to copy; about 150 bytes and its path. */
struct ocib_copy_entry {
    char *path;                 /* below its pick; "" for the pick itself */
    char *link;                 /* a symbolic link's text; else NULL */
    struct ocib_xattrs *xattrs; /* NULL: none */
    mode_t mode;
    uid_t uid;
    gid_t gid;
    dev_t rdev;
    dev_t dev;
    ino_t ino;
    int64_t size;
    struct timespec mtime;
    struct timespec ctime;
    size_t twin; /* the entry that this one is a hard link of, or OCIB_NO_TWIN */
};

/* One match of a source: a folder whose contents are copied, a file, or an inline file. */
struct ocib_copy_pick {
    char *name; /* what it lands as in a folder */
    char *path; /* in the source tree, resolved; NULL for an inline file */
    const struct ocib_inline_file *file;
    struct ocib_copy_entry top;
    size_t first; /* a folder's contents in the selection's entries, folders first */
    size_t count;
};

struct ocib_copy_entries {
    OCIB_VEC(struct ocib_copy_entry);
};

struct ocib_copy_picks {
    OCIB_VEC(struct ocib_copy_pick);
};

struct ocib_selection {
    const struct ocib_copy_op *op;
    struct ocib_span span;
    struct ocib_copy_source source;
    struct ocib_tree tree;
    struct ocib_chmod chmod;
    struct ocib_ignore *exclude; /* --exclude, by paths from each folder that is copied; or NULL */
    struct ocib_ignore *include; /* what a source of --parents keeps, while it is looked at */
    struct ocib_copy_picks picks;
    struct ocib_copy_entries entries;
};

/* An entry's path in the source tree (freed with free()). */
char *ocib_copy_entry_path(const struct ocib_copy_pick *pick, const struct ocib_copy_entry *entry);
/* A stat with what matters of an entry. */
struct stat ocib_copy_entry_stat(const struct ocib_copy_entry *entry);

/*
 * What is said of a source that names nothing (copy_missing.c). All but the last fail, at the
 * selection's span, with the nearest name or the ignore file's line as far as there is one.
 */
int ocib_selection_not_found(struct ocib_selection *selection, const char *source,
                             const struct ocib_tree_path *at, struct ocib_error **err);
int ocib_selection_excluded(struct ocib_selection *selection, const char *source, const char *path,
                            struct ocib_span rule, struct ocib_error **err);
/* After a failure to resolve it; errno says why. */
int ocib_selection_cant_resolve(struct ocib_selection *selection, const char *source,
                                const struct ocib_tree_path *at, struct ocib_error **err);
void ocib_selection_warn_no_match(struct ocib_selection *selection, const char *source);

#endif
