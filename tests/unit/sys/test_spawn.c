#include "sys/fixture.h"
#include "sys/spawn.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char shell_name[] = "sh";
static char shell_option[] = "-c";

/* Runs a shell command with its output in `out`; returns what waitpid() says. */
static int run(char *command, struct ocib_buf *out)
{
    char *const argv[] = {shell_name, shell_option, command, NULL};
    char *const env[] = {NULL};
    int ends[2];
    struct ocib_process process;
    OCIB_AUTO_FD int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const int fds[] = {null_fd, ends[1], ends[1]};
    const struct ocib_spawn how = {.path = "/bin/sh",
                                   .exe_fd = -1,
                                   .argv = argv,
                                   .env = env,
                                   .fds = fds,
                                   .fd_count = 3,
                                   .code = OCIB_EINTERNAL};
    assert_int_equal(ocib_spawn(&how, &process, NULL), 0);
    close(ends[1]);
    assert_int_equal(ocib_fd_read_all(ends[0], 1 << 20, out), 0);
    close(ends[0]);
    int status = 0;
    assert_int_equal(ocib_process_wait(&process, &status), 0);
    return status;
}

static void test_output_and_status(void **state)
{
    char command[] = "echo out; echo err >&2; exit 3";
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    int status = run(command, &out);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 3);
    assert_string_equal(out.data, "out\nerr\n");
}

static void test_only_given_descriptors(void **state)
{
    char command[] =
        "for f in 3 4 5 6 7 8 9; do (eval \"true <&$f\") 2>/dev/null && echo $f; done; "
        "true";
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    int leak = dup(STDIN_FILENO);
    assert_int_equal(run(command, &out), 0);
    assert_string_equal(out.data, "");
    close(leak);
}

/* Descriptors may be each other's targets. */
static void test_descriptors_in_any_order(void **state)
{
    char command[] = "cat <&0; cat <&3; cat <&4";
    char *const argv[] = {shell_name, shell_option, command, NULL};
    char path[] = "PATH=/usr/bin:/bin";
    char *const env[] = {path, NULL};
    struct ocib_process process;
    temporary_write("a", "A");
    temporary_write("b", "B");
    temporary_write("c", "C");
    temporary_write("out", "");
    OCIB_AUTO_FD int a = openat(temporary, "a", O_RDONLY | O_CLOEXEC);
    OCIB_AUTO_FD int b = openat(temporary, "b", O_RDONLY | O_CLOEXEC);
    OCIB_AUTO_FD int c = openat(temporary, "c", O_RDONLY | O_CLOEXEC);
    OCIB_AUTO_FD int out = openat(temporary, "out", O_WRONLY | O_CLOEXEC);
    const int fds[] = {c, out, out, b, a};
    const struct ocib_spawn how = {.path = "/bin/sh",
                                   .exe_fd = -1,
                                   .argv = argv,
                                   .env = env,
                                   .fds = fds,
                                   .fd_count = 5,
                                   .code = OCIB_EINTERNAL};
    assert_int_equal(ocib_spawn(&how, &process, NULL), 0);
    assert_int_equal(ocib_process_wait(&process, NULL), 0);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    assert_int_equal(ocib_file_read(temporary, "out", 10, &text, OCIB_ESTORE, NULL), 0);
    assert_string_equal(text.data, "CBA");
}

