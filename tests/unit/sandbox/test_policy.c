#include "sandbox/policy.h"

#include "base/mem.h"
#include "sandbox/caps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define AUTO_POLICY OCIB_AUTO(ocib_policy_release) struct ocib_policy

/* What one of the readers says of a text; NULL: it takes it. */
typedef int reader(struct ocib_policy *policy, const char *text, struct ocib_error **err);

static char *refusal(reader *read, const char *text)
{
    AUTO_POLICY policy;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    ocib_policy_init(&policy);
    if (read(&policy, text, &err) == 0) {
        return NULL;
    }
    assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
    return ocib_strdup(ocib_error_message(err));
}

static void refuses(reader *read, const char *text, const char *message)
{
    OCIB_AUTO_FREE char *got = refusal(read, text);
    assert_non_null(got);
    assert_string_equal(got, message);
}

static void test_defaults(void **state)
{
    AUTO_POLICY policy;
    ocib_policy_init(&policy);
    assert_true(policy.caps == ocib_caps_default());
    assert_false(ocib_policy_wants_cgroup(&policy));
    assert_int_equal(policy.filter.len, 0);
}

static void check_limit(const char *text, int resource, uint64_t soft, uint64_t hard)
{
    AUTO_POLICY policy;
    ocib_policy_init(&policy);
    assert_int_equal(ocib_policy_ulimit(&policy, text, NULL), 0);
    assert_int_equal(policy.limits.len, 1);
    assert_int_equal(policy.limits.items[0].resource, resource);
    assert_true(policy.limits.items[0].soft == soft && policy.limits.items[0].hard == hard);
}

static void test_ulimits(void **state)
{
    check_limit("nofile=1024:2048", RLIMIT_NOFILE, 1024, 2048);
    check_limit("nproc=7", RLIMIT_NPROC, 7, 7);
    check_limit("core=0:-1", RLIMIT_CORE, 0, UINT64_MAX);
    check_limit("memlock=-1", RLIMIT_MEMLOCK, UINT64_MAX, UINT64_MAX);
    check_limit("stack=1", RLIMIT_STACK, 1, 1);
    refuses(ocib_policy_ulimit, "nofile", "--ulimit 'nofile' is no limit");
    refuses(ocib_policy_ulimit, "nofile=", "--ulimit 'nofile=' is no limit");
    refuses(ocib_policy_ulimit, "nofile=1:", "--ulimit 'nofile=1:' is no limit");
    refuses(ocib_policy_ulimit, "nofile=x:1", "--ulimit 'nofile=x:1' is no limit");
    refuses(ocib_policy_ulimit, "nofile=1:2:3", "--ulimit 'nofile=1:2:3' is no limit");
    refuses(ocib_policy_ulimit, "nofile=-2", "--ulimit 'nofile=-2' is no limit");
    refuses(ocib_policy_ulimit, "nofile=2:1",
            "--ulimit 'nofile=2:1': the soft limit is above the hard one");
    refuses(ocib_policy_ulimit, "nofiles=1",
            "--ulimit 'nofiles=1': there is no limit of this name");
}

static int add(struct ocib_policy *policy, const char *text, struct ocib_error **err)
{
    return ocib_policy_capability(policy, text, true, err);
}

static void test_capabilities(void **state)
{
    AUTO_POLICY policy;
    ocib_policy_init(&policy);
    assert_int_equal(ocib_policy_capability(&policy, "CAP_SYS_ADMIN,syslog", true, NULL), 0);
    assert_int_equal(ocib_policy_capability(&policy, "chown", false, NULL), 0);
    uint64_t want = (ocib_caps_default() | UINT64_C(1) << 21 | UINT64_C(1) << 34) & ~UINT64_C(1);
    assert_true(policy.caps == want);
    assert_int_equal(ocib_policy_capability(&policy, "ALL", false, NULL), 0);
    assert_true(policy.caps == 0);
    refuses(add, "SYS_ADMN", "--cap-add 'SYS_ADMN': there is no such capability");
}

static int security(struct ocib_policy *policy, const char *text, struct ocib_error **err)
{
    const char *profile = NULL;
    return ocib_policy_security(policy, text, &profile, err);
}

