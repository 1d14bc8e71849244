/*
 * Where a copy goes: folders found or made in the destination's tree, links in the path followed
 * inside of it, and the copy's working state that the files of this part share.
 */
#ifndef OCIB_BUILD_COPY_TARGET_H
#define OCIB_BUILD_COPY_TARGET_H

#include "build/copy_place.h"
#include "build/copy_selection.h"
#include "sys/copy.h"

struct ocib_copying {
    const struct ocib_selection *selection;
    const struct ocib_copy_target *target;
    struct ocib_placing placing;
    struct ocib_copy_ways ways;
};

/* How missing folders are made. */
struct ocib_folder_how {
    int root_fd;
    mode_t mode;
    uid_t uid;
    gid_t gid;
    bool exact; /* as that of struct ocib_mkdirs */
};

/* Opens a folder (O_PATH), with its missing parents made; `path` is followed in the root. -1. */
int ocib_target_folder(const struct ocib_copying *copying, const struct ocib_folder_how *how,
                       const char *path, struct ocib_error **err) OCIB_MUST;
/* Looks where a path leads in the destination; errors as the above. */
int ocib_target_resolve(const struct ocib_copying *copying, int root_fd, const char *path,
                        struct ocib_tree_path *out, struct ocib_error **err) OCIB_MUST;

/* The open folder that the last entry went to, as the next one mostly goes there too. */
struct ocib_last_folder {
    int fd;
    char *path; /* NULL: none is open */
};
void ocib_last_folder_release(struct ocib_last_folder *last);

/*
 * Unpacks a pick that is an archive of ADD, into the folder op->dest: 1. 0: it is no archive,
 * nothing was done. The archive's paths and links are followed inside that folder only.
 */
int ocib_copy_archive(struct ocib_copying *copying, const struct ocib_copy_pick *pick,
                      struct ocib_error **err) OCIB_MUST;

#endif
