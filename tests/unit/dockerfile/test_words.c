#include "parse_test.h"

#include "dockerfile/parser.h"

static void test_cut(void **state)
{
    struct ocib_str rest = OCIB_STR(" \ta\vbc\f d\r");
    struct ocib_str word;
    assert_true(ocib_cut_word(&rest, &word) && ocib_str_is(word, "a"));
    assert_true(ocib_cut_word(&rest, &word) && ocib_str_is(word, "bc"));
    assert_true(ocib_cut_word(&rest, &word) && ocib_str_is(word, "d"));
    assert_false(ocib_cut_word(&rest, &word));
    assert_true(ocib_str_is(ocib_skip_blanks(OCIB_STR(" \n\t x ")), "x "));
    assert_false(ocib_is_space('\xa0'));
}

static void check_flag(const char *flag, const char *name, const char *value)
{
    OCIB_AUTO_FREE char *text = ocib_format("FROM x\nCOPY %s a b", flag);
    AUTO_FILE *file = parse_good(text);
    assert_int_equal(second(file)->flags.len, 1);
    assert_true(ocib_str_is(second(file)->flags.items[0].text, name));
    assert_true(ocib_str_is(second(file)->flags.items[0].value, value));
    assert_int_equal(second(file)->args.len, 2);
}

static void test_flags(void **state)
{
    check_flag("--from=a=b", "from", "a=b");
    check_flag("--from=\"a b\"", "from", "a b");
    check_flag("--from='a b'c", "from", "a bc");
    check_flag("--from=a\\ b", "from", "a b");
    check_flag("--\"from\"=x", "from", "x");
    check_flag("--from=\"a\\\"b\"", "from", "a\"b");
    /* A lone "--" ends them. */
    AUTO_FILE *file = parse_good("FROM x\nCOPY --from=a -- --chown=b c");
    assert_int_equal(second(file)->flags.len, 1);
    assert_true(ocib_str_is(second(file)->args.items[0].text, "--chown=b"));
    /* They stand before the words only. */
    AUTO_FILE *behind = parse_good("FROM x\nCOPY a --from=b");
    assert_int_equal(second(behind)->flags.len, 0);
    assert_int_equal(second(behind)->args.len, 2);
}

static void test_escaped_words(void **state)
{
    AUTO_FILE *file = parse_good("# escape=`\nFROM x\nENV a=b` c d=\"e`\" f\" g='h`' i=`");
    const struct ocib_args *args = &second(file)->args;
    static const char *const want[] = {"b` c", "\"e`\" f\"", "'h`'", ""};
    assert_int_equal(args->len, OCIB_COUNT(want));
    for (size_t i = 0; i < args->len; i++) {
        assert_true(ocib_str_is(args->items[i].value, want[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_escaped_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
