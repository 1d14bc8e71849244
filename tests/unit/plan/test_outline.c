#include "plan_test.h"

#include "plan/outline.h"

static void put_items(struct ocib_buf *out, const char *title, const struct ocib_plan_items *list)
{
    for (size_t i = 0; i < list->len; i++) {
        const struct ocib_plan_item *item = &list->items[i];
        ocib_buf_printf(out, "%s %u-%u %s", title, item->line, item->end_line, item->name);
        if (item->value) {
            ocib_buf_printf(out, "=%s", item->value);
        }
        if (item->description) {
            ocib_buf_printf(out, " (%s)", item->description);
        }
        ocib_buf_puts(out, item->required ? " required\n" : "\n");
    }
}

static void check(const char *text, const char *want)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, text);
    struct ocib_plan_outline outline;
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    ocib_buf_init(&got);
    ocib_plan_outline(p.plan, p.ops, &outline);
    if (outline.name) {
        ocib_buf_printf(&got, "target %s", outline.name);
        ocib_buf_printf(&got, outline.description ? " (%s)\n" : "%s\n",
                        outline.description ? outline.description : "");
    }
    put_items(&got, "arg", &outline.args);
    put_items(&got, "secret", &outline.secrets);
    put_items(&got, "ssh", &outline.agents);
    ocib_plan_outline_release(&outline);
    assert_string_equal(got.data, want);
}

/* What each of these gives was seen with buildx 0.29. */
static void test_args(void **state)
{
    check("FROM alpine\nENV A=1\n", "");
    check("FROM alpine\nARG A B=2 C=$B\nARG TARGETARCH HTTP_PROXY\n",
          "arg 2-2 A\narg 2-2 B=2\narg 2-2 C=2\narg 3-3 HTTP_PROXY\n");
    check("# test: arg A=9\nFROM alpine\nARG A=1 \\\n  B=$A\n", "arg 3-4 A=9\narg 3-4 B=9\n");
    /* The last of a name counts. */
    check("FROM alpine\nARG A=1\nARG A\nARG A=3\nENV A=4\nARG B=$A\n",
          "arg 4-4 A=3\narg 6-6 B=4\n");
}

static void test_globals(void **state)
{
    /* Only what a FROM line that is needed uses, and what that depends on. */
    check("ARG V=1\nARG W=$V X=2 Y\nFROM alpine:$W\n", "arg 1-1 V=1\narg 2-2 W=1\n");
    check("ARG V=1 W=2\nFROM alpine:$V AS a\nFROM alpine\n", "");
    check("ARG P=amd64\nFROM --platform=linux/$P alpine\n", "arg 1-1 P=amd64\n");
    check("# test: arg W=9\nARG V=1 W=$V\nFROM alpine:$W\n", "arg 2-2 V=1\narg 2-2 W=9\n");
    /* An ARG without a value asks for it, and the place is that of the value. */
    check("ARG V=1 W\nFROM alpine\nARG V W\n", "arg 1-1 V=1\narg 3-3 W\n");
    check("# test: arg V=5\nARG V=1\nFROM alpine\nARG V\n", "arg 4-4 V=5\n");
    check("ARG V=1\nFROM alpine:$V\nARG V=2\n", "arg 3-3 V=2\n");
}

static void test_stages(void **state)
{
    check("FROM alpine AS a\nARG A=1\nFROM alpine AS b\nARG B=1\nFROM a AS c\nARG A=2\n"
          "FROM alpine AS d\nARG D=1\nFROM c\nCOPY --from=d / /\n",
          "arg 6-6 A=2\narg 8-8 D=1\n");
    check("FROM alpine AS a\nARG A=1\nFROM alpine\nRUN --mount=from=a,target=/x y\n",
          "arg 2-2 A=1\n");
    check("FROM rich\nARG A\n", "arg 1-1 T=t\narg 2-2 A\n");
}

static void test_descriptions(void **state)
{
    check("# A of the file\nARG A=1\n# it is built\n# t the target\n# A of the stage\n"
          "FROM alpine:$A AS T\n# B of the stage\nARG B A\n",
          "target t (the target)\narg 2-2 A=1 (of the file)\narg 8-8 B (of the stage)\n");
}

static void test_mounts(void **state)
{
    check("FROM alpine AS t\n"
          "RUN --mount=type=secret,target=/run/zz --mount=type=secret,id=a,required \\\n"
          "  --mount=type=secret,id=a,target=/q --mount=type=ssh x\n"
          "RUN --mount=type=ssh,id=k,required --mount=type=cache,target=/c x\n",
          "target t\nsecret 2-3 zz\nsecret 2-3 a required\nssh 2-3 default\nssh 4-4 k required\n");
}

static void test_targets(void **state)
{
    static const char text[] = "ARG W=1\n# x one\nFROM busybox:$W AS X\n"
                               "FROM --platform=linux/$Q \\\n  scratch\n";
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file = ocib_dockerfile_parse("Dockerfile", ocib_str(text), NULL, &err);
    assert_non_null(file);
    struct ocib_plan_targets targets = {0};
    ocib_plan_targets(file, &targets);
    assert_int_equal(targets.len, 2);
    assert_string_equal(targets.items[0].name, "x");
    assert_string_equal(targets.items[0].description, "one");
    assert_string_equal(targets.items[0].base, "busybox:$W");
    assert_null(targets.items[0].platform);
    assert_false(targets.items[0].is_default);
    assert_int_equal(targets.items[0].line, 3);
    assert_null(targets.items[1].name);
    assert_string_equal(targets.items[1].platform, "linux/$Q");
    assert_true(targets.items[1].is_default);
    assert_int_equal(targets.items[1].end_line, 5);
    ocib_plan_targets_release(&targets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_args),   cmocka_unit_test(test_globals),
        cmocka_unit_test(test_stages), cmocka_unit_test(test_descriptions),
        cmocka_unit_test(test_mounts), cmocka_unit_test(test_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
