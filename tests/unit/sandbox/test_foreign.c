#include "sandbox/foreign.h"

#include "sandbox/fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_own_and_unknown(void **state)
{
#if defined(__x86_64__)
    assert_true(ocib_sandbox_runs_architecture("amd64"));
    assert_true(ocib_sandbox_runs_architecture("386"));
#elif defined(__aarch64__)
    assert_true(ocib_sandbox_runs_architecture("arm64"));
#endif
    /* In doubt nothing is said. */
    assert_true(ocib_sandbox_runs_architecture("no-such-architecture"));
    assert_true(ocib_sandbox_runs_architecture(""));
}

/* The same try by hand: a header of s390x, in a file. */
static bool s390x_starts(void)
{
    static const unsigned char header[64] = {0x7f, 'E', 'L',      'F',       2,
                                             2,    1,   [17] = 2, [19] = 22, [23] = 1};
    char path[] = "/tmp/ocib-foreign-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, header, sizeof(header)), sizeof(header));
    assert_int_equal(fchmod(fd, 0755), 0);
    close(fd);
    pid_t child = fork();
    if (child == 0) {
        execl(path, path, (char *)NULL);
        _exit(errno == ENOEXEC ? 100 : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    unlink(path);
    return !WIFEXITED(status) || WEXITSTATUS(status) != 100;
}

static void test_foreign(void **state)
{
#if !defined(__s390x__)
    assert_int_equal(ocib_sandbox_runs_architecture("s390x"), s390x_starts());
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_and_unknown),
        cmocka_unit_test(test_foreign),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
