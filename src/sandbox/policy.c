#include "sandbox/policy.h"

#include "base/mem.h"
#include "sandbox/caps.h"

#include <string.h>
#include <sys/resource.h>

void ocib_policy_init(struct ocib_policy *policy)
{
    *policy = (struct ocib_policy){.caps = ocib_caps_default()};
}

void ocib_policy_release(struct ocib_policy *policy)
{
    ocib_buf_release(&policy->filter);
    ocib_vec_release(&policy->limits);
    free(policy->cgroup_parent);
    ocib_strings_release(&policy->cgroup);
}

/* --- --ulimit --------------------------------------------------------------------------------- */

static const char *const limit_names[] = {
    "as",     "core",  "cpu", "data",   "fsize",  "locks",      "memlock", "msgqueue", "nice",
    "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",   NULL,
};
static const int resources[] = {
    RLIMIT_AS,      RLIMIT_CORE,     RLIMIT_CPU,        RLIMIT_DATA,   RLIMIT_FSIZE, RLIMIT_LOCKS,
    RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE, RLIMIT_NICE,       RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RSS,
    RLIMIT_RTPRIO,  RLIMIT_RTTIME,   RLIMIT_SIGPENDING, RLIMIT_STACK,
};

static bool parse_limit(struct ocib_str text, uint64_t *out)
{
    if (ocib_str_is(text, "-1")) {
        *out = UINT64_MAX;
        return true;
    }
    return ocib_str_uint(text, INT64_MAX, out);
}

static int find_resource(struct ocib_str name, int *out)
{
    for (size_t i = 0; limit_names[i]; i++) {
        if (ocib_str_is(name, limit_names[i])) {
            *out = resources[i];
            return 0;
        }
    }
    return -1;
}

static int wrong_ulimit(const char *text, struct ocib_error **err)
{
    ocib_error_set(err, OCIB_EUSAGE, "--ulimit '%s' is no limit", text);
    return ocib_error_hint_set(err, "use TYPE=SOFT[:HARD], as in nofile=1024:2048; -1 is no limit");
}

int ocib_policy_ulimit(struct ocib_policy *policy, const char *text, struct ocib_error **err)
{
    struct ocib_str rest = ocib_str(text);
    struct ocib_str name;
    struct ocib_str soft;
    struct ocib_limit limit;
    if (!ocib_str_cut(&rest, '=', &name) || !rest.len) {
        return wrong_ulimit(text, err);
    }
    if (find_resource(name, &limit.resource) < 0) {
        const char *near = ocib_str_nearest(name, limit_names);
        ocib_error_set(err, OCIB_EUSAGE, "--ulimit '%s': there is no limit of this name", text);
        return ocib_error_hint_set(
            err, near ? "did you mean %s?" : "names are those of docker: nofile, nproc, core, …%s",
            near ? near : "");
    }
    bool both = ocib_str_find(rest, ':') >= 0;
    if (!ocib_str_cut(&rest, ':', &soft) || !parse_limit(soft, &limit.soft) ||
        !parse_limit(both ? rest : soft, &limit.hard)) {
        return wrong_ulimit(text, err);
    }
    if (limit.soft > limit.hard) {
        return ocib_error_set(err, OCIB_EUSAGE,
                              "--ulimit '%s': the soft limit is above the hard one", text);
    }
    ocib_vec_push(&policy->limits, limit);
    return 0;
}

/* --- capabilities ----------------------------------------------------------------------------- */

int ocib_policy_capability(struct ocib_policy *policy, const char *text, bool add,
                           struct ocib_error **err)
{
    struct ocib_str rest = ocib_str(text);
    struct ocib_str name;
    while (ocib_str_cut(&rest, ',', &name)) {
        uint64_t bits;
        if (!ocib_caps_parse(name, &bits)) {
            const char *near = ocib_caps_nearest(name);
            ocib_error_set(err, OCIB_EUSAGE, "--cap-%s '%s': there is no such capability",
                           add ? "add" : "drop", text);
            return near ? ocib_error_hint_set(err, "did you mean %s?", near) : -1;
        }
        policy->caps = add ? policy->caps | bits : policy->caps & ~bits;
    }
    return 0;
}

/* --- --security-opt --------------------------------------------------------------------------- */

static int set_switch(bool *out, struct ocib_str value, const char *text, struct ocib_error **err)
{
    if (value.len == 0 || ocib_str_is(value, "true")) {
        *out = true;
        return 0;
    }
    if (ocib_str_is(value, "false")) {
        *out = false;
        return 0;
    }
    return ocib_error_set(err, OCIB_EUSAGE, "--security-opt '%s' takes true or false", text);
}

