/*
 * One thing put into a folder of the destination: what is in its place is removed first, if it may
 * be, and mode, owner, attributes and times come last, in the order in which none undoes another.
 * Links in the place's own name are never followed.
 */
#ifndef OCIB_BUILD_COPY_PLACE_H
#define OCIB_BUILD_COPY_PLACE_H

#include "base/error.h"
#include "base/log.h"
#include "base/span.h"
#include "base/xattrs.h"

#include <stdbool.h>
#include <sys/stat.h>

struct ocib_place {
    int dir_fd;
    const char *name;
    const char *shown; /* the whole path in the destination, for messages */
};

/* What is common to all places of one copy. */
struct ocib_placing {
    struct ocib_span span; /* errors carry it */
    const struct ocib_log *log;
    bool in_userns; /* device nodes can't be made */
};

struct ocib_place_meta {
    mode_t mode; /* type and bits */
    uid_t uid;
    gid_t gid;
    struct timespec mtime;
    const struct ocib_xattrs *xattrs; /* may be NULL */
};

/* Is this an attribute that copies carry over? Others are of the file system or of this machine. */
bool ocib_place_takes_xattr(const char *name);

/* The place is empty afterwards. A folder there is an error, unless `trees`: then it is removed
 * with all that is in it. */
int ocib_place_clear(const struct ocib_placing *placing, const struct ocib_place *place, bool trees,
                     struct ocib_error **err) OCIB_MUST;
/* A new file open for writing in the place of what may be there; -1. */
int ocib_place_file(const struct ocib_placing *placing, const struct ocib_place *place, bool trees,
                    struct ocib_error **err) OCIB_MUST;
/* A folder, new (0700) or there already. *made (may be NULL) says which. A file or link there is an
 * error, unless `trees`. */
int ocib_place_folder(const struct ocib_placing *placing, const struct ocib_place *place,
                      bool trees, bool *made, struct ocib_error **err) OCIB_MUST;
int ocib_place_symlink(const struct ocib_placing *placing, const struct ocib_place *place,
                       const char *text, bool trees, struct ocib_error **err) OCIB_MUST;
/* A hard link to from_fd/from, which is not followed if it is a symbolic one. */
int ocib_place_hardlink(const struct ocib_placing *placing, const struct ocib_place *place,
                        int from_fd, const char *from, bool trees,
                        struct ocib_error **err) OCIB_MUST;
/* A fifo or device node: 1. Where devices can't be made, they are left out with a warning: 0. */
int ocib_place_node(const struct ocib_placing *placing, const struct ocib_place *place, mode_t mode,
                    dev_t rdev, bool trees, struct ocib_error **err) OCIB_MUST;
/* Owner, mode, attributes, times; of a file through `fd` (then closed by the caller), else -1. */
int ocib_place_finish(const struct ocib_placing *placing, const struct ocib_place *place, int fd,
                      const struct ocib_place_meta *meta, struct ocib_error **err) OCIB_MUST;
/* An error about the place: "can't <what> <path>: <errno>"; the store's if its disk is at fault. */
int ocib_place_failed(const struct ocib_placing *placing, const char *what, const char *shown,
                      struct ocib_error **err);

#endif
