#include "check_test.h"

#include "check/internal.h"

/* "a b|c" for the commands "a b" and "c" of a RUN. */
static void check_commands(const char *run, const char *want)
{
    OCIB_AUTO_FREE char *text = ocib_format("FROM a\n%s\n", run);
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file = ocib_dockerfile_parse("x", ocib_str(text), NULL, NULL);
    OCIB_AUTO(ocib_commands_release) struct ocib_commands commands = {0};
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    ocib_buf_init(&got);
    assert_non_null(file);
    ocib_commands_read(&file->instructions.items[1], &commands);
    for (size_t i = 0; i < commands.len; i++) {
        for (size_t k = 0; k < commands.items[i].words.len; k++) {
            ocib_buf_printf(&got, "%s%s", k ? " " : i ? "|" : "", commands.items[i].words.items[k]);
        }
    }
    assert_string_equal(got.data, want);
}

static void test_commands(void **state)
{
    check_commands("RUN a b && c;d|e", "a b|c|d|e");
    check_commands("RUN a \\\n  b &&\\\n c", "a b|c");
    check_commands("RUN (cd x && y) || { z; }", "cd x|y|z|}");
    check_commands("RUN A=1 B= sudo env C=2 a D=3", "a D=3");
    check_commands("RUN if x; then y; else ! z; fi", "x|y|z|fi");
    check_commands("RUN a 'b && c' \"d \\\" e\" f\\ g # h; i", "a b && c d \" e f g");
    check_commands("RUN a #b", "a");
    check_commands("RUN a b#c", "a b#c");
    check_commands("RUN x $(y z)", "x $|y z");
    check_commands("RUN 'open", "open");
    check_commands("RUN &&;", "");
}

static void test_forms(void **state)
{
    check_commands("RUN [\"/bin/a\", \"b c\"]", "/bin/a b c");
    check_commands("RUN [\"/bin/sh\", \"-ec\", \"a && b\"]", "a|b");
    check_commands("RUN <<E\na b\n# c\nd \\\n  e\nE", "<<E|a b|d e");
    check_commands("RUN bash -x <<E\na\nE", "bash -x <<E|a");
    check_commands("RUN cat <<E >f\na\nE", "cat <<E >f");
    check_commands("CMD a b", "a b");
}

static void test_words(void **state)
{
    struct ocib_command command = {0};
    ocib_strings_push(&command.words, "/usr/bin/apt-get");
    ocib_strings_push(&command.words, "-y");
    assert_string_equal(ocib_command_name(&command), "apt-get");
    assert_string_equal(ocib_command_verb(&command), "");
    ocib_strings_push(&command.words, "update");
    assert_string_equal(ocib_command_verb(&command), "update");
    assert_true(ocib_command_has(&command, "-y"));
    assert_false(ocib_command_has(&command, "/usr/bin/apt-get"));
    ocib_strings_release(&command.words);
}

static bool has_mount(const char *flags, const char *below)
{
    OCIB_AUTO_FREE char *text = ocib_format("FROM a\nRUN %s x\n", flags);
    OCIB_AUTO(ocib_dockerfile_cleanup)
    struct ocib_dockerfile *file = ocib_dockerfile_parse("x", ocib_str(text), NULL, NULL);
    assert_non_null(file);
    return ocib_run_has_mount(&file->instructions.items[1], below);
}

static void test_mounts(void **state)
{
    assert_false(has_mount("", NULL));
    assert_false(has_mount("--mount=type=secret,id=x", NULL));
    assert_false(has_mount("--mount=target=/a", NULL));
    assert_true(has_mount("--mount=type=cache,target=/a", NULL));
    assert_true(has_mount("--network=none --mount=target=/a,type=tmpfs", NULL));
    assert_true(has_mount("--mount=type=cache,target=/a/b", "/a/b"));
    assert_true(has_mount("--mount=type=cache,dst=/a/", "/a/b"));
    assert_true(has_mount("--mount=type=cache,destination=/", "/a/b"));
    assert_false(has_mount("--mount=type=cache,target=/a/bc", "/a/b"));
    assert_false(has_mount("--mount=type=cache,target=/a/b", "/a/bc"));
    assert_false(has_mount("--mount=type=cache,id=x", "/a"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_mounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
