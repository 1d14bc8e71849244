#include "plan_test.h"

static void test_history(void **state)
{
    check_history("COPY a b c/", "COPY a b c/");
    check_history("COPY --chmod=1 --chown=x:y a b", "COPY --chown=x:y --chmod=1 a b");
    check_history("ADD a b", "ADD a b");
    check_history("COPY --from=img a b", "COPY a b");
    check_history("COPY <<A x <<B /d/\nA\nB", "COPY x <<A <<B /d/");
}

static void check_dest(const char *workdir, const char *dest, const char *want)
{
    AUTO_PLANNED p = {0};
    OCIB_AUTO_FREE char *text = ocib_format("FROM alpine\nWORKDIR %s\nCOPY a %s\n", workdir, dest);
    planned_good(&p, text);
    assert_string_equal(planned_op(&p, 1)->copy.dest, want);
}

static void test_dest(void **state)
{
    check_dest("/", "/", "/");
    check_dest("/", ".", "/");
    check_dest("/", "a", "/a");
    check_dest("/", "a/", "/a/");
    check_dest("/w", ".", "/w/");
    check_dest("/w", "./", "/w/");
    check_dest("/w", "..", "/");
    check_dest("/w", "../", "/");
    check_dest("/w", "a/./b/../c", "/w/a/c");
    check_dest("/w", "/a//b/", "/a/b/");
    check_dest("/w", "a/.", "/w/a/");
    check_dest("/", "/.", "/");
    check_dest("/w", "\"\"", "/w/");
}

static void test_sources(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nENV D=\"x y\"\nCOPY $D *.c [a-b]\\* \"q\" /d/\nCOPY $NONE /e\n");
    check_strings(&planned_op(&p, 1)->copy.sources, "x y|*.c|[a-b]*|q");
    assert_false(planned_op(&p, 1)->copy.add);
    assert_int_equal(planned_op(&p, 1)->copy.from, OCIB_FROM_CONTEXT);
    check_strings(&planned_op(&p, 2)->copy.sources, ".");
}

static void test_files(void **state)
{
    AUTO_PLANNED p = {0};
    planned_good(&p, "FROM alpine\nENV V='a \"b\"'\nADD --chmod=644 <<x <<'y' <<-z /d/\n"
                     "$V '\\$V' \\\\\nx\n$V \\\ny\n\t\tq $V\n\t z\n\tz\n");
    const struct ocib_copy_op *copy = &planned_op(&p, 1)->copy;
    assert_true(copy->add);
    assert_int_equal(copy->sources.len, 0);
    assert_int_equal(copy->files.len, 3);
    static const char *const want[][2] = {
        {"x", "a \"b\" '$V' \\\n"}, {"y", "$V \\\n"}, {"z", "q a \"b\"\n z\n"}};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(copy->files.items[i].name, want[i][0]);
        assert_true(ocib_str_is(copy->files.items[i].content, want[i][1]));
    }
    assert_string_equal(copy->chmod, "644");
    assert_null(copy->chown);
}

static void test_names_of_files(void **state)
{
    planned_bad("FROM alpine\nCOPY <<a/b /x\na/b\n", "'a/b' can't be the name of a file");
    planned_bad("FROM alpine\nCOPY <<.. /x\n..\n", "'..' can't be the name of a file");
    planned_bad("FROM alpine\nCOPY a <<b\nb\n", "the heredoc 'b' is not a source");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history),        cmocka_unit_test(test_dest),
        cmocka_unit_test(test_sources),        cmocka_unit_test(test_files),
        cmocka_unit_test(test_names_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
