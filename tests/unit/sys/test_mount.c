#include "sys/fixture.h"
#include "sys/mount.h"

#include <sched.h>
#include <sys/wait.h>

/* Mounts are made by a child that has a mount namespace of its own. */
enum { CAN_NOT = 77 };

static bool write_text(const char *path, const char *text)
{
    OCIB_AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* An ordinary user needs a user namespace to own the mount namespace, with its own ids in it. */
static bool own_user_namespace(void)
{
    OCIB_AUTO_FREE char *users = ocib_format("%d %d 1", (int)geteuid(), (int)geteuid());
    OCIB_AUTO_FREE char *groups = ocib_format("%d %d 1", (int)getegid(), (int)getegid());
    return geteuid() == 0 ||
           (unshare(CLONE_NEWUSER) == 0 && write_text("/proc/self/setgroups", "deny") &&
            write_text("/proc/self/uid_map", users) && write_text("/proc/self/gid_map", groups));
}

static int do_in_namespace(int (*body)(void))
{
    if (!own_user_namespace() || unshare(CLONE_NEWNS) < 0 || ocib_mount_make_private() < 0) {
        return CAN_NOT;
    }
    /* The folder as it is mounted here: what was opened before belongs to the old namespace. */
    temporary = open(temporary_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return temporary < 0 ? -1 : body();
}

static int in_namespace(int (*body)(void))
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(do_in_namespace(body));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void expect(int (*body)(void))
{
    int result = in_namespace(body);
    if (result == CAN_NOT) {
        print_message("SKIPPED: mount namespaces are not allowed here\n");
        skip();
    }
    assert_int_equal(result, 0);
}

static int new_and_attached(void)
{
    static const char *const options[] = {"mode=0711", "size=65536", NULL};
    struct stat st;
    OCIB_AUTO_FD int mount = ocib_mount_new("tmpfs", options, OCIB_MOUNT_NODEV);
    if (mount < 0 || mkdirat(mount, "inside", 0755) < 0 || mkdirat(temporary, "at", 0700) < 0) {
        return 1;
    }
    OCIB_AUTO_FD int target = openat(temporary, "at", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (ocib_mount_attach(mount, target) < 0 || fstatat(temporary, "at", &st, 0) < 0) {
        return 2;
    }
    return (st.st_mode & 07777) == 0711 && faccessat(temporary, "at/inside", F_OK, 0) == 0 ? 0 : 3;
}

static void test_new_and_attached(void **state)
{
    expect(new_and_attached);
    assert_int_equal(faccessat(temporary, "at/inside", F_OK, 0), -1); /* never came here */
}

static int refused(void)
{
    static const char *const wrong[] = {"no-such-option=1", NULL};
    if (ocib_mount_new("tmpfs", wrong, 0) >= 0 || errno != EINVAL) {
        return 1;
    }
    if (ocib_mount_new("no-such-type", NULL, 0) >= 0 || errno != ENODEV) {
        return 2;
    }
    return ocib_mount_type_usable("tmpfs") && !ocib_mount_type_usable("no-such-type") ? 0 : 3;
}

static void test_refused(void **state)
{
    expect(refused);
}

static int read_only_copy(void)
{
    OCIB_AUTO_FD int copy = ocib_mount_clone(AT_FDCWD, temporary_path, true);
    if (copy < 0 || ocib_mount_restrict(copy, OCIB_MOUNT_RDONLY, true) < 0) {
        return 1;
    }
    if (mkdirat(copy, "x", 0700) == 0 || errno != EROFS) {
        return 2;
    }
    return mkdirat(temporary, "x", 0700) == 0 && faccessat(copy, "x", F_OK, 0) == 0 ? 0 : 3;
}

static void test_read_only_copy(void **state)
{
    expect(read_only_copy);
}

static int copy_of_a_file(void)
{
    temporary_write("file", "1");
    OCIB_AUTO_FD int copy = ocib_mount_clone(temporary, "file", false);
    struct stat st;
    if (copy < 0 || fstat(copy, &st) < 0 || !S_ISREG(st.st_mode)) {
        return 1;
    }
    return ocib_mount_clone(temporary, "absent", false) < 0 && errno == ENOENT ? 0 : 2;
}

static void test_copy_of_a_file(void **state)
{
    expect(copy_of_a_file);
}

static int new_root(void)
{
    OCIB_AUTO_FD int mount = ocib_mount_new("tmpfs", NULL, 0);
    OCIB_AUTO_FD int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char cwd[64];
    if (mount < 0 || mkdirat(mount, "only", 0755) < 0 || ocib_mount_attach(mount, old) < 0 ||
        ocib_mount_pivot(mount) < 0) {
        return 1;
    }
    return access("/only", F_OK) == 0 && access("/proc", F_OK) < 0 && getcwd(cwd, sizeof(cwd)) &&
                   strcmp(cwd, "/") == 0
               ? 0
               : 2;
}

static void test_new_root(void **state)
{
    expect(new_root);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_new_and_attached), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_read_only_copy),   cmocka_unit_test(test_copy_of_a_file),
        cmocka_unit_test(test_new_root),
    };
    return cmocka_run_group_tests_name("mount", list, temporary_setup, temporary_teardown);
}
