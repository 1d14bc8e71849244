#include "sys/fixture.h"

#include <signal.h>
#include <sys/wait.h>

static void test_cleanup_keeps_errno(void **state)
{
    int fd = dup(STDIN_FILENO);
    int none = -1;
    errno = 4711;
    ocib_fd_cleanup(&fd);
    ocib_fd_cleanup(&none);
    assert_int_equal(fd, -1);
    assert_int_equal(errno, 4711);
}

static void test_steal(void **state)
{
    int fd = 5;
    assert_int_equal(ocib_fd_steal(&fd), 5);
    assert_int_equal(fd, -1);
}

static void test_close(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    int fd = dup(STDIN_FILENO);
    int closed = fd;
    assert_int_equal(ocib_fd_close(&fd, "x", &err), 0);
    assert_int_equal(fd, -1);
    assert_int_equal(ocib_fd_close(&closed, "layer", &err), -1);
    assert_string_equal(ocib_error_message(err), "can't finish writing layer: Bad file descriptor");
}

static void test_whole_writes_and_reads(void **state)
{
    const size_t size = 1 << 20; /* far more than a pipe holds */
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        OCIB_AUTO_FREE char *bytes = ocib_alloc(size, 1);
        _exit(ocib_fd_write_all(ends[1], bytes, size) == 0 ? 0 : 1);
    }
    close(ends[1]);
    OCIB_AUTO_FREE char *bytes = ocib_alloc(size + 10, 1);
    assert_int_equal(ocib_fd_read_full(ends[0], bytes, size - 5), size - 5);
    assert_int_equal(ocib_fd_read_full(ends[0], bytes, 100), 5);
    assert_int_equal(ocib_fd_read_full(ends[0], bytes, 100), 0);
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void test_failing_calls(void **state)
{
    char byte = 0;
    assert_int_equal(ocib_fd_write_all(-1, "x", 1), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(ocib_fd_read_full(-1, &byte, 1), -1);
    assert_int_equal(ocib_fd_write_all(-1, "x", 0), 0);
}

static void test_read_all_up_to_a_limit(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    temporary_write("f", "0123456789");
    OCIB_AUTO_FD int fd = openat(temporary, "f", O_RDONLY | O_CLOEXEC);
    ocib_buf_puts(&out, "before ");
    assert_int_equal(ocib_fd_read_all(fd, 10, &out), 0);
    assert_string_equal(out.data, "before 0123456789");
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(ocib_fd_read_all(fd, 9, &out), -1);
    assert_int_equal(errno, EFBIG);
}

static void test_read_all_of_nothing(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    temporary_write("empty", "");
    OCIB_AUTO_FD int fd = openat(temporary, "empty", O_RDONLY | O_CLOEXEC);
    assert_int_equal(ocib_fd_read_all(fd, 0, &out), 0);
    assert_int_equal(out.len, 0);
    assert_string_equal(out.data, "");
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_cleanup_keeps_errno),
        cmocka_unit_test(test_steal),
        cmocka_unit_test(test_close),
        cmocka_unit_test(test_whole_writes_and_reads),
        cmocka_unit_test(test_failing_calls),
        cmocka_unit_test(test_read_all_up_to_a_limit),
        cmocka_unit_test(test_read_all_of_nothing),
    };
    return cmocka_run_group_tests_name("fd", list, temporary_setup, temporary_teardown);
}
