#include "golden.h"

#include "dockerfile/pattern.h"

static void check_trim(const char *pattern, const char *value, const char *want[4])
{
    for (int i = 0; i < 4; i++) {
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        OCIB_AUTO_BUF struct ocib_buf out = {0};
        struct ocib_pattern how = {ocib_str(pattern), i % 2 == 1};
        ocib_buf_init(&out);
        int result = i < 2 ? ocib_pattern_trim_prefix(&how, ocib_str(value), &out, &err)
                           : ocib_pattern_trim_suffix(&how, ocib_str(value), &out, &err);
        assert_int_equal(result, 0);
        assert_string_equal(out.data, want[i]);
    }
}
/* What is left by # ## % %%. */
#define TRIM(pattern, value, ...) check_trim(pattern, value, (const char *[4]){__VA_ARGS__})

static void test_trim(void **state)
{
    TRIM("a", "aba", "ba", "ba", "ab", "ab");
    TRIM("x", "aba", "aba", "aba", "aba", "aba");
    TRIM("", "aba", "aba", "aba", "aba", "aba");
    TRIM("aba", "aba", "", "", "", "");
    TRIM("abab", "aba", "aba", "aba", "aba", "aba");
    TRIM("*", "aba", "aba", "", "aba", "");
    TRIM("*b", "abcabc", "cabc", "c", "abcabc", "abcabc");
    TRIM("b*", "abcabc", "abcabc", "abcabc", "abca", "a");
    TRIM("a*c", "abcabcd", "abcd", "d", "abcabcd", "abcabcd");
    TRIM("?b", "abcab", "cab", "cab", "abc", "abc");
    TRIM("*a*b*", "xaybz", "z", "", "x", "");
    TRIM("/*/", "/a/b/c/", "b/c/", "", "/a/b", "");
    TRIM("a**b", "aabb", "b", "", "a", "");
    TRIM("[ab]", "a[ab]", "a[ab]", "a[ab]", "a", "a");
    TRIM("\\*", "*a*", "a*", "a*", "*a", "*a");
    TRIM("\\\\", "\\a\\", "a\\", "a\\", "\\a", "\\a");
    TRIM("*", "", "", "", "", "");
}

static void test_trim_takes_characters_not_bytes(void **state)
{
    TRIM("?", "\xc3\xa9x\xe2\x82\xac", "x\xe2\x82\xac", "x\xe2\x82\xac", "\xc3\xa9x", "\xc3\xa9x");
    TRIM("?", "\xffx\xfe", "x\xfe", "x\xfe", "\xffx", "\xffx");
    /* Overlong, surrogate-like and cut sequences come back as they were. */
    TRIM("q", "\xc0\x80\xe0\x80\x80\xf0\x9f\x98", "\xc0\x80\xe0\x80\x80\xf0\x9f\x98",
         "\xc0\x80\xe0\x80\x80\xf0\x9f\x98", "\xc0\x80\xe0\x80\x80\xf0\x9f\x98",
         "\xc0\x80\xe0\x80\x80\xf0\x9f\x98");
    TRIM("\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80-\xf0\x9f\x98\x80", "-\xf0\x9f\x98\x80",
         "-\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80-", "\xf0\x9f\x98\x80-");
}

static void check_replace(const char *pattern, const char *with, bool all, const char *value,
                          const char *want)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_pattern_change how = {ocib_str(pattern), ocib_str(with), all, 1000};
    ocib_buf_init(&out);
    assert_int_equal(ocib_pattern_replace(&how, ocib_str(value), &out, &err), 0);
    assert_string_equal(out.data, want);
}

static void test_replace(void **state)
{
    check_replace("b", "X", false, "abcabc", "aXcabc");
    check_replace("b", "X", true, "abcabc", "aXcaXc");
    check_replace("b*", "Y", false, "abcabc", "aY");
    check_replace("b*", "Y", true, "abcabc", "aY");
    check_replace("x", "Y", true, "abcabc", "abcabc");
    check_replace("", "-", true, "abc", "-a-b-c-");
    check_replace("", "-", false, "abc", "-abc");
    check_replace("*", "x", true, "abc", "x");
    check_replace("?", "<>", true, "\xc3\xa9x", "<><>");
    check_replace("aa", "a", true, "aaaaa", "aaa");
    check_replace("a*c", "", false, "xabcdcz", "xz");
    check_replace("a", "", true, "aaa", "");
    check_replace("a", "b", true, "", "");
}

static void test_replace_stops_at_its_bound(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf value = {0};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    for (int i = 0; i < 1000; i++) {
        ocib_buf_putc(&value, 'a');
    }
    struct ocib_pattern_change how = {OCIB_STR("a"), ocib_buf_str(&value), true, 5000};
    assert_int_equal(ocib_pattern_replace(&how, ocib_buf_str(&value), &out, &err), 0);
    assert_true(out.len > 5000 && out.len < 8000);
}

static void test_refused(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_pattern how = {OCIB_STR("a\\"), false};
    assert_int_equal(ocib_pattern_trim_prefix(&how, OCIB_STR("a"), &out, &err), -1);
    assert_string_equal(ocib_error_message(err), "the pattern 'a\\' ends in an escape");
    ocib_error_clear(&err);
    char text[300];
    memset(text, 'a', sizeof(text));
    how.text = (struct ocib_str){text, sizeof(text)};
    assert_int_equal(ocib_pattern_trim_suffix(&how, OCIB_STR("a"), &out, &err), -1);
    assert_string_equal(ocib_error_message(err), "a pattern is longer than 256 characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trim),    cmocka_unit_test(test_trim_takes_characters_not_bytes),
        cmocka_unit_test(test_replace), cmocka_unit_test(test_replace_stops_at_its_bound),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
