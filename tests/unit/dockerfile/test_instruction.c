#include "parse_test.h"

/* Each line as an instruction below FROM, and its arguments as "name=value|text|…". */
static void test_arguments(void **state)
{
    static const char *const cases[][2] = {
        {"FROM a", "a"},
        {"FROM a aS b", "a|aS|b"},
        {"RUN a  b ", "a  b"},
        {"RUN [\"a\", \"b\"]", "a|b"},
        {"CMD", ""},
        {"ENTRYPOINT", ""},
        {"ENV a b=c", "a=b=c"},
        {"ENV a=b c=", "a=b|c="},
        {"ENV \"a b\"=c", "\"a b\"=c"},
        {"LABEL a   b  c", "a=b  c"},
        {"ARG a b=c", "a|b=c"},
        {"COPY a b c", "a|b|c"},
        {"ADD [\"a b\", \"c\"]", "a b|c"},
        {"EXPOSE 80 81", "80|81"},
        {"VOLUME [\"/a\"]", "/a"},
        {"VOLUME [\"/a\"", "[\"/a\""},
        {"USER a b", "a b"},
        {"HEALTHCHECK NONE", "NONE"},
        {"HEALTHCHECK CMD a b", "CMD|a b"},
        {"HEALTHCHECK CMD [\"a\", \"b\"]", "CMD|a|b"},
        {"SHELL [\"a\", \"b\"]", "a|b"},
        {"STOPSIGNAL  9 ", "9"},
        {"MAINTAINER a <b>", "a <b>"},
        {"WORKDIR /a b", "/a b"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("FROM x\n%s\n", cases[i][0]);
        AUTO_FILE *file = parse_good(text);
        OCIB_AUTO_BUF struct ocib_buf got = {0};
        ocib_buf_init(&got);
        for (size_t k = 0; k < second(file)->args.len; k++) {
            const struct ocib_arg *arg = &second(file)->args.items[k];
            ocib_buf_puts(&got, k ? "|" : "");
            ocib_buf_add_str(&got, arg->text);
            if (arg->has_value) {
                ocib_buf_putc(&got, '=');
                ocib_buf_add_str(&got, arg->value);
            }
        }
        assert_string_equal(got.data, cases[i][1]);
    }
}

static void test_triggers(void **state)
{
    AUTO_FILE *file = parse_good("FROM x\nONBUILD  COPY --from=a <<E \\\n b /c\nx\nE\nUSER y\n");
    const struct ocib_instruction *ins = second(file);
    assert_true(ocib_str_is(ins->trigger_text, "COPY --from=a <<E  b /c\nx\nE"));
    assert_int_equal(ins->trigger->kind, OCIB_INS_COPY);
    assert_int_equal(ins->trigger->span.column, 10);
    assert_int_equal(ins->trigger->args.items[1].span.line, 3);
    assert_int_equal(ins->span.end_line, 5);
    assert_int_equal(ins->heredocs.len, 0);
    assert_int_equal(ins->trigger->heredocs.len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_triggers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
