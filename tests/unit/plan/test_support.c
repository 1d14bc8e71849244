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
    refuse("RUN --security=sandbox y", "RUN --security");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_off_is_off),
        cmocka_unit_test(test_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
