#include "api/steps.h"

#include "api/profile.h"
#include "base/mem.h"
#include "sandbox/cgroup.h"

#include <string.h>

static int read_allow(const char *const *list, struct ocib_entitlements *out,
                      struct ocib_error **err)
{
    for (; list && *list; list++) {
        if (strcmp(*list, "network.host") == 0) {
            out->host_network = true;
        } else if (strcmp(*list, "security.insecure") == 0) {
            out->insecure = true;
        } else if (strcmp(*list, "device") == 0 || strncmp(*list, "device=", 7) == 0) {
            ocib_error_set(err, OCIB_EUSAGE, "--allow %s is not supported", *list);
            return ocib_error_hint_set(err, "steps see no devices of the host");
        } else {
            ocib_error_set(err, OCIB_EUSAGE, "--allow '%s' is no entitlement", *list);
            return ocib_error_hint_set(err, "entitlements are network.host and security.insecure");
        }
    }
    return 0;
}

/* Drops come last, as in buildah: what is dropped is not there, whatever adds it. */
static int read_caps(const struct ocib_step_options *options, struct ocib_policy *policy,
                     struct ocib_error **err)
{
    const char *const *add = options->caps_add;
    const char *const *drop = options->caps_drop;
    for (; add && *add; add++) {
        if (ocib_policy_capability(policy, *add, true, err) < 0) {
            return -1;
        }
    }
    for (; drop && *drop; drop++) {
        if (ocib_policy_capability(policy, *drop, false, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_security(const struct ocib_step_options *options, struct ocib_policy *policy,
                         struct ocib_error **err)
{
    const char *profile = NULL;
    for (const char *const *opt = options->security_opts; opt && *opt; opt++) {
        if (ocib_policy_security(policy, *opt, &profile, err) < 0) {
            return -1;
        }
    }
    return profile ? ocib_profile_read(profile, policy->caps, &policy->filter, err) : 0;
}

/* What this machine can't do is said before anything is built. */
static int try_cgroup(const struct ocib_policy *policy, struct ocib_error **err)
{
    struct ocib_cgroup cgroup;
    if (!ocib_policy_wants_cgroup(policy)) {
        return 0;
    }
    if (ocib_cgroup_open(policy, &cgroup, err) < 0) {
        return -1;
    }
    ocib_cgroup_close(&cgroup);
    return 0;
}

static int read_limits(const struct ocib_step_options *options, struct ocib_policy *policy,
                       struct ocib_error **err)
{
    const struct ocib_cgroup_flags flags = {
        .memory = options->memory,
        .memory_swap = options->memory_swap,
        .cpus = options->cpus,
        .cpu_period = options->cpu_period,
        .cpu_quota = options->cpu_quota,
        .cpu_shares = options->cpu_shares,
        .cpuset_cpus = options->cpuset_cpus,
        .cpuset_mems = options->cpuset_mems,
    };
    for (const char *const *text = options->ulimits; text && *text; text++) {
        if (ocib_policy_ulimit(policy, *text, err) < 0) {
            return -1;
        }
    }
    if (options->shm_size && ocib_policy_shm_size(policy, options->shm_size, err) < 0) {
        return -1;
    }
    policy->cgroup_parent = ocib_strdup(options->cgroup_parent);
    return ocib_policy_cgroup(policy, &flags, err) < 0 ? -1 : try_cgroup(policy, err);
}

static void copy_list(struct ocib_strings *out, const char *const *list)
{
    for (; list && *list; list++) {
        ocib_strings_push(out, *list);
    }
}

static int read_network(const struct ocib_step_options *options, struct ocib_step_settings *out,
                        struct ocib_error **err)
{
    for (const char *const *host = options->hosts; host && *host; host++) {
        if (ocib_step_settings_host(out, *host, err) < 0) {
            return -1;
        }
    }
    for (const char *const *dns = options->dns; dns && *dns; dns++) {
        if (ocib_step_settings_dns(out, *dns, err) < 0) {
            return -1;
        }
    }
    copy_list(&out->dns_search, options->dns_search);
    copy_list(&out->dns_options, options->dns_options);
    if (out->keep_resolv_conf && (out->dns.len || out->dns_search.len || out->dns_options.len)) {
        return ocib_error_set(err, OCIB_EUSAGE,
                              "--dns none can't be with another --dns, "
                              "--dns-search or --dns-option");
    }
    return 0;
}

int ocib_steps_read(const struct ocib_step_options *options, const struct ocib_strings *build_args,
                    struct ocib_step_settings *out, struct ocib_error **err)
{
    const char *hostname = ocib_env_get(build_args, "BUILDKIT_SANDBOX_HOSTNAME");
    out->hostname = hostname && *hostname ? hostname : NULL;
    if (read_allow(options->allow, &out->granted, err) < 0 ||
        read_caps(options, &out->policy, err) < 0 ||
        read_security(options, &out->policy, err) < 0 ||
        read_limits(options, &out->policy, err) < 0) {
        return -1;
    }
    return read_network(options, out, err);
}
