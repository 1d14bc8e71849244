#include "plan_test.h"

static void test_history(void **state)
{
    check_history("HEALTHCHECK NONE",
                  "HEALTHCHECK &{[\"NONE\"] \"0s\" \"0s\" \"0s\" \"0s\" '\\x00'}");
    check_history(
        "HEALTHCHECK --interval=1m --timeout=1.5s --start-period=2h --start-interval=3ms "
        "--retries=10 CMD a  b",
        "HEALTHCHECK &{[\"CMD-SHELL\" \"a  b\"] \"1m0s\" \"1.5s\" \"2h0m0s\" \"3ms\" '\\n'}");
    check_history("HEALTHCHECK CMD [\"a\", \"b\"]",
                  "HEALTHCHECK &{[\"CMD\" \"a\" \"b\"] \"0s\" \"0s\" \"0s\" \"0s\" '\\x00'}");
}

static void test_config(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM rich\nSHELL [\"x\"]\nHEALTHCHECK --interval=0 --retries=7 CMD $A\n");
    const struct ocib_healthcheck *check = planned_target(&p)->config.healthcheck;
    /* Neither the shell nor variables are the build's business. */
    check_strings(&check->test, "CMD-SHELL|$A");
    assert_int_equal(check->interval, 0);
    assert_int_equal(check->retries, 7);
}

static void test_none_takes_no_flags(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nHEALTHCHECK --interval=1s NONE\n");
    check_strings(&planned_target(&p)->config.healthcheck->test, "NONE");
    assert_int_equal(planned_target(&p)->config.healthcheck->interval, 0);
    check_strings(&p.warnings, "2:13: flags mean nothing to HEALTHCHECK NONE");
}

static void test_refused(void **state)
{
    planned_bad("FROM a\nHEALTHCHECK --interval=1 CMD x\n", "--interval: '1' is no duration");
    planned_bad("FROM a\nHEALTHCHECK --interval=1 CMD x\nFROM b\n",
                "--interval: '1' is no duration");
    planned_bad("FROM a\nHEALTHCHECK --timeout=1us CMD x\n", "--timeout: 1us is less than 1ms");
    planned_bad("FROM a\nHEALTHCHECK --start-period=-1s CMD x\n",
                "--start-period: -1s is less than 1ms");
    planned_bad("FROM a\nHEALTHCHECK --start-interval=x CMD x\n",
                "--start-interval: 'x' is no duration");
    planned_bad("FROM a\nHEALTHCHECK --retries=2147483648 CMD x\n",
                "--retries: '2147483648' is no number of times");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_none_takes_no_flags),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
