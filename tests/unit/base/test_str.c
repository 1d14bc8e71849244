#include "base/str.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_str(struct ocib_str str, const char *expected)
{
    OCIB_AUTO_FREE char *text = ocib_str_dup(str);
    assert_string_equal(text, expected);
}

static void test_make(void **state)
{
    assert_int_equal(OCIB_STR("abc").len, 3);
    assert_int_equal(ocib_str("abcd").len, 4);
    assert_int_equal(ocib_str(NULL).len, 0);
}

static void test_sub_cuts_its_bounds(void **state)
{
    struct ocib_str abc = OCIB_STR("abc");
    assert_str(ocib_str_sub(abc, 0, 3), "abc");
    assert_str(ocib_str_sub(abc, 1, 2), "b");
    assert_str(ocib_str_sub(abc, 1, 99), "bc");
    assert_str(ocib_str_sub(abc, 99, 100), "");
    assert_str(ocib_str_sub(abc, 2, 1), "");
}

static void test_trim(void **state)
{
    assert_str(ocib_str_trim(OCIB_STR(" \t\r\n a b \n")), "a b");
    assert_str(ocib_str_trim(OCIB_STR(" \t ")), "");
    assert_str(ocib_str_trim(OCIB_STR("")), "");
}

static void test_compare(void **state)
{
    assert_true(ocib_str_eq(OCIB_STR("a"), OCIB_STR("a")));
    assert_false(ocib_str_eq(OCIB_STR("a"), OCIB_STR("A")));
    assert_false(ocib_str_eq(OCIB_STR("a"), OCIB_STR("ab")));
    assert_true(ocib_str_eq(OCIB_STR(""), ocib_str(NULL)));
    assert_true(ocib_str_is(OCIB_STR("run"), "run"));
    assert_false(ocib_str_is(OCIB_STR("run"), "ru"));
    assert_true(ocib_str_is_nocase(OCIB_STR("Run"), "rUN"));
    assert_false(ocib_str_is_nocase(OCIB_STR("Run"), "runs"));
    assert_true(ocib_str_starts(OCIB_STR("abc"), "ab"));
    assert_true(ocib_str_starts(OCIB_STR("abc"), ""));
    assert_false(ocib_str_starts(OCIB_STR("ab"), "abc"));
    assert_true(ocib_str_ends(OCIB_STR("abc"), "bc"));
    assert_false(ocib_str_ends(OCIB_STR("bc"), "abc"));
}

static void test_find(void **state)
{
    assert_int_equal(ocib_str_find(OCIB_STR("abca"), 'a'), 0);
    assert_int_equal(ocib_str_rfind(OCIB_STR("abca"), 'a'), 3);
    assert_int_equal(ocib_str_find(OCIB_STR("abc"), 'x'), -1);
    assert_int_equal(ocib_str_rfind(OCIB_STR(""), 'x'), -1);
    /* A slice ends where it ends, whatever lies behind it. */
    assert_int_equal(ocib_str_find((struct ocib_str){"abc", 2}, 'c'), -1);
}

static void test_cut(void **state)
{
    struct ocib_str rest = OCIB_STR("a,,b,");
    struct ocib_str word;
    assert_true(ocib_str_cut(&rest, ',', &word));
    assert_str(word, "a");
    assert_true(ocib_str_cut(&rest, ',', &word));
    assert_str(word, "");
    assert_true(ocib_str_cut(&rest, ',', &word));
    assert_str(word, "b");
    assert_false(ocib_str_cut(&rest, ',', &word));
    rest = OCIB_STR("alone");
    assert_true(ocib_str_cut(&rest, ',', &word));
    assert_str(word, "alone");
    assert_false(ocib_str_cut(&rest, ',', &word));
}

