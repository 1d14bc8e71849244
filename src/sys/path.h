/*
 * Paths that can't leave their tree. All work below a root folder goes through openat2(2):
 *
 *  - "in root": absolute links and ".." are taken as if root_fd were "/" (RESOLVE_IN_ROOT), the way
 *    a path inside a container is meant;
 *  - "beneath": links that lead out fail with EXDEV (RESOLVE_BENEATH), the way a build context is
 * read.
 *
 * Magic links (/proc/self/fd) are never followed. Functions set errno and return -1 on failure; the
 * callers know what the path means and make the error.
 */
#ifndef OCIB_SYS_PATH_H
#define OCIB_SYS_PATH_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* open() of a path in the tree; O_CLOEXEC is added. `path` may begin with "/". */
int ocib_open_in_root(int root_fd, const char *path, int flags, mode_t mode) OCIB_MUST;
int ocib_open_beneath(int root_fd, const char *path, int flags, mode_t mode) OCIB_MUST;
/* The same for a relative path that must not lead through any link (ELOOP); with O_PATH and
 * O_NOFOLLOW the last component may be one. */
int ocib_open_no_links(int root_fd, const char *path, int flags, mode_t mode) OCIB_MUST;

/*
 * The folder that holds the last component of `path`, opened in the root (O_PATH), links on the way
 * followed, the last component not; *base points into `path`: the last component ("." for the
 * root).
 */
int ocib_open_parent_in_root(int root_fd, const char *path, const char **base) OCIB_MUST;

/* Makes a folder and its missing parents in the root; new ones get mode and owner, and from a
 * set-group-ID folder that bit, and its group instead of root's. What exists stays. */
struct ocib_mkdirs {
    mode_t mode;
    uid_t uid;
    gid_t gid;
    bool exact;    /* the mode is as it is: a set-group-ID parent passes on its group alone */
    bool set_time; /* also set the new folders' times to `seconds` */
    int64_t seconds;
};
int ocib_mkdirs_in_root(int root_fd, const char *path, const struct ocib_mkdirs *how) OCIB_MUST;

/* A symbolic link's text (NUL-ended, freed with free()), NULL with errno. */
char *ocib_readlink_at(int dir_fd, const char *name) OCIB_MUST;

/* Opens the file behind an O_PATH descriptor anew, e.g. to read it. */
int ocib_reopen(int fd, int flags) OCIB_MUST;

/* A relative path built part by part: "a", "a/b"; and without its last part again. */
void ocib_path_push(struct ocib_buf *path, struct ocib_str part);
void ocib_path_pop(struct ocib_buf *path);
/* "dir/name" with exactly one slash between (freed with free()). */
char *ocib_path_join(const char *dir, const char *name);

#endif
