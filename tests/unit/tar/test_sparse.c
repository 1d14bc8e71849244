#include "tar_test.h"

static void pieces_rise(void **state)
{
    struct ocib_error *err = NULL;
    struct ocib_tar_sparse s = {.size = 100};
    assert_int_equal(ocib_tar_sparse_add(&s, 10, 5, &err), 0);
    assert_int_equal(ocib_tar_sparse_add(&s, 15, 5, &err), 0);
    assert_int_equal(ocib_tar_sparse_add(&s, 100, 0, &err), 0);
    assert_int_equal(ocib_tar_sparse_check(&s, 10, &err), 0);
    assert_int_equal(ocib_tar_sparse_check(&s, 11, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "does not fit its size");
    assert_int_equal(ocib_tar_sparse_add(&s, 99, 1, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "the map of a sparse file is bad");
    assert_int_equal(ocib_tar_sparse_add(&s, 200, -1, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "the map of a sparse file is bad");
    assert_int_equal(ocib_tar_sparse_add(&s, INT64_MAX, 2, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "the map of a sparse file is bad");
    s.size = 99;
    assert_int_equal(ocib_tar_sparse_check(&s, 10, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "does not fit its size");
    ocib_vec_release(&s.map);
}

static void add_pax(struct ocib_buf *tar, const char *records, const char *content)
{
    add(tar, 'x', "pax", records);
    add(tar, '0', "GNUSparseFile/f", content);
}

/* "ab" at 3, "c" at 8, 10 bytes; in the three forms of PAX and in that of old GNU tar. */
static void all_forms(void **state)
{
    static const char wanted[] = "100644 0:0 10 1000.0 f = ...ab...c.\n";
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    add_pax(&tar,
            "22 GNU.sparse.size=10\n"
            "23 GNU.sparse.offset=3\n"
            "25 GNU.sparse.numbytes=2\n"
            "23 GNU.sparse.offset=8\n"
            "25 GNU.sparse.numbytes=1\n"
            "21 GNU.sparse.name=f\n",
            "abc");
    end(&tar);
    assert_reads(&tar, wanted);
    ocib_buf_clear(&tar);
    add_pax(&tar, "21 GNU.sparse.name=f\n22 GNU.sparse.size=10\n26 GNU.sparse.map=3,2,8,1\n",
            "abc");
    end(&tar);
    assert_reads(&tar, wanted);

    ocib_buf_clear(&tar);
    OCIB_AUTO_BUF struct ocib_buf content = {0};
    ocib_buf_puts(&content, "2\n3\n2\n8\n1\n");
    pad(&content);
    ocib_buf_puts(&content, "abc");
    add(&tar, 'x', "pax",
        "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n21 GNU.sparse.name=f\n"
        "26 GNU.sparse.realsize=10\n");
    struct ocib_tar_block block = header('0', "GNUSparseFile/f", content.len);
    add_block(&tar, &block);
    ocib_buf_add_str(&tar, ocib_buf_str(&content));
    pad(&tar);
    end(&tar);
    assert_reads(&tar, wanted);

    ocib_buf_clear(&tar);
    block = header('S', "f", 3);
    char *bytes = (char *)&block;
    memcpy(bytes + 386,
           "00000000003\0"
           "00000000002",
           24);
    memcpy(bytes + 410,
           "00000000010\0"
           "00000000001",
           24);
    memcpy(bytes + 483, "00000000012", 12);
    add_block(&tar, &block);
    ocib_buf_puts(&tar, "abc");
    pad(&tar);
    end(&tar);
    assert_reads(&tar, wanted);
}

static void holes_can_be_passed_over(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    struct ocib_error *err = NULL;
    struct ocib_tar_entry e;
    char c;
    add_pax(&tar,
            "21 GNU.sparse.name=f\n39 GNU.sparse.size=9000000000000000000\n"
            "40 GNU.sparse.map=8000000000000000000,1\n",
            "x");
    end(&tar);
    struct ocib_tar_reader *r =
        ocib_tar_reader_new(ocib_reader_of_str(ocib_buf_str(&tar)), false, &err);
    int more = ocib_tar_reader_next(r, &e, &err);
    if (more < 0) {
        fail_msg("%s", ocib_error_message(err));
    }
    assert_int_equal(e.size, 9000000000000000000);
    assert_int_equal(ocib_tar_reader_hole(r), 8000000000000000000);
    assert_int_equal(ocib_tar_reader_hole(r), 0);
    assert_int_equal(ocib_tar_reader_data(r, &c, 1, &err), 1);
    assert_int_equal(c, 'x');
    assert_int_equal(ocib_tar_reader_hole(r), 999999999999999999);
    assert_int_equal(ocib_tar_reader_data(r, &c, 1, &err), 0);
    assert_int_equal(ocib_tar_reader_next(r, &e, &err), 0);
    ocib_tar_reader_free(r);
}

static void bad_maps(void **state)
{
    static const char *const cases[] = {
        "26 GNU.sparse.map=3,2,4,1\n", "24 GNU.sparse.map=3,2,8\n",  "26 GNU.sparse.map=3,2,8,x\n",
        "23 GNU.sparse.offset=3\n",    "25 GNU.sparse.numbytes=3\n", "26 GNU.sparse.map=0,3,9,9\n",
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_BUF struct ocib_buf tar = {0};
        OCIB_AUTO_FREE char *records = ocib_format("22 GNU.sparse.size=10\n%s", cases[i]);
        add_pax(&tar, records, "abc");
        end(&tar);
        assert_bad(&tar, "sparse file");
    }
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    add_pax(&tar, "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n26 GNU.sparse.realsize=10\n",
            "99999999999\n");
    end(&tar);
    assert_bad(&tar, "a sparse file has more than");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_rise),
        cmocka_unit_test(all_forms),
        cmocka_unit_test(holes_can_be_passed_over),
        cmocka_unit_test(bad_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
