/*
 * What the tests of the sandbox share: a small tree with busybox as a detached mount, a step that
 * runs a shell command in it, and its captured output.
 */
#ifndef OCIB_TEST_SANDBOX_FIXTURE_H
#define OCIB_TEST_SANDBOX_FIXTURE_H

#include "base/mem.h"
#include "sandbox/sandbox.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/mount.h"

#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The tree's path; every test program has its own. */
static char fixture_path[64];
static struct ocib_sandbox *fixture_sandbox;
/* What the last run wrote: [0] both streams in order, [1] and [2] each. */
static struct ocib_buf fixture_output[3];

static inline void fixture_capture(void *data, int stream, const char *bytes, size_t len)
{
    (void)data;
    ocib_buf_add(&fixture_output[0], bytes, len);
    ocib_buf_add(&fixture_output[stream], bytes, len);
}

static inline void fixture_copy(const char *from, const char *to, mode_t mode)
{
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_file_read(AT_FDCWD, from, 64 << 20, &bytes, OCIB_ESTORE, &err), 0);
    OCIB_AUTO_FREE char *path = ocib_format("%s/%s", fixture_path, to);
    OCIB_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_int_equal(ocib_fd_write_all(fd, bytes.data, bytes.len), 0);
    assert_int_equal(fchmod(fd, mode), 0);
}

static inline void fixture_write(const char *name, const char *text, mode_t mode)
{
    OCIB_AUTO_FREE char *path = ocib_format("%s/%s", fixture_path, name);
    OCIB_AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    assert_true(fd >= 0);
    assert_int_equal(ocib_fd_write_all(fd, text, strlen(text)), 0);
    assert_int_equal(fchmod(fd, mode), 0);
}

static inline const char *fixture_busybox(void)
{
    static const char *const paths[] = {"/bin/busybox", "/usr/bin/busybox", "/bin/busybox.static"};
    for (size_t i = 0; i < OCIB_COUNT(paths); i++) {
        if (access(paths[i], X_OK) == 0) {
            return paths[i];
        }
    }
    return NULL;
}

static inline void fixture_links(void)
{
    static const char *const names[] = {
        "sh",   "true", "false",  "cat",     "echo",     "id",    "ls",   "sleep",    "hostname",
        "kill", "grep", "head",   "seq",     "pwd",      "mount", "test", "mkdir",    "rm",
        "ln",   "stat", "touch",  "tty",     "readlink", "ip",    "ps",   "readlink", "dd",
        "tr",   "sort", "wc",     "chown",   "chmod",    "mknod", "env",  "setsid",   "date",
        "cut",  "su",   "umount", "unshare", "chroot",   "sed",   "find", "usleep"};
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        OCIB_AUTO_FREE char *path = ocib_format("%s/bin/%s", fixture_path, names[i]);
        (void)!symlink("busybox", path);
    }
}

/* Fills fixture_path; as whoever the sandbox mode makes of us. */
static inline void fixture_tree(void)
{
    static const char *const folders[] = {"",     "/bin", "/proc",  "/sys", "/dev",
                                          "/etc", "/tmp", "/setid", "/work"};
    snprintf(fixture_path, sizeof(fixture_path), "/tmp/sandbox-test-%ld", (long)getpid());
    for (size_t i = 0; i < OCIB_COUNT(folders); i++) {
        OCIB_AUTO_FREE char *path = ocib_format("%s%s", fixture_path, folders[i]);
        assert_int_equal(mkdir(path, 0755), 0);
        assert_int_equal(chmod(path, strcmp(folders[i], "/tmp") == 0 ? 01777 : 0755), 0);
    }
    fixture_copy(fixture_busybox(), "bin/busybox", 0755);
    fixture_links();
    fixture_write("etc/passwd", "root::0:0:root:/:/bin/sh\nalice::1000:1000:alice:/:/bin/sh\n",
                  0644);
    fixture_write("etc/group", "root:x:0:\nalice:x:1000:\nstaff:x:50:alice\n", 0644);
}

static inline int fixture_root(void)
{
    int fd = ocib_mount_clone(AT_FDCWD, fixture_path, false);
    assert_true(fd >= 0);
    return fd;
}

/* A step with nothing but a command and a PATH; the caller changes what it needs. */
struct fixture_step {
    struct ocib_step step;
    struct ocib_strings argv;
    struct ocib_strings env;
    int root_fd;
};

static inline void fixture_step_init(struct fixture_step *s, const char *const *argv)
{
    memset(s, 0, sizeof(*s));
    for (; *argv; argv++) {
        ocib_strings_push(&s->argv, *argv);
    }
    ocib_env_set(&s->env, "PATH", "/bin");
    s->root_fd = fixture_root();
    s->step = (struct ocib_step){.root_fd = s->root_fd,
                                 .argv = &s->argv,
                                 .env = &s->env,
                                 .cwd = "/",
                                 .output = fixture_capture};
}

static inline void fixture_step_release(struct fixture_step *s)
{
    ocib_strings_release(&s->argv);
    ocib_strings_release(&s->env);
    ocib_fd_cleanup(&s->root_fd);
}

static inline void fixture_forget_output(void)
{
    for (int i = 0; i < 3; i++) {
        ocib_buf_clear(&fixture_output[i]);
        ocib_buf_reserve(&fixture_output[i], 1)[0] = '\0';
    }
}

