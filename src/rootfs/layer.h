/*
 * Layers: a tar unpacked into a folder that overlayfs takes as a lower layer, and the changes of an
 * upper folder written as a tar. (image-spec, layer.md: "Representing Changes", whiteouts; kernel,
 * overlayfs.rst)
 */
#ifndef OCIB_ROOTFS_LAYER_H
#define OCIB_ROOTFS_LAYER_H

#include "base/error.h"
#include "base/log.h"
#include "base/vec.h"
#include "io/stream.h"
#include "rootfs/snapshot.h"
#include "tar/tar.h"

#include <stdbool.h>
#include <stdint.h>

struct ocib_unpack_options {
    int dest_fd;                       /* an empty folder */
    const struct ocib_strings *lowers; /* the layers below, lowest first; may be empty */
    int work_fd;                       /* an empty folder for mounts that unpacking may need */
    const char *work_path;
    bool userxattr;
    /* dest_fd is a tree that holds the layers below, and the layer is applied to it: whiteouts
     * remove. `lowers` is empty then. */
    bool flat;
    bool in_userns; /* device nodes can't be made: they are left out, said through `log` */
    const struct ocib_log *log;
};

/*
 * Unpacks a layer's tar. Whiteouts become overlay whiteouts (char device 0:0) and opaque markers
 * the overlay's xattr. Parent folders that the tar lacks take mode, owner and times from the layers
 * below; a parent that is a link there is followed inside the tree; a hard link to a file of a
 * lower layer is copied up. Owners, modes (set-id bits after chown), times and xattrs (capabilities
 * after chown) are as in the tar. Nothing is ever written outside dest_fd. Bad tars: OCIB_ECORRUPT;
 * disk: OCIB_ESTORE.
 */
int ocib_layer_unpack(struct ocib_tar_reader *tar, const struct ocib_unpack_options *options,
                      struct ocib_error **err) OCIB_MUST;

struct ocib_diff_options {
    int upper_fd; /* the changes, in overlay form */
    const struct ocib_strings
        *lowers; /* what they were made upon, lowest first; without provided ones */
    const struct ocib_provided *provided; /* left out, see snapshot.h */
    size_t provided_count;
    int work_fd; /* a folder for the view of the lowers */
    const char *work_path;
    bool userxattr;
    bool has_epoch; /* times later than `epoch` seconds are written as `epoch` */
    int64_t epoch;
    const struct ocib_log *log; /* warnings: sockets left out, sparse giants */
};

struct ocib_diff_result {
    size_t entries; /* 0: the step changed nothing */
    int64_t bytes;  /* of regular files */
};

/*
 * Writes the changes as a layer, sorted by path, parents before what they hold: new and changed
 * entries with their parent folders, whiteouts for what is gone (explicit ones for the content of
 * an opaque folder, so that every way to make a snapshot gives the same bytes; none below a removed
 * parent), hard links once. Entries that are equal to the lower ones in type, mode, owner, times,
 * xattrs and content were only copied up and are left out; folders also when only their times
 * differ and nothing in them changed. xattrs: security.capability and user.* (without the overlay's
 * own). Files are read by SEEK_HOLE/SEEK_DATA. Sockets are left out.
 */
int ocib_layer_diff(const struct ocib_diff_options *options, struct ocib_tar_writer *tar,
                    struct ocib_diff_result *result, struct ocib_error **err) OCIB_MUST;

/* A whole tree (not an overlay upper) as a tar, for -o type=tar; in the same order and form. */
int ocib_tree_write(int root_fd, bool has_epoch, int64_t epoch, struct ocib_tar_writer *tar,
                    struct ocib_error **err) OCIB_MUST;
/* A whole tree copied to a folder of the host, for -o type=local. Files that are there already give
 * way; everything belongs to the user. */
int ocib_tree_copy(int root_fd, int dest_fd, struct ocib_error **err) OCIB_MUST;
enum {
    OCIB_CLONE_NO_DEVICES = 1, /* device nodes are left out */
    OCIB_CLONE_NO_LINKS = 2,   /* the names of one file become files of their own */
};
/* A whole tree copied to an empty folder as it is: owners, modes, times, hard links, attributes;
 * contents shared where the file system can. `flags`: a set of the above. */
int ocib_tree_clone(int root_fd, int dest_fd, unsigned flags, struct ocib_error **err) OCIB_MUST;
/* Makes dir_fd/name, one of several names of a file that is no folder, a file of its own that looks
 * the same; `spare` is a name that the folder does not have. -1 with errno. */
int ocib_file_separate(int dir_fd, const char *name, const char *spare) OCIB_MUST;

#endif
