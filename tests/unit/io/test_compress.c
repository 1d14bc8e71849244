#include "io_test.h"

static void names(void **state)
{
    struct ocib_error *err = NULL;
    enum ocib_compression kind = OCIB_COMPRESSION_ZSTD;
    assert_int_equal(ocib_compression_parse(OCIB_STR("gzip"), &kind, &err), 0);
    assert_int_equal(kind, OCIB_COMPRESSION_GZIP);
    assert_int_equal(ocib_compression_parse(OCIB_STR("uncompressed"), &kind, &err), 0);
    assert_int_equal(kind, OCIB_COMPRESSION_NONE);
    assert_string_equal(ocib_compression_name(OCIB_COMPRESSION_GZIP), "gzip");
    assert_string_equal(ocib_compression_name(OCIB_COMPRESSION_ZSTD), "zstd");
    assert_string_equal(ocib_compression_name(OCIB_COMPRESSION_NONE), "uncompressed");
    assert_int_equal(ocib_compression_parse(OCIB_STR("lzma"), &kind, &err), -1);
    assert_string_equal(ocib_error_hint(err), "the kinds are gzip, zstd and uncompressed");
    assert_error(&err, OCIB_EUSAGE, "unknown compression \"lzma\"");
#ifdef OCIB_HAVE_ZSTD
    assert_int_equal(ocib_compression_parse(OCIB_STR("zstd"), &kind, &err), 0);
    assert_int_equal(kind, OCIB_COMPRESSION_ZSTD);
#else
    assert_int_equal(ocib_compression_parse(OCIB_STR("zstd"), &kind, &err), -1);
    assert_error(&err, OCIB_EUSAGE, "this ocib was built without zstd");
#endif
}

static void round_trip(enum ocib_compression kind, int level, size_t len)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    OCIB_AUTO_BUF struct ocib_buf packed = {0};
    OCIB_AUTO_BUF struct ocib_buf back = {0};
    fill_bytes(&bytes, len);
    struct ocib_compress_options options = {kind, level};
    struct ocib_writer *to = ocib_compressor_new(ocib_writer_to_buf(&packed), &options, &err);
    assert_non_null(to);
    struct ocib_reader *from = ocib_reader_of_str(ocib_buf_str(&bytes));
    assert_int_equal(ocib_stream_copy(from, to, &err), (int64_t)len);
    assert_int_equal(ocib_writer_finish(to, &err), 0);
    ocib_writer_free(to);
    ocib_reader_free(from);
    if (kind != OCIB_COMPRESSION_NONE && len > 10000) {
        assert_true(packed.len < len);
    }
    from = ocib_decompressor_new(ocib_reader_of_str(ocib_buf_str(&packed)), (int64_t)len, &err);
    assert_non_null(from);
    assert_int_equal(ocib_stream_read_all(from, len, &back, &err), 0);
    assert_bytes(&back, ocib_buf_str(&bytes));
    ocib_reader_free(from);
}

static void round_trips(void **state)
{
    static const size_t sizes[] = {0, 1, 5, 65536, 3000000};
    for (size_t i = 0; i < OCIB_COUNT(sizes); i++) {
        round_trip(OCIB_COMPRESSION_NONE, 0, sizes[i]);
        round_trip(OCIB_COMPRESSION_GZIP, 0, sizes[i]);
        round_trip(OCIB_COMPRESSION_GZIP, 1, sizes[i]);
#ifdef OCIB_HAVE_ZSTD
        round_trip(OCIB_COMPRESSION_ZSTD, 0, sizes[i]);
        round_trip(OCIB_COMPRESSION_ZSTD, 9, sizes[i]);
#endif
    }
}

static void levels_have_bounds(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_compress_options options = {OCIB_COMPRESSION_GZIP, 10};
    assert_null(ocib_compressor_new(ocib_writer_to_buf(&out), &options, &err));
    assert_error(&err, OCIB_EUSAGE, "compression level 10 is not one of gzip's, 1 to 9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(round_trips),
        cmocka_unit_test(levels_have_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
