#include "context/archive.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

/* An archive that is being made, and the folder that it is unpacked to: a folder "in" of one that
 * has nothing else in it. */
struct test {
    char path[64];
    int fd;
    struct ocib_buf text;
    struct ocib_tar_writer *tar;
    struct ocib_inodes *inodes;
    struct ocib_archive_limits limits;
    struct ocib_error *err;
};

static int set_up(void **state)
{
    struct test *test = ocib_new(struct test);
    snprintf(test->path, sizeof(test->path), "/tmp/ocib-archive-XXXXXX");
    assert_non_null(mkdtemp(test->path));
    OCIB_AUTO_FREE char *in = ocib_format("%s/in", test->path);
    assert_int_equal(mkdir(in, 0700), 0);
    test->fd = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ocib_buf_init(&test->text);
    test->tar = ocib_tar_writer_new(ocib_writer_to_buf(&test->text), NULL);
    test->inodes = ocib_inodes_new();
    test->limits = (struct ocib_archive_limits){.bytes = 1 << 20, .entries = 1000};
    *state = test;
    return 0;
}

static int tear_down(void **state)
{
    struct test *test = *state;
    ocib_fd_cleanup(&test->fd);
    assert_int_equal(ocib_remove_tree(AT_FDCWD, test->path, NULL), 0);
    ocib_buf_release(&test->text);
    ocib_tar_writer_free(test->tar);
    ocib_inodes_free(test->inodes);
    ocib_error_free(test->err);
    free(test);
    return 0;
}

static void add_entry(struct test *test, struct ocib_tar_entry entry, const char *content)
{
    entry.mtime = 1000000000;
    entry.size = content ? (int64_t)strlen(content) : 0;
    assert_int_equal(ocib_tar_writer_entry(test->tar, &entry, NULL), 0);
    if (content) {
        assert_int_equal(ocib_tar_writer_data(test->tar, content, strlen(content), NULL), 0);
    }
}

static void add_file(struct test *test, const char *path, const char *content)
{
    add_entry(test, (struct ocib_tar_entry){.path = path, .mode = S_IFREG | 0644}, content);
}

static void add_link(struct test *test, const char *path, const char *to, bool hard)
{
    add_entry(test,
              (struct ocib_tar_entry){.path = path,
                                      .linkname = to,
                                      .is_hardlink = hard,
                                      .mode = hard ? S_IFREG | 0644 : S_IFLNK | 0777},
              NULL);
}

static void add_folder(struct test *test, const char *path, mode_t mode)
{
    add_entry(test, (struct ocib_tar_entry){.path = path, .mode = S_IFDIR | mode}, NULL);
}

static int unpack(struct test *test)
{
    if (!test->tar) {
        return -1;
    }
    assert_int_equal(ocib_tar_writer_finish(test->tar, NULL), 0);
    OCIB_AUTO(ocib_tar_reader_cleanup)
    struct ocib_tar_reader *tar =
        ocib_tar_reader_new(ocib_reader_of_str(ocib_buf_str(&test->text)), true, NULL);
    return ocib_archive_unpack(tar, test->fd, &test->limits, test->inodes, &test->err);
}

static void assert_unpacks(struct test *test)
{
    if (unpack(test) < 0) {
        fail_msg("%s", ocib_error_message(test->err));
    }
}

static void assert_fails(struct test *test, enum ocib_code code, const char *part)
{
    assert_int_equal(unpack(test), -1);
    if (!strstr(ocib_error_message(test->err), part)) {
        fail_msg("\"%s\" is not in \"%s\"", part, ocib_error_message(test->err));
    }
    assert_int_equal(ocib_error_code(test->err), code);
}

/* What there is to be seen of a path. */
static struct ocib_inode seen(struct test *test, const char *path, struct stat *st)
{
    struct ocib_inode inode;
    struct stat own;
    st = st ? st : &own;
    assert_int_equal(fstatat(test->fd, path, st, AT_SYMLINK_NOFOLLOW), 0);
    ocib_inodes_get(test->inodes, st, &inode);
    return inode;
}

static void assert_content(struct test *test, const char *path, const char *content)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    assert_int_equal(ocib_file_read(test->fd, path, 1 << 20, &text, OCIB_EINPUT, NULL), 0);
    ocib_buf_reserve(&text, 0);
    assert_int_equal(text.len, strlen(content));
    assert_memory_equal(text.data, content, text.len);
}

static void test_kinds(void **state)
{
    struct test *test = *state;
    struct ocib_xattrs xattrs = {0};
    struct stat st, other;
    ocib_xattrs_add(&xattrs, "user.a", OCIB_STR("1"));
    add_folder(test, "", 0711);
    add_folder(test, "d", 02770);
    add_entry(test,
              (struct ocib_tar_entry){
                  .path = "d/f", .mode = S_IFREG | 04755, .uid = 33, .gid = 44, .xattrs = &xattrs},
              "content");
    ocib_xattrs_release(&xattrs);
    add_link(test, "hard", "d/f", true);
    add_link(test, "soft", "/etc/passwd", false);
    add_entry(test,
              (struct ocib_tar_entry){
                  .path = "null", .mode = S_IFCHR | 0666, .rdev = makedev(1, 3), .uid = 7},
              NULL);
    add_entry(test, (struct ocib_tar_entry){.path = "fifo", .mode = S_IFIFO | 0600}, NULL);
    add_file(test, "left/out/f", "x");
    assert_unpacks(test);
    struct ocib_inode inode = seen(test, "d/f", &st);
    assert_int_equal(inode.mode, S_IFREG | 0644); /* the hard link's word is the last */
    assert_int_equal(inode.xattrs->len, 1);
    assert_int_equal(st.st_mode, S_IFREG | 0600);
    assert_int_equal(st.st_uid, geteuid());
    assert_int_equal(st.st_mtim.tv_sec, 1000000000);
    seen(test, "hard", &other);
    assert_int_equal(st.st_ino, other.st_ino);
    assert_content(test, "d/f", "content");
    assert_int_equal(seen(test, "d", &st).mode, S_IFDIR | 02770);
    assert_int_equal(st.st_mode, S_IFDIR | 0700);
    assert_int_equal(st.st_mtim.tv_sec, 1000000000);
    inode = seen(test, "null", &st);
    assert_int_equal(inode.mode, S_IFCHR | 0666);
    assert_int_equal(inode.rdev, makedev(1, 3));
    assert_int_equal(inode.uid, 7);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(seen(test, "fifo", &st).mode, S_IFIFO | 0600);
    assert_true(S_ISREG(st.st_mode));
    assert_int_equal(seen(test, "left/out", NULL).mode, S_IFDIR | 0755);
    assert_int_equal(seen(test, ".", NULL).mode, S_IFDIR | 0755);
}