static inline int fixture_run(struct fixture_step *s)
{
    struct ocib_step_result result = {-1, -1};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    fixture_forget_output();
    int failed = ocib_sandbox_run(fixture_sandbox, &s->step, &result, &err);
    if (failed) {
        print_message("%s\n", ocib_error_message(err));
    }
    assert_int_equal(failed, 0);
    return result.exit_status;
}

static inline int fixture_shell_as(const char *command, uid_t uid)
{
    const char *const argv[] = {"sh", "-c", command, NULL};
    struct fixture_step s;
    fixture_step_init(&s, argv);
    s.step.uid = uid;
    s.step.gid = uid;
    int status = fixture_run(&s);
    fixture_step_release(&s);
    return status;
}

/* Runs `sh -c command` as root; returns its status, the output is in fixture_output. */
static inline int fixture_shell(const char *command)
{
    return fixture_shell_as(command, 0);
}

static inline void fixture_says(const char *command, const char *output)
{
    int status = fixture_shell(command);
    assert_string_equal(fixture_output[0].data, output);
    assert_int_equal(status, 0);
}

static inline int fixture_remove(void)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    for (int i = 0; i < 3; i++) {
        ocib_buf_release(&fixture_output[i]);
    }
    int removed = ocib_remove_tree(AT_FDCWD, fixture_path, &err);
    ocib_sandbox_free(fixture_sandbox);
    fixture_sandbox = NULL;
    return removed;
}

/* Enters a mode and makes the tree; false, said aloud, if this machine can't. */
static inline bool fixture_enter(enum ocib_sandbox_mode mode)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (!fixture_busybox()) {
        print_message("SKIPPED: busybox is not installed\n");
        return false;
    }
    fixture_sandbox = ocib_sandbox_enter(mode, NULL, &err);
    if (!fixture_sandbox) {
        print_message("SKIPPED: %s (%s)\n", ocib_error_message(err),
                      ocib_error_hint(err) ? ocib_error_hint(err) : "no hint");
        return false;
    }
    fixture_tree();
    return true;
}

#define FIXTURE_SKIPPED 77
#define FIXTURE_NOBODY  65534 /* a user without subordinate ids */

/* An ordinary user with subordinate ids, for root's tests of mode userns: the first that
 * /etc/subuid and /etc/subgid name. */
static inline bool fixture_find_user(uid_t *uid, gid_t *gid)
{
    OCIB_AUTO_BUF struct ocib_buf users = {0};
    OCIB_AUTO_BUF struct ocib_buf groups = {0};
    if (ocib_file_read(AT_FDCWD, "/etc/subuid", 1 << 20, &users, OCIB_ESTORE, NULL) < 0 ||
        ocib_file_read(AT_FDCWD, "/etc/subgid", 1 << 20, &groups, OCIB_ESTORE, NULL) < 0) {
        return false;
    }
    struct ocib_str rest = ocib_buf_str(&users);
    struct ocib_str line;
    while (ocib_str_cut(&rest, '\n', &line)) {
        struct ocib_str name;
        if (!ocib_str_cut(&line, ':', &name)) {
            continue;
        }
        OCIB_AUTO_FREE char *text = ocib_str_dup(name);
        const struct passwd *entry = getpwnam(text);
        if (entry && entry->pw_uid != 0 && strstr(groups.data, text)) {
            *uid = entry->pw_uid;
            *gid = entry->pw_gid;
            return true;
        }
    }
    return false;
}

static inline int fixture_tests_in(enum ocib_sandbox_mode mode, int (*tests)(void))
{
    uid_t uid = 0;
    gid_t gid = 0;
    pid_t pid = fork();
    if (pid == 0) {
        bool as_user = mode == OCIB_SANDBOX_USERNS && geteuid() == 0;
        if (as_user && (!fixture_find_user(&uid, &gid) || setgid(gid) < 0 || setuid(uid) < 0)) {
            print_message("SKIPPED: no user with subordinate ids\n");
            _exit(FIXTURE_SKIPPED);
        }
        bool without_ids = mode == OCIB_SANDBOX_SINGLE && geteuid() == 0;
        if (without_ids && (setgid(FIXTURE_NOBODY) < 0 || setuid(FIXTURE_NOBODY) < 0)) {
            print_message("SKIPPED: can't become an ordinary user\n");
            _exit(FIXTURE_SKIPPED);
        }
        /* As after executing the program as that user: setuid() has made it undumpable. */
        prctl(PR_SET_DUMPABLE, 1);
        if (!fixture_enter(mode)) {
            _exit(FIXTURE_SKIPPED);
        }
        print_message("mode %s\n", ocib_sandbox_mode_name(mode));
        int failed = tests();
        _exit(fixture_remove() < 0 || failed ? 1 : 0);
    }
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/*
 * The main of a test program: runs its tests in mode root (if it is root) and in mode userns, each
 * in a process of its own, since a mode is entered for good.
 */
static inline int fixture_main(int (*tests)(void))
{
    int in_root = FIXTURE_SKIPPED;
    if (geteuid() == 0) {
        in_root = fixture_tests_in(OCIB_SANDBOX_ROOT, tests);
    }
    int in_userns = fixture_tests_in(OCIB_SANDBOX_USERNS, tests);
    if (in_root == FIXTURE_SKIPPED && in_userns == FIXTURE_SKIPPED) {
        return FIXTURE_SKIPPED;
    }
    return (in_root && in_root != FIXTURE_SKIPPED) || (in_userns && in_userns != FIXTURE_SKIPPED);
}

#endif
