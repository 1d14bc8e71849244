/*
 * Provided paths (snapshot.h) in a tree that is changed in place: what is there is moved out of the
 * tree, what the step shall see is put in its place, and after the step all is as it was. So
 * whatever the step did at exactly these paths leaves no trace, as in an overlay. A path that the
 * step took away with the folder that it was in stays away.
 */
#ifndef OCIB_ROOTFS_ASIDE_H
#define OCIB_ROOTFS_ASIDE_H

#include "rootfs/snapshot.h"

struct ocib_aside;
/* `stash_fd`: an empty folder on the tree's file system, outside of the tree. Both borrowed. */
struct ocib_aside *ocib_aside_new(int root_fd, int stash_fd);
/* Does nothing to the tree. */
void ocib_aside_free(struct ocib_aside *aside);
OCIB_DEFINE_CLEANUP(ocib_aside, struct ocib_aside, ocib_aside_free)

/* Once. Paths that have no place are left out. Times of folders stay as they are. */
int ocib_aside_put(struct ocib_aside *aside, const struct ocib_provided *provided, size_t count,
                   struct ocib_error **err) OCIB_MUST;
/* Takes all out again. */
int ocib_aside_take(struct ocib_aside *aside, struct ocib_error **err) OCIB_MUST;

#endif
