/*
 * The ids and capabilities that a process believes it has, and the rules by which the calls of the
 * set-id family change them (credentials(7), capabilities(7), setresuid(2)). Plain data; what a
 * process's kernel ids are has nothing to do with it.
 *
 * A table numbers all that occur in a step. The number of a process's own is kept by the kernel, as
 * its soft limit of file locks (RLIMIT_LOCKS, which no kernel has looked at since 2.4.25, and which
 * callers don't get to see): fork, clone and exec hand it on at the very moment when they hand on
 * real ids, and so nobody has to watch for new processes. All threads of a process have the same.
 */
#ifndef OCIB_EMULATE_CREDS_H
#define OCIB_EMULATE_CREDS_H

#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum { OCIB_GROUPS_MAX = 1024 };

struct ocib_ids {
    uint32_t real;
    uint32_t effective;
    uint32_t saved;
    uint32_t fs;
};

struct ocib_creds {
    struct ocib_ids uid;
    struct ocib_ids gid;
    uint64_t permitted; /* capabilities, as bits of their numbers */
    uint64_t effective;
    uint64_t inheritable;
    bool keep_caps; /* PR_SET_KEEPCAPS */
    uint32_t group_count;
    gid_t groups[OCIB_GROUPS_MAX];
};

/* What a process of this user starts with: root has `caps`, others have none. */
void ocib_creds_init(struct ocib_creds *creds, uid_t uid, gid_t gid, uint64_t caps);

/* Its supplementary groups, sorted as the kernel has them; at most OCIB_GROUPS_MAX are taken. */
void ocib_creds_put_groups(struct ocib_creds *creds, const gid_t *groups, size_t count);

/* The calls. 0, or a negative errno and nothing changed. */
long ocib_creds_setuid(struct ocib_creds *creds, uid_t uid);
long ocib_creds_setreuid(struct ocib_creds *creds, uid_t real, uid_t effective);
long ocib_creds_setresuid(struct ocib_creds *creds, uid_t real, uid_t effective, uid_t saved);
long ocib_creds_setgid(struct ocib_creds *creds, gid_t gid);
long ocib_creds_setregid(struct ocib_creds *creds, gid_t real, gid_t effective);
long ocib_creds_setresgid(struct ocib_creds *creds, gid_t real, gid_t effective, gid_t saved);
/* These return the id before. */
long ocib_creds_setfsuid(struct ocib_creds *creds, uid_t uid);
long ocib_creds_setfsgid(struct ocib_creds *creds, gid_t gid);
long ocib_creds_setgroups(struct ocib_creds *creds, const gid_t *groups, size_t count);
long ocib_creds_capset(struct ocib_creds *creds, uint64_t effective, uint64_t permitted,
                       uint64_t inheritable);
/* What becomes of them by execve(2) of a file with this mode and owner; `bound`: the bounding set.
 */
void ocib_creds_exec(struct ocib_creds *creds, mode_t mode, uid_t uid, gid_t gid, uint64_t bound);
/* 0 if they allow chown(2) of a file with this owner, else -EPERM. -1: unchanged. */
long ocib_creds_may_chown(const struct ocib_creds *creds, const struct stat *now, uid_t uid,
                          gid_t gid);
bool ocib_creds_can(const struct ocib_creds *creds, int capability);

struct ocib_creds_table {
    OCIB_VEC(struct ocib_creds *);
};
void ocib_creds_table_release(struct ocib_creds_table *table);
/* The number of these, entered if they are new; or -1 if there are too many. */
ssize_t ocib_creds_table_number(struct ocib_creds_table *table, const struct ocib_creds *creds);

/* Those of a process; a number that the table does not have counts as the first. */
const struct ocib_creds *ocib_creds_get(const struct ocib_creds_table *table, pid_t pid);
/* Gives a process new ones: 0, or a negative errno. */
long ocib_creds_set(struct ocib_creds_table *table, pid_t pid, const struct ocib_creds *creds);

#endif
