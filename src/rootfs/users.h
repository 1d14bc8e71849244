/*
 * Users and groups as a tree's own /etc/passwd and /etc/group name them, for USER and --chown.
 * Files are read in the root (links can't leave it), with limits. A number needs no entry.
 */
#ifndef OCIB_ROOTFS_USERS_H
#define OCIB_ROOTFS_USERS_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

struct ocib_user {
    uid_t uid;
    gid_t gid;
    gid_t *groups; /* the own group, and supplementary ones by /etc/group; owned */
    size_t group_count;
    char *home; /* of /etc/passwd; NULL: not listed */
};
void ocib_user_release(struct ocib_user *user);

/* USER's text: "", "name", "uid", "name:group", "uid:gid". As Docker: a uid without an entry has
 * gid 0. */
int ocib_user_lookup(int root_fd, const char *text, struct ocib_user *out,
                     struct ocib_error **err) OCIB_MUST;

/* --chown's text "user[:group]": as Docker's COPY, a user without ":group" gives gid = the same
 * number as for a numeric uid, the passwd entry's group for a name, and "user:" the group 0; names
 * must exist in the tree. */
int ocib_chown_lookup(int root_fd, const char *text, uid_t *uid, gid_t *gid,
                      struct ocib_error **err) OCIB_MUST;

#endif
