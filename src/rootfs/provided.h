/* Where provided paths lie in a tree whose folders may be links. */
#ifndef OCIB_ROOTFS_PROVIDED_H
#define OCIB_ROOTFS_PROVIDED_H

#include "base/buf.h"
#include "rootfs/snapshot.h"

/*
 * The place of a path in the tree of view_fd (-1: an empty one), links in its parents (`follow`:
 * and at its end) followed inside the tree, as a relative clean path. -1 with errno if a parent is
 * not a folder, or there are too many links.
 */
int ocib_provided_place(int view_fd, const struct ocib_provided *provided,
                        struct ocib_buf *out) OCIB_MUST;

/* Makes the layer of provided paths in an empty folder. Paths that have no place are left out. */
int ocib_provided_make(int layer_fd, int view_fd, const struct ocib_provided *provided,
                       size_t count, struct ocib_error **err) OCIB_MUST;

/* Mode, owner and times of from_fd/from_name given to dir_fd/name (not a link). -1 with errno. */
int ocib_copy_attributes(int from_fd, const char *from_name, int dir_fd,
                         const char *name) OCIB_MUST;

#endif
