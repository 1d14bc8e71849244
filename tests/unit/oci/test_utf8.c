#include "oci/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_lengths(void **state)
{
    static const struct {
        struct ocib_str text;
        size_t len;
    } cases[] = {
        {{"", 0}, 0},
        {{"\0", 1}, 1},
        {{"a\xff", 2}, 1},
        {{"\x80", 1}, 0},
        {{"\xc1\xbf", 2}, 0}, /* overlong */
        {{"\xc3\xa9", 2}, 2},
        {{"\xc3", 1}, 0},
        {{"\xe0\x9f\xbf", 3}, 0}, /* overlong */
        {{"\xe2\x82\xac", 3}, 3},
        {{"\xed\xa0\x80", 3}, 0}, /* surrogate */
        {{"\xef\xbf\xbd", 3}, 3},
        {{"\xf0\x9f\x98\x80", 4}, 4},
        {{"\xf0\x9f\x98", 3}, 0},
        {{"\xf0\x8f\xbf\xbf", 4}, 0}, /* overlong */
        {{"\xf4\x90\x80\x80", 4}, 0}, /* beyond U+10FFFF */
        {{"\xff", 1}, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(ocib_utf8_char(cases[i].text), cases[i].len);
    }
}

static void test_mending(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_str text = OCIB_STR("a\xe9"
                                    "b\xc3\xa9\xf0\x9f");
    assert_false(ocib_utf8_valid(text));
    ocib_utf8_mend(text, &out);
    assert_string_equal(out.data, "a" OCIB_UTF8_REPLACEMENT
                                  "b\xc3\xa9" OCIB_UTF8_REPLACEMENT OCIB_UTF8_REPLACEMENT);
    assert_true(ocib_utf8_valid(ocib_buf_str(&out)));
    assert_true(ocib_utf8_valid(OCIB_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lengths),
                                       cmocka_unit_test(test_mending)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
