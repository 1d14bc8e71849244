/*
 * A snapshot without an overlay: a private copy of the layers below that steps change in place, and
 * an index of what it held before the step. A step's layer is what a walk finds to differ from the
 * index; it has the bytes that the overlay's upper folder would have given. A stage has one copy: a
 * further step costs a walk, not a copy.
 *
 * A file counts as unchanged if its inode number and its ctime are those of the index: no process
 * can set a ctime. As many changes fall into one tick of that clock, ocib_worktree_settle() waits
 * until it has moved on. Any other file is compared: mode, owner, size, times, and by digest
 * attributes and content, with what the index noted, or with the tree that the copy was made from.
 *
 * In an overlay, writing to a file by one of its several names, all of which come from layers
 * below, leaves the others as they are. Here such names are files of their own as soon as the step
 * that made them has ended.
 */
#ifndef OCIB_ROOTFS_WORKTREE_H
#define OCIB_ROOTFS_WORKTREE_H

#include "rootfs/layer.h"

struct ocib_worktree_options {
    int folder_fd;   /* the tree: empty at first; kept open by the worktree */
    int pristine_fd; /* what it begins as a copy of, unchanged as long as it lives; -1: empty */
    int marker_fd;   /* an empty file on the same file system, outside of the tree */
    bool no_devices; /* device nodes are taken out of the tree once they are in a layer */
    const struct ocib_log *log;
};

struct ocib_worktree;
/* Copies and makes the index. Takes the options' three descriptors, also when it fails. */
struct ocib_worktree *ocib_worktree_new(const struct ocib_worktree_options *options,
                                        struct ocib_error **err) OCIB_MUST;
void ocib_worktree_free(struct ocib_worktree *tree);
OCIB_DEFINE_CLEANUP(ocib_worktree, struct ocib_worktree, ocib_worktree_free)
/* The root folder. Borrowed. */
int ocib_worktree_fd(const struct ocib_worktree *tree);

/* Before a step changes the tree: its changes will be told from what was there. */
int ocib_worktree_settle(struct ocib_worktree *tree, struct ocib_error **err) OCIB_MUST;

/* Takes over what was changed by others than a step, as by a layer that was applied. */
int ocib_worktree_refresh(struct ocib_worktree *tree, struct ocib_error **err) OCIB_MUST;

struct ocib_worktree_diff {
    struct ocib_tar_writer *tar;
    bool has_epoch; /* as in ocib_diff_options */
    int64_t epoch;
};
/* Writes what has changed as a layer, in the form of ocib_layer_diff(), and takes it over. */
int ocib_worktree_diff(struct ocib_worktree *tree, const struct ocib_worktree_diff *diff,
                       struct ocib_diff_result *result, struct ocib_error **err) OCIB_MUST;

#endif
