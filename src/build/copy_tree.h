/*
 * Paths and walks in the trees that COPY reads and writes. A path is resolved as a program inside
 * the tree would see it: links are followed, absolute ones and ".." from the tree's root, which is
 * never left. A walk follows no link. Paths are relative to the root, clean, "" for the root.
 */
#ifndef OCIB_BUILD_COPY_TREE_H
#define OCIB_BUILD_COPY_TREE_H

#include "base/buf.h"
#include "base/error.h"
#include "glob/ignore.h"

#include <stdbool.h>
#include <sys/stat.h>

/* A tree to read. */
struct ocib_tree {
    int root_fd;
    const struct ocib_ignore *ignore; /* what it excludes isn't there; may be NULL */
};

struct ocib_tree_path {
    struct ocib_buf path; /* without links; what is missing is appended as it was written */
    bool exists;
    struct stat st;        /* if it exists */
    struct ocib_span rule; /* what hides it; its source is NULL if it is simply not there */
};
void ocib_tree_path_release(struct ocib_tree_path *path);

/*
 * Follows all links of a path. A missing last part is no failure: exists is false then. -1 with
 * errno: ENOTDIR (out->path is what should be a folder), ELOOP, and what opening gives.
 */
int ocib_tree_resolve(const struct ocib_tree *tree, const char *path,
                      struct ocib_tree_path *out) OCIB_MUST;

/* Is this path excluded, together with all that may be below it? */
bool ocib_tree_hides(const struct ocib_tree *tree, const char *path, bool is_dir,
                     struct ocib_span *rule);

struct ocib_walk_item {
    const char *path;     /* from the tree's root */
    const char *relative; /* from where the walk began */
    int dir_fd;           /* the folder that it is in, -1 for a folder that is visited late */
    const char *name;
    const struct stat *st;
};

/*
 * A walk over what is below a folder, in byte order of the names, a folder before what is in it. An
 * excluded folder is visited only when something in it is included, just before that.
 */
enum { OCIB_WALK_FILTERS = 2 };
struct ocib_walk {
    const struct ocib_tree *tree;
    const char *base; /* a folder, resolved */
    /* 1: go on, into it if it is a folder; 0: go on, but not into it; -1: failed. */
    int (*visit)(void *data, const struct ocib_walk_item *item, struct ocib_error **err);
    void *data;
    /* Lists that leave out more, each on its own, by the paths from the base; may be NULL. */
    const struct ocib_ignore *filters[OCIB_WALK_FILTERS];
};
int ocib_walk_run(const struct ocib_walk *walk, struct ocib_error **err) OCIB_MUST;

#endif
