#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void count(int **p)
{
    if (*p) {
        ++**p;
    }
}

static void leave_scope(int *counter, int keep)
{
    OCIB_AUTO(count) int *owner = counter;
    if (keep) {
        int *taken = ocib_steal(&owner);
        assert_ptr_equal(taken, counter);
        assert_null(owner);
    }
}

static void test_runs_at_the_end_of_the_scope(void **state)
{
    int counter = 0;
    leave_scope(&counter, 0);
    assert_int_equal(counter, 1);
}

static void test_steal_keeps(void **state)
{
    int counter = 0;
    leave_scope(&counter, 1);
    assert_int_equal(counter, 0);
}

static void free_counted(int *counter)
{
    if (counter) {
        ++*counter;
    }
}
OCIB_DEFINE_CLEANUP(counted, int, free_counted)

static void test_defined_cleanup(void **state)
{
    int counter = 0;
    {
        OCIB_AUTO(counted_cleanup) int *owner = &counter;
        assert_non_null(owner);
    }
    assert_int_equal(counter, 1);
}

static void test_count(void **state)
{
    const int numbers[7] = {0};
    assert_int_equal(OCIB_COUNT(numbers), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_at_the_end_of_the_scope),
        cmocka_unit_test(test_steal_keeps),
        cmocka_unit_test(test_defined_cleanup),
        cmocka_unit_test(test_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
