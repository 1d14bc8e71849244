#include "tar_test.h"

static struct ocib_tar_writer *begin(struct ocib_buf *out)
{
    struct ocib_error *err = NULL;
    ocib_buf_clear(out);
    return ocib_tar_writer_new(ocib_writer_to_buf(out), &err);
}

static void finish(struct ocib_tar_writer *tar)
{
    struct ocib_error *err = NULL;
    assert_int_equal(ocib_tar_writer_finish(tar, &err), 0);
    ocib_tar_writer_free(tar);
}

static void put(struct ocib_tar_writer *tar, const struct ocib_tar_entry *entry)
{
    struct ocib_error *err = NULL;
    if (ocib_tar_writer_entry(tar, entry, &err) < 0) {
        fail_msg("%s", ocib_error_message(err));
    }
}

/* The digest that every builder gives to an empty layer. */
static void empty_layer(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_digest digest;
    finish(begin(&out));
    ocib_digest_of(out.data, out.len, &digest);
    assert_int_equal(out.len, 1024);
    assert_string_equal(digest.text,
                        "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
}

static void known_bytes(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_tar_writer *tar = begin(&out);
    struct ocib_error *err = NULL;
    put(tar,
        &(struct ocib_tar_entry){
            .path = "a/f", .mode = S_IFREG | 04755, .uid = 1, .gid = 2, .size = 3, .mtime = 9});
    assert_int_equal(ocib_tar_writer_data(tar, "xyz", 3, &err), 0);
    finish(tar);
    static const char wanted[] = "a/f";
    assert_int_equal(out.len, 512 + 512 + 1024);
    assert_string_equal(out.data, wanted);
    assert_memory_equal(out.data + 100, "0004755\0000000001\0000000002\00000000000003\000", 36);
    assert_memory_equal(out.data + 136, "00000000011\000", 12);
    assert_memory_equal(out.data + 156, "0\0", 2);
    assert_memory_equal(out.data + 257, "ustar\00000\0", 9);
    assert_memory_equal(out.data + 512, "xyz\0", 4);
}

static void assert_round_trip(const struct ocib_tar_entry *entry, size_t len, const char *text)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_tar_writer *tar = begin(&out);
    put(tar, entry);
    finish(tar);
    assert_int_equal(out.len, len);
    assert_reads(&out, text);
}

static void what_does_not_fit_a_header(void **state)
{
    assert_round_trip(&(struct ocib_tar_entry){.path = "d", .mode = S_IFDIR | 0755, .mtime = -5},
                      1024 + 1536, "40755 0:0 0 -5.0 d\n");
    assert_round_trip(&(struct ocib_tar_entry){.path = "d",
                                               .mode = S_IFDIR | 0755,
                                               .uid = 1407182137,
                                               .gid = 4294967294,
                                               .mtime = 7,
                                               .mtime_nsec = 120000000},
                      1024 + 1536, "40755 1407182137:4294967294 0 7.120000000 d\n");
    assert_round_trip(
        &(struct ocib_tar_entry){.path = "d", .mode = S_IFDIR | 0755, .uid = 07777777, .mtime = 7},
        512 + 1024, "40755 2097151:0 0 7.0 d\n");
    assert_round_trip(&(struct ocib_tar_entry){.path = "d", .mode = S_IFDIR, .mtime = 8589934591},
                      512 + 1024, "40000 0:0 0 8589934591.0 d\n");
    assert_round_trip(&(struct ocib_tar_entry){.path = "d", .mode = S_IFDIR, .mtime = 8589934592},
                      1024 + 1536, "40000 0:0 0 8589934592.0 d\n");
}

static void names_of_all_lengths(void **state)
{
    struct ocib_error *err = NULL;
    for (size_t len = 90; len < 400; len++) {
        OCIB_AUTO_BUF struct ocib_buf out = {0};
        OCIB_AUTO_BUF struct ocib_buf path = {0};
        for (size_t i = 0; i < len; i++) {
            ocib_buf_putc(&path, i % 60 == 59 && i + 1 < len ? '/' : (char)(0x80 + i % 60));
        }
        struct ocib_tar_writer *tar = begin(&out);
        put(tar, &(struct ocib_tar_entry){.path = path.data, .mode = S_IFDIR | 0700});
        put(tar, &(struct ocib_tar_entry){
                     .path = path.data, .mode = S_IFLNK | 0777, .linkname = path.data});
        finish(tar);
        struct ocib_tar_reader *r =
            ocib_tar_reader_new(ocib_reader_of_str(ocib_buf_str(&out)), false, &err);
        struct ocib_tar_entry e;
        int first = ocib_tar_reader_next(r, &e, &err);
        assert_int_equal(first, 1);
        assert_string_equal(e.path, path.data);
        int second = ocib_tar_reader_next(r, &e, &err);
        assert_int_equal(second, 1);
        assert_string_equal(e.path, path.data);
        assert_string_equal(e.linkname, path.data);
        ocib_tar_reader_free(r);
    }
}

