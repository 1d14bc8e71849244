#include "sandbox/cgroup.h"

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_find_mount(void **state)
{
    OCIB_AUTO_FREE char *path = NULL;
    OCIB_AUTO_FREE char *root = NULL;
    static const char text[] =
        "22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n"
        "30 22 0:25 /\\040x /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
    assert_true(ocib_cgroup_find_mount(OCIB_STR(text), &path, &root));
    assert_string_equal(path, "/sys/fs/cgroup/unified");
    assert_string_equal(root, "/\\040x");
}

static void test_no_mount(void **state)
{
    char *path = NULL;
    char *root = NULL;
    assert_false(ocib_cgroup_find_mount(OCIB_STR(""), &path, &root));
    assert_false(ocib_cgroup_find_mount(OCIB_STR("x - cgroup2 y\n"), &path, &root));
    assert_false(ocib_cgroup_find_mount(
        OCIB_STR("30 22 0:25 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"), &path, &root));
}

/* Makes one in a folder of the test's own; false, said aloud, where this machine has none. */
static bool open_own(struct ocib_policy *policy, struct ocib_cgroup *out)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    ocib_policy_init(policy);
    policy->cgroup_parent = ocib_format("/ocib-test-%ld", (long)getpid());
    if (ocib_cgroup_open(policy, out, &err) < 0) {
        print_message("SKIPPED: %s\n", ocib_error_message(err));
        assert_int_equal(ocib_error_code(err), OCIB_ESANDBOX);
        assert_non_null(ocib_error_hint(err));
        ocib_policy_release(policy);
        return false;
    }
    return true;
}

static void test_open_and_close(void **state)
{
    struct ocib_policy policy;
    struct ocib_cgroup cgroup;
    int status;
    if (!open_own(&policy, &cgroup)) {
        skip();
    }
    pid_t pid = fork();
    if (pid == 0) {
        pause();
    }
    OCIB_AUTO_FREE char *text = ocib_format("%ld", (long)pid);
    assert_int_equal(ocib_fd_write_all(cgroup.procs_fd, text, strlen(text)), 0);
    OCIB_AUTO_FD int parent = fcntl(cgroup.parent_fd, F_DUPFD_CLOEXEC, 0);
    OCIB_AUTO_FREE char *name = ocib_strdup(cgroup.name);
    assert_int_equal(faccessat(parent, name, F_OK, 0), 0);
    ocib_cgroup_close(&cgroup); /* kills what is in it */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    /* A cgroup with a process that nobody has waited for yet can be removed only after that. */
    (void)unlinkat(parent, name, AT_REMOVEDIR);
    assert_int_equal(faccessat(parent, name, F_OK, 0), -1);
    ocib_policy_release(&policy);
}

/* What nobody holds is removed by the next that comes; what is in use stays. */
static void test_sweep(void **state)
{
    struct ocib_policy policy;
    struct ocib_cgroup first;
    struct ocib_cgroup second;
    if (!open_own(&policy, &first)) {
        skip();
    }
    assert_int_equal(mkdirat(first.parent_fd, "ocib-step-left", 0755), 0);
    assert_int_equal(mkdirat(first.parent_fd, "other", 0755), 0);
    assert_int_equal(ocib_cgroup_open(&policy, &second, NULL), 0);
    assert_int_equal(faccessat(first.parent_fd, "ocib-step-left", F_OK, 0), -1);
    assert_int_equal(faccessat(first.parent_fd, first.name, F_OK, 0), 0);
    assert_int_equal(unlinkat(first.parent_fd, "other", AT_REMOVEDIR), 0);
    ocib_cgroup_close(&second);
    ocib_cgroup_close(&first);
    ocib_policy_release(&policy);
}

static void test_unknown_controller(void **state)
{
    OCIB_AUTO(ocib_policy_release) struct ocib_policy policy;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_cgroup cgroup;
    ocib_policy_init(&policy);
    ocib_strings_push(&policy.cgroup, "nothing.max=1");
    assert_int_equal(ocib_cgroup_open(&policy, &cgroup, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ESANDBOX);
    assert_non_null(ocib_error_hint(err));
}

static int remove_parent(void **state)
{
    static const char *const trees[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    for (size_t i = 0; i < OCIB_COUNT(trees); i++) {
        OCIB_AUTO_FREE char *path = ocib_format("%s/ocib-test-%ld", trees[i], (long)getpid());
        (void)rmdir(path);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_mount),         cmocka_unit_test(test_no_mount),
        cmocka_unit_test(test_open_and_close),     cmocka_unit_test(test_sweep),
        cmocka_unit_test(test_unknown_controller),
    };
    return cmocka_run_group_tests(tests, NULL, remove_parent);
}
