#include "sandbox/fixture.h"

#include <errno.h>
#include <sched.h>

static void test_mount_points(void **state)
{
    const char *const *points = ocib_sandbox_mount_points();
    assert_string_equal(points[0], "/proc");
    assert_string_equal(points[1], "/sys");
    assert_string_equal(points[2], "/dev");
    assert_null(points[3]);
}

static void run_in_child(int (*body)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(body());
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static bool runs_nothing(struct ocib_sandbox *sandbox)
{
    OCIB_AUTO_STRINGS struct ocib_strings argv = {0};
    OCIB_AUTO_STRINGS struct ocib_strings env = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_step_result result;
    ocib_strings_push(&argv, "true");
    struct ocib_step step = {.root_fd = -1, .argv = &argv, .env = &env, .cwd = "/"};
    return ocib_sandbox_run(sandbox, &step, &result, &err) == -1 &&
           ocib_error_code(err) == OCIB_ESANDBOX &&
           strcmp(ocib_error_message(err), "no way to run steps on this machine") == 0 &&
           strcmp(ocib_error_hint(err), "mode none was asked for") == 0;
}

static int enter_none(void)
{
    OCIB_AUTO(ocib_sandbox_cleanup)
    struct ocib_sandbox *sandbox = ocib_sandbox_enter(OCIB_SANDBOX_NONE, NULL, NULL);
    bool ok = sandbox && ocib_sandbox_mode(sandbox) == OCIB_SANDBOX_NONE && runs_nothing(sandbox);
    return ok ? 0 : 1;
}

static void test_none(void **state)
{
    run_in_child(enter_none);
}

/* Whoever could have mode userns gets its namespace, to write layers, and still no steps. */
static int enter_none_as_user(void)
{
    uid_t uid = 0;
    gid_t gid = 0;
    if (!fixture_find_user(&uid, &gid) || setgid(gid) < 0 || setuid(uid) < 0) {
        return 0; /* no such user here */
    }
    prctl(PR_SET_DUMPABLE, 1);
    pid_t pid = fork();
    if (pid == 0) {
        _exit(ocib_sandbox_enter(OCIB_SANDBOX_USERNS, NULL, NULL) ? 0 : 1);
    }
    int status;
    bool can = waitpid(pid, &status, 0) == pid && status == 0;
    return enter_none() == 0 && (geteuid() == 0) == can ? 0 : 1;
}

static void test_none_as_user(void **state)
{
    if (geteuid() != 0) {
        skip();
    }
    run_in_child(enter_none_as_user);
}

/* A user whose number has no subordinate ids anywhere. */
enum { NOBODY = 3999999 };

static int become_nobody(void)
{
    return geteuid() != 0 || (setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
                              setresuid(NOBODY, NOBODY, NOBODY) == 0)
               ? 0
               : -1;
}

static int auto_as_nobody(void)
{
    if (become_nobody() < 0) {
        return 2;
    }
    OCIB_AUTO(ocib_sandbox_cleanup)
    struct ocib_sandbox *sandbox = ocib_sandbox_enter(OCIB_SANDBOX_AUTO, NULL, NULL);
    const char *why = sandbox ? ocib_sandbox_why(sandbox) : "";
    bool ok = sandbox && ocib_sandbox_mode(sandbox) == OCIB_SANDBOX_NONE && getuid() == NOBODY &&
              strstr(why, "mode userns: user 3999999 has no subordinate ids in /etc/subuid (give "
                          "it some, as root: usermod --add-subuids 100000-165535 3999999)");
    return ok ? 0 : 1;
}

/* Not to be able to run steps is no error, and leaves the process as it was. */
static void test_auto_without_privilege(void **state)
{
    if (geteuid() != 0) {
        skip();
    }
    run_in_child(auto_as_nobody);
}

static int userns_as_nobody(void)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_ERROR struct ocib_error *err2 = NULL;
    if (become_nobody() < 0) {
        return 2;
    }
    bool ok = !ocib_sandbox_enter(OCIB_SANDBOX_USERNS, NULL, &err) &&
              ocib_error_code(err) == OCIB_ESANDBOX && ocib_error_hint(err) &&
              !ocib_sandbox_enter(OCIB_SANDBOX_ROOT, NULL, &err2) &&
              ocib_error_code(err2) == OCIB_ESANDBOX;
    return ok ? 0 : 1;
}

static void test_asked_for_and_not_to_be_had(void **state)
{
    if (geteuid() != 0) {
        skip();
    }
    run_in_child(userns_as_nobody);
}

/* Root of a user namespace with one id: AUTO must not take it for root. */
static int auto_with_one_id(void)
{
    static const char deny[] = "deny";
    static const char map[] = "0 0 1";
    if (unshare(CLONE_NEWUSER) < 0) {
        return 0; /* not allowed here, so nothing to see */
    }
    int fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
    int map_fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || map_fd < 0 || write(fd, deny, 4) != 4 || write(map_fd, map, 5) != 5) {
        return 3;
    }
    OCIB_AUTO(ocib_sandbox_cleanup)
    struct ocib_sandbox *sandbox = ocib_sandbox_enter(OCIB_SANDBOX_AUTO, NULL, NULL);
    return sandbox && ocib_sandbox_mode(sandbox) == OCIB_SANDBOX_NONE &&
                   strstr(ocib_sandbox_why(sandbox), "one user and group only")
               ? 0
               : 1;
}

static void test_one_id(void **state)
{
    if (geteuid() != 0) {
        skip();
    }
    run_in_child(auto_with_one_id);
}

static int auto_as_root(void)
{
    OCIB_AUTO(ocib_sandbox_cleanup)
    struct ocib_sandbox *sandbox = ocib_sandbox_enter(OCIB_SANDBOX_AUTO, NULL, NULL);
    return sandbox && ocib_sandbox_mode(sandbox) == OCIB_SANDBOX_ROOT && !ocib_sandbox_why(sandbox)
               ? 0
               : 1;
}

static void test_auto_as_root(void **state)
{
    OCIB_AUTO(ocib_sandbox_cleanup)
    struct ocib_sandbox *sandbox = ocib_sandbox_enter(OCIB_SANDBOX_ROOT, NULL, NULL);
    if (!sandbox) {
        skip();
    }
    run_in_child(auto_as_root);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_mount_points),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_none_as_user),
        cmocka_unit_test(test_auto_without_privilege),
        cmocka_unit_test(test_asked_for_and_not_to_be_had),
        cmocka_unit_test(test_one_id),
        cmocka_unit_test(test_auto_as_root),
    };
    return cmocka_run_group_tests_name("enter", list, NULL, NULL);
}
