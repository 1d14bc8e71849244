#include "sys/resolve.h"

#include "sys/fixture.h"
#include "sys/path.h"

#include <errno.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

static int root = -1;

static int setup(void **state)
{
    static const char *const links[][2] = {
        {"/etc-of-root", "absolute"},
        {"../secret", "out"},
        {"../../../../secret", "dir/far"},
        {"dir", "inside"},
        {"loop", "loop"},
        {"dir/", "slashed"},
        {"missing", "dangling"},
        {"inside/sub/../file", "via"},
        {"/", "top"},
        {"..", "dir/up"},
        {".", "here"},
    };
    if (temporary_setup(state) < 0 || mkdirat(temporary, "root", 0755) < 0 ||
        mkdirat(temporary, "root/dir", 0755) < 0 || mkdirat(temporary, "root/dir/sub", 0755) < 0) {
        return -1;
    }
    root = openat(temporary, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < OCIB_COUNT(links); i++) {
        if (symlinkat(links[i][0], root, links[i][1]) < 0) {
            return -1;
        }
    }
    temporary_write("secret", "host");
    temporary_write("root/etc-of-root", "root");
    temporary_write("root/dir/file", "file");
    return root < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    close(root);
    return temporary_teardown(state);
}

static int by_kernel(const char *path, int flags, mode_t mode, uint64_t resolve)
{
    struct open_how how = {.flags = (uint64_t)(unsigned)flags | O_CLOEXEC,
                           .mode = flags & O_CREAT ? mode : 0,
                           .resolve = resolve | RESOLVE_NO_MAGICLINKS};
    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* The same file, or the same errno, as the kernel gives. */
static void same(const char *path, int flags, uint64_t resolve)
{
    struct stat wanted = {0};
    struct stat found = {0};
    OCIB_AUTO_FD int theirs = by_kernel(path, flags, 0644, resolve);
    int expected = theirs < 0 ? errno : 0;
    OCIB_AUTO_FD int ours = ocib_resolve(root, path, flags, 0644, resolve);
    int got = ours < 0 ? errno : 0;
    if (expected != got) {
        fail_msg("%s, flags %x, resolve %x: %s instead of %s", path, (unsigned)flags,
                 (unsigned)resolve, strerror(got), strerror(expected));
    }
    if (ours >= 0) {
        assert_int_equal(fstat(theirs, &wanted), 0);
        assert_int_equal(fstat(ours, &found), 0);
        assert_int_equal(fcntl(ours, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    }
    assert_true(wanted.st_ino == found.st_ino && wanted.st_dev == found.st_dev);
}

static void test_as_the_kernel_does(void **state)
{
    static const char *const paths[] = {
        ".",
        "..",
        "/",
        "//",
        "/..",
        "../..",
        "dir",
        "dir/",
        "/dir//",
        "dir/file",
        "dir/file/",
        "dir/./file",
        "dir/../dir/file",
        "dir/../../etc-of-root",
        "../secret",
        "absolute",
        "/absolute",
        "out",
        "dir/far",
        "inside",
        "inside/",
        "inside/file",
        "inside/far",
        "loop",
        "loop/x",
        "slashed",
        "slashed/file",
        "dangling",
        "dangling/",
        "dangling/x",
        "via",
        "top",
        "top/dir",
        "top/../dir",
        "dir/up/dir/up/etc-of-root",
        "here/here/here/dir",
        "dir/sub/../..",
        "dir/file/..",
        "nothing",
        "nothing/x",
        "",
        "absolute/x",
        "dir/sub/.",
        "inside/.",
        "via/",
    };
    static const int flags[] = {O_RDONLY,
                                O_PATH,
                                O_PATH | O_NOFOLLOW,
                                O_RDONLY | O_NOFOLLOW,
                                O_RDONLY | O_DIRECTORY,
                                O_PATH | O_DIRECTORY,
                                O_PATH | O_DIRECTORY | O_NOFOLLOW,
                                O_WRONLY};
    static const uint64_t ways[] = {RESOLVE_IN_ROOT, RESOLVE_BENEATH,
                                    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    if (by_kernel(".", O_PATH, 0, RESOLVE_IN_ROOT) < 0) {
        skip();
    }
    for (size_t i = 0; i < OCIB_COUNT(paths); i++) {
        for (size_t k = 0; k < OCIB_COUNT(flags); k++) {
            for (size_t w = 0; w < OCIB_COUNT(ways); w++) {
                same(paths[i], flags[k], ways[w]);
            }
        }
    }
}

static void test_create(void **state)
{
    static const char *const paths[] = {"new", "inside/new2", "dangling", "dir/far", "top/new3"};
    for (size_t i = 0; i < OCIB_COUNT(paths); i++) {
        OCIB_AUTO_FD int fd =
            ocib_resolve(root, paths[i], O_WRONLY | O_CREAT, 0600, RESOLVE_IN_ROOT);
        assert_true(fd >= 0);
    }
    /* "secret" is a new one inside of the root: the one outside stays as it was. */
    assert_int_equal(faccessat(root, "secret", F_OK, 0), 0);
    assert_int_equal(faccessat(root, "missing", F_OK, 0), 0);
    assert_int_equal(faccessat(root, "dir/new2", F_OK, 0), 0);
    assert_int_equal(ocib_resolve(root, "out", O_WRONLY | O_CREAT | O_EXCL, 0600, RESOLVE_IN_ROOT),
                     -1);
    assert_int_equal(errno, EEXIST);
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    OCIB_AUTO_FD int host = openat(temporary, "secret", O_RDONLY | O_CLOEXEC);
    assert_int_equal(ocib_fd_read_all(host, 100, &out), 0);
    assert_string_equal(out.data, "host");
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test_setup_teardown(test_as_the_kernel_does, setup, teardown),
        cmocka_unit_test_setup_teardown(test_create, setup, teardown),
    };
    return cmocka_run_group_tests_name("resolve", list, NULL, NULL);
}
