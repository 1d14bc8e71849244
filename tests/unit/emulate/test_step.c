#include "emulate/fixture.h"

/* Every row is whole, and what the builder hands over a step does, too, in the same way. */
static void test_tables(void **state)
{
    const struct ocib_emulations *step = ocib_emulate_step();
    const struct ocib_emulations *builder = ocib_emulate_builder();
    size_t rows = 0;
    for (size_t i = 0; i < step->count; i++) {
        assert_int_equal(step->items[i].handle != NULL, step->items[i].when != OCIB_WHEN_NEVER);
        rows += step->items[i].handle != NULL;
    }
    assert_true(rows > 30);
    assert_true(builder->count <= step->count);
    for (size_t i = 0; i < builder->count; i++) {
        if (builder->items[i].handle) {
            assert_ptr_equal(builder->items[i].handle, step->items[i].handle);
        }
    }
}

/* What makes files is the step's only: the builder makes them as root and gives them away. */
static void test_builder_makes_as_root(void **state)
{
    const struct ocib_emulations *builder = ocib_emulate_builder();
    static const unsigned calls[] = {SYS_openat, SYS_symlinkat, SYS_mknodat, SYS_getuid,
                                     SYS_execve};
    for (size_t i = 0; i < OCIB_COUNT(calls); i++) {
        assert_true(calls[i] >= builder->count || !builder->items[calls[i]].handle);
        assert_non_null(ocib_emulate_step()->items[calls[i]].handle);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_builder_makes_as_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
