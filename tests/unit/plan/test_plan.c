#include "plan_test.h"

static void test_stages(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "ARG V=3\nARG W=x$V\nFROM py:$V AS Build\nFROM scratch\n"
                     "FROM --platform=linux/arm64 \"$W\"\nFROM build\n");
    assert_int_equal(ocib_plan_stage_count(p.plan), 4);
    const struct ocib_stage *build = ocib_plan_stage(p.plan, 0);
    assert_string_equal(build->name, "build");
    assert_string_equal(build->base_image, "py:3");
    assert_int_equal(build->span.line, 3);
    assert_int_equal(build->base_span.column, 6);
    assert_int_equal(ocib_plan_stage(p.plan, 1)->base, OCIB_BASE_SCRATCH);
    assert_null(ocib_plan_stage(p.plan, 1)->name);
    assert_string_equal(ocib_plan_stage(p.plan, 2)->base_image, "x3");
    assert_string_equal(ocib_plan_stage(p.plan, 2)->platform.architecture, "arm64");
    assert_int_equal(ocib_plan_stage(p.plan, 3)->base, OCIB_BASE_STAGE);
    assert_string_equal(ocib_plan_stage(p.plan, 3)->platform.architecture, "amd64");
}

static void check_base(const char *text, const char *want)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, text);
    assert_string_equal(ocib_plan_stage(p.plan, 0)->base_image, want);
}

static void test_global_args(void **state)
{
    check_base("ARG A=1\nFROM x:$A\n", "x:1");
    check_base("ARG A=1 B=$A\nFROM x:$B\n", "x:1");
    check_base("# test: arg A=2\nARG A=1\nFROM x:$A\n", "x:2");
    check_base("# test: arg A=2\nFROM x:${A:-none}\n", "x:none");
    check_base("ARG A\nFROM x:${A:-none}\n", "x:none");
    check_base("FROM x:$TARGETARCH-$TARGETOS-$BUILDPLATFORM\n", "x:amd64-linux-linux/amd64");
    check_base("# test: arg TARGETARCH=mine\nFROM x:$TARGETARCH\n", "x:mine");
    check_base("ARG TARGETARCH\nFROM x:$TARGETARCH\n", "x:amd64");
    check_base("ARG TARGETARCH=own\nFROM x:$TARGETARCH\n", "x:own");
    check_base("FROM x AS a\n# test: target a\n", "x");
}

/* In a stage a global ARG counts only once it is declared there, and its default doesn't. */
static void test_global_args_in_stages(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "ARG A=global\nARG B=global\nFROM x\nENV X=$A\nARG A B=own\nENV Y=$A-$B\n");
    assert_string_equal(planned_op(&p, 0)->created_by, "ENV X=");
    assert_string_equal(planned_op(&p, 2)->created_by, "ENV Y=global-own");
}

static void test_unused_args(void **state)
{
    AUTO_PLANNED p = {0};
    OCIB_AUTO_STRINGS struct ocib_strings unused = {0};
    planned_good(&p, "# test: arg GLOBAL=1\n# test: arg STAGE=1\n# test: arg OTHER=1\n"
                     "# test: arg NOWHERE=1\n# test: arg https_proxy=1\n# test: arg TARGETOS=1\n"
                     "# test: arg TRIGGER=1\n# test: arg SOURCE_DATE_EPOCH=1\n"
                     "ARG GLOBAL\nFROM x\nARG OTHER\nFROM y\nARG STAGE\nONBUILD ARG TRIGGER\n");
    ocib_plan_unused_args(p.plan, &unused);
    check_strings(&unused, "OTHER|NOWHERE");
    OCIB_AUTO_FREE char *near = ocib_plan_nearest_arg(p.plan, "GLBOAL");
    assert_string_equal(near, "GLOBAL");
    OCIB_AUTO_FREE char *trigger = ocib_plan_nearest_arg(p.plan, "TRIGER");
    assert_string_equal(trigger, "TRIGGER");
    OCIB_AUTO_FREE char *none = ocib_plan_nearest_arg(p.plan, "NOWHERE");
    assert_null(none);
}

/* The same input, the same plan, also twice from one. */
static void test_again(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM x\nARG A=1\nRUN a\n");
    struct ocib_config base = {0};
    struct ocib_stage_ops again = {0};
    assert_int_equal(ocib_plan_stage_ops(p.plan, 0, &base, &again, NULL), 0);
    assert_int_equal(again.ops.len, 2);
    assert_string_equal(again.ops.items[1].created_by, planned_op(&p, 1)->created_by);
    ocib_stage_ops_release(&again);
    assert_int_equal(again.ops.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages),
        cmocka_unit_test(test_global_args),
        cmocka_unit_test(test_global_args_in_stages),
        cmocka_unit_test(test_unused_args),
        cmocka_unit_test(test_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
