#include "sandbox/exe.h"
#include "sandbox/fixture.h"

#include <errno.h>

static void path_of(int fd, char path[64])
{
    snprintf(path, 64, "/proc/self/fd/%d", fd);
}

static void is_this_program(int fd)
{
    struct stat st;
    struct stat self;
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(stat("/proc/self/exe", &self), 0);
    assert_int_equal(st.st_size, self.st_size);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

/* Any change to the file is refused because of the mount, so also once the program has ended.
 * (Writing is refused earlier, with ETXTBSY, while it runs.) */
static void test_mount(void **state)
{
    char path[64];
    OCIB_AUTO_FD int fd = ocib_sandbox_exe_mount();
    assert_true(fd >= 0);
    is_this_program(fd);
    path_of(fd, path);
    assert_int_equal(chmod(path, 0755), -1);
    assert_int_equal(errno, EROFS);
    assert_int_equal(open(path, O_WRONLY | O_CLOEXEC), -1);
}

static void test_copy(void **state)
{
    char path[64];
    OCIB_AUTO_FD int fd = ocib_sandbox_exe_copy();
    assert_true(fd >= 0);
    is_this_program(fd);
    path_of(fd, path);
    OCIB_AUTO_FD int again = open(path, O_WRONLY | O_CLOEXEC);
    assert_true(again >= 0);
    assert_int_equal(write(again, "x", 1), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(ftruncate(again, 0), -1);
}

static void test_open(void **state)
{
    OCIB_AUTO_FD int fd = ocib_sandbox_exe_open(NULL);
    assert_true(fd >= 0);
    is_this_program(fd);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_mount),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_open),
    };
    return cmocka_run_group_tests_name("exe", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    return fixture_main(tests);
}
