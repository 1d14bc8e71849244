#include "check_test.h"

#include "check/internal.h"

static void test_values(void **state)
{
    OCIB_AUTO(ocib_vars_release) struct ocib_vars vars = {0};
    assert_null(ocib_vars_get(&vars, OCIB_STR("A")));
    assert_null(ocib_vars_nearest(&vars, "ABC"));
    ocib_vars_set(&vars, OCIB_STR("A"), "1");
    ocib_vars_set_pair(&vars, "PATH=/a=b");
    ocib_vars_set_pair(&vars, "EMPTY");
    ocib_vars_set(&vars, OCIB_STR("A"), "2");
    assert_string_equal(ocib_vars_get(&vars, OCIB_STR("A")), "2");
    assert_string_equal(ocib_vars_get(&vars, OCIB_STR("PATH")), "/a=b");
    assert_string_equal(ocib_vars_get(&vars, OCIB_STR("EMPTY")), "");
    assert_string_equal(ocib_vars_nearest(&vars, "PAHT"), "PATH");
    assert_null(ocib_vars_nearest(&vars, "B"));
}

static void test_copy(void **state)
{
    OCIB_AUTO(ocib_vars_release) struct ocib_vars vars = {0};
    OCIB_AUTO(ocib_vars_release) struct ocib_vars copy = {0};
    OCIB_AUTO(ocib_vars_release) struct ocib_vars none = {0};
    size_t budget = 100;
    ocib_vars_set(&vars, OCIB_STR("A"), "1");
    assert_true(ocib_vars_copy(&copy, &vars, &budget));
    ocib_vars_set(&vars, OCIB_STR("A"), "2");
    assert_string_equal(ocib_vars_get(&copy, OCIB_STR("A")), "1");
    assert_true(budget < 100);
    assert_false(ocib_vars_copy(&none, &vars, &budget));
    assert_int_equal(budget, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
