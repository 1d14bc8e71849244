#include "golden.h"

#include "dockerfile/parse.h"

/* ---- a dump of the AST ---- */

static void dump_text(struct ocib_buf *out, struct ocib_str text)
{
    ocib_buf_putc(out, '<');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.s[i];
        if (c == '\\' || c < ' ' || c >= 0x7f) {
            ocib_buf_printf(out, "\\x%02x", c);
        } else {
            ocib_buf_putc(out, (char)c);
        }
    }
    ocib_buf_putc(out, '>');
}

static void dump_arg(struct ocib_buf *out, const char *what, const struct ocib_arg *arg)
{
    ocib_buf_printf(out, "  %s %u:%u ", what, arg->span.line, arg->span.column);
    dump_text(out, arg->text);
    if (arg->has_value) {
        ocib_buf_printf(out, " = %u:%u ", arg->value_span.line, arg->value_span.column);
        dump_text(out, arg->value);
    }
    ocib_buf_putc(out, '\n');
}

static void dump_heredoc(struct ocib_buf *out, const struct ocib_heredoc *doc)
{
    ocib_buf_printf(out, "  heredoc %u:%u ", doc->span.line, doc->span.column);
    dump_text(out, doc->word);
    dump_text(out, doc->name);
    ocib_buf_printf(out, "%s%s %u:%u-%u ", doc->expand ? " expand" : "", doc->chomp ? " chomp" : "",
                    doc->content_span.line, doc->content_span.column, doc->content_span.end_line);
    dump_text(out, doc->content);
    ocib_buf_putc(out, '\n');
}

static void dump_instruction(struct ocib_buf *out, const struct ocib_instruction *ins)
{
    ocib_buf_printf(out, "%s %u:%u-%u%s ", ocib_instruction_name(ins->kind), ins->span.line,
                    ins->span.column, ins->span.end_line, ins->json ? " json" : "");
    dump_text(out, ins->rest);
    ocib_buf_putc(out, '\n');
    for (size_t i = 0; i < ins->flags.len; i++) {
        dump_arg(out, "flag", &ins->flags.items[i]);
    }
    for (size_t i = 0; i < ins->args.len; i++) {
        dump_arg(out, "arg", &ins->args.items[i]);
    }
    for (size_t i = 0; i < ins->heredocs.len; i++) {
        dump_heredoc(out, &ins->heredocs.items[i]);
    }
}

static void dump_file(struct ocib_buf *out, const struct ocib_dockerfile *file)
{
    if (file->syntax) {
        ocib_buf_printf(out, "syntax %s\n", file->syntax);
    }
    if (file->escape != '\\') {
        ocib_buf_printf(out, "escape %c\n", file->escape);
    }
    if (file->check.given) {
        ocib_buf_printf(out, "check error=%d all=%d", file->check.error, file->check.skip_all);
        for (size_t i = 0; i < file->check.skip.len; i++) {
            ocib_buf_printf(out, " skip=%s", file->check.skip.items[i]);
        }
        for (size_t i = 0; i < file->check.experimental.len; i++) {
            ocib_buf_printf(out, " experimental=%s", file->check.experimental.items[i]);
        }
        ocib_buf_putc(out, '\n');
    }
    for (size_t i = 0; i < file->instructions.len; i++) {
        const struct ocib_instruction *ins = &file->instructions.items[i];
        dump_instruction(out, ins);
        if (ins->trigger) {
            ocib_buf_puts(out, "  trigger ");
            dump_text(out, ins->trigger_text);
            ocib_buf_puts(out, "\n  -> ");
            dump_instruction(out, ins->trigger);
        }
    }
}

/* ---- golden cases ---- */

static void check_valid(const char *name, struct ocib_str text, struct ocib_buf *out)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file = ocib_dockerfile_parse(name, text, NULL, &err);
    if (!file) {
        golden_error(err, out);
        fail_msg("%s", out->data);
    }
    dump_file(out, file);
}

static void check_invalid(const char *name, struct ocib_str text, struct ocib_buf *out)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file = ocib_dockerfile_parse(name, text, NULL, &err);
    if (file) {
        fail_msg("%s was taken", name);
    }
    assert_int_equal(ocib_error_code(err), OCIB_EDOCKERFILE);
    golden_error(err, out);
}

