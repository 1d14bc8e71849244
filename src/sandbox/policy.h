/*
 * What the steps of a build may do beside what every step may, and what they may not: capabilities,
 * seccomp, limits, cgroup. Filled from the texts of flags, whose spelling is that of docker and
 * buildah; every text is checked here, and what can't be had is refused with the flag's name.
 *
 * The caller owns the struct. It does not change while steps run, so any number of them may use it
 * at once.
 */
#ifndef OCIB_SANDBOX_POLICY_H
#define OCIB_SANDBOX_POLICY_H

#include "base/buf.h"
#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

/* A limit of setrlimit(2); UINT64_MAX: none. */
struct ocib_limit {
    int resource; /* RLIMIT_* */
    uint64_t soft;
    uint64_t hard;
};

struct ocib_policy {
    uint64_t caps; /* bits of what root of a step may have at most */
    bool no_new_privileges;
    bool unmasked;          /* nothing of /proc and /sys is covered */
    bool unfiltered;        /* no seccomp filter */
    struct ocib_buf filter; /* a seccomp program in place of the usual one; empty: that */
    struct {
        OCIB_VEC(struct ocib_limit);
    } limits;
    uint64_t shm_size; /* bytes of /dev/shm; 0: 64 MiB */
    /* A cgroup of its own for each step: below this folder of the cgroup v2 tree (NULL: where this
     * process may make one), with these values "memory.max=65536", those with "?" before them only
     * where there is such a file. */
    char *cgroup_parent;
    struct ocib_strings cgroup;
};

/* Docker's defaults. */
void ocib_policy_init(struct ocib_policy *policy);
void ocib_policy_release(struct ocib_policy *policy);

/* "nofile=1024:2048"; a hard limit that is left out is the soft one, -1 is no limit. */
int ocib_policy_ulimit(struct ocib_policy *policy, const char *text,
                       struct ocib_error **err) OCIB_MUST;
/* "SYS_PTRACE", "CAP_SYS_PTRACE", "ALL"; several with commas between. */
int ocib_policy_capability(struct ocib_policy *policy, const char *text, bool add,
                           struct ocib_error **err) OCIB_MUST;
/* Takes --security-opt but seccomp=FILE, for which *profile gets the path (borrowed from the
 * text). */
int ocib_policy_security(struct ocib_policy *policy, const char *text, const char **profile,
                         struct ocib_error **err) OCIB_MUST;
/* "64m" */
int ocib_policy_shm_size(struct ocib_policy *policy, const char *text,
                         struct ocib_error **err) OCIB_MUST;

/* The texts of --memory and the like, as docker has them; NULL: not given. */
struct ocib_cgroup_flags {
    const char *memory;
    const char *memory_swap; /* memory and swap together; "-1": no limit of swap */
    const char *cpus;
    const char *cpu_period;
    const char *cpu_quota;
    const char *cpu_shares;
    const char *cpuset_cpus;
    const char *cpuset_mems;
};
int ocib_policy_cgroup(struct ocib_policy *policy, const struct ocib_cgroup_flags *flags,
                       struct ocib_error **err) OCIB_MUST;
bool ocib_policy_wants_cgroup(const struct ocib_policy *policy);

#endif
