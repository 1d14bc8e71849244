#include "golden.h"

#include "dockerfile/expand.h"

/* A is "one", E is empty, S has blanks, P is a path; nothing else is set. */
static const char *lookup(const void *data, struct ocib_str name)
{
    static const char *const vars[][2] = {
        {"A", "one"}, {"E", ""}, {"S", " x  y "}, {"P", "/usr/local/bin"}, {"Q", "a\"b'c"}};
    for (size_t i = 0; i < OCIB_COUNT(vars); i++) {
        if (ocib_str_is(name, vars[i][0])) {
            return vars[i][1];
        }
    }
    return NULL;
}

static const struct ocib_expand_options plain = {.escape = '\\', .lookup = lookup};

static void check_with(const struct ocib_expand_options *options, const char *word,
                       const char *want)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_expanded out = {0};
    if (ocib_expand(ocib_str(word), options, &out, &err) < 0) {
        fail_msg("%s: %s", word, ocib_error_message(err));
    }
    assert_string_equal(out.text, want);
    ocib_expanded_release(&out);
}

static void check(const char *word, const char *want)
{
    check_with(&plain, word, want);
}

static void refuse(const char *word, const char *message)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_expanded out = {0};
    assert_int_equal(ocib_expand(ocib_str(word), &plain, &out, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EDOCKERFILE);
    assert_string_equal(ocib_error_message(err), message);
    ocib_expanded_release(&out);
}

static void test_quotes_and_escapes(void **state)
{
    check("", "");
    check("abc", "abc");
    check("a\\ b", "a b");
    check("a\\nb", "anb");
    check("a\\", "a");
    check("'a\\b $A'", "a\\b $A");
    check("\"a\\b \\\"c\\\" \\$A \\\\\"", "a\\b \"c\" $A \\");
    check("\"it's\"'\"'x", "it's\"x");
    check("\"\"''", "");
    check("\xff\xc3\xa9", "\xff\xc3\xa9");
}

static void test_names(void **state)
{
    check("$A", "one");
    check("$A$A", "oneone");
    check("${A}x", "onex");
    check("$Ax", "");
    check("$A-x", "one-x");
    check("\"$A\"", "one");
    check("'$A'", "$A");
    check("\\$A", "$A");
    check("$", "$");
    check("a$ b", "a$ b");
    check("$/", "$/");
    check("$12x", "x");
    check("$@$*$#$?$-$!", "");
    check("$N${N}", "");
    check("$S", " x  y ");
    check("$Q", "a\"b'c");
}

static void test_defaults(void **state)
{
    check("${A:-d}${E:-d}${N:-d}", "onedd");
    check("${A-d}${E-d}${N-d}", "oned");
    check("${A:+d}${E:+d}${N:+d}", "d");
    check("${A+d}${E+d}${N+d}", "dd");
    check("${A:?d}${A?d}${E?d}", "oneone");
    check("${N:-}", "");
    check("${N:-$A}", "one");
    check("${N:-${M:-${A}}}x", "onex");
    check("${N:-\"a } b\"}", "a } b");
    check("${N:-'$A'}", "$A");
    check("${N:-a\\}b}", "a}b");
    check("\"${N:-\"q\"}\"", "q");
    refuse("${N:?is missing, set it}", "N: is missing, set it");
    refuse("${N?}", "N: is not allowed to be unset");
    refuse("${E:?}", "E: is not allowed to be empty");
}

static void test_patterns(void **state)
{
    check("${P#/}", "usr/local/bin");
    check("${P#*/}", "usr/local/bin");
    check("${P##*/}", "bin");
    check("${P%/*}", "/usr/local");
    check("${P%%/*}", "");
    check("${P%%/l*}x", "/usrx");
    check("${N#x}", "");
    check("${P/\\/usr/X}", "X/local/bin");
    check("${P/l/L}", "/usr/Local/bin");
    check("${P//l/L}", "/usr/LocaL/bin");
    check("${P//l/}", "/usr/oca/bin");
    check("${P//\\//-}", "-usr-local-bin");
    check("${A/n/$A}", "oonee");
    check("${N/a/b}", "");
}

