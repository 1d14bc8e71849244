/*
 * A cgroup (version 2) for one step, so that limits hold for all its processes together. (Kernel:
 * Documentation/admin-guide/cgroup-v2.rst.)
 *
 * It is made below a folder that this process may write, which is given or looked for from its own
 * cgroup upwards, and removed after the step. A lock on the folder says that it is in use: what a
 * killed builder has left is removed by the next that makes a cgroup in the same place.
 */
#ifndef OCIB_SANDBOX_CGROUP_H
#define OCIB_SANDBOX_CGROUP_H

#include "base/error.h"
#include "base/vec.h"
#include "sandbox/policy.h"

struct ocib_cgroup {
    int parent_fd;
    int fd;       /* its folder; -1: none */
    int procs_fd; /* a process that writes "0" to it enters the cgroup */
    char *name;
};

/* Where the cgroup v2 tree is mounted and what of it, out of the text of /proc/self/mountinfo;
 * false if it is not. For tests. */
bool ocib_cgroup_find_mount(struct ocib_str mountinfo, char **path, char **root) OCIB_MUST;

/* Makes one as the policy says; OCIB_ESANDBOX with hint if this machine does not let it. */
int ocib_cgroup_open(const struct ocib_policy *policy, struct ocib_cgroup *out,
                     struct ocib_error **err) OCIB_MUST;
/* Removes it; what may still be in it is killed. */
void ocib_cgroup_close(struct ocib_cgroup *cgroup);

#endif
