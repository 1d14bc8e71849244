#include "base/xattrs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_sorted_by_name(void **state)
{
    struct ocib_xattrs list = {0};
    ocib_xattrs_add(&list, "user.b", OCIB_STR("2"));
    ocib_xattrs_add(&list, "user.c", OCIB_STR("3"));
    ocib_xattrs_add(&list, "security.capability", (struct ocib_str){"\1\0\2", 3});
    ocib_xattrs_add(&list, "user.a", OCIB_STR("1"));
    assert_int_equal(list.len, 4);
    static const char *const names[] = {"security.capability", "user.a", "user.b", "user.c"};
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        assert_string_equal(list.items[i].name, names[i]);
    }
    assert_int_equal(list.items[0].value.len, 3);
    assert_memory_equal(list.items[0].value.data, "\1\0\2", 3);
    assert_string_equal(list.items[3].value.data, "3");
    ocib_xattrs_release(&list);
}

static void test_equal_name_is_replaced(void **state)
{
    struct ocib_xattrs list = {0};
    ocib_xattrs_add(&list, "a", OCIB_STR("long value"));
    ocib_xattrs_add(&list, "b", OCIB_STR("other"));
    ocib_xattrs_add(&list, "a", OCIB_STR("x"));
    assert_int_equal(list.len, 2);
    assert_true(ocib_str_is(ocib_buf_str(&list.items[0].value), "x"));
    ocib_xattrs_release(&list);
}

static void test_compare(void **state)
{
    struct ocib_xattrs a = {0}, b = {0};
    assert_true(ocib_xattrs_eq(&a, &b));
    ocib_xattrs_add(&a, "x", OCIB_STR("1"));
    assert_false(ocib_xattrs_eq(&a, &b));
    ocib_xattrs_add(&b, "x", OCIB_STR("2"));
    assert_false(ocib_xattrs_eq(&a, &b));
    ocib_xattrs_add(&b, "x", OCIB_STR("1"));
    assert_true(ocib_xattrs_eq(&a, &b));
    ocib_xattrs_add(&a, "y", OCIB_STR(""));
    ocib_xattrs_add(&b, "z", OCIB_STR(""));
    assert_false(ocib_xattrs_eq(&a, &b));
    ocib_xattrs_release(&a);
    ocib_xattrs_release(&b);
}

static void test_clear_keeps_the_array(void **state)
{
    struct ocib_xattrs list = {0};
    ocib_xattrs_add(&list, "a", OCIB_STR("1"));
    const void *items = list.items;
    ocib_xattrs_clear(&list);
    assert_int_equal(list.len, 0);
    assert_ptr_equal(list.items, items);
    ocib_xattrs_add(&list, "b", OCIB_STR("2"));
    assert_string_equal(list.items[0].name, "b");
    ocib_xattrs_release(&list);
    assert_null(list.items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sorted_by_name),
        cmocka_unit_test(test_equal_name_is_replaced),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_clear_keeps_the_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
