#include "parse_test.h"

#include "dockerfile/comment.h"

static void check(const char *text, size_t index, const char *name, const char *want)
{
    AUTO_FILE *file = parse_good(text);
    struct ocib_str got = ocib_dockerfile_comment(file, index, ocib_str(name));
    if (!ocib_str_is(got, want)) {
        fail_msg("%s: '%.*s', not '%s'", text, OCIB_STR_ARG(got), want);
    }
}

static void test_named(void **state)
{
    check("# A says it\nARG A\nFROM x", 0, "A", "says it");
    check("#A says it\nARG A\nFROM x", 0, "A", "says it");
    check("#\t A \t says it \t\r\nARG A\nFROM x", 0, "A", "\t says it");
    check("# B says it\nARG A\nFROM x", 0, "A", "");
    check("# AB says it\nARG A\nFROM x", 0, "A", "");
    check("# a says it\nARG A\nFROM x", 0, "A", "");
    check("# A\nARG A\nFROM x", 0, "A", "");
    check("# is nameless\nFROM x", 0, "", "");
    check("ARG A\nFROM x", 0, "A", "");
}

static void test_lines(void **state)
{
    /* The first that names it, of all above it. */
    check("# about\n# A one\n# A two\nARG A\nFROM x", 0, "A", "one");
    check("# A one\n\n \t\n# B two\nARG A B\nFROM x", 0, "A", "one");
    check("# A one\n\n# B two\nARG A B\nFROM x", 0, "B", "two");
    /* A comment without text ends what stands above. */
    check("# A one\n#\n# B two\nARG A B\nFROM x", 0, "A", "");
    check("# A one\n# \t\n# B two\nARG A B\nFROM x", 0, "B", "two");
    /* An indented one describes nothing. */
    check(" # A one\nARG A\nFROM x", 0, "A", "");
    /* Those of the instruction above are not this one's. */
    check("# A one\nARG B\nARG A\nFROM x", 1, "A", "");
    check("FROM x\nRUN a \\\n# A one\n b\nARG A", 2, "A", "");
    check("FROM x\nRUN <<E\n# A one\nE\n# A two\nARG A", 2, "A", "two");
    check("FROM x\nRUN <<E\nb\n# A one\nE\nARG A", 2, "A", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named),
        cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
