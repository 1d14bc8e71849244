#include "sys/fixture.h"
#include "sys/path.h"

/* root/ has a folder, a file, and links that try to leave it; secret lies beside it. */
static int root = -1;

static int setup(void **state)
{
    if (temporary_setup(state) < 0 || mkdirat(temporary, "root", 0755) < 0 ||
        mkdirat(temporary, "root/dir", 0755) < 0 ||
        symlinkat("/etc-of-root", temporary, "root/absolute") < 0 ||
        symlinkat("../secret", temporary, "root/out") < 0 ||
        symlinkat("../../../../../secret", temporary, "root/dir/far") < 0 ||
        symlinkat("dir", temporary, "root/inside") < 0 ||
        symlinkat("loop", temporary, "root/loop") < 0) {
        return -1;
    }
    temporary_write("secret", "host");
    temporary_write("root/etc-of-root", "root");
    temporary_write("root/dir/file", "file");
    root = openat(temporary, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return root < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    close(root);
    return temporary_teardown(state);
}

static void reads(int fd, const char *wanted)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    assert_true(fd >= 0);
    assert_int_equal(ocib_fd_read_all(fd, 100, &out), 0);
    assert_string_equal(out.data, wanted);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(fd);
}

static void test_in_root(void **state)
{
    reads(ocib_open_in_root(root, "dir/file", O_RDONLY, 0), "file");
    reads(ocib_open_in_root(root, "/dir/file", O_RDONLY, 0), "file");
    reads(ocib_open_in_root(root, "../../dir/../dir/file", O_RDONLY, 0), "file");
    reads(ocib_open_in_root(root, "absolute", O_RDONLY, 0), "root");
    reads(ocib_open_in_root(root, "inside/file", O_RDONLY, 0), "file");
    assert_int_equal(ocib_open_in_root(root, "out", O_RDONLY, 0), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(ocib_open_in_root(root, "dir/far", O_RDONLY, 0), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(ocib_open_in_root(root, "loop", O_RDONLY, 0), -1);
    assert_int_equal(errno, ELOOP);
    OCIB_AUTO_FD int itself = ocib_open_in_root(root, "", O_PATH, 0);
    assert_true(itself >= 0);
}

/* A file that is made through a dangling link is made inside. */
static void test_create_in_root(void **state)
{
    assert_int_equal(symlinkat("/../../made", root, "dangling"), 0);
    OCIB_AUTO_FD int fd = ocib_open_in_root(root, "dangling", O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(faccessat(temporary, "root/made", F_OK, 0), 0);
    assert_int_equal(faccessat(temporary, "made", F_OK, 0), -1);
    unlinkat(root, "made", 0);
    unlinkat(root, "dangling", 0);
}

static void test_beneath(void **state)
{
    reads(ocib_open_beneath(root, "dir/../dir/file", O_RDONLY, 0), "file");
    reads(ocib_open_beneath(root, "inside/file", O_RDONLY, 0), "file");
    static const char *const out[] = {"out", "dir/far", "../secret", "absolute", "/dir/file"};
    for (size_t i = 0; i < OCIB_COUNT(out); i++) {
        assert_int_equal(ocib_open_beneath(root, out[i], O_RDONLY, 0), -1);
        assert_int_equal(errno, EXDEV);
    }
}

static void test_no_links(void **state)
{
    reads(ocib_open_no_links(root, "dir/file", O_RDONLY, 0), "file");
    assert_int_equal(ocib_open_no_links(root, "inside/file", O_RDONLY, 0), -1);
    assert_int_equal(errno, ELOOP);
    assert_int_equal(ocib_open_no_links(root, "../secret", O_RDONLY, 0), -1);
    assert_int_equal(errno, EXDEV);
    OCIB_AUTO_FD int link = ocib_open_no_links(root, "inside", O_PATH | O_NOFOLLOW, 0);
    assert_true(link >= 0);
}

static void test_parent(void **state)
{
    static const struct {
        const char *path;
        const char *folder; /* as seen from the temporary folder */
        const char *base;
    } cases[] = {
        {"dir/file", "root/dir", "file"},
        {"/dir/file/", "root/dir", "file/"},
        {"dir", "root", "dir"},
        {"/", "root", "."},
        {"", "root", "."},
        {"inside/x", "root/dir", "x"},
        {"dir/..", "root", "."},
        {"..", "root", "."},
        {"../../..//", "root", "."},
        {"dir/far", "root/dir", "far"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        const char *base = NULL;
        struct stat got;
        struct stat wanted;
        OCIB_AUTO_FD int fd = ocib_open_parent_in_root(root, cases[i].path, &base);
        assert_true(fd >= 0);
        assert_string_equal(base, cases[i].base);
        assert_int_equal(fstat(fd, &got), 0);
        assert_int_equal(fstatat(temporary, cases[i].folder, &wanted, 0), 0);
        assert_int_equal(got.st_ino, wanted.st_ino);
    }
    const char *base;
    assert_int_equal(ocib_open_parent_in_root(root, "no/x", &base), -1);
    assert_int_equal(errno, ENOENT);
}

static void test_mkdirs_in_root(void **state)
{
    const struct ocib_mkdirs how = {
        .mode = 0751, .uid = geteuid(), .gid = getegid(), .set_time = true, .seconds = 1000000000};
    struct stat st;
    assert_int_equal(symlinkat("/../../new/deep", root, "way"), 0);
    assert_int_equal(mkdirat(root, "new", 0700), 0);
    assert_int_equal(mkdirat(root, "new/deep", 0700), 0);
    assert_int_equal(ocib_mkdirs_in_root(root, "/way/a//b/", &how), 0);
    assert_int_equal(ocib_mkdirs_in_root(root, "/way/a/b", &how), 0);
    assert_int_equal(fstatat(root, "new/deep/a/b", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0751);
    assert_int_equal(st.st_mtime, 1000000000);
    assert_int_equal(fstatat(root, "new", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    assert_int_equal(ocib_mkdirs_in_root(root, "dir/file/x", &how), -1);
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(faccessat(temporary, "new", F_OK, 0), -1);
    assert_int_equal(ocib_remove_tree(root, "new", NULL), 0);
    unlinkat(root, "way", 0);
}

static void test_mkdirs_below_set_group_id(void **state)
{
    struct ocib_mkdirs how = {.mode = 0755, .uid = geteuid(), .gid = getegid()};
    const gid_t group = geteuid() == 0 ? 1234 : getegid();
    struct stat st;
    assert_int_equal(mkdirat(root, "shared", 0700), 0);
    assert_int_equal(fchownat(root, "shared", (uid_t)-1, group, 0), 0);
    assert_int_equal(fchmodat(root, "shared", 02775, 0), 0);
    assert_int_equal(ocib_mkdirs_in_root(root, "shared/a/b", &how), 0);
    assert_int_equal(fstatat(root, "shared/a/b", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 02755);
    assert_int_equal(st.st_gid, getegid() == 0 ? group : getegid());
    how.exact = true;
    assert_int_equal(ocib_mkdirs_in_root(root, "shared/c", &how), 0);
    assert_int_equal(fstatat(root, "shared/c", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    assert_int_equal(st.st_gid, getegid() == 0 ? group : getegid());
    assert_int_equal(ocib_remove_tree(root, "shared", NULL), 0);
}

static void test_readlink(void **state)
{
    OCIB_AUTO_FREE char *text = ocib_readlink_at(root, "dir/far");
    assert_string_equal(text, "../../../../../secret");
    assert_null(ocib_readlink_at(root, "dir"));
    assert_int_equal(errno, EINVAL);
}

static void test_reopen(void **state)
{
    OCIB_AUTO_FD int path_only = ocib_open_in_root(root, "dir/file", O_PATH, 0);
    assert_true(path_only >= 0);
    reads(ocib_reopen(path_only, O_RDONLY), "file");
}

static void test_join(void **state)
{
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "/b", "a/b"}, {"/", "b", "/b"}, {"a//", "//b/c", "a/b/c"}};
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *got = ocib_path_join(cases[i][0], cases[i][1]);
        assert_string_equal(got, cases[i][2]);
    }
}

static void test_push_and_pop(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf path = {0};
    ocib_buf_init(&path);
    ocib_path_push(&path, OCIB_STR("a"));
    ocib_path_push(&path, OCIB_STR("bc"));
    assert_string_equal(path.data, "a/bc");
    ocib_path_pop(&path);
    assert_string_equal(path.data, "a");
    ocib_path_pop(&path);
    ocib_path_pop(&path); /* the root has nothing above it */
    assert_string_equal(path.data, "");
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_in_root),
        cmocka_unit_test(test_create_in_root),
        cmocka_unit_test(test_beneath),
        cmocka_unit_test(test_no_links),
        cmocka_unit_test(test_parent),
        cmocka_unit_test(test_mkdirs_in_root),
        cmocka_unit_test(test_mkdirs_below_set_group_id),
        cmocka_unit_test(test_readlink),
        cmocka_unit_test(test_reopen),
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_push_and_pop),
    };
    return cmocka_run_group_tests_name("path", list, setup, teardown);
}
