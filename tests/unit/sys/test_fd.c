#include "sys/fixture.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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

/* In a child, of whose descriptors nobody else is: some far apart, all from 10 on. With
 * `refused` close_range(2) fails as in an old seccomp profile. */
static int close_some(bool on_exec, bool refused)
{
    static const int numbers[] = {10, 11, 500, 900};
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {OCIB_COUNT(program), program};
    for (size_t i = 0; i < OCIB_COUNT(numbers); i++) {
        if (dup2(STDERR_FILENO, numbers[i]) < 0) {
            return 77; /* few descriptors are allowed here */
        }
    }
    if (refused && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
                    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)) {
        return 77;
    }
    if (ocib_fd_close_from(11, on_exec) < 0 || fcntl(10, F_GETFD) != 0) {
        return 1;
    }
    for (size_t i = 1; i < OCIB_COUNT(numbers); i++) {
        if (fcntl(numbers[i], F_GETFD) != (on_exec ? FD_CLOEXEC : -1)) {
            return 2;
        }
    }
    return 0;
}

static void test_close_from(void **state)
{
    for (int i = 0; i < 4; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            _exit(close_some(i & 1, i & 2));
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 77) {
            assert_int_equal(status, 0);
        }
    }
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
        cmocka_unit_test(test_close_from),
    };
    return cmocka_run_group_tests_name("fd", list, temporary_setup, temporary_teardown);
}
