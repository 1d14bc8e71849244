#include "plan_test.h"

static void test_history(void **state)
{
    check_history("ENV a=1 b=\"x y\"", "ENV a=1 b=x y");
    check_history("ENV a  b  c", "ENV a=b  c");
    check_history("LABEL a=1 \"b c\"='d'", "LABEL a=1 b c=d");
    check_history("ARG A=1 B", "ARG A=1 B");
    check_history("CMD a b", "CMD [\"/bin/sh\" \"-c\" \"a b\"]");
    check_history("CMD [\"a\", \"\\\"\"]", "CMD [\"a\" \"\\\"\"]");
    check_history("CMD []", "CMD []");
    check_history("ENTRYPOINT a", "ENTRYPOINT [\"/bin/sh\" \"-c\" \"a\"]");
    check_history("SHELL [\"a\", \"b c\"]", "SHELL [a b c]");
    check_history("MAINTAINER  A <b@c>", "MAINTAINER A <b@c>");
    check_history("USER a:b", "USER a:b");
    check_history("VOLUME /a /b", "VOLUME [/a /b]");
    check_history("WORKDIR a", "WORKDIR /a");
    check_history("WORKDIR /", "WORKDIR /");
}

/* What a line of variables sees is what was there before it, but for ARG. */
static void test_order_of_values(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nENV A=1\nENV A=2 B=$A\nARG C=$A D=$C\nLABEL x=1 y=$x z=$D\n");
    assert_string_equal(planned_op(&p, 1)->created_by, "ENV A=2 B=1");
    assert_string_equal(planned_op(&p, 2)->created_by, "ARG C=2 D=2");
    assert_string_equal(planned_op(&p, 3)->created_by, "LABEL x=1 y= z=2");
    assert_string_equal(ocib_env_get(&planned_target(&p)->config.env, "B"), "1");
    assert_null(ocib_env_get(&planned_target(&p)->config.env, "C"));
}

static void test_names_of_args(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nARG \"A\"=1 $B=2 C\nENV A=$A\n");
    assert_string_equal(planned_op(&p, 0)->created_by, "ARG \"A\"=1 $B=2 C");
    assert_string_equal(planned_op(&p, 1)->created_by, "ENV A=");
    assert_int_equal(p.warnings.len, 3);
    assert_string_equal(p.warnings.items[1],
                        "2:11: the name of an ARG is taken as written, with quotes and variables");
}

static void test_merge(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM rich\nENV LANG=x NEW=y\nLABEL new=1 base=2\nENTRYPOINT []\n");
    const struct ocib_config *config = &planned_target(&p)->config;
    check_strings(&config->env, "PATH=/rich|LANG=x|NEW=y");
    check_strings(&config->labels, "base=2|new=1");
    assert_false(config->has_entrypoint);
    assert_false(config->has_cmd);
    assert_int_equal(config->entrypoint.len + config->cmd.len, 0);
    assert_int_equal(config->onbuild.len, 0);
}

static void test_path_is_always_set(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM scratch\nENV A=$PATH\n");
    assert_string_equal(ocib_env_get(&planned_target(&p)->config.env, "A"),
                        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    assert_string_equal(planned_target(&p)->config.working_dir, "/");
}

static void test_workdir(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nUSER app\nWORKDIR a\nWORKDIR ../b/./c//\nWORKDIR /../..\n"
                     "WORKDIR /x/y/../../..\nWORKDIR d e\n");
    assert_int_equal(planned_op(&p, 1)->kind, OCIB_OP_WORKDIR);
    assert_string_equal(planned_op(&p, 1)->workdir, "/a");
    assert_string_equal(planned_op(&p, 1)->workdir_user, "app");
    assert_string_equal(planned_op(&p, 2)->workdir, "/b/c");
    /* An absolute path is kept as it is written; the folder is the one that it leads to. */
    assert_string_equal(planned_op(&p, 3)->created_by, "WORKDIR /../..");
    assert_string_equal(planned_op(&p, 3)->workdir, "/");
    assert_string_equal(planned_op(&p, 4)->created_by, "WORKDIR /x/y/../../..");
    assert_string_equal(planned_op(&p, 5)->workdir, "/d e");
    assert_string_equal(planned_target(&p)->config.working_dir, "/d e");
}

static void test_workdir_of_the_root(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nWORKDIR /\nWORKDIR /a/\nRUN pwd\n");
    /* The root is there already: no layer. */
    assert_int_equal(planned_op(&p, 0)->kind, OCIB_OP_CONFIG);
    assert_null(planned_op(&p, 0)->workdir);
    assert_string_equal(planned_op(&p, 1)->workdir, "/a");
    assert_string_equal(planned_op(&p, 2)->run.cwd, "/a");
    assert_string_equal(planned_target(&p)->config.working_dir, "/a/");
}

static void test_onbuild_is_kept(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nONBUILD RUN a $B\nONBUILD COPY <<E /x\nq\nE\n");
    assert_int_equal(planned_target(&p)->ops.len, 0);
    check_strings(&planned_target(&p)->config.onbuild, "RUN a $B|COPY <<E /x\nq\nE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_order_of_values),
        cmocka_unit_test(test_names_of_args),
        cmocka_unit_test(test_merge),
        cmocka_unit_test(test_path_is_always_set),
        cmocka_unit_test(test_workdir),
        cmocka_unit_test(test_workdir_of_the_root),
        cmocka_unit_test(test_onbuild_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
