/*
 * Snapshots: unpacked layers below, one step's changes above, as one tree.
 *
 * An overlay mount made with the new mount API and never attached to a path: the snapshot is a
 * descriptor, closing it unmounts, and nothing is left behind by a crash. Layers are given one by
 * one ("lowerdir+"; where the kernel lacks that, by short relative names), so their number does not
 * run into the option page's limit. Inside a user namespace `userxattr` is used.
 *
 * "Provided" paths exist in the tree for the step but never reach the layer: mount points such as
 * /proc, files such as /etc/resolv.conf. They are in a layer of their own between the image's
 * layers and the changes, so the step may also rename or remove them; the diff leaves out whatever
 * happened at exactly these paths.
 */
#ifndef OCIB_ROOTFS_SNAPSHOT_H
#define OCIB_ROOTFS_SNAPSHOT_H

#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>
#include <sys/types.h>

struct ocib_provided {
    const char *path; /* absolute */
    bool follow;      /* a link at the end of the path is followed too */
    bool is_dir;
    mode_t mode;         /* permission bits */
    const char *content; /* of a file; NULL: empty */
};

struct ocib_snapshot_options {
    const struct ocib_strings
        *lowers; /* absolute host paths of unpacked layers, lowest first; may be empty */
    int work_fd; /* an empty folder of the caller, on the store's file system, kept until the end */
    const char *work_path; /* its absolute path */
    const struct ocib_provided *provided;
    size_t provided_count;
    bool userxattr; /* inside a user namespace */
};

struct ocib_snapshot;
/* Makes work/upper, work/overlay and (if something is provided) work/provided, and mounts. */
struct ocib_snapshot *ocib_snapshot_open(const struct ocib_snapshot_options *options,
                                         struct ocib_error **err) OCIB_MUST;
/* The mounted tree's root (a detached mount; usable with openat2 and move_mount). Borrowed. */
int ocib_snapshot_fd(const struct ocib_snapshot *snapshot);
/* Unmounts; the upper folder stays in the work folder, as "upper", its own mode, owner and time
 * being again the image's. Must come before the diff. */
int ocib_snapshot_close(struct ocib_snapshot *snapshot, struct ocib_error **err) OCIB_MUST;
/* Unmounts if still mounted, and frees. The work folder is the caller's to remove. */
void ocib_snapshot_free(struct ocib_snapshot *snapshot);
OCIB_DEFINE_CLEANUP(ocib_snapshot, struct ocib_snapshot, ocib_snapshot_free)

/* A read-only view of layers as one tree, e.g. for COPY --from: a detached mount (or the folder
 * itself if there is one layer only; an empty folder if none). The caller closes the descriptor. */
int ocib_layers_view(const struct ocib_strings *lowers, int work_fd, const char *work_path,
                     bool userxattr, struct ocib_error **err) OCIB_MUST;

#endif