static void test_same_names(void **state)
{
    struct test *test = *state;
    add_file(test, "a", "first");
    add_file(test, "a", "second");
    add_folder(test, "d", 0755);
    add_file(test, "d/kept", "1");
    add_folder(test, "d", 0700);
    add_folder(test, "gone", 0755);
    add_file(test, "gone/f", "1");
    add_file(test, "gone", "a file now");
    add_link(test, "a", "a", true);
    assert_unpacks(test);
    assert_content(test, "a", "second");
    assert_content(test, "d/kept", "1");
    assert_int_equal(seen(test, "d", NULL).mode, S_IFDIR | 0700);
    assert_content(test, "gone", "a file now");
}

/* Links are followed as inside of the folder, and nothing comes to lie beside it. */
static void test_nothing_leads_out(void **state)
{
    struct test *test = *state;
    struct stat st;
    add_link(test, "up", "..", false);
    add_file(test, "up/a", "1");
    add_link(test, "top", "/", false);
    add_file(test, "top/b", "2");
    add_link(test, "far", "/../../../..", false);
    add_file(test, "far/c/d", "3");
    add_link(test, "file", "../beside", false);
    add_file(test, "file", "4");
    assert_unpacks(test);
    assert_content(test, "a", "1");
    assert_content(test, "b", "2");
    assert_content(test, "c/d", "3");
    assert_content(test, "file", "4");
    OCIB_AUTO_FREE char *beside = ocib_format("%s/beside", test->path);
    OCIB_AUTO_FREE char *a = ocib_format("%s/a", test->path);
    assert_int_equal(lstat(beside, &st), -1);
    assert_int_equal(lstat(a, &st), -1);
}

static void test_names_that_lead_out(void **state)
{
    struct test *test = *state;
    struct stat st;
    add_file(test, "d/../../beside", "1");
    assert_fails(test, OCIB_ECORRUPT, "..");
    OCIB_AUTO_FREE char *beside = ocib_format("%s/beside", test->path);
    assert_int_equal(lstat(beside, &st), -1);
}

static void test_hard_links_that_lead_out(void **state)
{
    struct test *test = *state;
    OCIB_AUTO_FREE char *beside = ocib_format("%s/beside", test->path);
    assert_int_equal(ocib_file_write_atomic(AT_FDCWD, beside, OCIB_STR("secret"), 0600, NULL), 0);
    add_link(test, "up", "..", false);
    add_link(test, "stolen", "up/beside", true);
    assert_fails(test, OCIB_ECORRUPT, "can't link stolen to up/beside");
}

static void test_a_link_to_nothing(void **state)
{
    struct test *test = *state;
    add_link(test, "a", "nothing", true);
    assert_fails(test, OCIB_ECORRUPT, "can't link a to nothing: No such file or directory");
}

static void test_a_folder_below_a_file(void **state)
{
    struct test *test = *state;
    add_file(test, "a", "1");
    add_file(test, "a/b", "1");
    assert_fails(test, OCIB_ECORRUPT, "can't unpack a/b");
}

static void test_too_many_bytes(void **state)
{
    struct test *test = *state;
    test->limits.bytes = 520;
    add_file(test, "a", "12345678");
    add_file(test, "b", "");
    assert_fails(test, OCIB_ESTORE, "more than the disk has room for");
    assert_content(test, "a", "12345678");
}

static void test_too_many_entries(void **state)
{
    struct test *test = *state;
    test->limits.entries = 2;
    add_file(test, "a", "");
    add_file(test, "b", "");
    add_file(test, "c", "");
    assert_fails(test, OCIB_EINPUT, "more than 2 entries");
}

static void test_interrupted(void **state)
{
    struct test *test = *state;
    const volatile int interrupted = 1;
    test->limits.interrupted = &interrupted;
    add_file(test, "a", "");
    assert_fails(test, OCIB_EINTERRUPTED, "interrupted");
}

static void test_limits_of_the_disk(void **state)
{
    struct test *test = *state;
    struct ocib_archive_limits limits;
    assert_int_equal(ocib_archive_limits_of(test->fd, &limits, NULL), 0);
    assert_true(limits.bytes > 0);
    assert_true(limits.entries > 100000);
    assert_int_equal(ocib_archive_limits_of(-1, &limits, &test->err), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(kinds),
        TEST(same_names),
        TEST(nothing_leads_out),
        TEST(names_that_lead_out),
        TEST(hard_links_that_lead_out),
        TEST(a_link_to_nothing),
        TEST(a_folder_below_a_file),
        TEST(too_many_bytes),
        TEST(too_many_entries),
        TEST(interrupted),
        TEST(limits_of_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
