#include "plan_test.h"

#include "plan/internal.h"

static void check_quote(const char *text, const char *want)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_go_quote(&out, text);
    assert_string_equal(out.data, want);
}

static void test_quote(void **state)
{
    check_quote("", "\"\"");
    check_quote("a b", "\"a b\"");
    check_quote("\"\\'", "\"\\\"\\\\'\"");
    check_quote("\a\b\f\n\r\t\v\x01\x7f", "\"\\a\\b\\f\\n\\r\\t\\v\\x01\\x7f\"");
    check_quote("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
    check_quote("\xc2\x85\xc2\xa0", "\"\\u0085\\u00a0\"");
    check_quote("\xff\xc3", "\"\\xff\\xc3\"");
    check_quote("\xc0\x80\xed\xa0\x80", "\"\\xc0\\x80\\xed\\xa0\\x80\"");
    check_quote("\xe2\x82", "\"\\xe2\\x82\"");
}

static void check_rune(int number, const char *want)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_go_quote_rune(&out, number);
    assert_string_equal(out.data, want);
}

static void test_quote_rune(void **state)
{
    check_rune(0, "'\\x00'");
    check_rune(3, "'\\x03'");
    check_rune(10, "'\\n'");
    check_rune(34, "'\"'");
    check_rune(39, "'\\''");
    check_rune(65, "'A'");
    check_rune(92, "'\\\\'");
    check_rune(127, "'\\x7f'");
    check_rune(160, "'\\u00a0'");
    check_rune(233, "'\xc3\xa9'");
    check_rune(8364, "'\xe2\x82\xac'");
    check_rune(0x7fffffff, "'\xef\xbf\xbd'");
    check_rune(0xd800, "'\xef\xbf\xbd'");
}

static void test_lists(void **state)
{
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_go_list(&out, &list, 0);
    ocib_strings_push(&list, "a");
    ocib_strings_push(&list, "b c");
    ocib_go_list(&out, &list, 0);
    ocib_go_list(&out, &list, 1);
    ocib_go_quote_list(&out, &list, 0);
    assert_string_equal(out.data, "[][a b c][b c][\"a\" \"b c\"]");
}

static void check_duration(const char *text, int64_t want, const char *shown)
{
    int64_t got = -1;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    assert_true(ocib_go_parse_duration(ocib_str(text), &got));
    assert_int_equal(got, want);
    if (shown) {
        ocib_go_duration(&out, got);
        assert_string_equal(out.data, shown);
    }
}

static void test_durations(void **state)
{
    check_duration("0", 0, "0s");
    check_duration("0s", 0, "0s");
    check_duration("1ns", 1, "1ns");
    check_duration("1500ns", 1500, "1.5\xc2\xb5s");
    check_duration("1us", 1000, "1\xc2\xb5s");
    check_duration("1\xc2\xb5s", 1000, NULL);
    check_duration("1\xce\xbcs", 1000, NULL);
    check_duration("1.25ms", 1250000, "1.25ms");
    check_duration("30s", 30000000000, "30s");
    check_duration("90s", 90000000000, "1m30s");
    check_duration("1h", 3600000000000, "1h0m0s");
    check_duration("2h3m4.5s", 7384500000000, "2h3m4.5s");
    check_duration(".5s", 500000000, "500ms");
    check_duration("1.s", 1000000000, "1s");
    check_duration("0.5h", 1800000000000, "30m0s");
    check_duration("1m1m", 120000000000, "2m0s");
    check_duration("+1s", 1000000000, "1s");
    check_duration("-1s", -1000000000, NULL);
    check_duration("0.000000001s", 1, "1ns");
}

static void test_no_durations(void **state)
{
    static const char *const bad[] = {"",
                                      "1",
                                      "s",
                                      "1x",
                                      ".s",
                                      "1s2",
                                      " 1s",
                                      "1 s",
                                      "1S",
                                      "1s ",
                                      "+",
                                      "-",
                                      "--1s",
                                      "1..5s",
                                      "1d",
                                      "10000000h",
                                      "99999999999999999999s"};
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        int64_t out;
        assert_false(ocib_go_parse_duration(ocib_str(bad[i]), &out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quote),        cmocka_unit_test(test_quote_rune),
        cmocka_unit_test(test_lists),        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_no_durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
