#include "build/copy_place.h"

#include "copy_test.h"

static const struct ocib_placing placing = {.in_userns = false};

static struct ocib_place place_of(const struct copy_test_dir *dir, const char *name)
{
    return (struct ocib_place){dir->fd, name, name};
}

static mode_t mode_of(const struct copy_test_dir *dir, const char *name)
{
    struct stat st;
    return fstatat(dir->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode : 0;
}

static void replace_with_file(const struct copy_test_dir *dir, const char *name, bool trees)
{
    struct ocib_place place = place_of(dir, name);
    OCIB_AUTO_FD int fd = ocib_place_file(&placing, &place, trees, NULL);
    assert_true(fd >= 0);
}

static void test_files_replace_files_and_links(void **state)
{
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    copy_test_dir_make(&dir);
    copy_test_make(&dir, "f kept data=1");
    copy_test_make(&dir, "l link to=kept");
    copy_test_make(&dir, "f file data=2");
    replace_with_file(&dir, "link", false);
    replace_with_file(&dir, "file", false);
    replace_with_file(&dir, "new", false);
    assert_true(S_ISREG(mode_of(&dir, "link")));
    struct stat st;
    assert_int_equal(fstatat(dir.fd, "kept", &st, 0), 0);
    assert_int_equal(st.st_size, 1);
    assert_int_equal(fstatat(dir.fd, "file", &st, 0), 0);
    assert_int_equal(st.st_size, 0);
}

static void assert_message(const struct ocib_error *err, const char *message)
{
    assert_non_null(err);
    assert_string_equal(ocib_error_message(err), message);
    assert_int_equal(ocib_error_code(err), OCIB_EBUILD);
}

static void test_folders_are_in_the_way(void **state)
{
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    copy_test_dir_make(&dir);
    copy_test_make(&dir, "f d/x");
    struct ocib_place place = place_of(&dir, "d");
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_place_file(&placing, &place, false, &err), -1);
    assert_message(err, "can't replace folder d with a file");
    OCIB_AUTO_ERROR struct ocib_error *second = NULL;
    assert_int_equal(ocib_place_symlink(&placing, &place, "x", false, &second), -1);
    assert_message(second, "can't replace folder d with a file");
    replace_with_file(&dir, "d", true);
    assert_true(S_ISREG(mode_of(&dir, "d")));
}

static void test_folders(void **state)
{
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    copy_test_dir_make(&dir);
    copy_test_make(&dir, "d there");
    copy_test_make(&dir, "l link to=there");
    bool made;
    struct ocib_place there = place_of(&dir, "there");
    struct ocib_place fresh = place_of(&dir, "fresh");
    struct ocib_place link = place_of(&dir, "link");
    assert_int_equal(ocib_place_folder(&placing, &there, false, &made, NULL), 0);
    assert_false(made);
    assert_int_equal(ocib_place_folder(&placing, &fresh, false, &made, NULL), 0);
    assert_true(made);
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_place_folder(&placing, &link, false, &made, &err), -1);
    assert_message(err, "can't copy a folder to link, which is not a folder");
    assert_int_equal(ocib_place_folder(&placing, &link, true, &made, NULL), 0);
    assert_true(made);
    assert_true(S_ISDIR(mode_of(&dir, "link")));
}

static void test_links_and_nodes(void **state)
{
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    copy_test_dir_make(&dir);
    copy_test_make(&dir, "f a data=1");
    struct ocib_place hard = place_of(&dir, "hard");
    struct ocib_place itself = place_of(&dir, "a");
    struct ocib_place fifo = place_of(&dir, "fifo");
    assert_int_equal(ocib_place_hardlink(&placing, &hard, dir.fd, "a", false, NULL), 0);
    assert_int_equal(ocib_place_hardlink(&placing, &itself, dir.fd, "a", true, NULL), 0);
    struct stat st;
    assert_int_equal(fstatat(dir.fd, "a", &st, 0), 0);
    assert_int_equal(st.st_nlink, 2);
    assert_int_equal(ocib_place_node(&placing, &fifo, S_IFIFO | 0644, 0, false, NULL), 1);
    assert_true(S_ISFIFO(mode_of(&dir, "fifo")));
    struct ocib_placing in_userns = {.in_userns = true};
    struct ocib_place device = place_of(&dir, "device");
    assert_int_equal(
        ocib_place_node(&in_userns, &device, S_IFCHR | 0644, makedev(1, 3), false, NULL), 0);
    assert_int_equal(mode_of(&dir, "device"), 0);
}

/* The mode survives the owner, and a link's target is left alone. */
static void test_finish(void **state)
{
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    copy_test_dir_make(&dir);
    copy_test_make(&dir, "f file mode=600");
    copy_test_make(&dir, "l link to=file");
    struct ocib_place link = place_of(&dir, "link");
    struct ocib_place file = place_of(&dir, "file");
    struct ocib_place_meta meta = {
        .mode = S_IFLNK | 0777, .uid = geteuid(), .gid = getegid(), .mtime = {.tv_sec = 77}};
    assert_int_equal(ocib_place_finish(&placing, &link, -1, &meta, NULL), 0);
    struct stat st;
    assert_int_equal(fstatat(dir.fd, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mtime, 77);
    assert_int_equal(mode_of(&dir, "file"), S_IFREG | 0600);
    meta.mode = S_IFREG | 04751;
    assert_int_equal(ocib_place_finish(&placing, &file, -1, &meta, NULL), 0);
    assert_int_equal(mode_of(&dir, "file"), S_IFREG | 04751);
}

static void test_which_attributes(void **state)
{
    assert_true(ocib_place_takes_xattr("user.x"));
    assert_true(ocib_place_takes_xattr("security.capability"));
    assert_false(ocib_place_takes_xattr("user.overlay.opaque"));
    assert_false(ocib_place_takes_xattr("security.selinux"));
    assert_false(ocib_place_takes_xattr("trusted.overlay.opaque"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_replace_files_and_links),
        cmocka_unit_test(test_folders_are_in_the_way),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_links_and_nodes),
        cmocka_unit_test(test_finish),
        cmocka_unit_test(test_which_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