static void attributes(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs xattrs = {0};
    ocib_xattrs_add(&xattrs, "user.b", OCIB_STR("2\n"));
    ocib_xattrs_add(&xattrs, "user.a", OCIB_STR(""));
    struct ocib_tar_entry entry = {.path = "f", .mode = S_IFREG, .mtime = 1, .xattrs = &xattrs};
    assert_round_trip(&entry, 1024 + 1536, "100000 0:0 0 1.0 f user.a= user.b=2\n\n");
    ocib_xattrs_add(&xattrs, "user.x=y", OCIB_STR("3"));
    struct ocib_tar_writer *tar = begin(&out);
    assert_int_equal(ocib_tar_writer_entry(tar, &entry, &err), -1);
    assert_error(&err, OCIB_EINTERNAL, "extended attribute user.x=y of f can't be written");
    ocib_tar_writer_free(tar);
}

/* Lengths around those where the record's own length gains a digit. */
static void record_lengths(void **state)
{
    for (size_t len = 60; len < 1100; len++) {
        OCIB_AUTO_BUF struct ocib_buf value = {0};
        OCIB_AUTO(ocib_xattrs_release) struct ocib_xattrs xattrs = {0};
        OCIB_AUTO_BUF struct ocib_buf out = {0};
        while (value.len < len) {
            ocib_buf_putc(&value, 'v');
        }
        ocib_xattrs_add(&xattrs, "user.k", ocib_buf_str(&value));
        struct ocib_tar_writer *tar = begin(&out);
        put(tar, &(struct ocib_tar_entry){.path = "f", .mode = S_IFREG, .xattrs = &xattrs});
        finish(tar);
        OCIB_AUTO_FREE char *text = ocib_format("100000 0:0 0 0.0 f user.k=%s\n", value.data);
        assert_reads(&out, text);
    }
}

static void sizes_are_kept(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_tar_entry entry = {.path = "f", .mode = S_IFREG | 0644, .size = 4};
    struct ocib_tar_writer *tar = begin(&out);
    put(tar, &entry);
    assert_int_equal(ocib_tar_writer_data(tar, "abcde", 5, &err), -1);
    assert_error(&err, OCIB_EINTERNAL, "more bytes than its size");
    ocib_tar_writer_free(tar);
    tar = begin(&out);
    put(tar, &entry);
    assert_int_equal(ocib_tar_writer_data(tar, "abc", 3, &err), 0);
    assert_int_equal(ocib_tar_writer_finish(tar, &err), -1);
    assert_error(&err, OCIB_EINTERNAL, "lacks 1 bytes");
    ocib_tar_writer_free(tar);
    tar = begin(&out);
    put(tar, &entry);
    assert_int_equal(ocib_tar_writer_zeros(tar, 4, &err), 0);
    entry.mode = S_IFSOCK;
    assert_int_equal(ocib_tar_writer_entry(tar, &entry, &err), -1);
    assert_error(&err, OCIB_EINTERNAL, "a tar can't hold f");
    ocib_tar_writer_free(tar);
}

/* Only the header: a size beyond 8 GiB is told in PAX. */
static void huge_files(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_tar_writer *tar = begin(&out);
    struct ocib_tar_entry entry = {.path = "f", .mode = S_IFREG, .size = 8589934592};
    put(tar, &entry);
    ocib_tar_writer_free(tar);
    struct ocib_tar_reader *r =
        ocib_tar_reader_new(ocib_reader_of_str(ocib_buf_str(&out)), false, &err);
    int more = ocib_tar_reader_next(r, &entry, &err);
    assert_int_equal(more, 1);
    assert_int_equal(entry.size, 8589934592);
    ocib_tar_reader_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_layer),
        cmocka_unit_test(known_bytes),
        cmocka_unit_test(what_does_not_fit_a_header),
        cmocka_unit_test(names_of_all_lengths),
        cmocka_unit_test(attributes),
        cmocka_unit_test(record_lengths),
        cmocka_unit_test(sizes_are_kept),
        cmocka_unit_test(huge_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
