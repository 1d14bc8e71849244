#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/caps.h"
#include "sandbox/chroot.h"
#include "sys/fd.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct tree {
    char path[64];
    int fd;
};

static int make_tree(void **state)
{
    struct tree *tree = calloc(1, sizeof(*tree));
    assert_non_null(tree);
    snprintf(tree->path, sizeof(tree->path), "/var/tmp/ocib-chroot.XXXXXX");
    assert_non_null(mkdtemp(tree->path));
    tree->fd = open(tree->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(tree->fd >= 0);
    assert_int_equal(mkdirat(tree->fd, "dev", 0755), 0);
    *state = tree;
    return 0;
}

static int drop_tree(void **state)
{
    struct tree *tree = *state;
    close(tree->fd);
    assert_int_equal(ocib_remove_tree(AT_FDCWD, tree->path, NULL), 0);
    free(tree);
    return 0;
}

static void a_step_can_neither_leave_nor_make_nodes(void **state)
{
    (void)state;
    uint64_t caps = ocib_chroot_caps(ocib_caps_default());
    assert_int_equal(caps & (UINT64_C(1) << CAP_SYS_CHROOT), 0);
    assert_int_equal(caps & (UINT64_C(1) << CAP_MKNOD), 0);
    assert_int_equal(caps & ~ocib_caps_default(), 0);
}

static void dev_is_filled(void **state)
{
    struct tree *tree = *state;
    struct ocib_error *err = NULL;
    struct stat st;
    bool null_only;
    assert_int_equal(ocib_chroot_fill_dev(tree->fd, &null_only, &err), 0);
    assert_int_equal(fstatat(tree->fd, "dev/null", &st, 0), 0);
    assert_int_equal(st.st_mode, (null_only ? S_IFREG : S_IFCHR) | 0666);
    assert_int_equal(faccessat(tree->fd, "dev/urandom", F_OK, 0), null_only ? -1 : 0);
    assert_int_equal(fstatat(tree->fd, "dev/shm", &st, 0), 0);
    assert_int_equal(st.st_mode, S_IFDIR | 01777);
}

/* As in a user namespace: no nodes, and none is left half way. */
static void without_nodes_null_is_a_file(void **state)
{
    struct tree *tree = *state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct ocib_error *err = NULL;
        bool null_only = false;
        int result = ocib_caps_limit(~(UINT64_C(1) << CAP_MKNOD)) |
                     ocib_chroot_fill_dev(tree->fd, &null_only, &err);
        _exit(result == 0 && null_only ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    struct stat st;
    assert_int_equal(fstatat(tree->fd, "dev/null", &st, 0), 0);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(faccessat(tree->fd, "dev/zero", F_OK, 0), -1);
}

static void a_pipe_can_be_opened_anew(void **state)
{
    struct tree *tree = *state;
    char text[8] = "";
    OCIB_AUTO_FD int from = -1;
    OCIB_AUTO_FD int to = -1;
    assert_int_equal(ocib_chroot_pipe(tree->fd, "stdout", &from, &to), 0);
    OCIB_AUTO_FD int again = openat(tree->fd, "dev/stdout", O_WRONLY | O_CLOEXEC);
    assert_true(again >= 0);
    assert_int_equal(write(to, "a", 1), 1);
    assert_int_equal(write(again, "b", 1), 1);
    assert_int_equal(read(from, text, sizeof(text)), 2);
    assert_string_equal(text, "ab");
}

/* A child that leaves others behind in sessions of their own, which go on forking. */
static void leave_daemons(void)
{
    for (int i = 0; i < 3; i++) {
        if (fork() == 0) {
            setsid();
            for (int round = 0; round < 5000 && fork() == 0; round++) {
                usleep(1000);
            }
            pause();
        }
    }
    _exit(7);
}

static void nothing_is_left_of_a_step(void **state)
{
    (void)state;
    int status;
    int alive[2];
    assert_int_equal(pipe2(alive, O_CLOEXEC), 0);
    pid_t init = fork();
    if (init == 0) {
        struct ocib_error *err = NULL;
        int pair[2];
        close(alive[0]);
        int signals = ocib_chroot_adopt(&err);
        int made = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair);
        pid_t command = signals < 0 || made < 0 ? -1 : fork();
        if (command == 0) {
            leave_daemons();
        }
        int result = ocib_chroot_reap(command, pair[0], signals);
        _exit(WIFEXITED(result) && waitpid(-1, NULL, 0) < 0 && errno == ECHILD ? WEXITSTATUS(result)
                                                                               : 99);
    }
    close(alive[1]);
    assert_int_equal(waitpid(init, &status, 0), init);
    assert_int_equal(WEXITSTATUS(status), 7);
    char byte;
    assert_int_equal(read(alive[0], &byte, 1), 0); /* nobody has the other end any more */
    close(alive[0]);
}

static void the_builders_end_ends_the_step(void **state)
{
    (void)state;
    int pair[2];
    int status;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    pid_t init = fork();
    if (init == 0) {
        struct ocib_error *err = NULL;
        close(pair[0]);
        int signals = ocib_chroot_adopt(&err);
        pid_t command = fork();
        if (command == 0) {
            pause();
        }
        (void)ocib_chroot_reap(command, pair[1], signals);
        _exit(kill(command, 0) < 0 && errno == ESRCH ? 0 : 1);
    }
    close(pair[1]);
    close(pair[0]);
    assert_int_equal(waitpid(init, &status, 0), init);
    assert_int_equal(status, 0);
}

static void orphans_of_a_killed_init_are_swept(void **state)
{
    (void)state;
    int alive[2];
    int status;
    assert_int_equal(pipe2(alive, O_CLOEXEC), 0);
    pid_t server = fork();
    if (server == 0) {
        close(alive[0]);
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
        signal(SIGCHLD, SIG_IGN);
        if (fork() == 0) {
            leave_daemons();
        }
        for (;;) {
            close(alive[1]);
            pause();
        }
    }
    close(alive[1]);
    usleep(100000);
    ocib_chroot_sweep(server);
    char byte;
    assert_int_equal(read(alive[0], &byte, 1), 0);
    assert_int_equal(kill(server, SIGKILL), 0);
    assert_int_equal(waitpid(server, &status, 0), server);
    close(alive[0]);
}

static int needs_root(void **state)
{
    struct ocib_error *err = NULL;
    if (ocib_chroot_try(&err) < 0) {
        print_message("# mode chroot does not work here: %s\n", ocib_error_message(err));
        ocib_error_free(err);
        return 0;
    }
    return make_tree(state);
}

static int drop(void **state)
{
    return *state ? drop_tree(state) : 0;
}

/* Also where this process is not root. */
static void refused_by_name(void **state)
{
    (void)state;
    struct ocib_error *err = NULL;
    if (geteuid() != 0) {
        assert_int_equal(ocib_chroot_try(&err), -1);
        assert_non_null(strstr(ocib_error_message(err), "not root"));
        ocib_error_free(err);
        return;
    }
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        bool said = ocib_caps_limit(~(UINT64_C(1) << CAP_SYS_CHROOT)) == 0 &&
                    ocib_chroot_try(&err) < 0 && strstr(ocib_error_message(err), "CAP_SYS_CHROOT");
        _exit(said ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, needs_root, drop)

static void tree_or_skip(void **state, void (*test)(void **state))
{
    if (!*state) {
        skip();
    }
    test(state);
}

static void dev(void **state)
{
    tree_or_skip(state, dev_is_filled);
}

static void dev_without_nodes(void **state)
{
    tree_or_skip(state, without_nodes_null_is_a_file);
}

static void streams(void **state)
{
    tree_or_skip(state, a_pipe_can_be_opened_anew);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_can_neither_leave_nor_make_nodes),
        cmocka_unit_test(refused_by_name),
        T(dev),
        T(dev_without_nodes),
        T(streams),
        cmocka_unit_test(nothing_is_left_of_a_step),
        cmocka_unit_test(the_builders_end_ends_the_step),
        cmocka_unit_test(orphans_of_a_killed_init_are_swept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