/* Steps are under no AppArmor profile but what the builder itself is under, and have no label. */
static int refuse_confinement(struct ocib_str name, const char *text, struct ocib_error **err)
{
    bool label = ocib_str_is(name, "label");
    ocib_error_set(err, OCIB_EUSAGE, "--security-opt '%s' is not supported", text);
    return ocib_error_hint_set(
        err, label ? "steps get no SELinux label of their own; label=disable says so"
                   : "steps get no AppArmor profile of their own; "
                     "apparmor=unconfined says so");
}

int ocib_policy_security(struct ocib_policy *policy, const char *text, const char **profile,
                         struct ocib_error **err)
{
    struct ocib_str name = ocib_str(text);
    struct ocib_str value = {"", 0};
    size_t at = strcspn(text, "=:");
    if (text[at]) {
        value = ocib_str_sub(name, at + 1, name.len);
        name = ocib_str_sub(name, 0, at);
    }
    if (ocib_str_is(name, "no-new-privileges")) {
        return set_switch(&policy->no_new_privileges, value, text, err);
    }
    if (ocib_str_is(name, "seccomp") && value.len) {
        policy->unfiltered = ocib_str_is(value, "unconfined");
        *profile = policy->unfiltered ? NULL : value.s;
        return 0;
    }
    if (ocib_str_is(name, "apparmor")) {
        return ocib_str_is(value, "unconfined") ? 0 : refuse_confinement(name, text, err);
    }
    if (ocib_str_is(name, "label")) {
        return ocib_str_is(value, "disable") ? 0 : refuse_confinement(name, text, err);
    }
    bool all = ocib_str_is(name, "systempaths") && ocib_str_is(value, "unconfined");
    if (all || (ocib_str_is(name, "unmask") && ocib_str_is_nocase(value, "all"))) {
        policy->unmasked = true;
        return 0;
    }
    ocib_error_set(err, OCIB_EUSAGE, "--security-opt '%s' is not known", text);
    return ocib_error_hint_set(err, "options: seccomp=unconfined, seccomp=FILE, no-new-privileges, "
                                    "apparmor=unconfined, label=disable, systempaths=unconfined");
}

/* --- sizes and cgroups ------------------------------------------------------------------------ */

static int parse_bytes(const char *flag, const char *text, uint64_t *out, struct ocib_error **err)
{
    if (!ocib_str_bytes(text, out) || *out == 0) {
        ocib_error_set(err, OCIB_EUSAGE, "--%s '%s' is no size", flag, text);
        return ocib_error_hint_set(err, "use bytes, or a number with k, m or g");
    }
    return 0;
}

int ocib_policy_shm_size(struct ocib_policy *policy, const char *text, struct ocib_error **err)
{
    return parse_bytes("shm-size", text, &policy->shm_size, err);
}

static void put_value(struct ocib_policy *policy, const char *file, uint64_t value)
{
    ocib_strings_take(&policy->cgroup, ocib_format("%s=%llu", file, (unsigned long long)value));
}

/* --memory-swap is the sum of memory and swap; without it a step may swap as much as it has
 * memory, as in docker. */
static int put_memory(struct ocib_policy *policy, const struct ocib_cgroup_flags *flags,
                      struct ocib_error **err)
{
    uint64_t memory = 0;
    uint64_t total = 0;
    if (!flags->memory && !flags->memory_swap) {
        return 0;
    }
    if (!flags->memory) {
        return ocib_error_set(err, OCIB_EUSAGE, "--memory-swap needs --memory");
    }
    if (parse_bytes("memory", flags->memory, &memory, err) < 0) {
        return -1;
    }
    put_value(policy, "memory.max", memory);
    if (!flags->memory_swap) {
        put_value(policy, "?memory.swap.max", memory);
        return 0;
    }
    if (strcmp(flags->memory_swap, "-1") == 0) {
        ocib_strings_push(&policy->cgroup, "?memory.swap.max=max");
        return 0;
    }
    if (parse_bytes("memory-swap", flags->memory_swap, &total, err) < 0) {
        return -1;
    }
    if (total < memory) {
        return ocib_error_set(err, OCIB_EUSAGE, "--memory-swap '%s' is less than --memory '%s'",
                              flags->memory_swap, flags->memory);
    }
    put_value(policy, "memory.swap.max", total - memory);
    return 0;
}

