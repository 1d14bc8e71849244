#include "io_test.h"

static void pack(enum ocib_compression kind, struct ocib_str bytes, struct ocib_buf *out)
{
    struct ocib_error *err = NULL;
    struct ocib_compress_options options = {kind, 0};
    struct ocib_writer *to = ocib_compressor_new(ocib_writer_to_buf(out), &options, &err);
    assert_non_null(to);
    assert_int_equal(ocib_writer_write(to, bytes.s, bytes.len, &err), 0);
    assert_int_equal(ocib_writer_finish(to, &err), 0);
    ocib_writer_free(to);
}

static int unpack(struct ocib_str packed, int64_t limit, struct ocib_buf *out,
                  struct ocib_error **err)
{
    OCIB_AUTO(ocib_reader_cleanup)
    struct ocib_reader *from = ocib_decompressor_new(ocib_reader_of_str(packed), limit, err);
    assert_non_null(from);
    return ocib_stream_read_all(from, 1 << 24, out, err);
}

static void check_kind(enum ocib_compression kind, const char *bad)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf packed = {0};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    pack(kind, OCIB_STR("first and "), &packed);
    pack(kind, OCIB_STR("second"), &packed);
    assert_int_equal(unpack(ocib_buf_str(&packed), -1, &out, &err), 0);
    assert_bytes(&out, OCIB_STR("first and second"));
    ocib_buf_clear(&out);
    assert_int_equal(unpack(ocib_buf_str(&packed), 16, &out, &err), 0);
    assert_int_equal(unpack(ocib_buf_str(&packed), 15, &out, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "longer unpacked than allowed");

    struct ocib_str cut = ocib_str_sub(ocib_buf_str(&packed), 0, packed.len - 1);
    assert_int_equal(unpack(cut, -1, &out, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "the compressed data ends too early");

    ocib_buf_puts(&packed, "trailing garbage");
    assert_int_equal(unpack(ocib_buf_str(&packed), -1, &out, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, bad);
}

static void gzip_members(void **state)
{
    check_kind(OCIB_COMPRESSION_GZIP, "bad gzip data: ");
}

static void zstd_frames(void **state)
{
#ifdef OCIB_HAVE_ZSTD
    check_kind(OCIB_COMPRESSION_ZSTD, "bad zstd data: ");
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf packed = {0};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_buf_add(&packed, "\x51\x2a\x4d\x18\2\0\0\0..", 10);
    pack(OCIB_COMPRESSION_ZSTD, OCIB_STR("after a skippable frame"), &packed);
    assert_int_equal(unpack(ocib_buf_str(&packed), -1, &out, &err), 0);
    assert_bytes(&out, OCIB_STR("after a skippable frame"));
#else
    print_message("built without zstd\n");
    skip();
#endif
}

static void changed_bytes(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf packed = {0};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    pack(OCIB_COMPRESSION_GZIP, OCIB_STR("some bytes"), &packed);
    packed.data[packed.len - 6] ^= 1; /* in the checksum */
    assert_int_equal(unpack(ocib_buf_str(&packed), -1, &out, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "bad gzip data: incorrect data check");
}

static void plain_bytes(void **state)
{
    static const char *const texts[] = {"", "a", "abc", "\x1f", "plain text"};
    struct ocib_error *err = NULL;
    for (size_t i = 0; i < OCIB_COUNT(texts); i++) {
        OCIB_AUTO_BUF struct ocib_buf out = {0};
        assert_int_equal(unpack(ocib_str(texts[i]), -1, &out, &err), 0);
        assert_bytes(&out, ocib_str(texts[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_members),
        cmocka_unit_test(zstd_frames),
        cmocka_unit_test(changed_bytes),
        cmocka_unit_test(plain_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
