#include "plan_test.h"

/* ---- a dump of ops ---- */

static void dump_list(struct ocib_buf *out, const char *what, const struct ocib_strings *list)
{
    for (size_t i = 0; i < list->len; i++) {
        ocib_buf_printf(out, "    %s <%s>\n", what, list->items[i]);
    }
}

static void dump_mount(struct ocib_buf *out, const struct ocib_mount *mount)
{
    static const char *const kinds[] = {"bind", "cache", "tmpfs", "secret", "ssh"};
    static const char *const sharings[] = {"shared", "private", "locked"};
    ocib_buf_printf(out, "    mount %s <%s> %s", kinds[mount->kind],
                    mount->target ? mount->target : "(none)", mount->read_only ? "ro" : "rw");
    if (mount->from == OCIB_FROM_STAGE) {
        ocib_buf_printf(out, " from stage %zu", mount->from_stage);
    } else if (mount->from == OCIB_FROM_IMAGE) {
        ocib_buf_printf(out, " from image <%s>", mount->from_image);
    }
    ocib_buf_printf(out, " source <%s>", mount->source);
    if (mount->id) {
        ocib_buf_printf(out, " id <%s> %s", mount->id, sharings[mount->sharing]);
    }
    if (mount->env) {
        ocib_buf_printf(out, " env <%s>", mount->env);
    }
    ocib_buf_printf(out, " mode %o of %u:%u%s%s size %llu\n", mount->mode, mount->uid, mount->gid,
                    mount->owned ? " owned" : "", mount->required ? " required" : "",
                    (unsigned long long)mount->size);
}

static void dump_switch(struct ocib_buf *out, bool on, const char *what)
{
    if (on) {
        ocib_buf_printf(out, "    %s\n", what);
    }
}

static void dump_run(struct ocib_buf *out, const struct ocib_run_op *run)
{
    static const char *const networks[] = {"default", "host", "none"};
    dump_list(out, "argv", &run->argv);
    dump_list(out, "env", &run->env);
    dump_list(out, "secret", &run->secret_env);
    for (size_t i = 0; i < run->mounts.len; i++) {
        dump_mount(out, &run->mounts.items[i]);
    }
    if (run->script) {
        ocib_buf_printf(out, "    script <%s> <%s>\n", run->script_path, run->script);
    }
    ocib_buf_printf(out, "    cwd <%s> user <%s> network %s\n    command <%s>\n", run->cwd,
                    run->user, networks[run->network], run->command);
    dump_switch(out, run->insecure, "insecure");
}

static void dump_copy(struct ocib_buf *out, const struct ocib_copy_op *copy)
{
    dump_list(out, "source", &copy->sources);
    for (size_t i = 0; i < copy->files.len; i++) {
        ocib_buf_printf(out, "    file <%s> <%.*s>\n", copy->files.items[i].name,
                        OCIB_STR_ARG(copy->files.items[i].content));
    }
    ocib_buf_printf(out, "    dest <%s>%s\n", copy->dest, copy->add ? " add" : "");
    if (copy->from == OCIB_FROM_STAGE) {
        ocib_buf_printf(out, "    from stage %zu at %u:%u\n", copy->from_stage,
                        copy->from_span.line, copy->from_span.column);
    } else if (copy->from == OCIB_FROM_IMAGE) {
        ocib_buf_printf(out, "    from image <%s> at %u:%u\n", copy->from_image,
                        copy->from_span.line, copy->from_span.column);
    }
    if (copy->chown) {
        ocib_buf_printf(out, "    chown <%s>\n", copy->chown);
    }
    if (copy->chmod) {
        ocib_buf_printf(out, "    chmod <%s>\n", copy->chmod);
    }
    dump_list(out, "exclude", &copy->excludes);
    if (copy->checksum) {
        ocib_buf_printf(out, "    checksum <%s>\n", copy->checksum);
    }
    dump_switch(out, copy->link, "link");
    dump_switch(out, copy->parents, "parents");
    dump_switch(out, copy->keep_git_dir, "keep the git folder");
    dump_switch(out, copy->add && !copy->unpack, "don't unpack");
    dump_switch(out, copy->unpack_remote, "unpack remote archives");
}

static void dump_op(struct ocib_buf *out, const struct ocib_op *op)
{
    static const char *const kinds[] = {"config", "workdir", "run", "copy"};
    ocib_buf_printf(out, "  %s %u:%u-%u <%s>\n    by <%s>\n", kinds[op->kind], op->span.line,
                    op->span.column, op->span.end_line, op->text, op->created_by);
    if (op->kind == OCIB_OP_RUN) {
        dump_run(out, &op->run);
    } else if (op->kind == OCIB_OP_COPY) {
        dump_copy(out, &op->copy);
    } else if (op->kind == OCIB_OP_WORKDIR) {
        ocib_buf_printf(out, "    workdir <%s> of <%s>\n", op->workdir, op->workdir_user);
    }
}

static void dump_stage(struct ocib_buf *out, const struct ocib_stage *stage)
{
    OCIB_AUTO_FREE char *platform = ocib_platform_format(&stage->platform);
    ocib_buf_printf(out, "stage %zu", stage->index);
    if (stage->name) {
        ocib_buf_printf(out, " (%s)", stage->name);
    }
    if (stage->base == OCIB_BASE_STAGE) {
        ocib_buf_printf(out, " from stage %zu", stage->base_stage);
    } else {
        ocib_buf_printf(out, " from %s", stage->base_image ? stage->base_image : "scratch");
    }
    ocib_buf_printf(out, " at %u:%u for %s\n", stage->base_span.line, stage->base_span.column,
                    platform);
}

