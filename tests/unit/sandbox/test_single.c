#include "sandbox/single.h"

#include "sandbox/fixture.h"

#include <errno.h>
#include <grp.h>
#include <sched.h>

/* In a child: what happens there stays there. */
static int in_child(int (*body)(void))
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(body());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == FIXTURE_SKIPPED) {
        skip();
    }
    return WEXITSTATUS(status);
}

/* One id, which is root; what was open stays open; and it works without new privileges. */
static int enter(void)
{
    bool late = true;
    struct stat st;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    OCIB_AUTO_FD int file = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (ocib_single_enter(&late, &err) < 0) {
        print_message("SKIPPED: %s\n", ocib_error_message(err));
        return late ? 1 : FIXTURE_SKIPPED;
    }
    bool root = getuid() == 0 && getgid() == 0 && late;
    bool one = setgroups(0, NULL) < 0 && fchown(file, 33, 33) < 0 && errno == EINVAL;
    bool ours = fstat(file, &st) == 0 && st.st_uid == 0 && st.st_gid == 0;
    return root && one && ours ? 0 : 2;
}

static void test_enter(void **state)
{
    assert_int_equal(in_child(enter), 0);
}

/* A try leaves the process as it is, and no child. */
static int try_only(void)
{
    uid_t uid = getuid();
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FD int before = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
    if (ocib_single_try(&err) < 0) {
        print_message("SKIPPED: %s\n", ocib_error_message(err));
        return FIXTURE_SKIPPED;
    }
    struct stat a;
    struct stat b;
    bool same = fstat(before, &a) == 0 && stat("/proc/self/ns/user", &b) == 0 &&
                a.st_ino == b.st_ino && getuid() == uid;
    return same && waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? 0 : 1;
}

static void test_try(void **state)
{
    assert_int_equal(in_child(try_only), 0);
}

/* No user namespace: said with the remedy, and the process stays as it was. */
static int fail_to_enter(void)
{
    bool late = true;
    uid_t uid = getuid();
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (uid != 0 || unshare(CLONE_NEWUSER) < 0) {
        print_message("SKIPPED: only root can forbid user namespaces here\n");
        return FIXTURE_SKIPPED;
    }
    OCIB_AUTO_FD int map = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
    OCIB_AUTO_FD int limit = open("/proc/sys/user/max_user_namespaces", O_WRONLY | O_CLOEXEC);
    if (write(map, "0 0 1", 5) != 5 || write(limit, "0", 1) != 1) {
        print_message("SKIPPED: can't set a limit of user namespaces\n");
        return FIXTURE_SKIPPED;
    }
    if (ocib_single_enter(&late, &err) == 0 || late) {
        return 2;
    }
    return strstr(ocib_error_message(err), "can't make a user namespace") &&
                   strstr(ocib_error_hint(err), "max_user_namespaces")
               ? 0
               : 3;
}

static void test_failure(void **state)
{
    assert_int_equal(in_child(fail_to_enter), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enter),
        cmocka_unit_test(test_try),
        cmocka_unit_test(test_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
