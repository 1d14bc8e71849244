#include "build/copy.h"

#include "copy_test.h"
#include "tar/tar.h"

/* What of ADD can't be recorded from Docker; the rest is in test_copy.c. */

struct adding {
    struct copy_test_dir context;
    struct copy_test_dir dest;
    struct ocib_buf warnings;
};

static void adding_make(struct adding *adding)
{
    copy_test_dir_make(&adding->context);
    copy_test_dir_make(&adding->dest);
    adding->warnings = (struct ocib_buf){0};
    ocib_buf_init(&adding->warnings);
}

static void adding_remove(struct adding *adding)
{
    copy_test_dir_remove(&adding->context);
    copy_test_dir_remove(&adding->dest);
    ocib_buf_release(&adding->warnings);
}

/* Writes a.tar; entries end with one without a path. A file's content are `size` bytes "x". */
static void write_tar(const struct adding *adding, const struct ocib_tar_entry *entries)
{
    int fd = openat(adding->context.fd, "a.tar", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    OCIB_AUTO(ocib_tar_writer_cleanup)
    struct ocib_tar_writer *tar = ocib_tar_writer_new(ocib_writer_to_fd(fd, true, "a.tar"), NULL);
    assert_non_null(tar);
    for (; entries->path; entries++) {
        assert_int_equal(ocib_tar_writer_entry(tar, entries, NULL), 0);
        for (int64_t i = 0; i < entries->size; i++) {
            assert_int_equal(ocib_tar_writer_data(tar, "x", 1, NULL), 0);
        }
    }
    assert_int_equal(ocib_tar_writer_finish(tar, NULL), 0);
}

static void take_warning(void *data, enum ocib_log_level level, struct ocib_span span,
                         const char *text)
{
    ocib_buf_puts(data, text);
}

static int add(struct adding *adding, bool in_userns, struct ocib_error **err)
{
    COPY_TEST_AUTO_OP struct ocib_copy_op op = {.unpack = true, .dest = ocib_strdup("/n/")};
    ocib_strings_push(&op.sources, "a.tar");
    struct ocib_log log = {take_warning, &adding->warnings};
    struct ocib_copy_source source = {
        .root_fd = adding->context.fd, .is_context = true, .name = "here", .log = &log};
    struct ocib_copy_target target = {.root_fd = adding->dest.fd, .in_userns = in_userns};
    OCIB_AUTO(ocib_selection_cleanup)
    struct ocib_selection *selection = ocib_copy_select(&op, (struct ocib_span){0}, &source, err);
    return selection ? ocib_selection_copy(selection, &target, err) : -1;
}

static void test_devices_are_left_out(void **state)
{
    static const struct ocib_tar_entry entries[] = {
        {.path = "null", .mode = S_IFCHR | 0666, .rdev = 0x103},
        {.path = "f", .mode = S_IFREG | 0644, .size = 3},
        {0},
    };
    OCIB_AUTO(adding_remove) struct adding adding;
    adding_make(&adding);
    write_tar(&adding, entries);
    assert_int_equal(add(&adding, true, NULL), 0);
    struct stat st;
    assert_int_equal(fstatat(adding.dest.fd, "n/null", &st, 0), -1);
    assert_int_equal(fstatat(adding.dest.fd, "n/f", &st, 0), 0);
    assert_int_equal(st.st_size, 3);
    assert_string_equal(adding.warnings.data,
                        "device node /n/null is left out: only root can make it");
}

/* Links of the destination lead to places inside of it, whatever they say. */
static void test_links_of_the_destination(void **state)
{
    static const struct ocib_tar_entry entries[] = {
        {.path = "out/f", .mode = S_IFREG | 0644, .size = 1},
        {.path = "up/f", .mode = S_IFREG | 0644, .size = 1},
        {.path = "h", .linkname = "out/f", .is_hardlink = true, .mode = S_IFREG | 0600},
        {0},
    };
    OCIB_AUTO(adding_remove) struct adding adding;
    adding_make(&adding);
    copy_test_make(&adding.dest, "l n/out to=/tmp/ocib-copy-never");
    copy_test_make(&adding.dest, "l n/up to=../../../ocib-copy-never");
    write_tar(&adding, entries);
    assert_int_equal(add(&adding, false, NULL), 0);
    struct stat st;
    assert_int_equal(fstatat(adding.dest.fd, "n/tmp/ocib-copy-never/f", &st, 0), 0);
    assert_int_equal(st.st_nlink, 2);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(fstatat(adding.dest.fd, "n/ocib-copy-never/f", &st, 0), 0);
    assert_int_equal(access("/tmp/ocib-copy-never", F_OK), -1);
}

static void test_folder_times_are_last(void **state)
{
    static const struct ocib_tar_entry entries[] = {
        {.path = "d", .mode = S_IFDIR | 0500, .mtime = 55},
        {.path = "d/e", .mode = S_IFDIR | 0755, .mtime = 66},
        {.path = "d/e/f", .mode = S_IFREG | 0644, .size = 1, .mtime = 77},
        {0},
    };
    OCIB_AUTO(adding_remove) struct adding adding;
    adding_make(&adding);
    write_tar(&adding, entries);
    assert_int_equal(add(&adding, false, NULL), 0);
    OCIB_AUTO_STRINGS struct ocib_strings got = {0};
    copy_test_list(&adding.dest, &got);
    assert_int_equal(got.len, 4);
    assert_string_equal(got.items[1], "d n/d mode=500 owner=0:0 time=55");
    assert_string_equal(got.items[2], "d n/d/e mode=755 owner=0:0 time=66");
    assert_string_equal(got.items[3], "f n/d/e/f mode=644 owner=0:0 time=77 data=x");
}

static void test_truncated(void **state)
{
    static const struct ocib_tar_entry entries[] = {
        {.path = "f", .mode = S_IFREG | 0644, .size = 2000}, {0}};
    OCIB_AUTO(adding_remove) struct adding adding;
    adding_make(&adding);
    write_tar(&adding, entries);
    OCIB_AUTO_FREE char *path = ocib_format("%s/a.tar", adding.context.path);
    assert_int_equal(truncate(path, 700), 0);
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(add(&adding, false, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EINPUT);
    assert_true(ocib_str_starts(ocib_str(ocib_error_message(err)), "can't unpack a.tar: "));
}

/* Damaged right at the beginning: what is a tar by its first header is no plain file because of
 * that. */
static void test_truncated_gzip(void **state)
{
    static const struct ocib_tar_entry entries[] = {
        {.path = "f", .mode = S_IFREG | 0644, .size = 30000}, {0}};
    OCIB_AUTO(adding_remove) struct adding adding;
    adding_make(&adding);
    write_tar(&adding, entries);
    OCIB_AUTO_FREE char *pack = ocib_format(
        "cd %s && gzip a.tar && mv a.tar.gz a.tar && truncate -s -12 a.tar", adding.context.path);
    if (system(pack) != 0) {
        skip();
    }
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(add(&adding, false, &err), -1);
    assert_true(ocib_str_starts(ocib_str(ocib_error_message(err)), "can't unpack a.tar: "));
}

/* The writer does not check names. What is a tar by its first header is no plain file because of
 * them. */
static void test_first_entry_leads_out(void **state)
{
    static const struct ocib_tar_entry entries[] = {
        {.path = "../f", .mode = S_IFREG | 0644, .size = 1}, {0}};
    OCIB_AUTO(adding_remove) struct adding adding;
    adding_make(&adding);
    write_tar(&adding, entries);
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(add(&adding, false, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EINPUT);
    assert_true(ocib_str_starts(ocib_str(ocib_error_message(err)), "can't unpack a.tar: "));
}

int main(void)
{
    bool all_owners;
    if (!copy_test_become_root(&all_owners)) {
        print_message("skipped: no user namespaces here\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_devices_are_left_out),
        cmocka_unit_test(test_links_of_the_destination),
        cmocka_unit_test(test_folder_times_are_last),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_first_entry_leads_out),
        cmocka_unit_test(test_truncated_gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
