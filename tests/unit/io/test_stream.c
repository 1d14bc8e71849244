#include "io_test.h"

#include "sys/fd.h"

#include <fcntl.h>
#include <unistd.h>

static void copies_through_files(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    OCIB_AUTO_BUF struct ocib_buf back = {0};
    fill_bytes(&bytes, 200001);
    struct ocib_error *err = NULL;
    OCIB_AUTO_FD int fd = open("/tmp", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
    assert_true(fd >= 0);

    struct ocib_reader *from = ocib_reader_of_str(ocib_buf_str(&bytes));
    struct ocib_writer *to = ocib_writer_to_fd(dup(fd), true, "a file");
    assert_int_equal(ocib_stream_copy(from, to, &err), 200001);
    assert_int_equal(ocib_writer_finish(to, &err), 0);
    ocib_writer_free(to);
    ocib_reader_free(from);

    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    from = ocib_reader_of_fd(fd, false, "a file");
    to = ocib_writer_to_buf(&back);
    assert_int_equal(ocib_stream_copy(from, to, &err), 200001);
    assert_bytes(&back, ocib_buf_str(&bytes));
    ocib_writer_free(to);
    ocib_reader_free(from);
}

static void failures_name_the_file_and_stick(void **state)
{
    struct ocib_error *err = NULL;
    char byte;
    struct ocib_reader *from = ocib_reader_of_fd(-1, false, "layer x");
    assert_int_equal(ocib_reader_read(from, &byte, 1, &err), -1);
    assert_error(&err, OCIB_ESTORE, "can't read layer x: Bad file descriptor");
    assert_int_equal(ocib_reader_read(from, &byte, 1, &err), -1);
    assert_error(&err, OCIB_EINTERNAL, "reading goes on after a failure");
    ocib_reader_free(from);

    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct ocib_writer *to = ocib_writer_to_fd(full, true, "layer y");
    assert_int_equal(ocib_writer_write(to, "x", 1, &err), -1);
    assert_string_equal(ocib_error_message(err), "can't write layer y: No space left on device");
    assert_non_null(ocib_error_hint(err));
    ocib_error_clear(&err);
    assert_int_equal(ocib_writer_finish(to, &err), -1);
    assert_error(&err, OCIB_EINTERNAL, "finished after a failure");
    ocib_writer_free(to);
}

static void nothing_after_the_end(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_writer *to = ocib_writer_to_buf(&out);
    assert_int_equal(ocib_writer_finish(to, &err), 0);
    assert_int_equal(ocib_writer_write(to, "x", 1, &err), -1);
    assert_error(&err, OCIB_EINTERNAL, "writing goes on after the end");
    ocib_writer_free(to);
    assert_int_equal(out.len, 0);
    ocib_writer_free(NULL);
    ocib_reader_free(NULL);
}

static void read_all_has_a_limit(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_reader *from = ocib_reader_of_str(OCIB_STR("12345"));
    assert_int_equal(ocib_stream_read_all(from, 5, &out, &err), 0);
    assert_string_equal(out.data, "12345");
    ocib_reader_free(from);
    from = ocib_reader_of_str(OCIB_STR("12345"));
    assert_int_equal(ocib_stream_read_all(from, 4, &out, &err), -1);
    assert_error(&err, OCIB_EINPUT, "more than 4 bytes");
    ocib_reader_free(from);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_through_files),
        cmocka_unit_test(failures_name_the_file_and_stick),
        cmocka_unit_test(nothing_after_the_end),
        cmocka_unit_test(read_all_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