static void check_planned(const char *name, struct ocib_str text, struct ocib_buf *out)
{
    AUTO_PLANNED p = {0};
    if (!planned_make(&p, name, text)) {
        golden_error(p.err, out);
        fail_msg("%s", out->data);
    }
    size_t count;
    const size_t *order = ocib_plan_order(p.plan, &count);
    for (size_t i = 0; i < count; i++) {
        const struct ocib_stage_ops *ops = &p.ops[order[i]];
        dump_stage(out, ocib_plan_stage(p.plan, order[i]));
        for (size_t k = 0; k < ops->ops.len; k++) {
            dump_op(out, &ops->ops.items[k]);
        }
        ocib_buf_puts(out, "  = ");
        ocib_config_write(&ops->config, out);
        ocib_buf_putc(out, '\n');
    }
    OCIB_AUTO_STRINGS struct ocib_strings unused = {0};
    ocib_plan_unused_args(p.plan, &unused);
    for (size_t i = 0; i < unused.len; i++) {
        ocib_buf_printf(out, "unused %s\n", unused.items[i]);
    }
    for (size_t i = 0; i < p.warnings.len; i++) {
        ocib_buf_printf(out, "warning %s\n", p.warnings.items[i]);
    }
}

static void check_refused(const char *name, struct ocib_str text, struct ocib_buf *out)
{
    AUTO_PLANNED p = {0};
    if (planned_make(&p, name, text)) {
        fail_msg("%s was taken", name);
    }
    golden_error(p.err, out);
}

static void test_planned(void **state)
{
    assert_true(golden_each(TESTDATA "/dockerfile/planned", check_planned) > 15);
}

static void test_refused(void **state)
{
    assert_true(golden_each(TESTDATA "/dockerfile/refused", check_refused) > 50);
}

/* ---- limits ---- */

/* Each ENV doubles the one above: this would take 2^40 bytes. */
static void test_doubling(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM alpine\nENV A0=x\n");
    for (int i = 1; i < 40; i++) {
        ocib_buf_printf(&text, "ENV A%d=$A%d$A%d\n", i, i - 1, i - 1);
    }
    planned_bad(text.data, "the variables expand to too much text");
}

/* A large environment and many steps: each step has it in full. */
static void test_much_text(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM alpine\nENV A=");
    for (int i = 0; i < 200000; i++) {
        ocib_buf_putc(&text, 'x');
    }
    for (int i = 0; i < 1000; i++) {
        ocib_buf_puts(&text, "\nRUN x");
    }
    planned_bad(text.data, "the stage's instructions take more than 64 MiB of text");
}

/* One long line above makes each op below it long. */
static void check_much_text(const char *first, char fill, const char *last, const char *line)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM alpine\n");
    ocib_buf_puts(&text, first);
    for (int i = 0; i < 100000; i++) {
        ocib_buf_putc(&text, fill);
    }
    ocib_buf_puts(&text, last);
    for (int i = 0; i < 2000; i++) {
        ocib_buf_puts(&text, line);
    }
    planned_bad(text.data, "the stage's instructions take more than 64 MiB of text");
}

static void test_much_text_of_few_lines(void **state)
{
    check_much_text("SHELL [\"", 'x', "\"]\n", "CMD y\n");
    check_much_text("SHELL [\"", 'x', "\"]\n", "RUN y\n");
    check_much_text("USER ", 'x', "\n", "RUN y\n");
    check_much_text("USER ", 'x', "\n", "WORKDIR /y\n");
}

/* Each stage has what all before it have. */
static void test_long_chain(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM alpine AS s0\n");
    for (int i = 1; i < 1000; i++) {
        ocib_buf_printf(&text, "FROM s%d AS s%d\n", i - 1, i);
        for (int k = 0; k < 50; k++) {
            ocib_buf_printf(&text, "%s A%d_%d=1\n", k % 2 ? "ARG" : "ENV", i, k);
        }
    }
    planned_bad(text.data, "the stages hand on more than 32 MiB of text to one another");
}

static void test_many_triggers(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM alpine AS a\n");
    for (int i = 0; i < 201; i++) {
        ocib_buf_puts(&text, "ONBUILD USER x\n");
    }
    ocib_buf_puts(&text, "FROM a\n");
    planned_bad(text.data, "the base has more than 200 ONBUILD triggers");
}

static void test_progress_text(void **state)
{
    AUTO_PLANNED p = {0};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM alpine\nRUN  a \\\n   b\tc\nRUN ");
    for (int i = 0; i < 300; i++) {
        ocib_buf_puts(&text, "\xc3\xa9");
    }
    planned_good(&p, text.data);
    assert_string_equal(planned_op(&p, 0)->text, "RUN a b c");
    assert_true(ocib_str_ends(ocib_str(planned_op(&p, 1)->text), "\xc3\xa9 \xe2\x80\xa6"));
    assert_true(strlen(planned_op(&p, 1)->text) < 170);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planned),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_doubling),
        cmocka_unit_test(test_much_text),
        cmocka_unit_test(test_much_text_of_few_lines),
        cmocka_unit_test(test_long_chain),
        cmocka_unit_test(test_many_triggers),
        cmocka_unit_test(test_progress_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
