#include "base/checked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_add(void **state)
{
    size_t sum = 0;
    assert_true(ocib_add(2, 3, &sum));
    assert_int_equal(sum, 5);
    assert_true(ocib_add(SIZE_MAX, 0, &sum));
    assert_false(ocib_add(SIZE_MAX, 1, &sum));
    assert_false(ocib_add(SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 1, &sum));
}

static void test_mul(void **state)
{
    size_t product = 0;
    assert_true(ocib_mul(6, 7, &product));
    assert_int_equal(product, 42);
    assert_true(ocib_mul(SIZE_MAX, 1, &product));
    assert_true(ocib_mul(SIZE_MAX, 0, &product));
    assert_int_equal(product, 0);
    assert_false(ocib_mul(SIZE_MAX / 2 + 1, 2, &product));
}

static void test_add_signed(void **state)
{
    int64_t sum = 0;
    assert_true(ocib_add_i64(-2, 3, &sum));
    assert_int_equal(sum, 1);
    assert_true(ocib_add_i64(INT64_MIN, INT64_MAX, &sum));
    assert_int_equal(sum, -1);
    assert_false(ocib_add_i64(INT64_MAX, 1, &sum));
    assert_false(ocib_add_i64(INT64_MIN, -1, &sum));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_mul),
        cmocka_unit_test(test_add_signed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