static void test_refused(void **state)
{
    refuse("'a", "missing closing ' in ''a'");
    refuse("\"a$A", "missing closing \" in '\"a$A'");
    refuse("${A", "missing '}' in '${A'");
    refuse("${", "missing '}' in '${'");
    refuse("${A:", "missing '}' in '${A:'");
    refuse("${A:-b", "missing '}' in '${A:-b'");
    refuse("${A#b", "missing '}' in '${A#b'");
    refuse("${A/b", "missing '/' in '${A/b'");
    refuse("${A/b/c", "missing '}' in '${A/b/c'");
    refuse("${}", "bad substitution in '${}'");
    refuse("${{A}}", "bad substitution in '${{A}}'");
    refuse("${:-a}", "bad substitution in '${:-a}'");
    refuse("${A@Q}", "unknown modifier '@' in '${A@Q}'");
    refuse("${A:#x}", "unknown modifier ':#' in '${A:#x}'");
    refuse("${A:/x/y}", "unknown modifier ':/' in '${A:/x/y}'");
    refuse("${A:}", "unknown modifier ':}' in '${A:}'");
}

static void test_other_escape(void **state)
{
    struct ocib_expand_options options = plain;
    options.escape = '`';
    check_with(&options, "a` b`$A\\$A \"`\"x``\"", "a b$A\\one \"x`");
}

/* Bodies of heredocs. */
static void test_plain_quotes(void **state)
{
    struct ocib_expand_options options = plain;
    options.plain_quotes = true;
    check_with(&options, "it's \"$A\" '$A' \\$A \\n \\\\", "it's \"one\" 'one' $A n \\");
}

static void test_raw(void **state)
{
    struct ocib_expand_options options = {
        .escape = '\\', .raw_quotes = true, .raw_escapes = true, .keep_unset = true};
    static const char *const same[] = {
        "a \"b\\\" c\" 'd\\' e\\ f $A ${A} ${A:-b} ${A+c} ${A#d} ${A##e} ${A%f} ${A%%g} $$ \"\\x\"",
        "${A/b/c} ${A//b/c} a\\",
    };
    for (size_t i = 0; i < OCIB_COUNT(same); i++) {
        check_with(&options, same[i], same[i]);
    }
}

static void test_words(void **state)
{
    struct ocib_expanded out = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_expand(OCIB_STR("  a\t'b c' $S\"$S\"z \"\" \\  e"), &plain, &out, &err),
                     0);
    static const char *const want[] = {"a", "b c", "x", "y", " x  y z", " ", "e"};
    static const size_t starts[] = {2, 4, 10, 10, 12, 21, 24};
    assert_int_equal(out.words.len, OCIB_COUNT(want));
    for (size_t i = 0; i < OCIB_COUNT(want); i++) {
        assert_string_equal(out.words.items[i], want[i]);
        assert_int_equal(out.starts.items[i], starts[i]);
    }
    ocib_expanded_release(&out);
}

static void test_unset_names(void **state)
{
    struct ocib_expanded out = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_expand(OCIB_STR("$N${M}$N$A${O:-x}${L:-$K}"), &plain, &out, &err), 0);
    assert_int_equal(out.unset.len, 3);
    assert_string_equal(out.unset.items[0], "N");
    assert_string_equal(out.unset.items[1], "M");
    assert_string_equal(out.unset.items[2], "K");
    ocib_expanded_release(&out);
}

static const char *large(const void *data, struct ocib_str name)
{
    return data;
}

/* Text can't be blown up, neither by repetition nor by nesting. */
static void test_limits(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf value = {0};
    OCIB_AUTO_BUF struct ocib_buf word = {0};
    for (int i = 0; i < 100000; i++) {
        ocib_buf_putc(&value, 'x');
        ocib_buf_puts(&word, "$A");
    }
    static const char *const forms[] = {"%s", "\"%s\"", "${N+%s}", "${N//x/%s}"};
    for (size_t i = 0; i < OCIB_COUNT(forms); i++) {
        struct ocib_expand_options options = {.escape = '\\', .lookup = large, .data = value.data};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        OCIB_AUTO_BUF struct ocib_buf text = {0};
        struct ocib_expanded out = {0};
        const char *gap = strstr(forms[i], "%s");
        ocib_buf_add(&text, forms[i], (size_t)(gap - forms[i]));
        ocib_buf_add_str(&text, ocib_buf_str(&word));
        ocib_buf_puts(&text, gap + 2);
        assert_int_equal(ocib_expand(ocib_buf_str(&text), &options, &out, &err), -1);
        assert_string_equal(ocib_error_message(err), "the variables expand to too much text");
        ocib_expanded_release(&out);
    }
    ocib_buf_clear(&word);
    for (int i = 0; i < 1000; i++) {
        ocib_buf_puts(&word, "${N:-");
    }
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_expanded out = {0};
    assert_int_equal(ocib_expand(ocib_buf_str(&word), &plain, &out, &err), -1);
    assert_non_null(strstr(ocib_error_message(err), "variables are nested too deep"));
    ocib_expanded_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes_and_escapes),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_other_escape),
        cmocka_unit_test(test_plain_quotes),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_unset_names),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
