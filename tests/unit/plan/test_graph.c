#include "plan_test.h"

static void check_order(const char *text, const char *want)
{
    AUTO_PLANNED p = {0};
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    planned_good(&p, text);
    ocib_buf_init(&got);
    size_t count;
    const size_t *order = ocib_plan_order(p.plan, &count);
    for (size_t i = 0; i < count; i++) {
        ocib_buf_printf(&got, "%s%zu", i ? " " : "", order[i]);
    }
    assert_string_equal(got.data, want);
}

#define THREE "FROM x AS a\nFROM x AS b\nFROM x AS c\n"

static void test_only_what_is_needed(void **state)
{
    check_order("FROM x\n", "0");
    check_order(THREE, "2");
    check_order(THREE "# test: target a\n", "0");
    check_order(THREE "FROM a\n", "0 3");
    check_order(THREE "FROM B\nCOPY --from=a x y\n", "0 1 3");
    check_order(THREE "COPY --from=1 x y\nCOPY --from=A x y\nFROM c\n", "0 1 2 3");
    check_order(THREE "COPY --from=image x y\n", "2");
    /* Through a chain, and what a base's trigger copies from. */
    check_order("FROM x AS a\nFROM a AS b\nFROM y AS c\nFROM z\nCOPY --from=b x y\n", "0 1 3");
    check_order("FROM x AS a\nFROM x AS b\nONBUILD COPY --from=a x y\nFROM b\n", "0 1 2");
    check_order("FROM x AS a\nFROM x AS b\nONBUILD COPY --from=a x y\n", "1");
    /* A copy from a stage further below is no fault of a stage that nothing needs. */
    check_order("FROM x\nCOPY --from=b x y\nCOPY --from=1 x y\nFROM x AS b\n", "1");
}

/* FROM only knows stages above it; other names are images. */
static void test_from_means_earlier_stages(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM b AS a\nFROM b AS b\nFROM b AS c\n");
    assert_int_equal(ocib_plan_stage(p.plan, 0)->base, OCIB_BASE_IMAGE);
    assert_int_equal(ocib_plan_stage(p.plan, 1)->base, OCIB_BASE_IMAGE);
    assert_string_equal(ocib_plan_stage(p.plan, 1)->base_image, "b");
    assert_int_equal(ocib_plan_stage(p.plan, 2)->base, OCIB_BASE_STAGE);
    assert_int_equal(ocib_plan_stage(p.plan, 2)->base_stage, 1);
}

/* Of two stages of one name, the latest above counts. */
static void test_same_names(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM x AS a\nFROM a AS A\nFROM y\nCOPY --from=a x y\n# test: target a\n");
    assert_int_equal(ocib_plan_target(p.plan), 1);
    assert_int_equal(ocib_plan_stage(p.plan, 1)->base_stage, 0);
    assert_string_equal(ocib_plan_stage(p.plan, 1)->name, "a");
}

static void test_first_run(void **state)
{
    AUTO_PLANNED p = {0};
    AUTO_PLANNED none = {0};
    struct ocib_span span = {0};
    planned_good(&p, "FROM x AS unused\nRUN a\nFROM x AS base\nENV A=b\nRUN b\nFROM base\nRUN c\n");
    assert_true(ocib_plan_first_run(p.plan, &span));
    assert_int_equal(span.line, 5);
    planned_good(&none, "FROM x AS unused\nRUN a\nFROM x\nCOPY a b\n");
    assert_false(ocib_plan_first_run(none.plan, &span));
}

static void test_hints(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM x AS builder\nFROM x\nFROM x AS tools\nFROM x\n");
    OCIB_AUTO_FREE char *near = ocib_plan_image_hint(p.plan, 3, "bilder");
    assert_string_equal(near, "did you mean the stage 'builder'?");
    OCIB_AUTO_FREE char *far = ocib_plan_image_hint(p.plan, 3, "registry.example.com/x");
    assert_string_equal(far, "no stage has this name, so it was taken for an image; the stages "
                             "before this one are 0 (builder), 1, 2 (tools)");
    OCIB_AUTO_FREE char *none = ocib_plan_image_hint(p.plan, 0, "builder");
    assert_null(none);
}

static void test_many_stages(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM x AS s0\n");
    for (int i = 1; i < 1000; i++) {
        ocib_buf_printf(&text, "FROM s%d AS s%d\nCOPY --from=%d a b\n", i - 1, i, i / 2);
    }
    AUTO_PLANNED p = {0};
    planned_good(&p, text.data);
    size_t count;
    ocib_plan_order(p.plan, &count);
    assert_int_equal(count, 1000);
    ocib_buf_puts(&text, "FROM x\n");
    planned_bad(text.data, "more than 1000 stages");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_what_is_needed),
        cmocka_unit_test(test_from_means_earlier_stages),
        cmocka_unit_test(test_same_names),
        cmocka_unit_test(test_first_run),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_many_stages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