static void test_by_descriptor(void **state)
{
    char name[] = "true";
    char *const argv[] = {name, NULL};
    char *const env[] = {NULL};
    struct ocib_process process;
    int status = -1;
    OCIB_AUTO_FD int exe = open("/bin/true", O_PATH | O_CLOEXEC);
    const int fds[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    const struct ocib_spawn how = {.path = "true",
                                   .exe_fd = exe,
                                   .argv = argv,
                                   .env = env,
                                   .fds = fds,
                                   .fd_count = 3,
                                   .code = OCIB_EINTERNAL};
    assert_int_equal(ocib_spawn(&how, &process, NULL), 0);
    struct pollfd ended = {process.pidfd, POLLIN, 0};
    assert_int_equal(poll(&ended, 1, -1), 1);
    assert_int_equal(ocib_process_wait(&process, &status), 0);
    assert_int_equal(status, 0);
    assert_int_equal(process.pid, 0);
    assert_int_equal(process.pidfd, -1);
}

static void test_failing_to_execute(void **state)
{
    char *const argv[] = {shell_name, NULL};
    char *const env[] = {NULL};
    struct ocib_process process = {0, -1};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    const struct ocib_spawn how = {
        .path = "/no/such/program", .exe_fd = -1, .argv = argv, .env = env, .code = OCIB_ESANDBOX};
    assert_int_equal(ocib_spawn(&how, &process, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ESANDBOX);
    assert_string_equal(ocib_error_message(err),
                        "can't execute /no/such/program: No such file or directory");
    assert_int_equal(waitpid(-1, NULL, 0), -1);
}

static void nothing(int number)
{
}

/* Handlers, ignored signals and the mask are this process's business only. */
static void test_signals(void **state)
{
    char command[] = "cat /proc/self/status | grep -E '^Sig(Blk|Ign|Cgt)' | cut -f2 | sort -u";
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    sigset_t blocked;
    sigset_t before;
    sigset_t after;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    void (*ignored)(int) = signal(SIGPIPE, SIG_IGN);
    void (*handled)(int) = signal(SIGUSR2, nothing);
    assert_int_equal(run(command, &out), 0);
    sigprocmask(SIG_SETMASK, &before, &after);
    signal(SIGPIPE, ignored);
    void (*still)(int) = signal(SIGUSR2, handled);
    assert_string_equal(out.data, "0000000000000000\n");
    assert_true(sigismember(&after, SIGUSR1) == 1);
    assert_ptr_equal(still, nothing);
}

static void test_end(void **state)
{
    char name[] = "sleep";
    char forever[] = "1000";
    char *const argv[] = {name, forever, NULL};
    char *const env[] = {NULL};
    struct ocib_process process;
    const struct ocib_spawn how = {
        .path = "/bin/sleep", .exe_fd = -1, .argv = argv, .env = env, .code = OCIB_EINTERNAL};
    assert_int_equal(ocib_spawn(&how, &process, NULL), 0);
    ocib_process_end(&process);
    ocib_process_end(&process);
    assert_int_equal(process.pid, 0);
    assert_int_equal(waitpid(-1, NULL, 0), -1);
    assert_int_equal(errno, ECHILD);
}

static void test_fork_into(void **state)
{
    pid_t pid = ocib_fork_into(0);
    if (pid == 0) {
        _exit(7);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WEXITSTATUS(status), 7);
    pid = ocib_fork_into(CLONE_NEWPID | CLONE_NEWUSER);
    if (pid == 0) {
        _exit(getpid() == 1 ? 8 : 9);
    }
    if (pid > 0) { /* a machine may forbid user namespaces */
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(WEXITSTATUS(status), 8);
    }
}

static void test_kill_by_pidfd(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    OCIB_AUTO_FD int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    assert_true(fd >= 0);
    errno = 4711;
    assert_int_equal(ocib_pidfd_kill(fd), 0);
    assert_int_equal(errno, 4711);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    assert_int_equal(ocib_pidfd_kill(fd), -1); /* gone */
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_output_and_status),
        cmocka_unit_test(test_only_given_descriptors),
        cmocka_unit_test(test_descriptors_in_any_order),
        cmocka_unit_test(test_by_descriptor),
        cmocka_unit_test(test_failing_to_execute),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_end),
        cmocka_unit_test(test_fork_into),
        cmocka_unit_test(test_kill_by_pidfd),
    };
    return cmocka_run_group_tests_name("spawn", list, temporary_setup, temporary_teardown);
}
