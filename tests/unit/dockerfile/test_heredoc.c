#include "parse_test.h"

/* The delimiter of a word, whether its body is expanded, and whether tabs come off. */
static void test_delimiters(void **state)
{
    static const struct {
        const char *word;
        const char *name;
        bool expand;
        bool chomp;
    } cases[] = {
        {"<<E", "E", true, false},      {"<<-E", "E", true, true},
        {"<<'E'", "E", false, false},   {"<<\"E\"", "E", false, false},
        {"<<-\"E\"", "E", false, true}, {"<<\\E", "E", false, false},
        {"<<E'F'", "EF", false, false}, {"<<'a b'", "a b", false, false},
        {"3<<E", "E", true, false},     {"<<a.b-c_d", "a.b-c_d", true, false},
        {"<<$X", "$X", true, false},    {"<<--E", "-E", true, true},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *text =
            ocib_format("FROM a\nRUN x %s y\nbody\n%s\n", cases[i].word, cases[i].name);
        AUTO_FILE *file = parse_good(text);
        assert_int_equal(second(file)->heredocs.len, 1);
        const struct ocib_heredoc *doc = &second(file)->heredocs.items[0];
        assert_true(ocib_str_is(doc->word, cases[i].word));
        assert_true(ocib_str_is(doc->name, cases[i].name));
        assert_int_equal(doc->expand, cases[i].expand);
        assert_int_equal(doc->chomp, cases[i].chomp);
        assert_true(ocib_str_is(doc->content, "body\n"));
        assert_int_equal(doc->span.column, 7);
        assert_int_equal(doc->content_span.line, 3);
        assert_int_equal(doc->content_span.end_line, 4);
    }
}

static void test_no_heredocs(void **state)
{
    static const char *const cases[] = {
        "RUN a <<- b",  "RUN <<",        "RUN <<-",         "RUN <<<E",     "RUN a<<E",
        "RUN '<<E'",    "RUN \"<<E\"",   "RUN \\<<E",       "RUN x<<<E",    "RUN <<E<F",
        "RUN it's <<E", "RUN [\"<<E\"]", "CMD <<E",         "ENV a=<<E",    "LABEL a <<E",
        "RUN <<''",     "USER <<E",      "RUN $((1 << 2))", "RUN a << b<c", "RUN << <<E",
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("FROM a\n%s\nUSER x\n", cases[i]);
        AUTO_FILE *file = parse_good(text);
        assert_int_equal(file->instructions.len, 3);
        assert_int_equal(second(file)->heredocs.len, 0);
    }
}

static void test_ends(void **state)
{
    AUTO_FILE *same = parse_good("FROM a\nCOPY <<E <<E /x/\n1\nE\n2\nE");
    assert_true(ocib_str_is(second(same)->heredocs.items[0].content, "1\n"));
    assert_true(ocib_str_is(second(same)->heredocs.items[1].content, "2\n"));
    /* What ends a body is a whole line; with "<<-", behind tabs only. */
    AUTO_FILE *inner = parse_good("FROM a\nRUN <<E\nE \n E\nEE\n\tE\nE\n");
    assert_true(ocib_str_is(second(inner)->heredocs.items[0].content, "E \n E\nEE\n\tE\n"));
    AUTO_FILE *chomped = parse_good("FROM a\nRUN <<-E\n E\n\t\tE\n");
    assert_true(ocib_str_is(second(chomped)->heredocs.items[0].content, " E\n"));
    AUTO_FILE *empty = parse_good("FROM a\nRUN <<E\nE");
    assert_int_equal(second(empty)->heredocs.items[0].content.len, 0);
    parse_bad("FROM a\nRUN <<E\n", "the heredoc 'E' has no end");
}

static void test_too_many(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "FROM a\nRUN");
    for (int i = 0; i < 1001; i++) {
        ocib_buf_puts(&text, " <<E");
    }
    for (int i = 0; i < 1001; i++) {
        ocib_buf_puts(&text, "\nE");
    }
    parse_bad(text.data, "more than 1000 heredocs in one instruction");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delimiters),
        cmocka_unit_test(test_no_heredocs),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
