#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_add_gives_zeroed_items(void **state)
{
    struct {
        OCIB_VEC(long);
    } numbers = {0};
    for (long i = 0; i < 10000; i++) {
        long *item = ocib_vec_add(&numbers);
        assert_int_equal(*item, 0);
        *item = i;
    }
    assert_int_equal(numbers.len, 10000);
    for (long i = 0; i < 10000; i++) {
        assert_int_equal(numbers.items[i], i);
    }
    ocib_vec_release(&numbers);
    assert_null(numbers.items);
    assert_int_equal(numbers.len, 0);
    ocib_vec_push(&numbers, 5);
    assert_int_equal(numbers.items[0], 5);
    ocib_vec_release(&numbers);
}

static void test_strings_are_copies(void **state)
{
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    char text[] = "abc";
    ocib_strings_push(&list, text);
    ocib_strings_push_str(&list, (struct ocib_str){text, 2});
    ocib_strings_take(&list, ocib_strdup("mine"));
    text[0] = 'x';
    assert_int_equal(list.len, 3);
    assert_string_equal(list.items[0], "abc");
    assert_string_equal(list.items[1], "ab");
    assert_string_equal(list.items[2], "mine");
    assert_true(ocib_strings_has(&list, "ab"));
    assert_false(ocib_strings_has(&list, "a"));
    OCIB_AUTO_STRINGS struct ocib_strings copy = {0};
    ocib_strings_push(&copy, "first");
    ocib_strings_copy(&copy, &list);
    ocib_strings_clear(&list);
    assert_int_equal(list.len, 0);
    assert_int_equal(copy.len, 4);
    assert_string_equal(copy.items[3], "mine");
}

static void test_argv_ends_with_null(void **state)
{
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    assert_null(ocib_strings_argv(&list)[0]);
    for (int i = 0; i < 8; i++) { /* fills the first allocation to the brim */
        ocib_strings_push(&list, "x");
    }
    char **argv = ocib_strings_argv(&list);
    assert_string_equal(argv[7], "x");
    assert_null(argv[8]);
    assert_int_equal(list.len, 8);
}

static void test_sorts_by_bytes(void **state)
{
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    ocib_strings_sort(&list);
    static const char *const words[] = {"b", "a.c", "\xc3\xa4", "B", "a-c", "a/c", "a"};
    static const char *const sorted[] = {"B", "a", "a-c", "a.c", "a/c", "b", "\xc3\xa4"};
    for (size_t i = 0; i < OCIB_COUNT(words); i++) {
        ocib_strings_push(&list, words[i]);
    }
    ocib_strings_sort(&list);
    for (size_t i = 0; i < OCIB_COUNT(sorted); i++) {
        assert_string_equal(list.items[i], sorted[i]);
    }
}

static void test_env(void **state)
{
    OCIB_AUTO_STRINGS struct ocib_strings env = {0};
    assert_null(ocib_env_get(&env, "A"));
    ocib_env_set(&env, "A", "1");
    ocib_env_set(&env, "AB", "2");
    ocib_env_set(&env, "C", "");
    ocib_env_set(&env, "A", "x=y");
    assert_int_equal(env.len, 3);
    assert_string_equal(env.items[0], "A=x=y");
    assert_string_equal(ocib_env_get(&env, "A"), "x=y");
    assert_string_equal(ocib_env_get(&env, "AB"), "2");
    assert_string_equal(ocib_env_get(&env, "C"), "");
    assert_null(ocib_env_get(&env, "B"));
    assert_null(ocib_env_get(&env, "a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add_gives_zeroed_items),
        cmocka_unit_test(test_strings_are_copies),
        cmocka_unit_test(test_argv_ends_with_null),
        cmocka_unit_test(test_sorts_by_bytes),
        cmocka_unit_test(test_env),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