static int parse_number(const char *flag, const char *text, uint64_t least, uint64_t *out,
                        struct ocib_error **err)
{
    if (!ocib_str_uint(ocib_str(text), INT32_MAX, out) || *out < least) {
        return ocib_error_set(err, OCIB_EUSAGE, "--%s '%s' is no number from %llu on", flag, text,
                              (unsigned long long)least);
    }
    return 0;
}

enum { PERIOD = 100000 }; /* microseconds, the kernel's default */

/* "1.5" processors as microseconds of a period, three digits after the point. */
static bool parse_cpus(const char *text, uint64_t *quota)
{
    struct ocib_str rest = ocib_str(text);
    struct ocib_str whole;
    uint64_t number = 0;
    uint64_t part = 0;
    uint64_t unit = PERIOD;
    bool has_whole = ocib_str_cut(&rest, '.', &whole) && whole.len;
    if (has_whole && !ocib_str_uint(whole, 10000, &number)) {
        return false;
    }
    if (rest.len > 3 || (rest.len && !ocib_str_uint(rest, 999, &part)) ||
        (!has_whole && !rest.len)) {
        return false;
    }
    for (size_t i = 0; i < rest.len; i++) {
        unit /= 10;
    }
    *quota = number * PERIOD + part * unit;
    return *quota > 0;
}

static int put_time(struct ocib_policy *policy, const struct ocib_cgroup_flags *flags,
                    struct ocib_error **err)
{
    uint64_t period = PERIOD;
    uint64_t quota = 0;
    if (!flags->cpus && !flags->cpu_period && !flags->cpu_quota) {
        return 0;
    }
    if (flags->cpus && (flags->cpu_period || flags->cpu_quota)) {
        return ocib_error_set(err, OCIB_EUSAGE,
                              "--cpus stands for --cpu-period and --cpu-quota: "
                              "give it alone");
    }
    if (flags->cpus && !parse_cpus(flags->cpus, &quota)) {
        return ocib_error_set(err, OCIB_EUSAGE, "--cpus '%s' is no number of processors",
                              flags->cpus);
    }
    if ((flags->cpu_period &&
         parse_number("cpu-period", flags->cpu_period, 1000, &period, err) < 0) ||
        (flags->cpu_quota && parse_number("cpu-quota", flags->cpu_quota, 1000, &quota, err) < 0)) {
        return -1;
    }
    OCIB_AUTO_FREE char *limit =
        quota ? ocib_format("%llu", (unsigned long long)quota) : ocib_strdup("max");
    ocib_strings_take(&policy->cgroup,
                      ocib_format("cpu.max=%s %llu", limit, (unsigned long long)period));
    return 0;
}

/* Shares of 2 to 262144 become a weight of 1 to 10000, as OCI runtimes do it. */
static int put_shares(struct ocib_policy *policy, const char *text, struct ocib_error **err)
{
    uint64_t shares = 0;
    if (!text) {
        return 0;
    }
    if (parse_number("cpu-shares", text, 2, &shares, err) < 0) {
        return -1;
    }
    shares = shares > 262144 ? 262144 : shares;
    put_value(policy, "cpu.weight", 1 + (shares - 2) * 9999 / 262142);
    return 0;
}

static int put_set(struct ocib_policy *policy, const char *flag, const char *file, const char *text,
                   struct ocib_error **err)
{
    if (!text) {
        return 0;
    }
    if (!*text || text[strspn(text, "0123456789,-")]) {
        return ocib_error_set(err, OCIB_EUSAGE, "--%s '%s' is no list such as 0-2,7", flag, text);
    }
    ocib_strings_take(&policy->cgroup, ocib_format("%s=%s", file, text));
    return 0;
}

int ocib_policy_cgroup(struct ocib_policy *policy, const struct ocib_cgroup_flags *flags,
                       struct ocib_error **err)
{
    if (put_memory(policy, flags, err) < 0 || put_time(policy, flags, err) < 0 ||
        put_shares(policy, flags->cpu_shares, err) < 0 ||
        put_set(policy, "cpuset-cpus", "cpuset.cpus", flags->cpuset_cpus, err) < 0) {
        return -1;
    }
    return put_set(policy, "cpuset-mems", "cpuset.mems", flags->cpuset_mems, err);
}

bool ocib_policy_wants_cgroup(const struct ocib_policy *policy)
{
    return policy->cgroup_parent || policy->cgroup.len;
}
