#include "sandbox/caps.h"
#include "sandbox/fixture.h"

#include <sys/prctl.h>

static uint64_t held_bounding(void)
{
    uint64_t set = 0;
    for (int cap = 0; cap < 64; cap++) {
        if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1) {
            set |= UINT64_C(1) << cap;
        }
    }
    return set;
}

static void test_default_set(void **state)
{
    assert_int_equal(ocib_caps_default(), 0xa80425fb);
}

static void test_names(void **state)
{
    uint64_t bit = 0;
    assert_true(ocib_caps_parse(OCIB_STR("CHOWN"), &bit));
    assert_int_equal(bit, 1);
    assert_true(ocib_caps_parse(OCIB_STR("cap_sys_admin"), &bit));
    assert_int_equal(bit, 1 << 21);
    assert_true(ocib_caps_parse(OCIB_STR("CAP_CHECKPOINT_RESTORE"), &bit));
    assert_true(bit == UINT64_C(1) << 40);
    assert_true(ocib_caps_parse(OCIB_STR("all"), &bit));
    assert_true(bit == ocib_caps_all() && bit == UINT64_C(0x1ffffffffff));
    assert_false(ocib_caps_parse(OCIB_STR(""), &bit));
    assert_false(ocib_caps_parse(OCIB_STR("CAP_"), &bit));
    assert_false(ocib_caps_parse(OCIB_STR("SYSADMIN"), &bit));
    assert_string_equal(ocib_caps_nearest(OCIB_STR("CAP_SYSADMIN")), "SYS_ADMIN");
}

/* Root of a step has Docker's set, less what this machine's root itself lacks. */
static void test_step_of_root(void **state)
{
    uint64_t set = ocib_caps_default() & held_bounding();
    OCIB_AUTO_FREE char *wanted =
        ocib_format("CapInh:\t0000000000000000\nCapPrm:\t%016llx\nCapEff:\t%016llx\n"
                    "CapBnd:\t%016llx\nCapAmb:\t0000000000000000\n",
                    (unsigned long long)set, (unsigned long long)set, (unsigned long long)set);
    fixture_says("grep ^Cap /proc/self/status", wanted);
}

static void test_step_of_user(void **state)
{
    uint64_t set = ocib_caps_default() & held_bounding();
    OCIB_AUTO_FREE char *wanted = ocib_format(
        "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n"
        "CapBnd:\t%016llx\nCapAmb:\t0000000000000000\n",
        (unsigned long long)set);
    assert_int_equal(fixture_shell_as("grep ^Cap /proc/self/status", 1000), 0);
    assert_string_equal(fixture_output[1].data, wanted);
}

static void test_limits_in_this_process(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        bool ok = ocib_caps_bound(1) == 0 && (held_bounding() & ~UINT64_C(1)) == 0 &&
                  ocib_caps_limit(1) == 0 && (ocib_caps_effective() & ~UINT64_C(1)) == 0 &&
                  ocib_caps_limit(0) == 0 && ocib_caps_effective() == 0 &&
                  ocib_caps_bound(0) < 0; /* which now is not allowed any more */
        _exit(ok ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_default_set),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_step_of_root),
        cmocka_unit_test(test_step_of_user),
        cmocka_unit_test(test_limits_in_this_process),
    };
    return cmocka_run_group_tests_name("caps", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    return fixture_main(tests);
}
