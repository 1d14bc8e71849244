#include "glob/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool matches(const char *pattern, const char *path)
{
    OCIB_AUTO(ocib_glob_cleanup) struct ocib_glob *glob = ocib_glob_new(ocib_str(pattern));
    assert_non_null(glob);
    return ocib_glob_match(glob, ocib_str(path));
}

static void test_star_stays_in_a_component(void **state)
{
    assert_true(matches("*.json", "package.json"));
    assert_true(matches("*", ""));
    assert_true(matches("*", "abc"));
    assert_false(matches("*", "a/b"));
    assert_true(matches("*/b", "a/b"));
    assert_false(matches("*/b", "x/a/b"));
    assert_false(matches("**/b", "x/a/b"));
    assert_true(matches("**/b", "a/b"));
    assert_true(matches("a*b*c", "aXbXbXc"));
    assert_false(matches("a*b*c", "aXbXbX"));
}

static void test_question_mark_is_one_character(void **state)
{
    assert_true(matches("a?c", "abc"));
    assert_false(matches("a?c", "a/c"));
    assert_false(matches("a?c", "ac"));
    assert_true(matches("?", "\xC3\xA9"));
    assert_true(matches("?", "\xFF"));
    assert_false(matches("?", "\xFF\xFE"));
}

static void test_classes(void **state)
{
    assert_true(matches("[a-c]x", "bx"));
    assert_false(matches("[a-c]x", "dx"));
    assert_true(matches("[^a-c]x", "dx"));
    assert_true(matches("a[^b]c", "a/c")); /* as Go has it */
    assert_true(matches("[!a]", "!"));
    assert_true(matches("arr[[]0].txt", "arr[0].txt"));
    assert_true(matches("[\\]]", "]"));
    assert_false(matches("[c-a]", "b"));
    OCIB_AUTO(ocib_glob_cleanup) struct ocib_glob *backward = ocib_glob_new(OCIB_STR("x[c-a]"));
    OCIB_AUTO(ocib_glob_cleanup) struct ocib_glob *forward = ocib_glob_new(OCIB_STR("x[a-c]"));
    assert_true(ocib_glob_has_backward_range(backward));
    assert_false(ocib_glob_has_backward_range(forward));
    assert_true(matches("[\xC3\xA0-\xC3\xBC]", "\xC3\xA9"));
}

static void test_escapes_and_bytes(void **state)
{
    assert_true(matches("a\\*b", "a*b"));
    assert_false(matches("a\\*b", "axb"));
    assert_true(matches("a\\bc", "abc"));
    assert_true(matches("x\xFF*", "x\xFFy"));
    assert_false(matches("x\xFF*", "x\xFEy"));
}

static void test_malformed(void **state)
{
    static const char *const bad[] = {"[",    "a[",   "a[b", "[]",  "[]a]",  "[^]",
                                      "[a-]", "[-a]", "a\\", "[\\", "[a-\\", "[\xFF]"};
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        assert_false(ocib_glob_valid(ocib_str(bad[i])));
        assert_null(ocib_glob_new(ocib_str(bad[i])));
    }
    assert_true(ocib_glob_valid(OCIB_STR("a]b-")));
}

static void test_what_is_a_pattern(void **state)
{
    assert_true(ocib_glob_is_pattern(OCIB_STR("a*")));
    assert_true(ocib_glob_is_pattern(OCIB_STR("a?")));
    assert_true(ocib_glob_is_pattern(OCIB_STR("[a]")));
    assert_true(ocib_glob_is_pattern(OCIB_STR("a\\\\*")));
    assert_false(ocib_glob_is_pattern(OCIB_STR("a\\*")));
    assert_false(ocib_glob_is_pattern(OCIB_STR("a\\")));
    assert_false(ocib_glob_is_pattern(OCIB_STR("")));
}

static void test_may_match_below(void **state)
{
    OCIB_AUTO(ocib_glob_cleanup) struct ocib_glob *glob = ocib_glob_new(OCIB_STR("src/*/x*"));
    assert_non_null(glob);
    assert_true(ocib_glob_may_match_below(glob, OCIB_STR("")));
    assert_true(ocib_glob_may_match_below(glob, OCIB_STR("src")));
    assert_true(ocib_glob_may_match_below(glob, OCIB_STR("src/a")));
    assert_false(ocib_glob_may_match_below(glob, OCIB_STR("src/a/x")));
    assert_false(ocib_glob_may_match_below(glob, OCIB_STR("srcs")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_star_stays_in_a_component),
        cmocka_unit_test(test_question_mark_is_one_character),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_escapes_and_bytes),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_what_is_a_pattern),
        cmocka_unit_test(test_may_match_below),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
