#include "glob/ignore.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static struct ocib_ignore *parse(const char *text)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_ignore *ignore = ocib_ignore_parse(".dockerignore", ocib_str(text), &err);
    if (!ignore) {
        fail_msg("%s: %s", text, ocib_error_message(err));
    }
    return ignore;
}

/* --- what Docker does, as recorded in testdata/ignore/docker.txt ------------------------------ */

struct recorded {
    struct ocib_strings tree;
    struct ocib_buf rules;
    bool has_rules;
    bool error;
    bool only; /* the names are what is kept; else what is dropped */
    struct ocib_strings names;
    int cases;
    int wrong;
};

static void decode(struct ocib_str text, struct ocib_buf *out)
{
    ocib_buf_clear(out);
    ocib_buf_reserve(out, 0)[0] = '\0';
    for (size_t i = 0; i < text.len; i++) {
        unsigned byte = (unsigned char)text.s[i];
        if (byte == '%') {
            assert_int_equal(sscanf(text.s + i + 1, "%2x", &byte), 1);
            i += 2;
        }
        ocib_buf_putc(out, (char)byte);
    }
}

static void check_paths(struct recorded *recorded, const struct ocib_ignore *ignore)
{
    for (size_t i = 0; i < recorded->tree.len; i++) {
        const char *path = recorded->tree.items[i];
        bool named = ocib_strings_has(&recorded->names, path);
        bool excluded = ocib_ignore_match(ignore, ocib_str(path), false, NULL);
        if (excluded == (named == recorded->only)) {
            print_error("rules <%s>: %s is %s\n", recorded->rules.data, path,
                        excluded ? "excluded" : "included");
            recorded->wrong++;
        }
    }
}

static void check_recorded(struct recorded *recorded)
{
    if (!recorded->has_rules) {
        return;
    }
    OCIB_AUTO(ocib_ignore_cleanup)
    struct ocib_ignore *ignore = ocib_ignore_parse("f", ocib_buf_str(&recorded->rules), NULL);
    recorded->cases++;
    if (!ignore != recorded->error) {
        print_error("rules <%s>: %s\n", recorded->rules.data, ignore ? "taken" : "refused");
        recorded->wrong++;
    } else if (ignore) {
        check_paths(recorded, ignore);
    }
    recorded->error = recorded->only = false;
    ocib_strings_clear(&recorded->names);
}

static void take_line(struct recorded *recorded, struct ocib_str line)
{
    OCIB_AUTO_BUF struct ocib_buf value = {0};
    struct ocib_str word;
    if (line.len == 0 || line.s[0] == '#' || !ocib_str_cut(&line, ' ', &word)) {
        return;
    }
    decode(line, &value);
    if (ocib_str_is(word, "tree")) {
        ocib_strings_push(&recorded->tree, value.data);
    } else if (ocib_str_is(word, "rules")) {
        check_recorded(recorded);
        recorded->has_rules = true;
        decode(line, &recorded->rules);
    } else if (ocib_str_is(word, "error")) {
        recorded->error = true;
    } else if (ocib_str_is(word, "only")) {
        recorded->only = true;
    } else {
        assert_true(ocib_str_is(word, "keep") || ocib_str_is(word, "drop"));
        ocib_strings_push(&recorded->names, value.data);
    }
}

static void test_like_docker(void **state)
{
    FILE *file = fopen(TESTDATA "/ignore/docker.txt", "r");
    assert_non_null(file);
    struct recorded recorded = {0};
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    while ((len = getline(&line, &size, file)) > 0) {
        take_line(&recorded, ocib_str_sub((struct ocib_str){line, (size_t)len}, 0,
                                          (size_t)len - (line[len - 1] == '\n')));
    }
    check_recorded(&recorded);
    free(line);
    fclose(file);
    ocib_strings_release(&recorded.tree);
    ocib_strings_release(&recorded.names);
    ocib_buf_release(&recorded.rules);
    assert_true(recorded.cases > 200);
    assert_int_equal(recorded.wrong, 0);
}

/* --- what the recording can't show ------------------------------------------------------------ */

static void test_the_rule_that_decided(void **state)
{
    OCIB_AUTO(ocib_ignore_cleanup)
    struct ocib_ignore *ignore = parse("# logs\n*.log\n\n  !keep.log\n");
    struct ocib_span rule;
    assert_true(ocib_ignore_match(ignore, OCIB_STR("a.log"), false, &rule));
    assert_int_equal(rule.line, 2);
    assert_int_equal(rule.column, 1);
    assert_string_equal(rule.source->name, ".dockerignore");
    assert_false(ocib_ignore_match(ignore, OCIB_STR("keep.log"), false, &rule));
    assert_int_equal(rule.line, 4);
    assert_int_equal(rule.column, 3);
    assert_false(ocib_ignore_match(ignore, OCIB_STR("x"), false, &rule));
    assert_null(rule.source);
}

static void test_empty(void **state)
{
    OCIB_AUTO(ocib_ignore_cleanup) struct ocib_ignore *ignore = parse("");
    assert_int_equal(ocib_ignore_rules(ignore), 0);
    assert_false(ocib_ignore_match(ignore, OCIB_STR("a/b"), false, NULL));
    assert_false(ocib_ignore_may_include_below(ignore, OCIB_STR("a")));
}

