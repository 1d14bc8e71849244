#include "parse_test.h"

static void write_log(void *data, enum ocib_log_level level, struct ocib_span span,
                      const char *text)
{
    struct ocib_strings *lines = data;
    ocib_strings_take(lines, ocib_format("%d %u:%u %s", level, span.line, span.column, text));
}

static void check_log(const char *text, const char *want)
{
    OCIB_AUTO_STRINGS struct ocib_strings lines = {0};
    struct ocib_log log = {write_log, &lines};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    AUTO_FILE *file = ocib_dockerfile_parse("Dockerfile", ocib_str(text), &log, &err);
    assert_non_null(file);
    assert_int_equal(lines.len, want ? 1 : 0);
    if (want) {
        assert_string_equal(lines.items[0], want);
    }
}

static void test_log(void **state)
{
    check_log("FROM x\nRUN a \\\n# c\n b\n", NULL);
    check_log("# syntax=docker/dockerfile:1\nFROM x\n",
              "0 1:10 the built-in front end stands for docker/dockerfile:1");
    check_log("FROM x\nRUN a \\\n\n\n b\n",
              "0 3:1 an empty line inside a continued instruction; it is passed over");
    check_log("# escpae = `\nFROM x\n",
              "2 1:1 there is no directive 'escpae', so this is a comment; did you mean 'escape'?");
    check_log("# author=me\n# escpae=`\nFROM x\n", NULL);
    check_log("# a comment\nFROM x\n", NULL);
}

static void test_stock_front_ends(void **state)
{
    static const char *const good[] = {
        "docker/dockerfile",
        "docker/dockerfile:1",
        "docker/dockerfile:1.7-labs",
        "docker.io/docker/dockerfile:1",
        "docker/dockerfile@sha256:00",
        "docker/dockerfile:1.4@sha256:00",
        "docker/dockerfile-upstream:master",
        "index.docker.io/docker/dockerfile:1",
    };
    for (size_t i = 0; i < OCIB_COUNT(good); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("#syntax=%s\nFROM x\n", good[i]);
        AUTO_FILE *file = parse_good(text);
        assert_string_equal(file->syntax, good[i]);
    }
    static const char *const bad[] = {"docker/dockerfiles", "dockerfile", "me/dockerfile:1",
                                      "localhost:5000/docker/dockerfile", "docker/dockerfile/x"};
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("# syntax = %s\nFROM x\n", bad[i]);
        OCIB_AUTO_FREE char *message = ocib_format("the front end '%s' can't be used", bad[i]);
        parse_bad(text, message);
    }
}

static void test_directives_end(void **state)
{
    static const char *const over[] = {"\n# escape=`\n",      "# words\n# escape=`\n",
                                       "ARG X\n# escape=`\n", "# x=y\n# escape=`\n",
                                       "#\n# escape=`\n",     "# escape\n# escape=`\n"};
    for (size_t i = 0; i < OCIB_COUNT(over); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("%sFROM x\n", over[i]);
        AUTO_FILE *file = parse_good(text);
        assert_int_equal(file->escape, '\\');
    }
    AUTO_FILE *file = parse_good("  #  ESCAPE  =  `  \n#check=skip=a;error=0\nFROM x\n");
    assert_int_equal(file->escape, '`');
    assert_true(file->check.given && !file->check.error && !file->check.skip_all);
}

static void test_continuations(void **state)
{
    static const char *const cases[][2] = {
        {"RUN a\\\nb", "ab"},
        {"RUN a \\  \t\nb", "a b"},
        {"RUN a\\\\\nUSER b", "a\\\\"},
        {"RUN a\\\\\\\nUSER b", "a\\\\\\"},
        {"RUN a\\", "a"},
        {"RUN a\\\n#b\n", "a"},
        {"RUN a\\\n\\\nb", "ab"},
        {"RUN a\\\n   #b\\\nc", "ac"},
        {"RUN a \\x\nUSER b", "a \\x"},
        {"\\\nRUN a", "a"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *text = ocib_format("FROM x\n%s", cases[i][0]);
        AUTO_FILE *file = parse_good(text);
        assert_true(ocib_str_is(second(file)->rest, cases[i][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_stock_front_ends),
        cmocka_unit_test(test_directives_end),
        cmocka_unit_test(test_continuations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
