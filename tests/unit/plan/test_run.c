#include "plan_test.h"

static void test_argv(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nRUN a  $B \"c\"\nRUN [\"a\", \"$B\"]\nSHELL [\"x\", \"-y\"]\n"
                     "RUN a \\\n # c\n b\nRUN [ -f x ]\n");
    check_strings(&planned_op(&p, 0)->run.argv, "/bin/sh|-c|a  $B \"c\"");
    check_strings(&planned_op(&p, 1)->run.argv, "a|$B");
    check_strings(&planned_op(&p, 3)->run.argv, "x|-y|a  b");
    check_strings(&planned_op(&p, 4)->run.argv, "x|-y|[ -f x ]");
    assert_string_equal(planned_op(&p, 1)->run.command, "[\"a\", \"$B\"]");
    assert_string_equal(planned_op(&p, 3)->run.command, "a  b");
}

static void check_text(const char *run, const char *want)
{
    AUTO_PLANNED p = {0};
    OCIB_AUTO_FREE char *text = ocib_format("FROM alpine\n%s\n", run);
    planned_good(&p, text);
    assert_int_equal(planned_op(&p, 0)->run.argv.len, 3);
    assert_string_equal(planned_op(&p, 0)->run.argv.items[2], want);
    assert_string_equal(planned_op(&p, 0)->run.command, want);
}

static void test_heredocs(void **state)
{
    check_text("RUN <<E\na $X\n\tb\nE", "a $X\n\tb\n");
    check_text("RUN <<-'E'\n\t\ta\n\t b\nE", "a\n b\n");
    check_text("RUN <<E\nE", "");
    check_text("RUN --network=none <<E\nx\nE", "x\n");
    check_text("RUN cat <<E\nx\nE", "cat <<E\nx\nE");
    check_text("RUN cat <<-E\n\tx\n\tE", "cat <<-E\n\tx\nE");
    check_text("RUN <<A <<B\na\nA\nb\nB", "<<A <<B\na\nA\nb\nB");
    check_text("RUN cat <<A\n#!/bin/sh\nA", "cat <<A\n#!/bin/sh\nA");
}

static void test_scripts(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nSHELL [\"x\", \"-c\"]\nRUN <<-E\n#!/bin/a $B\n\tc\n\tE\n"
                     "RUN <<E\n #!/bin/sh\nE\nRUN <<-E\n\t#!/bin/sh\nE\n");
    const struct ocib_run_op *run = &planned_op(&p, 1)->run;
    check_strings(&run->argv, "x|-c|/dev/pipes/E");
    assert_string_equal(run->script, "#!/bin/a $B\nc\n");
    assert_string_equal(run->script_path, "/dev/pipes/E");
    assert_string_equal(planned_op(&p, 1)->created_by, "RUN x -c /dev/pipes/E");
    assert_null(planned_op(&p, 2)->run.script);
    /* Looked at before tabs are taken off. */
    assert_null(planned_op(&p, 3)->run.script);
    planned_bad("FROM alpine\nRUN <<a/b\n#!/bin/sh\na/b\n", "'a/b' can't be the name of a file");
}

static void test_environment(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p,
                 "# test: arg V=given\nFROM rich\nENV V=env\nRUN a\nARG V N\nRUN b\nENV V=last\n"
                 "RUN c\n");
    check_strings(&planned_op(&p, 4)->run.env, "PATH=/rich|LANG=C|T=t|V=env");
    check_strings(&planned_op(&p, 6)->run.env, "PATH=/rich|LANG=C|T=t|V=given");
    assert_string_equal(planned_op(&p, 6)->created_by, "RUN |3 T=t V=given N= /bin/rich -c b");
    check_strings(&planned_op(&p, 8)->run.env, "PATH=/rich|LANG=C|T=t|V=last");
    assert_string_equal(planned_op(&p, 8)->created_by, "RUN |3 T=t V=last N= /bin/rich -c c");
    assert_string_equal(planned_op(&p, 8)->run.cwd, "/srv");
    assert_string_equal(planned_op(&p, 8)->run.user, "app");
}

static void test_proxies(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "# test: arg http_proxy=h\n# test: arg FTP_PROXY=f\n# test: arg all_proxy=a\n"
                     "FROM alpine\nARG FTP_PROXY\nRUN a\n");
    const struct ocib_op *op = planned_op(&p, 1);
    check_strings(&op->run.secret_env,
                  "HTTP_PROXY=h|http_proxy=h|ftp_proxy=f|ALL_PROXY=a|all_proxy=a");
    assert_string_equal(ocib_env_get(&op->run.env, "FTP_PROXY"), "f");
    assert_null(ocib_env_get(&op->run.env, "http_proxy"));
    assert_string_equal(op->created_by, "RUN |1 FTP_PROXY=f /bin/sh -c a");
    OCIB_AUTO_STRINGS struct ocib_strings unused = {0};
    ocib_plan_unused_args(p.plan, &unused);
    assert_int_equal(unused.len, 0);
}

static void test_network(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nRUN a\nRUN --network=none a\nRUN --network=host a\n"
                     "RUN --network=default a\n");
    static const enum ocib_network want[] = {OCIB_NETWORK_DEFAULT, OCIB_NETWORK_NONE,
                                             OCIB_NETWORK_HOST, OCIB_NETWORK_DEFAULT};
    for (size_t i = 0; i < OCIB_COUNT(want); i++) {
        assert_int_equal(planned_op(&p, i)->run.network, want[i]);
    }
    planned_bad("FROM a\nRUN --network=None a\n", "--network can't be 'None'");
}

static void test_security(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nRUN a\nRUN --security=sandbox a\nRUN --security=insecure a\n");
    for (size_t i = 0; i < 3; i++) {
        assert_true(planned_op(&p, i)->run.insecure == (i == 2));
    }
    planned_bad("FROM a\nRUN --security=none a\n", "--security can't be 'none'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_argv),     cmocka_unit_test(test_heredocs),
        cmocka_unit_test(test_scripts),  cmocka_unit_test(test_environment),
        cmocka_unit_test(test_proxies),  cmocka_unit_test(test_network),
        cmocka_unit_test(test_security),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
