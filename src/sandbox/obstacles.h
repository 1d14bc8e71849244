/*
 * What keeps steps from running: one table of obstacles, each with a short id for scripts and the
 * one line that removes it. docs/doctor.md explains each of them; a test compares the two.
 *
 * An error whose obstacle is known carries the id as its reason and the remedy as its hint.
 */
#ifndef OCIB_SANDBOX_OBSTACLES_H
#define OCIB_SANDBOX_OBSTACLES_H

#include "base/error.h"

enum ocib_obstacle {
    OCIB_OBSTACLE_NOT_ROOT,
    OCIB_OBSTACLE_ONE_ID,
    OCIB_OBSTACLE_CAPABILITY,
    OCIB_OBSTACLE_USERNS_SYSCTL,
    OCIB_OBSTACLE_USERNS_APPARMOR,
    OCIB_OBSTACLE_USERNS_CHROOT,
    OCIB_OBSTACLE_NAMESPACE_LIMIT, /* arg: the sysctl */
    OCIB_OBSTACLE_PROCESS_LIMIT,
    OCIB_OBSTACLE_KERNEL,
    OCIB_OBSTACLE_SECCOMP,
    OCIB_OBSTACLE_REFUSED,
    OCIB_OBSTACLE_SUBIDS_NONE,    /* arg: what usermod(8) is to be given */
    OCIB_OBSTACLE_SUBIDS_OUTSIDE, /* arg: the file */
    OCIB_OBSTACLE_IDMAP_TOOL,     /* arg: newuidmap or newgidmap */
    OCIB_OBSTACLE_NO_NEW_PRIVS,
    OCIB_OBSTACLE_IDMAP_REFUSED, /* arg: the file */
    OCIB_OBSTACLE_IDMAP_BOUNDING,
    OCIB_OBSTACLE_IDMAP_CAPABILITY,
    OCIB_OBSTACLE_SUBIDS_FEW,
    OCIB_OBSTACLE_FILE_LIMIT,
    OCIB_OBSTACLE_PROC_MASKED,
    OCIB_OBSTACLE_OVERLAY_KERNEL,
    OCIB_OBSTACLE_NO_LIBSECCOMP,
    OCIB_OBSTACLE_COUNT,
};

/* The id, such as "subids-none". */
const char *ocib_obstacle_id(enum ocib_obstacle obstacle);
/* The remedy with `arg` (may be NULL if it takes none) in its place; freed with free(). */
char *ocib_obstacle_remedy(enum ocib_obstacle obstacle, const char *arg);

/* Gives an error the obstacle's id as reason and remedy as hint; nothing if it has a reason.
 * Returns -1. */
int ocib_obstacle_add(struct ocib_error **err, enum ocib_obstacle obstacle, const char *arg);

/*
 * Finds out why the kernel refused a namespace or a mount with this errno, by looking at what
 * commonly forbids it, and adds that to the error. Returns -1.
 */
int ocib_obstacle_explain(struct ocib_error **err, int error);

#endif
