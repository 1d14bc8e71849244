#include "plan_test.h"

static void refuse(const char *instruction, const char *what)
{
    OCIB_AUTO_FREE char *text = ocib_format("FROM alpine\n%s\n", instruction);
    OCIB_AUTO_FREE char *message = ocib_format("%s is not supported yet", what);
    planned_bad(text, message);
    /* It is refused where it would run, before anything is built; not where it isn't needed. */
    AUTO_PLANNED p = {0};
    OCIB_AUTO_FREE char *unneeded = ocib_format("FROM alpine\n%s\nFROM alpine\n", instruction);
    planned_good(&p, unneeded);
}

static void test_refused(void **state)
{
    refuse("RUN --device=x y", "RUN --device");
}

static void test_off_is_off(void **state)
{
    check_history("COPY --link=false --parents=false a b", "COPY a b");
    check_history("ADD --link=FALSE --keep-git-dir=false a b", "ADD a b");
}

static void test_taken(void **state)
{
    check_history("ADD a.git b", "ADD a.git b");
    check_history("RUN <<E\n #!/bin/sh\nE", "RUN /bin/sh -c  #!/bin/sh\n");
}

/* A plan with nothing granted. */
static void not_granted(const char *instruction, const char *message)
{
    static const struct ocib_entitlements none = {false, false};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *text = ocib_format("FROM alpine\n%s\n", instruction);
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file = ocib_dockerfile_parse("Dockerfile", ocib_str(text), NULL, NULL);
    const struct ocib_plan_options options = {.granted = &none};
    OCIB_AUTO(ocib_plan_cleanup) struct ocib_plan *plan = ocib_plan_new(file, &options, &err);
    if (!message) {
        assert_non_null(plan);
        return;
    }
    assert_null(plan);
    assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
    assert_string_equal(ocib_error_message(err), message);
}

static void test_entitlements(void **state)
{
    not_granted("RUN --network=host x", "network.host is not allowed: RUN --network=host needs it");
    not_granted("RUN --security=insecure x",
                "security.insecure is not allowed: RUN --security=insecure needs it");
    not_granted("RUN --network=none --security=sandbox x", NULL);
    not_granted("RUN x", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_entitlements),
        cmocka_unit_test(test_off_is_off),
        cmocka_unit_test(test_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