static void test_valid(void **state)
{
    assert_true(golden_each(TESTDATA "/dockerfile/valid", check_valid) > 20);
}

static void test_invalid(void **state)
{
    assert_true(golden_each(TESTDATA "/dockerfile/invalid", check_invalid) > 60);
}

/* ---- limits, spans, triggers ---- */

static void repeat(struct ocib_buf *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        ocib_buf_puts(out, text);
    }
}

static void check_refused(const struct ocib_buf *text, const char *message)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_null(ocib_dockerfile_parse("Dockerfile", ocib_buf_str(text), NULL, &err));
    assert_string_equal(ocib_error_message(err), message);
}

static void test_limits(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM alpine\n");
    repeat(&text, "ENV A=1\n", 600000);
    check_refused(&text, "Dockerfile is larger than 4 MiB");
    ocib_buf_clear(&text);
    ocib_buf_puts(&text, "FROM alpine\n");
    repeat(&text, "USER a\n", 100000);
    check_refused(&text, "more than 100000 instructions");
    ocib_buf_clear(&text);
    ocib_buf_puts(&text, "FROM alpine\nVOLUME");
    repeat(&text, " a", 10001);
    check_refused(&text, "more than 10000 words in one instruction");
    ocib_buf_clear(&text);
    ocib_buf_puts(&text, "FROM alpine\nRUN");
    repeat(&text, " --mount=a", 10001);
    check_refused(&text, "more than 10000 flags");
    ocib_buf_clear(&text);
    ocib_buf_puts(&text, "FROM alpine\nCMD [\"a\"");
    repeat(&text, ",\"a\"", 10001);
    ocib_buf_puts(&text, "]");
    check_refused(&text, "more than 10000 strings in an array");
}

/* A long continued line has thousands of pieces; each word is still found where it stands. */
static void test_spans_of_long_lines(void **state)
{
    enum { WORDS = 9000 };
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM alpine\nVOLUME \\\n");
    repeat(&text, "   /a \\\n# words\n", WORDS);
    ocib_buf_puts(&text, "  /end\nUSER x\n");
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file =
        ocib_dockerfile_parse("Dockerfile", ocib_buf_str(&text), NULL, &err);
    assert_non_null(file);
    const struct ocib_args *args = &file->instructions.items[1].args;
    assert_int_equal(args->len, WORDS + 1);
    for (size_t i = 0; i < WORDS; i++) {
        assert_int_equal(args->items[i].span.line, 3 + 2 * i);
        assert_int_equal(args->items[i].span.column, 4);
    }
    assert_int_equal(args->items[WORDS].span.column, 3);
    assert_int_equal(file->instructions.items[2].span.line, 3 + 2 * WORDS + 1);
}

static void test_trigger(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_source *source = ocib_source_new("Dockerfile", OCIB_STR("FROM a\n"));
    struct ocib_span at = {source, 1, 1, 1};
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file =
        ocib_dockerfile_parse_trigger(OCIB_STR("COPY --chown=1 <<E \\\n b /c\nx\nE"), at, &err);
    assert_non_null(file);
    assert_int_equal(file->instructions.len, 1);
    const struct ocib_instruction *ins = &file->instructions.items[0];
    assert_ptr_equal(ins->span.source, source);
    assert_ptr_equal(ins->args.items[1].span.source, source);
    assert_int_equal(ins->args.items[2].span.line, 1);
    assert_int_equal(ins->heredocs.items[0].content_span.line, 1);
    assert_true(ocib_str_is(ins->heredocs.items[0].content, "x\n"));
    assert_null(ocib_dockerfile_parse_trigger(OCIB_STR("FROM x"), at, &err));
    assert_string_equal(ocib_error_message(err), "FROM can't be an ONBUILD trigger of the base");
    ocib_error_clear(&err);
    assert_null(ocib_dockerfile_parse_trigger(OCIB_STR("RUN a\0b"), at, &err));
    assert_string_equal(ocib_error_message(err), "an ONBUILD trigger of the base is no text");
    ocib_source_free(source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid),   cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_limits),  cmocka_unit_test(test_spans_of_long_lines),
        cmocka_unit_test(test_trigger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
