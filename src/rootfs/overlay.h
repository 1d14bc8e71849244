/* Overlay mounts that are attached nowhere. (kernel: overlayfs.rst; mount API: fsopen(2),
 * fsconfig(2), fsmount(2)) */
#ifndef OCIB_ROOTFS_OVERLAY_H
#define OCIB_ROOTFS_OVERLAY_H

#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>

struct ocib_overlay {
    struct ocib_strings lowers; /* absolute paths, the top one first; at least one (two without
                                   upper) */
    const char *upper;          /* NULL: read-only */
    const char *work;
    const char *work_path; /* where a mount point can be made, for kernels that need one */
    bool userxattr;
    bool by_mount; /* don't try the new way of naming lower layers */
};

/* The mounted root's descriptor, or -1 with OCIB_ESANDBOX. */
int ocib_overlay_mount(const struct ocib_overlay *overlay, struct ocib_error **err) OCIB_MUST;

/* Names of the overlay's own attributes. */
const char *ocib_overlay_opaque(bool userxattr);
const char *ocib_overlay_whiteout(bool userxattr);
/* Whether an attribute is the overlay's own, of either kind. */
bool ocib_overlay_owns(const char *attribute);

#endif
