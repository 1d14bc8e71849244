#include "base/library.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FUNCTIONS(X) X(down, floor) X(scale, ldexp)
struct functions {
    FUNCTIONS(OCIB_LIBRARY_MEMBER)
};
static const struct ocib_symbol symbols[] = {
#define SYMBOL(member, function) OCIB_LIBRARY_SYMBOL(struct functions, member, function)
    FUNCTIONS(SYMBOL)
#undef SYMBOL
};

static void test_functions_can_be_called(void **state)
{
    struct functions math = {0};
    struct ocib_error *err = NULL;
    assert_int_equal(ocib_library_load("libm.so.6", symbols, OCIB_COUNT(symbols), &math, &err), 0);
    assert_null(err);
    assert_true(math.down(2.5) == 2.0);
    assert_true(math.scale(1.0, 4) == 16.0);
}

static void test_a_missing_library_is_named(void **state)
{
    struct functions math = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_library_load("libnowhere.so.1", symbols, 1, &math, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EINTERNAL);
    assert_non_null(strstr(ocib_error_message(err), "can't load the library libnowhere.so.1: "));
}

static void test_a_missing_function_is_named(void **state)
{
    static const struct ocib_symbol wrong[] = {{"ocib_nowhere", 0}};
    struct functions math = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_library_load("libm.so.6", wrong, 1, &math, &err), -1);
    assert_non_null(strstr(ocib_error_message(err), "ocib_nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_functions_can_be_called),
                                       cmocka_unit_test(test_a_missing_library_is_named),
                                       cmocka_unit_test(test_a_missing_function_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
