#include "glob/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool matches(const char *regex, const char *path)
{
    OCIB_AUTO(ocib_regex_release) struct ocib_regex compiled = {0};
    const char *why = NULL;
    if (!ocib_regex_compile(ocib_str(regex), &compiled, &why)) {
        fail_msg("%s: %s", regex, why);
    }
    return ocib_regex_match(&compiled, ocib_str(path));
}

static void test_pieces(void **state)
{
    assert_true(matches("a\\.b", "a.b"));
    assert_false(matches("a\\.b", "axb"));
    assert_true(matches("(.*/)?b", "a/b"));
    assert_true(matches("a.*", "a/b/c"));
    assert_true(matches("[^/]*x", "abx"));
    assert_true(matches("^a", "a"));
    assert_false(matches("a^b", "a^b"));
}

static void test_classes(void **state)
{
    assert_true(matches("[]a]", "]"));
    assert_true(matches("[a[^/]*]", "a[]"));
    assert_true(matches("[[:digit:]x]", "7"));
    assert_true(matches("[[:^digit:]]", "x"));
    assert_false(matches("[[:^digit:]]", "7"));
    assert_true(matches("[\\w]", "_"));
    assert_false(matches("[^\\W]", "-"));
    assert_true(matches("[[:]", ":"));
    assert_true(matches("[a-]", "-"));
    assert_true(matches("[^a]", "\n"));
}

static void test_escapes(void **state)
{
    assert_true(matches("\\d\\D\\s\\S", "1x y"));
    assert_true(matches("\\x41\\x{42}\\103\\0", "ABC") == false);
    assert_true(matches("\\x41\\x{42}\\103", "ABC"));
    assert_true(matches("\\t\\n\\f\\r\\v\\a", "\t\n\f\r\v\a"));
    assert_true(matches("\\_\\-\\!", "_-!"));
    assert_true(matches("\xFF", "\xFE")); /* both read as U+FFFD */
}

static void test_branches(void **state)
{
    assert_true(matches("a|b", "ax")); /* as "^a|b$" */
    assert_true(matches("a|b", "x/b"));
    assert_false(matches("a|b", "xa"));
    assert_false(matches("a|b", "bx"));
    assert_true(matches("a|b|c", "xbx"));
    assert_true(matches("a|", "anything"));
    assert_true(matches("[|]", "|"));
    assert_false(matches("a|^b", "xb"));
    assert_true(matches("a|^b", "b"));
}

static void test_braces(void **state)
{
    assert_true(matches("{a,b}", "{a,b}"));
    assert_true(matches("{", "{"));
    assert_true(matches("{1", "{1"));
    assert_true(matches("{1,x}", "{1,x}"));
    assert_true(matches("{,1}", "{,1}"));
    assert_true(matches("\\{1}", "{1}"));
}

static void check_reason(const char *regex, const char *reason)
{
    OCIB_AUTO(ocib_regex_release) struct ocib_regex compiled = {0};
    const char *why = NULL;
    assert_false(ocib_regex_compile(ocib_str(regex), &compiled, &why));
    assert_string_equal(why, reason);
}

static void test_reasons(void **state)
{
    check_reason("a\\", "a backslash has nothing behind it");
    check_reason("[a", "\"[\" has no \"]\" that ends it");
}

static void test_refused(void **state)
{
    static const char *const bad[] = {"\\",   "\\b",   "\\Q",    "\\z",       "\\pL",
                                      "\\8",  "\\1x",  "\\x4",   "\\x{}",     "\\x{110000}",
                                      "[",    "[a",    "[c-a]",  "[[:no:]]",  "[\\y]",
                                      "a{2}", "a{2,}", "a{2,3}", "\\\xC3\xA9"};
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        OCIB_AUTO(ocib_regex_release) struct ocib_regex compiled = {0};
        const char *why = NULL;
        assert_false(ocib_regex_compile(ocib_str(bad[i]), &compiled, &why));
        assert_non_null(why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),  cmocka_unit_test(test_classes),
        cmocka_unit_test(test_escapes), cmocka_unit_test(test_branches),
        cmocka_unit_test(test_braces),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
