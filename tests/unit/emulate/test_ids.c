#include "emulate/fixture.h"

#include <grp.h>
#include <sys/fsuid.h>

static int see_oneself(void)
{
    uid_t uids[3];
    gid_t gids[3];
    CHECK(getuid() == 1000 && geteuid() == 1000 && getgid() == 50 && getegid() == 50);
    CHECK(getresuid(&uids[0], &uids[1], &uids[2]) == 0 && uids[2] == 1000);
    CHECK(getresgid(&gids[0], &gids[1], &gids[2]) == 0 && gids[1] == 50);
    CHECK(getgroups(0, NULL) == 0);
    CHECK(setuid(0) < 0 && errno == EPERM);
    CHECK(setgroups(0, NULL) < 0 && errno == EPERM);
    return 0;
}

/* As apt does for its downloads, in a child whose parent stays root. */
static int drop_in_child(void)
{
    const gid_t groups[] = {7};
    gid_t found[8];
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        CHECK(setgroups(1, groups) == 0 && setresgid(7, 7, 7) == 0 && setresuid(33, 33, 33) == 0);
        CHECK(getuid() == 33 && getegid() == 7 && getgroups(8, found) == 1 && found[0] == 7);
        CHECK(setuid(0) < 0 && seteuid(0) < 0 && setegid(0) < 0);
        CHECK(fixture_make("f") && fixture_owned("f", 33, 7));
        pid_t grandchild = fork(); /* an orphan soon */
        if (grandchild == 0) {
            _exit(getuid() == 33 ? 0 : 1);
        }
        CHECK(waitpid(grandchild, &status, 0) == grandchild && status == 0);
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(getuid() == 0 && fixture_owned("f", 33, 7));
    return 0;
}

/* Nobody is its parent any more when it is first heard of. */
static int ask_as_orphan(void)
{
    int ends[2];
    char answer = 0;
    CHECK(pipe(ends) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        pid_t parent = getpid();
        CHECK(setuid(33) == 0);
        if (fork() == 0) {
            while (getppid() == parent) {
                usleep(1000);
            }
            answer = getuid() == 33 ? 'y' : 'n';
            _exit(write(ends[1], &answer, 1) == 1 ? 0 : 1);
        }
        _exit(0);
    }
    CHECK(waitpid(pid, NULL, 0) == pid);
    CHECK(read(ends[0], &answer, 1) == 1 && answer == 'y');
    return 0;
}

static int come_back(void)
{
    CHECK(seteuid(100) == 0 && geteuid() == 100 && getuid() == 0);
    CHECK(fixture_make("f") && fixture_owned("f", 100, 0));
    CHECK(seteuid(0) == 0 && geteuid() == 0);
    CHECK(setfsuid(5) == 0 && setfsuid(0) == 5);
    CHECK(setreuid(1, 2) == 0 && getuid() == 1 && geteuid() == 2);
    CHECK(setregid(0, 0) < 0 || getgid() == 0);
    return 0;
}

/* pam_limits sets every limit there is. */
static int set_limits(void)
{
    const struct rlimit few = {3, 4};
    struct rlimit found;
    CHECK(setuid(33) == 0);
    CHECK(getrlimit(RLIMIT_LOCKS, &found) == 0 && found.rlim_cur == RLIM_INFINITY);
    CHECK(setrlimit(RLIMIT_LOCKS, &few) == 0 && getuid() == 33);
    CHECK(prlimit(0, RLIMIT_LOCKS, &few, &found) == 0 && found.rlim_max == RLIM_INFINITY);
    CHECK(getuid() == 33);
    CHECK(getrlimit(RLIMIT_NOFILE, &found) == 0 && found.rlim_cur != RLIM_INFINITY);
    return 0;
}

static int see_capabilities(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}, {0}};
    CHECK(syscall(SYS_capget, &header, data) == 0);
    CHECK(data[0].effective == (uint32_t)FIXTURE_CAPS && data[1].effective == 0);
    data[0].effective = data[0].permitted = 1;
    CHECK(syscall(SYS_capset, &header, data) == 0 && syscall(SYS_capget, &header, data) == 0);
    CHECK(data[0].permitted == 1);
    data[0].permitted = 3;
    CHECK(syscall(SYS_capset, &header, data) < 0 && errno == EPERM);
    CHECK(prctl(PR_SET_KEEPCAPS, 1) == 0 && prctl(PR_GET_KEEPCAPS) == 1);
    CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
    header.version = 1;
    CHECK(syscall(SYS_capget, &header, NULL) == 0 || errno == EINVAL);
    return 0;
}

/* A program with the set-user-ID bit of the user that it is recorded for; "test -O" asks for the
 * effective user. */
static int execute_set_id(void)
{
    int status = -1;
    CHECK(system("cp /bin/sh sh && chmod 4755 sh") == 0);
    pid_t pid = fork();
    if (pid == 0) {
        CHECK(setuid(33) == 0);
        execl("./sh", "sh", "-p", "-c", "test \"$(id -u)\" = 0 && test \"$(id -ru)\" = 33", NULL);
        _exit(9);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return 0;
}

static void test_user(void **state)
{
    assert_int_equal(fixture_run_as(see_oneself, 1000, 50), 0);
}

#define RUNS(name, body)                                                                           \
    static void name(void **state)                                                                 \
    {                                                                                              \
        assert_int_equal(fixture_run(body), 0);                                                    \
    }
RUNS(test_child, drop_in_child)
RUNS(test_orphan, ask_as_orphan)
RUNS(test_back, come_back)
RUNS(test_limits, set_limits)
RUNS(test_capabilities, see_capabilities)
RUNS(test_set_id, execute_set_id)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_user),   cmocka_unit_test(test_child),
        cmocka_unit_test(test_orphan), cmocka_unit_test(test_back),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_capabilities),
        cmocka_unit_test(test_set_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
