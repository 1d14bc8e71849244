/*
 * The mount calls of Linux 5.2 and later (fsopen(2), open_tree(2), move_mount(2),
 * mount_setattr(2)), which work on descriptors instead of paths: a mount is made detached, and
 * attached (if ever) to a folder that was looked up before, so no link can lead it elsewhere.
 *
 * A detached mount lives as long as its descriptor. All functions set errno and return -1 on
 * failure; all descriptors are close-on-exec and the caller's.
 */
#ifndef OCIB_SYS_MOUNT_H
#define OCIB_SYS_MOUNT_H

#include "base/cleanup.h"

#include <stdbool.h>

/* Attributes, a set of: */
enum {
    OCIB_MOUNT_RDONLY = 1,
    OCIB_MOUNT_NOSUID = 2,
    OCIB_MOUNT_NODEV = 4,
    OCIB_MOUNT_NOEXEC = 8,
};

/*
 * A new detached mount of a file system type. `options` are "key=value" or "key" (a flag), ended
 * by NULL, or NULL.
 */
int ocib_mount_new(const char *type, const char *const *options, unsigned attributes) OCIB_MUST;

/* True if the kernel knows the file system type and lets this process mount it. */
bool ocib_mount_type_usable(const char *type);

/* A detached copy of what is mounted at dir_fd/path ("" for dir_fd itself), which may be a file.
 * `recursive`: with all that is mounted below. */
int ocib_mount_clone(int dir_fd, const char *path, bool recursive) OCIB_MUST;

/* Sets attributes of a mount given by a descriptor of its root. */
int ocib_mount_restrict(int mount_fd, unsigned attributes, bool recursive) OCIB_MUST;

/* Attaches a detached mount to a folder or file, given by a descriptor (O_PATH will do). */
int ocib_mount_attach(int mount_fd, int target_fd) OCIB_MUST;

/* Takes what is mounted at a path off it; what is in use lives on until it is not. */
int ocib_mount_remove(const char *path) OCIB_MUST;

/* Cuts all mounts of this mount namespace off from others: no event goes in or out. */
int ocib_mount_make_private(void) OCIB_MUST;

/* Makes an attached mount the root of this process and its namespace, and drops all that was
 * mounted before. The working folder is "/" after it. */
int ocib_mount_pivot(int root_fd) OCIB_MUST;

#endif
