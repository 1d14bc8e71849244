#include "plan_test.h"

#include "plan/internal.h"

static void test_scope(void **state)
{
    struct ocib_scope scope = {0};
    assert_null(ocib_scope_get(&scope, OCIB_STR("a")));
    assert_false(ocib_scope_has(&scope, OCIB_STR("a")));
    ocib_scope_set(&scope, OCIB_STR("a"), "1");
    ocib_scope_set(&scope, OCIB_STR("b"), NULL);
    ocib_scope_set(&scope, OCIB_STR("c"), "");
    assert_string_equal(ocib_scope_get(&scope, OCIB_STR("a")), "1");
    assert_null(ocib_scope_get(&scope, OCIB_STR("b")));
    assert_true(ocib_scope_has(&scope, OCIB_STR("b")));
    /* No value leaves the one there was; order is that of the first time. */
    ocib_scope_set(&scope, OCIB_STR("a"), NULL);
    ocib_scope_set(&scope, OCIB_STR("b"), "2");
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    ocib_scope_export(&scope, &list);
    check_strings(&list, "a=1|b=2|c=");
    struct ocib_scope copy = {0};
    ocib_strings_push(&list, "d");
    ocib_strings_push(&list, "a=x=y");
    ocib_scope_add_list(&copy, &list);
    assert_string_equal(ocib_scope_get(&copy, OCIB_STR("a")), "x=y");
    assert_true(ocib_scope_has(&copy, OCIB_STR("d")));
    assert_null(ocib_scope_get(&copy, OCIB_STR("d")));
    assert_true(ocib_scope_bytes(&copy) > ocib_scope_bytes(&scope));
    ocib_scope_release(&copy);
    ocib_scope_release(&scope);
}

static void test_many(void **state)
{
    struct ocib_scope scope = {0};
    for (int i = 0; i < 20000; i++) {
        OCIB_AUTO_FREE char *name = ocib_format("v%d", i % 10000);
        ocib_scope_set(&scope, ocib_str(name), i < 10000 ? "old" : "new");
    }
    assert_int_equal(scope.len, 10000);
    assert_string_equal(ocib_scope_get(&scope, OCIB_STR("v9999")), "new");
    ocib_scope_release(&scope);
}

static void test_words(void **state)
{
    struct ocib_scope scope = {0};
    ocib_scope_set(&scope, OCIB_STR("a"), "1 2");
    size_t budget = 100;
    struct ocib_words words = {&scope, NULL, '\\', &budget};
    struct ocib_arg arg = {.text = OCIB_STR("$a\"$a\"")};
    OCIB_AUTO_FREE char *whole = ocib_words_expand(&words, &arg, NULL);
    assert_string_equal(whole, "1 21 2");
    OCIB_AUTO_STRINGS struct ocib_strings parts = {0};
    assert_int_equal(ocib_words_split(&words, &arg, &parts, NULL), 0);
    check_strings(&parts, "1|21 2");
    OCIB_AUTO_FREE char *body =
        ocib_words_expand_body(&words, OCIB_STR("'$a'"), (struct ocib_span){0}, NULL);
    assert_string_equal(body, "'1 2'");
    assert_true(budget < 100);
    /* What is used up stays used up. */
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    budget = 2;
    assert_null(ocib_words_expand(&words, &arg, &err));
    assert_int_equal(ocib_error_code(err), OCIB_EDOCKERFILE);
    ocib_scope_release(&scope);
}

static void test_warnings(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p,
                 "FROM alpine\nENV VERSION=1\nENV A=$VERSON B=$X C=${Y:-z} \\\n  D=$VERSION$ZZZ\n");
    check_strings(&p.warnings,
                  "3:7: the variable 'VERSON' is not set here; did you mean 'VERSION'?|"
                  "3:17: the variable 'X' is not set here|"
                  "4:5: the variable 'ZZZ' is not set here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scope),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
