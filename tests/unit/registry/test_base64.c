#include "registry/base64.h"
#include "registry/check.h"

static void check_both_ways(const char *plain, const char *coded)
{
    OCIB_AUTO_BUF struct ocib_buf out;
    OCIB_AUTO_BUF struct ocib_buf back;
    ocib_buf_init(&out);
    ocib_buf_init(&back);
    ocib_base64_encode(ocib_str(plain), &out);
    assert_string_equal(out.data, coded);
    assert_true(ocib_base64_decode(ocib_str(coded), &back));
    assert_string_equal(back.data, plain);
}

/* RFC 4648 §10. */
static void test_vectors(void **state)
{
    check_both_ways("", "");
    check_both_ways("f", "Zg==");
    check_both_ways("fo", "Zm8=");
    check_both_ways("foo", "Zm9v");
    check_both_ways("foob", "Zm9vYg==");
    check_both_ways("fooba", "Zm9vYmE=");
    check_both_ways("foobar", "Zm9vYmFy");
    check_both_ways("\xff\xfe\xfd", "//79");
}

static void test_decode_refuses(void **state)
{
    static const char *const bad[] = {"Zg=a", "Z", "Zm9v!", "Zm 9v", "====", "Zm9v\n", "Z==="};
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        OCIB_AUTO_BUF struct ocib_buf out;
        ocib_buf_init(&out);
        assert_false(ocib_base64_decode(ocib_str(bad[i]), &out));
    }
}

static void test_padding_may_be_missing(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    assert_true(ocib_base64_decode(OCIB_STR("Zm8"), &out));
    assert_string_equal(out.data, "fo");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors),
                                       cmocka_unit_test(test_decode_refuses),
                                       cmocka_unit_test(test_padding_may_be_missing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