static void test_uint(void **state)
{
    uint64_t value = 7;
    assert_true(ocib_str_uint(OCIB_STR("0"), 10, &value));
    assert_int_equal(value, 0);
    assert_true(ocib_str_uint(OCIB_STR("0010"), 10, &value));
    assert_int_equal(value, 10);
    assert_false(ocib_str_uint(OCIB_STR("11"), 10, &value));
    assert_true(ocib_str_uint(OCIB_STR("18446744073709551615"), UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    assert_false(ocib_str_uint(OCIB_STR("18446744073709551616"), UINT64_MAX, &value));
    assert_false(ocib_str_uint(OCIB_STR("99999999999999999999"), UINT64_MAX, &value));
    assert_false(ocib_str_uint(OCIB_STR(""), 10, &value));
    assert_false(ocib_str_uint(OCIB_STR("-1"), 10, &value));
    assert_false(ocib_str_uint(OCIB_STR("+1"), 10, &value));
    assert_false(ocib_str_uint(OCIB_STR(" 1"), 10, &value));
    assert_false(ocib_str_uint(OCIB_STR("1x"), 10, &value));
}

static void test_bytes(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"1", 1},
                {"0", 0},
                {"10b", 10},
                {"2k", 2048},
                {"2K", 2048},
                {"64m", 64 << 20},
                {"64mb", 64 << 20},
                {"64MiB", 64 << 20},
                {"1.5k", 1536},
                {"1 g", 1 << 30},
                {"1p", UINT64_C(1) << 50}};
    static const char *const bad[] = {"",    "m",      "-1",  "+1",   "1x",  "1mx",
                                      "1bb", "1.2.3m", ".5m", "0x10", "1e3", "9999999p"};
    uint64_t value;
    for (size_t i = 0; i < OCIB_COUNT(good); i++) {
        assert_true(ocib_str_bytes(good[i].text, &value));
        assert_int_equal(value, good[i].bytes);
    }
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        assert_false(ocib_str_bytes(bad[i], &value));
    }
}

static void test_nearest(void **state)
{
    static const char *const names[] = {"build", "push", "pull", "version", NULL};
    static const char *const none[] = {NULL};
    assert_string_equal(ocib_str_nearest(OCIB_STR("biuld"), names), "build");
    assert_string_equal(ocib_str_nearest(OCIB_STR("BUILD"), names), "build");
    assert_string_equal(ocib_str_nearest(OCIB_STR("verson"), names), "version");
    assert_string_equal(ocib_str_nearest(OCIB_STR("pul"), names), "pull");
    static const char *const short_names[] = {"FROM", "RUN", NULL};
    assert_string_equal(ocib_str_nearest(OCIB_STR("FORM"), short_names), "FROM");
    assert_string_equal(ocib_str_nearest(OCIB_STR("rnu"), short_names), "RUN");
    assert_null(ocib_str_nearest(OCIB_STR("FMOR"), short_names));
    assert_null(ocib_str_nearest(OCIB_STR("frobnicate"), names));
    assert_null(ocib_str_nearest(OCIB_STR("xxsh"), names));
    assert_null(ocib_str_nearest(OCIB_STR("build"), none));
    char longer[200];
    memset(longer, 'b', sizeof(longer));
    assert_null(ocib_str_nearest((struct ocib_str){longer, sizeof(longer)}, names));
}

static void bools(void **state)
{
    bool value = false;
    assert_true(ocib_str_bool(OCIB_STR("1"), &value));
    assert_true(value);
    assert_true(ocib_str_bool(OCIB_STR("False"), &value));
    assert_false(value);
    assert_true(ocib_str_bool(OCIB_STR("True"), &value));
    assert_true(value);
    assert_false(ocib_str_bool(OCIB_STR("yes"), &value));
    assert_false(ocib_str_bool(OCIB_STR(""), &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_make),  cmocka_unit_test(test_sub_cuts_its_bounds),
        cmocka_unit_test(test_trim),  cmocka_unit_test(test_compare),
        cmocka_unit_test(test_find),  cmocka_unit_test(test_cut),
        cmocka_unit_test(test_uint),  cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_bytes), cmocka_unit_test(bools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
