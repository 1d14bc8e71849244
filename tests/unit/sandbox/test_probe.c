#include "sandbox/fixture.h"
#include "sandbox/probe.h"

#include <errno.h>

static void write_file(const char *path, const char *text)
{
    OCIB_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(ocib_fd_write_all(fd, text, strlen(text)), 0);
}

static void test_file_is(void **state)
{
    char path[64];
    snprintf(path, sizeof(path), "/tmp/sandbox-probe-%ld", (long)getpid());
    assert_false(ocib_probe_file_is(path, "0"));
    write_file(path, "0\n");
    assert_true(ocib_probe_file_is(path, "0"));
    assert_false(ocib_probe_file_is(path, "1"));
    write_file(path, "01");
    assert_false(ocib_probe_file_is(path, "0"));
    unlink(path);
}

static void test_status_lines(void **state)
{
    assert_true(ocib_probe_status_has("NoNewPrivs:\t0") != ocib_probe_status_has("NoNewPrivs:\t1"));
    assert_false(ocib_probe_status_has("NoNewPrivs:"));
}

/* Where steps run, all trials say yes and leave nothing. */
static void test_trials(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_probe_ids(&err), 0);
    assert_int_equal(ocib_probe_step(false, &err), 0);
    assert_null(err);
    /* Of the only child, the sandbox's server, nothing is to be told. */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), 0);
}

static void test_user_namespace(void **state)
{
    if (ocib_sandbox_mode(fixture_sandbox) == OCIB_SANDBOX_USERNS) {
        assert_true(ocib_probe_in_userns());
    }
    assert_true(ocib_sandbox_in_userns(fixture_sandbox) == ocib_probe_in_userns());
}

/* An ordinary user is refused what root may, with the reason. */
static void test_refusal(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        bool refused = setresuid(1000, 1000, 1000) == 0 && ocib_probe_step(false, &err) < 0 &&
                       strcmp(ocib_error_message(err), "can't make mount, pid, ipc and uts "
                                                       "namespaces: Operation not permitted") == 0;
        _exit(refused ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_file_is), cmocka_unit_test(test_status_lines),
        cmocka_unit_test(test_trials),  cmocka_unit_test(test_user_namespace),
        cmocka_unit_test(test_refusal),
    };
    return cmocka_run_group_tests_name("probe", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    return fixture_main(tests);
}
