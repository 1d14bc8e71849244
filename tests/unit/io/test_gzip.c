#include "io/gzip.h"
#include "io_test.h"

enum { BLOCK = 128 * 1024 };

static void gzip_with(struct ocib_str bytes, size_t piece, unsigned threads, struct ocib_buf *out)
{
    struct ocib_error *err = NULL;
    struct ocib_writer *to = ocib_gzip_writer_threads(ocib_writer_to_buf(out), 6, threads);
    for (size_t at = 0; at < bytes.len; at += piece) {
        struct ocib_str part = ocib_str_sub(bytes, at, at + piece);
        assert_int_equal(ocib_writer_write(to, part.s, part.len, &err), 0);
    }
    assert_int_equal(ocib_writer_finish(to, &err), 0);
    ocib_writer_free(to);
}

static void assert_unpacks_to(struct ocib_buf *packed, struct ocib_str wanted)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf back = {0};
    struct ocib_reader *from =
        ocib_decompressor_new(ocib_reader_of_str(ocib_buf_str(packed)), -1, &err);
    assert_non_null(from);
    assert_int_equal(ocib_stream_read_all(from, 1 << 24, &back, &err), 0);
    assert_bytes(&back, wanted);
    ocib_reader_free(from);
}

/* The bytes are a promise: cached layers and pushed ones keep their digests. */
static void known_bytes(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    gzip_with(OCIB_STR(""), 1, 0, &out);
    assert_bytes(&out, (struct ocib_str){"\x1f\x8b\x08\0\0\0\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0", 20});
    ocib_buf_clear(&out);
    gzip_with(OCIB_STR("hello"), 2, 2, &out);
    assert_bytes(&out, (struct ocib_str){"\x1f\x8b\x08\0\0\0\0\0\0\xff\xcb\x48\xcd\xc9\xc9\x07\0"
                                         "\x86\xa6\x10\x36\x05\0\0\0",
                                         25});
}

static void bytes_do_not_depend_on_threads(void **state)
{
    static const size_t sizes[] = {1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 30 * BLOCK + 7};
    for (size_t i = 0; i < OCIB_COUNT(sizes); i++) {
        OCIB_AUTO_BUF struct ocib_buf bytes = {0};
        OCIB_AUTO_BUF struct ocib_buf alone = {0};
        fill_bytes(&bytes, sizes[i]);
        gzip_with(ocib_buf_str(&bytes), 65536, 0, &alone);
        assert_unpacks_to(&alone, ocib_buf_str(&bytes));
        for (unsigned threads = 1; threads <= 9; threads += 2) {
            OCIB_AUTO_BUF struct ocib_buf shared = {0};
            gzip_with(ocib_buf_str(&bytes), 10000 * threads, threads, &shared);
            assert_bytes(&shared, ocib_buf_str(&alone));
        }
    }
}

static void bytes_that_do_not_compress(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    OCIB_AUTO_BUF struct ocib_buf packed = {0};
    uint64_t x = 88172645463325252ull;
    for (size_t i = 0; i < 5 * BLOCK / 8; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        ocib_buf_add(&bytes, &x, sizeof(x));
    }
    gzip_with(ocib_buf_str(&bytes), 1 << 20, 2, &packed);
    assert_in_range(packed.len, bytes.len, bytes.len + bytes.len / 1000);
    assert_unpacks_to(&packed, ocib_buf_str(&bytes));
}

/* Blocks that are stored and blocks that are deflated, in turn, also as the last ones. */
static void mixed_blocks(void **state)
{
    for (size_t rest = 0; rest < 2; rest++) {
        OCIB_AUTO_BUF struct ocib_buf bytes = {0};
        OCIB_AUTO_BUF struct ocib_buf packed = {0};
        uint64_t x = 88172645463325252ull;
        for (size_t i = 0; i < (5 + rest) * BLOCK / 8; i++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            uint64_t word = (i * 8 / BLOCK) % 2 ? x : x & 0x0f0f0f0f;
            ocib_buf_add(&bytes, &word, sizeof(word));
        }
        gzip_with(ocib_buf_str(&bytes), 77777, 3, &packed);
        assert_true(packed.len < bytes.len);
        assert_unpacks_to(&packed, ocib_buf_str(&bytes));
    }
}

static void discarded_half_way(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    fill_bytes(&bytes, 20 * BLOCK);
    struct ocib_writer *to = ocib_gzip_writer_threads(ocib_writer_to_buf(&out), 6, 3);
    assert_int_equal(ocib_writer_write(to, bytes.data, bytes.len, &err), 0);
    ocib_writer_free(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bytes),
        cmocka_unit_test(bytes_do_not_depend_on_threads),
        cmocka_unit_test(bytes_that_do_not_compress),
        cmocka_unit_test(mixed_blocks),
        cmocka_unit_test(discarded_half_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
