#include "tar_test.h"

static int parse(struct ocib_str records, struct ocib_tar_raw *raw, struct ocib_error **err)
{
    ocib_tar_raw_reset(raw);
    return ocib_tar_pax_parse(records, raw, err);
}

/* "key=value" each, NULL at the end. */
static void parse_good(const char *const *texts, struct ocib_tar_raw *raw)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf records = {0};
    for (; *texts; texts++) {
        add_record(&records, *texts);
    }
    if (parse(ocib_buf_str(&records), raw, &err) < 0) {
        fail_msg("%s", ocib_error_message(err));
    }
}

static void known_keys(void **state)
{
    static const char *const texts[] = {
        "path=a/b",    "linkpath=c", "uid=1407182137",        "gid=33", "size=99999999999",
        "mtime=12.25", "atime=5",    "SCHILY.xattr.a.b=x=\n", NULL};
    OCIB_AUTO(ocib_tar_raw_release) struct ocib_tar_raw raw = {0};
    parse_good(texts, &raw);
    assert_string_equal(raw.path.data, "a/b");
    assert_string_equal(raw.linkname.data, "c");
    assert_int_equal(raw.uid, 1407182137);
    assert_int_equal(raw.gid, 33);
    assert_int_equal(raw.size, 99999999999);
    assert_int_equal(raw.mtime, 12);
    assert_int_equal(raw.mtime_nsec, 250000000);
    assert_true(raw.has_path && raw.has_linkname && raw.has_uid && raw.has_size && raw.has_mtime);
    assert_int_equal(raw.xattrs.len, 1);
    assert_string_equal(raw.xattrs.items[0].name, "a.b");
    assert_string_equal(raw.xattrs.items[0].value.data, "x=\n");
}

static void times(void **state)
{
    static const struct {
        const char *record;
        int64_t seconds;
        long nsec;
    } cases[] = {
        {"mtime=7", 7, 0},
        {"mtime=-7", -7, 0},
        {"mtime=-1.5", -2, 500000000},
        {"mtime=0.0001", 0, 100000},
        {"mtime=1.1234567899", 1, 123456789},
    };
    OCIB_AUTO(ocib_tar_raw_release) struct ocib_tar_raw raw = {0};
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        const char *const texts[] = {cases[i].record, NULL};
        parse_good(texts, &raw);
        assert_int_equal(raw.mtime, cases[i].seconds);
        assert_int_equal(raw.mtime_nsec, cases[i].nsec);
    }
}

static void an_empty_value_takes_back(void **state)
{
    static const char *const texts[] = {"path=a", "path=", "uid=5", "uid=", NULL};
    OCIB_AUTO(ocib_tar_raw_release) struct ocib_tar_raw raw = {0};
    parse_good(texts, &raw);
    assert_false(raw.has_path);
    assert_false(raw.has_uid);
}

static void bad_records(void **state)
{
    static const struct ocib_str cases[] = {
        {"x", 1},
        {"9 path=a", 8},
        {"10 path=a", 9},
        {"11 path=a\n", 10},
        {"8 path=a\n", 9},
        {"0 path=a\n", 9},
        {"7 path\n", 7},
        {"5 =a\n", 5},
        {"11 uid=abc\n", 11},
        {"12 mtime=1x\n", 12},
        {"13 mtime=1.x\n", 13},
        {"11 path=\0a\n", 11},
        {"18446744073709551616 path=a\n", 28},
        {"99999999999999999999999 path=a\n", 31},
        {"29 size=99999999999999999999\n", 29},
    };
    struct ocib_error *err = NULL;
    OCIB_AUTO(ocib_tar_raw_release) struct ocib_tar_raw raw = {0};
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        assert_int_equal(parse(cases[i], &raw, &err), -1);
        assert_error(&err, OCIB_ECORRUPT, "PAX record");
    }
}

static void attributes_are_bounded(void **state)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf records = {0};
    OCIB_AUTO(ocib_tar_raw_release) struct ocib_tar_raw raw = {0};
    for (unsigned i = 0; i <= OCIB_TAR_XATTRS_MAX; i++) {
        ocib_buf_printf(&records, "27 SCHILY.xattr.user.%04u=\n", i);
    }
    assert_int_equal(parse(ocib_buf_str(&records), &raw, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "too many or bad extended attributes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_keys),
        cmocka_unit_test(times),
        cmocka_unit_test(an_empty_value_takes_back),
        cmocka_unit_test(bad_records),
        cmocka_unit_test(attributes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