static void test_which_excluded_folders_are_walked(void **state)
{
    static const struct {
        const char *rules;
        const char *dir;
        bool walked;
    } cases[] = {
        {"node_modules", "node_modules", false},
        {"node_modules\n!dist/x", "node_modules", false},
        {"node_modules\n!node_modules/x", "node_modules", true},
        {"node_modules\n!node_modules/x/y", "node_modules/x", true},
        {"node_modules\n!node_modules/x/y", "node_modules/z", false},
        {"!node_modules/x\nnode_modules", "node_modules", false},
        {"*\n!*.md", "docs", false},
        {"*\n!**/*.md", "docs", true},
        {"*\n!**/README", "docs", true},
        {"*\n!docs/**", "docs", true},
        {"*\n!docs/**", "src", false},
        {"a\n!?/b", "a", true},
        {"ab\n!?/b", "ab", false},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO(ocib_ignore_cleanup) struct ocib_ignore *ignore = parse(cases[i].rules);
        assert_true(ocib_ignore_match(ignore, ocib_str(cases[i].dir), true, NULL));
        assert_int_equal(ocib_ignore_may_include_below(ignore, ocib_str(cases[i].dir)),
                         cases[i].walked);
    }
}

static void test_walking_gives_the_same(void **state)
{
    OCIB_AUTO(ocib_ignore_cleanup) struct ocib_ignore *ignore = parse("**/x\n!a\n**/y");
    assert_int_equal(ocib_ignore_rules(ignore), 3);
    bool root[3] = {false};
    bool in_a[3];
    assert_false(ocib_ignore_match_in(ignore, root, OCIB_STR("a"), in_a).excluded);
    struct ocib_ignored x = ocib_ignore_match_in(ignore, in_a, OCIB_STR("a/x"), NULL);
    assert_int_equal(x.excluded, ocib_ignore_match(ignore, OCIB_STR("a/x"), false, NULL));
    assert_int_equal(x.rule, 0);
    bool below[3];
    assert_false(ocib_ignore_match_path(ignore, OCIB_STR("a"), below).excluded);
    assert_memory_equal(below, in_a, sizeof(below));
}

static void assert_refused(const char *text, unsigned line, unsigned column, const char *message)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_null(ocib_ignore_parse(".dockerignore", ocib_str(text), &err));
    struct ocib_error_place place;
    assert_true(ocib_error_place(err, &place));
    assert_int_equal(ocib_error_code(err), OCIB_EINPUT);
    assert_string_equal(place.file, ".dockerignore");
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
    assert_string_equal(ocib_error_message(err), message);
}

static void test_refused(void **state)
{
    assert_refused("a\n  b[c\n", 2, 3,
                   "bad pattern \"b[c\": an unclosed \"[\", an empty class, or a backslash at the "
                   "end");
    assert_refused("!", 1, 1, "bad pattern \"!\": \"!\" needs a pattern behind it");
    assert_refused("[c-a]", 1, 1,
                   "bad pattern \"[c-a]\": a range of characters in \"[]\" goes backwards");
    assert_refused("a\\b", 1, 1,
                   "bad pattern \"a\\b\": a backslash before a letter is not the letter itself: "
                   "Docker takes it for an operator of regular expressions or refuses it");
    assert_refused("a\\1b", 1, 1,
                   "bad pattern \"a\\1b\": Docker takes a backslash and a digit or x for a "
                   "character's number, and this is none");
    assert_refused(
        "[[:x:]]", 1, 1,
        "bad pattern \"[[:x:]]\": there is no such class of characters between \"[:\" and \":]\"");
    assert_refused(
        "a{2}[b]", 1, 1,
        "bad pattern \"a{2}[b]\": Docker takes a number between braces for a repetition");
}

static struct ocib_ignore *of_patterns(const char *one, const char *two, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings patterns = {0};
    ocib_strings_push(&patterns, one);
    ocib_strings_push(&patterns, two);
    return ocib_ignore_of_patterns(&patterns, err);
}

static bool pattern_matches(const char *one, const char *two, const char *path)
{
    OCIB_AUTO(ocib_ignore_cleanup) struct ocib_ignore *ignore = of_patterns(one, two, NULL);
    assert_non_null(ignore);
    return ocib_ignore_match(ignore, ocib_str(path), false, NULL);
}

static void test_patterns_alone(void **state)
{
    assert_true(pattern_matches("#a", "", "#a"));
    assert_false(pattern_matches("/a", " ", "a"));
    assert_true(pattern_matches(" b/../a/ ", "", "a/x"));
    assert_true(pattern_matches("*", "!b", "a"));
    assert_false(pattern_matches("*", "!b", "b/c"));
    assert_true(pattern_matches("a\n", "b", "b"));
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_null(of_patterns("a", "!", &err));
    assert_int_equal(ocib_error_code(err), OCIB_EDOCKERFILE);
    assert_string_equal(ocib_error_message(err),
                        "bad pattern \"!\": \"!\" needs a pattern behind it");
}

static void test_long_line(void **state)
{
    size_t len = 65536;
    OCIB_AUTO_FREE char *text = ocib_alloc(len + 1, 1);
    memset(text, 'a', len);
    assert_refused(text, 1, 1, "line is longer than 65535 bytes");
    text[len - 1] = '\0';
    OCIB_AUTO(ocib_ignore_cleanup) struct ocib_ignore *ignore = parse(text);
    assert_true(ocib_ignore_match(ignore, ocib_str(text), false, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_docker),
        cmocka_unit_test(test_the_rule_that_decided),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_which_excluded_folders_are_walked),
        cmocka_unit_test(test_walking_gives_the_same),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_patterns_alone),
        cmocka_unit_test(test_long_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
