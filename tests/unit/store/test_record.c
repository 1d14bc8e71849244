#include "store/fixture.h"

static const struct ocib_digest key = {
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
#define RECORD                                                                                     \
    "ocib/records/step/01/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_round_trip(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    const struct ocib_str binary = {"a\0b\n", 4};
    assert_int_equal(ocib_store_record_put(f->store, "step", &key, OCIB_STR("old"), NULL), 0);
    assert_int_equal(ocib_store_record_put(f->store, "step", &key, binary, NULL), 0);
    assert_int_equal(ocib_store_record_get(f->store, "step", &key, &out, NULL), 0);
    assert_true(ocib_str_eq(ocib_buf_str(&out), binary));
    assert_true(is_there(f, RECORD));
    assert_int_equal(ocib_store_record_put(f->store, "build", &key, OCIB_STR(""), NULL), 0);
    ocib_buf_clear(&out);
    assert_int_equal(ocib_store_record_get(f->store, "build", &key, &out, NULL), 0);
    assert_int_equal(out.len, 0);
}

static void assert_absent(struct fixture *f)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_store_record_get(f->store, "step", &key, &out, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ENOTFOUND);
    assert_int_equal(out.len, 0);
}

static void test_absent_or_damaged(void **state)
{
    struct fixture *f = *state;
    assert_absent(f);
    assert_int_equal(ocib_store_record_put(f->store, "step", &key, OCIB_STR("text"), NULL), 0);
    OCIB_AUTO_FREE char *good = content_of(f, RECORD);
    OCIB_AUTO_FREE char *torn = ocib_strndup(good, strlen(good) - 1);
    spoil(f, RECORD, torn);
    assert_absent(f);
    spoil(f, RECORD, "");
    assert_absent(f);
    spoil(f, RECORD, good);
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    assert_int_equal(ocib_store_record_get(f->store, "step", &key, &out, NULL), 0);
    assert_string_equal(out.data, "text");
}

static void test_bad_kinds(void **state)
{
    struct fixture *f = *state;
    static const char *const kinds[] = {"", "..", "a/b", "A"};
    for (size_t i = 0; i < OCIB_COUNT(kinds); i++) {
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        assert_int_equal(ocib_store_record_put(f->store, kinds[i], &key, OCIB_STR("x"), &err), -1);
        assert_int_equal(ocib_error_code(err), OCIB_EINTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent_or_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_kinds, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
