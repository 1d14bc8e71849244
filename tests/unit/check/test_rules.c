#include "check_test.h"

#include "check/internal.h"

static void test_table(void **state)
{
    assert_int_equal(ocib_rule_count(), 27);
    for (size_t i = 0; i < ocib_rule_count(); i++) {
        const struct ocib_rule *rule = ocib_rule_at(i);
        assert_true(rule->name && rule->description && rule->advice);
        assert_non_null(ocib_rule_pass(i));
        /* Docker's have a page, and they come first. */
        assert_int_equal(rule->url != NULL, i <= OCIB_RULE_EXPOSE_INVALID_FORMAT);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(rule->name, ocib_rule_at(k)->name);
        }
    }
}

static bool is_on(enum ocib_rule_id id, const char *said, bool own)
{
    OCIB_AUTO(ocib_check_directive_release) struct ocib_check_directive directive = {0};
    assert_int_equal(ocib_check_directive_read(ocib_str(said), &directive, NULL, NULL), 0);
    struct ocib_check_options options = {.own = own};
    struct ocib_checker c = {.options = &options, .directive = &directive};
    return ocib_rule_is_on(&c, id);
}

static void test_selection(void **state)
{
    assert_true(is_on(OCIB_RULE_UNDEFINED_VAR, "", false));
    assert_false(is_on(OCIB_RULE_UNDEFINED_VAR, "skip=UndefinedVar", false));
    assert_true(is_on(OCIB_RULE_UNDEFINED_VAR, "skip=undefinedvar", false));
    assert_false(is_on(OCIB_RULE_UNDEFINED_VAR, "skip=all", false));
    assert_true(is_on(OCIB_RULE_UNDEFINED_VAR, "skip=all,MissingUser", false));
    assert_false(is_on(OCIB_RULE_MISSING_USER, "", false));
    assert_true(is_on(OCIB_RULE_MISSING_USER, "", true));
    assert_false(is_on(OCIB_RULE_MISSING_USER, "skip=MissingUser", true));
    assert_false(is_on(OCIB_RULE_MISSING_USER, "skip=all", true));
}

static void test_experimental(void **state)
{
    enum ocib_rule_id id = OCIB_RULE_INVALID_DEFINITION_DESCRIPTION;
    assert_false(is_on(id, "", false));
    assert_false(is_on(id, "", true));
    assert_true(is_on(id, "experimental=InvalidDefinitionDescription", false));
    assert_true(is_on(id, "skip=all;experimental=all", false));
    /* A copy of what is ignored is looked for by ocib's own check in any case. */
    assert_false(is_on(OCIB_RULE_COPY_IGNORED_FILE, "", false));
    assert_true(is_on(OCIB_RULE_COPY_IGNORED_FILE, "", true));
    assert_false(is_on(OCIB_RULE_COPY_IGNORED_FILE, "skip=CopyIgnoredFile", true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_selection),
        cmocka_unit_test(test_experimental),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