static void test_security(void **state)
{
    AUTO_POLICY policy;
    const char *profile = NULL;
    ocib_policy_init(&policy);
    assert_int_equal(ocib_policy_security(&policy, "seccomp=a=b.json", &profile, NULL), 0);
    assert_string_equal(profile, "a=b.json");
    assert_false(policy.unfiltered);
    assert_int_equal(ocib_policy_security(&policy, "seccomp:unconfined", &profile, NULL), 0);
    assert_null(profile);
    assert_true(policy.unfiltered);
    assert_int_equal(security(&policy, "no-new-privileges", NULL), 0);
    assert_true(policy.no_new_privileges);
    assert_int_equal(security(&policy, "no-new-privileges=false", NULL), 0);
    assert_false(policy.no_new_privileges);
    assert_int_equal(security(&policy, "no-new-privileges:true", NULL), 0);
    assert_true(policy.no_new_privileges);
    assert_false(policy.unmasked);
    assert_int_equal(security(&policy, "systempaths=unconfined", NULL), 0);
    assert_true(policy.unmasked);
    assert_int_equal(security(&policy, "label=disable", NULL), 0);
    assert_int_equal(security(&policy, "apparmor=unconfined", NULL), 0);
    refuses(security, "label=type:x", "--security-opt 'label=type:x' is not supported");
    refuses(security, "apparmor=docker-default",
            "--security-opt 'apparmor=docker-default' is not supported");
    refuses(security, "seccomp", "--security-opt 'seccomp' is not known");
    refuses(security, "", "--security-opt '' is not known");
    refuses(security, "no-new-privileges=yes",
            "--security-opt 'no-new-privileges=yes' takes true or false");
}

/* The values as one text. */
static char *cgroup_values(const struct ocib_cgroup_flags *flags)
{
    AUTO_POLICY policy;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_buf text = {0};
    ocib_policy_init(&policy);
    ocib_buf_init(&text);
    if (ocib_policy_cgroup(&policy, flags, &err) < 0) {
        ocib_buf_puts(&text, ocib_error_message(err));
    }
    for (size_t i = 0; i < policy.cgroup.len; i++) {
        ocib_buf_printf(&text, "%s;", policy.cgroup.items[i]);
    }
    return ocib_buf_take(&text);
}

#define CGROUP(want, ...)                                                                          \
    do {                                                                                           \
        const struct ocib_cgroup_flags flags = {__VA_ARGS__};                                      \
        OCIB_AUTO_FREE char *got = cgroup_values(&flags);                                          \
        assert_string_equal(got, want);                                                            \
    } while (0)

static void test_cgroup_values(void **state)
{
    CGROUP("", .memory = NULL);
    CGROUP("memory.max=1048576;?memory.swap.max=1048576;", .memory = "1m");
    CGROUP("memory.max=1048576;?memory.swap.max=max;", .memory = "1m", .memory_swap = "-1");
    CGROUP("memory.max=1048576;memory.swap.max=2097152;", .memory = "1m", .memory_swap = "3m");
    CGROUP("memory.max=1048576;memory.swap.max=0;", .memory = "1m", .memory_swap = "1m");
    CGROUP("cpu.max=150000 100000;", .cpus = "1.5");
    CGROUP("cpu.max=5000 100000;", .cpus = ".05");
    CGROUP("cpu.max=20000 50000;", .cpu_quota = "20000", .cpu_period = "50000");
    CGROUP("cpu.max=max 50000;", .cpu_period = "50000");
    CGROUP("cpu.weight=39;", .cpu_shares = "1024");
    CGROUP("cpu.weight=1;", .cpu_shares = "2");
    CGROUP("cpu.weight=10000;", .cpu_shares = "999999999");
    CGROUP("cpuset.cpus=0-1,3;cpuset.mems=0;", .cpuset_cpus = "0-1,3", .cpuset_mems = "0");
}

static void test_cgroup_refusals(void **state)
{
    CGROUP("--memory 'x' is no size", .memory = "x");
    CGROUP("--memory '0' is no size", .memory = "0");
    CGROUP("--memory-swap needs --memory", .memory_swap = "1g");
    CGROUP("--memory-swap '1m' is less than --memory '2m'memory.max=2097152;", .memory = "2m",
           .memory_swap = "1m");
    CGROUP("--cpus '0' is no number of processors", .cpus = "0");
    CGROUP("--cpus '.' is no number of processors", .cpus = ".");
    CGROUP("--cpus '1.2345' is no number of processors", .cpus = "1.2345");
    CGROUP("--cpus stands for --cpu-period and --cpu-quota: give it alone", .cpus = "1",
           .cpu_quota = "1000");
    CGROUP("--cpu-quota '1' is no number from 1000 on", .cpu_quota = "1");
    CGROUP("--cpu-shares '1' is no number from 2 on", .cpu_shares = "1");
    CGROUP("--cpuset-cpus '0\n1' is no list such as 0-2,7", .cpuset_cpus = "0\n1");
    CGROUP("--cpuset-mems '' is no list such as 0-2,7", .cpuset_mems = "");
}

static void test_shm_size(void **state)
{
    AUTO_POLICY policy;
    ocib_policy_init(&policy);
    assert_int_equal(ocib_policy_shm_size(&policy, "128m", NULL), 0);
    assert_int_equal(policy.shm_size, 128 << 20);
    refuses(ocib_policy_shm_size, "0", "--shm-size '0' is no size");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),      cmocka_unit_test(test_ulimits),
        cmocka_unit_test(test_capabilities),  cmocka_unit_test(test_security),
        cmocka_unit_test(test_cgroup_values), cmocka_unit_test(test_cgroup_refusals),
        cmocka_unit_test(test_shm_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
