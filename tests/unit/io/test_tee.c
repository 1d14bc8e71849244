#include "io_test.h"

static void writer_tee(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_tally tally;
    struct ocib_digest wanted;
    struct ocib_writer *to = ocib_writer_tee(ocib_writer_to_buf(&out), &tally);
    assert_int_equal(ocib_writer_write(to, "ab", 2, &err), 0);
    assert_false(ocib_digest_is_set(&tally.digest));
    assert_int_equal(ocib_writer_write(to, "c", 1, &err), 0);
    assert_int_equal(ocib_writer_finish(to, &err), 0);
    ocib_writer_free(to);
    ocib_digest_of("abc", 3, &wanted);
    assert_true(ocib_digest_eq(&tally.digest, &wanted));
    assert_int_equal(tally.bytes, 3);
    assert_string_equal(out.data, "abc");
}

static void reader_tee(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_tally tally;
    struct ocib_digest wanted;
    struct ocib_reader *from = ocib_reader_tee(ocib_reader_of_str(OCIB_STR("abc")), &tally);
    assert_int_equal(ocib_stream_read_all(from, 100, &out, &err), 0);
    char byte;
    assert_int_equal(ocib_reader_read(from, &byte, 1, &err), 0);
    ocib_reader_free(from);
    ocib_digest_of("abc", 3, &wanted);
    assert_true(ocib_digest_eq(&tally.digest, &wanted));
    assert_int_equal(tally.bytes, 3);
}

static void writer_limit(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_writer *to = ocib_writer_limit(ocib_writer_to_buf(&out), 3, "x");
    assert_int_equal(ocib_writer_write(to, "ab", 2, &err), 0);
    assert_int_equal(ocib_writer_write(to, "c", 1, &err), 0);
    assert_int_equal(ocib_writer_finish(to, &err), 0);
    ocib_writer_free(to);
    assert_string_equal(out.data, "abc");
    to = ocib_writer_limit(ocib_writer_to_buf(&out), 3, "x");
    assert_int_equal(ocib_writer_write(to, "abcd", 4, &err), -1);
    assert_string_equal(ocib_error_message(err),
                        "x is larger than the 3 bytes that there is room for");
    assert_int_equal(ocib_error_code(err), OCIB_ESTORE);
    ocib_error_clear(&err);
    ocib_writer_free(to);
}

static int read_verified(const char *bytes, const char *wanted, int64_t size,
                         struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_digest digest;
    ocib_digest_of(wanted, strlen(wanted), &digest);
    OCIB_AUTO(ocib_reader_cleanup)
    struct ocib_reader *from =
        ocib_reader_verify(ocib_reader_of_str(ocib_str(bytes)), &digest, size, "blob b");
    return ocib_stream_read_all(from, 1000, &out, err);
}

static void verify(void **state)
{
    struct ocib_error *err = NULL;
    assert_int_equal(read_verified("abc", "abc", 3, &err), 0);
    assert_int_equal(read_verified("abc", "abc", -1, &err), 0);
    assert_int_equal(read_verified("", "", 0, &err), 0);
    assert_int_equal(read_verified("abd", "abc", 3, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "blob b is not what its digest says: it has sha256:a52d159f");
    assert_int_equal(read_verified("ab", "abc", 3, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "blob b ends after 2 of 3 bytes");
    assert_int_equal(read_verified("abcd", "abc", 3, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "blob b is longer than its 3 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writer_tee),
        cmocka_unit_test(writer_limit),
        cmocka_unit_test(reader_tee),
        cmocka_unit_test(verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
