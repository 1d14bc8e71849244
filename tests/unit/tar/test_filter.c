#include "tar_test.h"

#include "io/compress.h"

#include <archive.h>
#include <archive_entry.h>

/* The archive inside a compressed one. */
static int packed_text(struct ocib_str packed, struct ocib_buf *text, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf plain = {0};
    struct ocib_reader *filter = ocib_tar_filter(ocib_reader_of_str(packed), err);
    if (!filter) {
        return -1;
    }
    int status = ocib_stream_read_all(filter, 1 << 20, &plain, err);
    ocib_reader_free(filter);
    return status < 0 ? -1 : read_text(ocib_buf_str(&plain), text, err);
}

static void pack(struct ocib_str plain, int (*add_filter)(struct archive *), struct ocib_buf *out)
{
    size_t used = 0;
    struct archive *a = archive_write_new();
    struct archive_entry *e = archive_entry_new();
    assert_int_equal(archive_write_set_format_raw(a), ARCHIVE_OK);
    assert_int_equal(add_filter(a), ARCHIVE_OK);
    archive_write_set_bytes_in_last_block(a, 1);
    ocib_buf_clear(out);
    assert_int_equal(archive_write_open_memory(a, ocib_buf_reserve(out, 1 << 20), 1 << 20, &used),
                     ARCHIVE_OK);
    archive_entry_set_filetype(e, AE_IFREG);
    assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
    assert_int_equal(archive_write_data(a, plain.s, plain.len), (ssize_t)plain.len);
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    archive_entry_free(e);
    out->len = used;
}

static void all_kinds(void **state)
{
    int (*const filters[])(struct archive *) = {
        archive_write_add_filter_none,  archive_write_add_filter_gzip,
        archive_write_add_filter_bzip2, archive_write_add_filter_xz,
#ifdef OCIB_HAVE_ZSTD
        archive_write_add_filter_zstd,
#endif
    };
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    OCIB_AUTO_BUF struct ocib_buf packed = {0};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    add(&tar, '0', "f", "content");
    end(&tar);
    for (size_t i = 0; i < OCIB_COUNT(filters); i++) {
        pack(ocib_buf_str(&tar), filters[i], &packed);
        if (packed_text(ocib_buf_str(&packed), &text, &err) < 0) {
            fail_msg("%s", ocib_error_message(err));
        }
        assert_string_equal(text.data, "100644 0:0 7 1000.0 f = content\n");
    }
    assert_int_equal(packed_text(OCIB_STR(""), &text, &err), 0);
}

static void cut_off(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    OCIB_AUTO_BUF struct ocib_buf packed = {0};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    add(&tar, '0', "f", "content");
    end(&tar);
    pack(ocib_buf_str(&tar), archive_write_add_filter_bzip2, &packed);
    struct ocib_str cut = ocib_str_sub(ocib_buf_str(&packed), 0, packed.len - 20);
    assert_int_equal(packed_text(cut, &text, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "bad compressed data: ");
    pack(ocib_buf_str(&tar), archive_write_add_filter_gzip, &packed);
    cut = ocib_str_sub(ocib_buf_str(&packed), 0, packed.len - 20);
    assert_int_equal(packed_text(cut, &text, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "the compressed data ends too early");
}

static void the_failure_below_is_told(void **state)
{
    struct ocib_error *err = NULL;
    assert_null(ocib_tar_filter(ocib_reader_of_fd(-1, false, "the archive"), &err));
    assert_error(&err, OCIB_ESTORE, "can't read the archive: Bad file descriptor");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kinds),
        cmocka_unit_test(cut_off),
        cmocka_unit_test(the_failure_below_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
