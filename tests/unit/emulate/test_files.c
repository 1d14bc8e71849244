#include "emulate/fixture.h"

#include <sys/sysmacros.h>

/* Every call that changes an owner, and all that tell. */
static int change_owners(void)
{
    CHECK(fixture_make("f") && fixture_owned("f", 0, 0));
    CHECK(chown("f", 1, 2) == 0 && fixture_owned("f", 1, 2));
    CHECK(lchown("f", 3, (gid_t)-1) == 0 && fixture_owned("f", 3, 2));
    OCIB_AUTO_FD int fd = open("f", O_RDONLY | O_CLOEXEC);
    CHECK(fchown(fd, (uid_t)-1, 5) == 0 && fixture_owned("f", 3, 5));
    CHECK(fchownat(fd, "", 6, 7, AT_EMPTY_PATH) == 0 && fixture_owned("f", 6, 7));
    CHECK(mkdir("d", 0755) == 0 && fchownat(AT_FDCWD, "d", 8, 9, 0) == 0);
    CHECK(fixture_owned("d", 8, 9) && fixture_owned("d/.", 8, 9) && fixture_owned("d/../f", 6, 7));
    OCIB_AUTO_FD int dir = open("d", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat st;
    CHECK(fstatat(dir, "../f", &st, 0) == 0 && st.st_uid == 6);
    CHECK(chown("f", 4294967294U, 100000) == 0 && fixture_owned("f", 4294967294U, 100000));
    CHECK(chown("f", 0, 0) == 0 && fixture_owned("f", 0, 0));
    return 0;
}

static int refuse(void)
{
    struct stat st;
    CHECK(chown("none", 1, 1) < 0 && errno == ENOENT);
    CHECK(fchown(99, 1, 1) < 0 && errno == EBADF);
    CHECK(stat("", &st) < 0 && errno == ENOENT);
    CHECK(syscall(SYS_newfstatat, AT_FDCWD, 16, &st, 0) < 0 && errno == EFAULT);
    CHECK(fixture_make("f") && chown("f", 1, 1) == 0);
    CHECK(syscall(SYS_newfstatat, AT_FDCWD, "f", 16, 0) < 0 && errno == EFAULT);
    CHECK(chown("f/x", 1, 1) < 0 && errno == ENOTDIR);
    return 0;
}

/* A record goes where its file goes. */
static int follow_files(void)
{
    char text[8] = "";
    CHECK(fixture_make("a") && chown("a", 11, 12) == 0);
    CHECK(rename("a", "b") == 0 && fixture_owned("b", 11, 12));
    CHECK(link("b", "c") == 0 && fixture_owned("c", 11, 12));
    CHECK(chown("c", 13, 14) == 0 && fixture_owned("b", 13, 14));
    CHECK(unlink("b") == 0 && fixture_make("b") && fixture_owned("b", 0, 0));
    CHECK(symlink("c", "s") == 0 && lchown("s", 15, 16) == 0 && fixture_owned("s", 15, 16));
    CHECK(rename("s", "t") == 0 && fixture_owned("t", 15, 16) && fixture_owned("c", 13, 14));
    struct stat st;
    CHECK(stat("t", &st) == 0 && st.st_uid == 13);
    CHECK(readlink("t", text, sizeof(text)) == 1 && text[0] == 'c');
    CHECK(lstat("t", &st) == 0 && st.st_size == 1);
    CHECK(lchown("t", 0, 0) == 0 && fixture_owned("t", 0, 0));
    OCIB_AUTO_FD int fd = open("t", O_PATH | O_NOFOLLOW | O_CLOEXEC);
    CHECK(fchownat(fd, "", 17, 18, AT_EMPTY_PATH) == 0 && fixture_owned("t", 17, 18));
    return 0;
}

/* A link keeps its time, and its folder too; a fifo keeps its owner. */
static int keep_times(void)
{
    const struct timespec times[2] = {{1000, 1}, {2000, 2}};
    struct stat st;
    CHECK(mkdir("d", 0755) == 0 && symlink("/nowhere", "d/l") == 0);
    CHECK(utimensat(AT_FDCWD, "d/l", times, AT_SYMLINK_NOFOLLOW) == 0);
    CHECK(utimensat(AT_FDCWD, "d", times, 0) == 0);
    CHECK(lchown("d/l", 1, 1) == 0 && lstat("d/l", &st) == 0);
    CHECK(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 2 && st.st_uid == 1);
    CHECK(stat("d", &st) == 0 && st.st_mtim.tv_sec == 2000);
    CHECK(mkfifo("p", 0600) == 0 && chown("p", 5, 6) == 0);
    CHECK(utimensat(AT_FDCWD, "p", times, AT_SYMLINK_NOFOLLOW) == 0 && fixture_owned("p", 5, 6));
    CHECK(stat("p", &st) == 0 && st.st_mtim.tv_sec == 2000);
    CHECK(utimensat(AT_FDCWD, "p", NULL, AT_SYMLINK_NOFOLLOW) == 0 && fixture_owned("p", 5, 6));
    return 0;
}

/* chown(2): "... the S_ISUID and S_ISGID mode bits are cleared", but not those of a folder. */
static int clear_set_id(void)
{
    struct stat st;
    CHECK(fixture_make("f") && chmod("f", 06755) == 0 && chown("f", 1, 1) == 0);
    CHECK(stat("f", &st) == 0 && (st.st_mode & 07777) == 0755);
    CHECK(mkdir("d", 0755) == 0 && chmod("d", 02755) == 0 && chown("d", 1, 1) == 0);
    CHECK(stat("d", &st) == 0 && (st.st_mode & 07777) == 02755);
    return 0;
}

/* Names of records are ours. */
static int hide_attributes(void)
{
    char list[256];
    CHECK(fixture_make("f") && chown("f", 1, 1) == 0);
    CHECK(listxattr("f", NULL, 0) == 0 && llistxattr("f", list, sizeof(list)) == 0);
    CHECK(setxattr("f", "user.mine", "v", 1, 0) == 0);
    CHECK(listxattr("f", NULL, 0) == (ssize_t)sizeof("user.mine"));
    CHECK(listxattr("f", list, 3) < 0 && errno == ERANGE);
    OCIB_AUTO_FD int fd = open("f", O_RDONLY | O_CLOEXEC);
    CHECK(flistxattr(fd, list, sizeof(list)) == (ssize_t)sizeof("user.mine"));
    CHECK(strcmp(list, "user.mine") == 0);
    return 0;
}

/* Through /proc, by which C libraries do what they have no call for. */
static int go_through_proc(void)
{
    struct stat st;
    char path[64];
    CHECK(mkdir("d", 0755) == 0 && fixture_make("d/f") && chown("d/f", 1, 2) == 0);
    OCIB_AUTO_FD int dir = open("d", O_PATH | O_DIRECTORY | O_CLOEXEC);
    OCIB_AUTO_FD int fd = open("d/f", O_PATH | O_CLOEXEC);
    snprintf(path, sizeof(path), "/proc/self/fd/%d/f", dir);
    CHECK(stat(path, &st) == 0 && st.st_uid == 1);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    CHECK(stat(path, &st) == 0 && st.st_gid == 2);
    CHECK(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
    CHECK(chown(path, 3, 4) == 0 && fixture_owned("d/f", 3, 4));
    CHECK(stat("/proc/self/cwd/d/f", &st) == 0 && st.st_uid == 3);
    return 0;
}

/* An emulated user. */
static int own_as_user(void)
{
    struct stat st;
    CHECK(fixture_make("f") && fixture_owned("f", 1000, 1000));
    CHECK(chown("f", 1001, (gid_t)-1) < 0 && errno == EPERM);
    CHECK(chown("f", (uid_t)-1, 1000) == 0);
    CHECK(stat(".", &st) == 0 && chown(".", 1000, 1000) < 0 && errno == EPERM);
    return 0;
}

#define RUNS(name, body)                                                                           \
    static void name(void **state)                                                                 \
    {                                                                                              \
        assert_int_equal(fixture_run(body), 0);                                                    \
    }
RUNS(test_owners, change_owners)
RUNS(test_refusals, refuse)
RUNS(test_follow, follow_files)
RUNS(test_times, keep_times)
RUNS(test_set_id, clear_set_id)
RUNS(test_attributes, hide_attributes)
RUNS(test_proc, go_through_proc)

static void test_user(void **state)
{
    assert_int_equal(fixture_run_as(own_as_user, 1000, 1000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owners), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_follow), cmocka_unit_test(test_times),
        cmocka_unit_test(test_set_id), cmocka_unit_test(test_attributes),
        cmocka_unit_test(test_proc),   cmocka_unit_test(test_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
