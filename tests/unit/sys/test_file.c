#include "sys/fixture.h"

#include <dirent.h>
#include <sys/wait.h>

static size_t count_entries(void)
{
    size_t count = 0;
    DIR *dir = opendir(temporary_path);
    assert_non_null(dir);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        count += entry->d_name[0] != '.';
    }
    closedir(dir);
    return count;
}

static void test_read(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    temporary_write("f", "text");
    assert_int_equal(ocib_file_read(temporary, "f", 4, &out, OCIB_EINPUT, &err), 0);
    assert_string_equal(out.data, "text");
    assert_int_equal(ocib_file_read(temporary, "f", 3, &out, OCIB_EINPUT, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EINPUT);
    assert_string_equal(ocib_error_message(err), "can't read f: File too large");
    unlinkat(temporary, "f", 0);
}

static void test_read_what_is_not_there(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_file_read(temporary, "no", 10, &out, OCIB_EINPUT, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ENOTFOUND);
    assert_string_equal(ocib_error_message(err), "can't open no: No such file or directory");
}

static void test_atomic_write(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct stat st;
    assert_int_equal(ocib_file_write_atomic(temporary, "a", OCIB_STR("one"), 0600, NULL), 0);
    assert_int_equal(ocib_file_write_atomic(temporary, "a", OCIB_STR("two\0x"), 0640, NULL), 0);
    assert_int_equal(ocib_file_read(temporary, "a", 10, &out, OCIB_ESTORE, NULL), 0);
    assert_int_equal(out.len, 5);
    assert_memory_equal(out.data, "two\0x", 5);
    assert_int_equal(fstatat(temporary, "a", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    assert_int_equal(count_entries(), 1);
    unlinkat(temporary, "a", 0);
}

/* A failed write leaves what was there, and no temporary file. */
static void test_atomic_write_that_fails(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(mkdirat(temporary, "d", 0755), 0);
    assert_int_equal(ocib_file_write_atomic(temporary, "d", OCIB_STR("x"), 0600, &err), -1);
    assert_string_equal(ocib_error_message(err), "can't write d: Is a directory");
    assert_int_equal(count_entries(), 1);
    assert_int_equal(unlinkat(temporary, "d", AT_REMOVEDIR), 0);
}

static void make_deep(int depth)
{
    int at = dup(temporary);
    for (int i = 0; i < depth; i++) {
        assert_int_equal(mkdirat(at, i ? "d" : "deep", 0755), 0);
        int next = openat(at, i ? "d" : "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        close(at);
        at = next;
    }
    close(at);
}

/* Deeper than PATH_MAX allows to name, but within the default limit of open files. */
static void test_remove_deep_tree(void **state)
{
    make_deep(500);
    assert_int_equal(ocib_remove_tree(temporary, "deep", NULL), 0);
    assert_int_equal(count_entries(), 0);
}

static void test_remove_does_not_follow_links(void **state)
{
    assert_int_equal(mkdirat(temporary, "keep", 0755), 0);
    temporary_write("keep/f", "x");
    assert_int_equal(mkdirat(temporary, "gone", 0755), 0);
    assert_int_equal(symlinkat("../keep", temporary, "gone/link"), 0);
    assert_int_equal(symlinkat("keep", temporary, "link"), 0);
    assert_int_equal(ocib_remove_tree(temporary, "gone", NULL), 0);
    assert_int_equal(ocib_remove_tree(temporary, "link", NULL), 0);
    assert_int_equal(faccessat(temporary, "keep/f", F_OK, 0), 0);
    assert_int_equal(ocib_remove_tree(temporary, "keep", NULL), 0);
    assert_int_equal(count_entries(), 0);
}

static int remove_closed(void)
{
    if (geteuid() == 0 && (fchown(temporary, 65534, 65534) < 0 || setuid(65534) < 0)) {
        return 2;
    }
    if (mkdirat(temporary, "c", 0755) < 0 || mkdirat(temporary, "c/d", 0755) < 0 ||
        mkdirat(temporary, "c/d/e", 0755) < 0 || fchmodat(temporary, "c/d", 0, 0) < 0 ||
        fchmodat(temporary, "c", 0500, 0) < 0) {
        return 3;
    }
    return ocib_remove_tree(temporary, "c", NULL) < 0;
}

/* An ordinary user's folders without permission bits. */
static void test_remove_closed_folders(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        _exit(remove_closed());
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(count_entries(), 0);
}

static void test_remove_what_is_not_there(void **state)
{
    assert_int_equal(ocib_remove_tree(temporary, "nothing", NULL), 0);
}

static void test_mkdirs(void **state)
{
    struct stat st;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *path = ocib_format("%s/m//n/o/", temporary_path);
    OCIB_AUTO_FREE char *below = ocib_format("%s/file/x", temporary_path);
    assert_int_equal(ocib_mkdirs(path, 0700, NULL), 0);
    assert_int_equal(ocib_mkdirs(path, 0700, NULL), 0);
    assert_int_equal(fstatat(temporary, "m/n/o", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    temporary_write("file", "");
    assert_int_equal(ocib_mkdirs(below, 0700, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ESTORE);
    assert_int_equal(ocib_remove_tree(temporary, "m", NULL), 0);
    unlinkat(temporary, "file", 0);
}

static void test_random_names(void **state)
{
    char one[17];
    char two[17];
    ocib_random_name(one);
    ocib_random_name(two);
    assert_int_equal(strspn(one, "0123456789abcdef"), 16);
    assert_int_equal(strlen(one), 16);
    assert_string_not_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_read_what_is_not_there),
        cmocka_unit_test(test_atomic_write),
        cmocka_unit_test(test_atomic_write_that_fails),
        cmocka_unit_test(test_remove_deep_tree),
        cmocka_unit_test(test_remove_does_not_follow_links),
        cmocka_unit_test(test_remove_closed_folders),
        cmocka_unit_test(test_remove_what_is_not_there),
        cmocka_unit_test(test_mkdirs),
        cmocka_unit_test(test_random_names),
    };
    return cmocka_run_group_tests_name("file", list, temporary_setup, temporary_teardown);
}
