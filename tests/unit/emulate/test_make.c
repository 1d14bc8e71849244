#include "emulate/fixture.h"

#include <linux/openat2.h>
#include <sys/sysmacros.h>

/* What a user makes is the user's, by every call that makes something. */
static int make_as_user(void)
{
    struct stat st;
    char text[8];
    umask(027);
    OCIB_AUTO_FD int fd = open("a", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    CHECK(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) && fixture_owned("a", 1000, 50));
    CHECK(write(fd, "text", 4) == 4 && fstat(fd, &st) == 0 && st.st_size == 4);
    CHECK((st.st_mode & 07777) == 0640 && st.st_uid == 1000);
    CHECK(open("a", O_RDWR | O_CREAT | O_EXCL, 0666) < 0 && errno == EEXIST);
    OCIB_AUTO_FD int again = open("a", O_RDWR | O_CREAT | O_TRUNC, 0666);
    CHECK(again >= 0 && !(fcntl(again, F_GETFD) & FD_CLOEXEC));
    OCIB_AUTO_FD int created = creat("b", 0600);
    CHECK(created >= 0 && write(created, "x", 1) == 1 && fixture_owned("b", 1000, 50));
    CHECK(mkdir("d", 0777) == 0 && fixture_owned("d", 1000, 50));
    CHECK(stat("d", &st) == 0 && (st.st_mode & 07777) == 0750);
    CHECK(symlink("a", "s") == 0 && fixture_owned("s", 1000, 50));
    CHECK(readlink("s", text, sizeof(text)) == 1 && text[0] == 'a');
    CHECK(mkfifo("p", 0666) == 0 && fixture_owned("p", 1000, 50));
    CHECK(mknod("n", S_IFREG | 0600, 0) == 0 && fixture_owned("n", 1000, 50));
    CHECK(mknod("c", S_IFCHR | 0600, makedev(1, 3)) < 0 && errno == EPERM);
    CHECK(mkdir("none/d", 0777) < 0 && errno == ENOENT);
    CHECK(mkdir("d", 0777) < 0 && errno == EEXIST);
    return 0;
}

static int make_by_folder(void)
{
    const struct open_how how = {.flags = O_CREAT | O_WRONLY, .mode = 0600};
    const struct open_how beneath = {
        .flags = O_CREAT | O_WRONLY, .mode = 0600, .resolve = RESOLVE_BENEATH};
    CHECK(mkdir("d", 0700) == 0);
    OCIB_AUTO_FD int dir = open("d", O_PATH | O_DIRECTORY | O_CLOEXEC);
    OCIB_AUTO_FD int a = openat(dir, "a", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    OCIB_AUTO_FD int b = (int)syscall(SYS_openat2, dir, "b", &how, sizeof(how));
    OCIB_AUTO_FD int c = (int)syscall(SYS_openat2, dir, "c", &beneath, sizeof(beneath));
    CHECK(a >= 0 && b >= 0 && c >= 0);
    CHECK(syscall(SYS_openat2, dir, "../x", &beneath, sizeof(beneath)) < 0 && errno == EXDEV);
    CHECK(mkdirat(dir, "e", 0700) == 0 && symlinkat("t", dir, "s") == 0);
    CHECK(fixture_owned("d/a", 1000, 50) && fixture_owned("d/b", 1000, 50));
    CHECK(fixture_owned("d/c", 1000, 50) && fixture_owned("d/e", 1000, 50));
    CHECK(fixture_owned("d/s", 1000, 50));
    OCIB_AUTO_FD int unnamed = openat(dir, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    CHECK(unnamed >= 0);
    char path[64];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", unnamed);
    CHECK(linkat(AT_FDCWD, path, dir, "u", AT_SYMLINK_FOLLOW) == 0);
    CHECK(fixture_owned("d/u", 1000, 50));
    return 0;
}

/* Root's files get the group of a folder with the set-group-ID bit. */
static int inherit_group(void)
{
    struct stat st;
    CHECK(mkdir("g", 0755) == 0 && chown("g", 0, 8) == 0 && chmod("g", 02775) == 0);
    OCIB_AUTO_FD int fd = open("g/f", O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    CHECK(fd >= 0 && fixture_owned("g/f", 0, 8));
    CHECK(mkdir("g/d", 0755) == 0 && fixture_owned("g/d", 0, 8));
    CHECK(stat("g/d", &st) == 0 && (st.st_mode & 07777) == 02755);
    CHECK(symlink("x", "g/s") == 0 && fixture_owned("g/s", 0, 8));
    CHECK(mkdir("n", 0755) == 0 && fixture_make("n/f") && fixture_owned("n/f", 0, 0));
    return 0;
}

/* Root makes device nodes: so says every call, though a file stands for them. */
static int make_devices(void)
{
    struct stat st;
    struct statx stx;
    CHECK(mknod("c", S_IFCHR | 0666, makedev(1, 3)) == 0 && stat("c", &st) == 0);
    CHECK(S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) && st.st_size == 0);
    CHECK(mknodat(AT_FDCWD, "b", S_IFBLK | 0660, makedev(259, 1000)) == 0);
    CHECK(chown("b", 0, 6) == 0 && rename("b", "e") == 0 && fixture_owned("e", 0, 6));
    CHECK(statx(AT_FDCWD, "e", 0, STATX_BASIC_STATS, &stx) == 0 && S_ISBLK(stx.stx_mode));
    CHECK(stx.stx_rdev_major == 259 && stx.stx_rdev_minor == 1000);
    CHECK(mknod("w", S_IFCHR, makedev(0, 0)) < 0 && errno == EPERM);
    CHECK(mknod("c", S_IFCHR, makedev(1, 3)) < 0 && errno == EEXIST);
    return 0;
}

static void test_user(void **state)
{
    assert_int_equal(fixture_run_as(make_as_user, 1000, 50), 0);
}

static void test_folders(void **state)
{
    assert_int_equal(fixture_run_as(make_by_folder, 1000, 50), 0);
}

static void test_set_group_id(void **state)
{
    assert_int_equal(fixture_run(inherit_group), 0);
}

static void test_devices(void **state)
{
    assert_int_equal(fixture_run(make_devices), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_user),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_set_group_id),
        cmocka_unit_test(test_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
