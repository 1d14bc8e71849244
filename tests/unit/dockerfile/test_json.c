#include "parse_test.h"

#include <stdio.h>

/* Texts that are JSON arrays of strings, and the strings joined by '|'. */
static void test_arrays(void **state)
{
    static const char *const cases[][2] = {
        {"[]", ""},
        {"[ ]", ""},
        {"  [\"a\"]  ", "a"},
        {"[\"a\" ,\t\"b\"]", "a|b"},
        {"[\"\"]", ""},
        {"[\"a b\", \"c|d\"]", "a b|c|d"},
        {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "\"\\/\b\f\n\r\t"},
        {"[\"\\u0041\\u00e9\\u20ac\"]", "A\xc3\xa9\xe2\x82\xac"},
        {"[\"\\uD83D\\uDE00\"]", "\xf0\x9f\x98\x80"},
        {"[\"\\ud83d\"]", "\xef\xbf\xbd"},
        {"[\"\\ud83dx\"]", "\xef\xbf\xbdx"},
        {"[\"\\ud83d\\u0041\"]", "\xef\xbf\xbd"
                                 "A"},
        {"[\"\\ude00\"]", "\xef\xbf\xbd"},
        {"[\"\xff\"]", "\xff"},
        {"[\"'\"]", "'"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("FROM a\nCMD %s\n", cases[i][0]);
        AUTO_FILE *file = parse_good(text);
        OCIB_AUTO_BUF struct ocib_buf got = {0};
        ocib_buf_init(&got);
        assert_true(second(file)->json);
        for (size_t k = 0; k < second(file)->args.len; k++) {
            ocib_buf_puts(&got, k ? "|" : "");
            ocib_buf_add_str(&got, second(file)->args.items[k].text);
        }
        assert_string_equal(got.data, cases[i][1]);
    }
}

/* Texts that only begin like JSON are meant for the shell. */
static void test_shell_texts(void **state)
{
    static const char *const cases[] = {
        "[",
        "[\"a\"",
        "[\"a\",]",
        "[,\"a\"]",
        "[\"a\" \"b\"]",
        "['a']",
        "[a]",
        "[\"a\"] b",
        "[\"a\\x\"]",
        "[\"\\u12\"]",
        "[\"\\u12g4\"]",
        "[\"a\\\"]",
        "[\"a\tb\"]",
        "[01]",
        "[1.]",
        "[-]",
        "[1e]",
        "[tru]",
        "[{\"a\"}]",
        "[{\"a\":}]",
        "[[\"a\"]",
        "[{a:1}]",
        "[\"\\ud83d\\u00\"]",
        "x[\"a\"]",
        "[-f /x] || true",
        "[[ a == b ]]",
        "[.5]",
        "[+1]",
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("FROM a\nCMD %s", cases[i]);
        AUTO_FILE *file = parse_good(text);
        assert_false(second(file)->json);
        assert_int_equal(second(file)->args.len, 1);
        assert_true(ocib_str_is(second(file)->args.items[0].text, cases[i]));
    }
}

static void test_other_arrays(void **state)
{
    static const char *const cases[] = {
        "[1]",        "[\"a\", null]", "[true, false]", "[[]]",    "[{}]",
        "[-0.5e+10]", "[[[\"a\"]]]",   "[0]",           "[10E-2]", "[{\"a\": {\"b\": []}}]"};
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("FROM a\nCMD %s", cases[i]);
        parse_bad(text, "a JSON array here holds strings only");
    }
}

static void test_depth(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM a\nCMD ");
    for (int i = 0; i < 100000; i++) {
        ocib_buf_putc(&text, '[');
    }
    AUTO_FILE *file = parse_good(text.data);
    assert_false(second(file)->json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_shell_texts),
        cmocka_unit_test(test_other_arrays),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
