#include "base/map.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_empty(void **state)
{
    OCIB_AUTO(ocib_map_cleanup) struct ocib_map *map = ocib_map_new(NULL);
    assert_int_equal(ocib_map_len(map), 0);
    assert_null(ocib_map_get(map, OCIB_STR("x")));
    assert_null(ocib_map_get(map, OCIB_STR("")));
    ocib_map_free(NULL);
}

static void test_keeps_order_of_insertion(void **state)
{
    OCIB_AUTO(ocib_map_cleanup) struct ocib_map *map = ocib_map_new(free);
    for (int i = 0; i < 5000; i++) {
        OCIB_AUTO_FREE char *key = ocib_format("key-%d", (i * 7919) % 5000);
        ocib_map_set(map, ocib_str(key), ocib_format("%d", i));
    }
    assert_int_equal(ocib_map_len(map), 5000);
    for (int i = 0; i < 5000; i++) {
        OCIB_AUTO_FREE char *key = ocib_format("key-%d", (i * 7919) % 5000);
        OCIB_AUTO_FREE char *value = ocib_format("%d", i);
        assert_string_equal(ocib_map_key_at(map, (size_t)i), key);
        assert_string_equal(ocib_map_at(map, (size_t)i), value);
        assert_string_equal(ocib_map_get(map, ocib_str(key)), value);
    }
    assert_null(ocib_map_get(map, OCIB_STR("key-5000")));
}

static void test_set_again_keeps_the_place(void **state)
{
    OCIB_AUTO(ocib_map_cleanup) struct ocib_map *map = ocib_map_new(free);
    ocib_map_set(map, OCIB_STR("a"), ocib_strdup("1"));
    ocib_map_set(map, OCIB_STR("b"), ocib_strdup("2"));
    ocib_map_set(map, OCIB_STR("a"), ocib_strdup("3"));
    assert_int_equal(ocib_map_len(map), 2);
    assert_string_equal(ocib_map_key_at(map, 0), "a");
    assert_string_equal(ocib_map_get(map, OCIB_STR("a")), "3");
    void *same = ocib_map_get(map, OCIB_STR("b"));
    ocib_map_set(map, OCIB_STR("b"), same);
    assert_string_equal(ocib_map_get(map, OCIB_STR("b")), "2");
}

static void test_keys_are_copied_bytes(void **state)
{
    OCIB_AUTO(ocib_map_cleanup) struct ocib_map *map = ocib_map_new(NULL);
    int one = 1, two = 2;
    char key[] = "abc";
    ocib_map_set(map, (struct ocib_str){key, 2}, &one);
    ocib_map_set(map, (struct ocib_str){"a\0b", 3}, &two);
    key[0] = 'x';
    assert_ptr_equal(ocib_map_get(map, OCIB_STR("ab")), &one);
    assert_null(ocib_map_get(map, OCIB_STR("abc")));
    assert_null(ocib_map_get(map, OCIB_STR("a")));
    assert_ptr_equal(ocib_map_get(map, (struct ocib_str){"a\0b", 3}), &two);
    assert_string_equal(ocib_map_key_at(map, 0), "ab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_keeps_order_of_insertion),
        cmocka_unit_test(test_set_again_keeps_the_place),
        cmocka_unit_test(test_keys_are_copied_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
