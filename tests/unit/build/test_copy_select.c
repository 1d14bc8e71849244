#include "build/copy.h"

#include "build/copy_selection.h"
#include "copy_test.h"

/* Everything that can be wrong with a source, and the exact words for it. */

static const char dockerfile[] = "FROM scratch\nCOPY x /y\n";
static const char ignore_text[] = "# not these\n*.log\nbuild\n!build/keep\nempty\n!empty/none\n";

struct selecting {
    struct copy_test_dir dir;
    struct ocib_source *source;
    struct ocib_ignore *ignore;
    struct ocib_log log;
    struct ocib_buf warnings;
    char *chmod;
};

static void take_warning(void *data, enum ocib_log_level level, struct ocib_span span,
                         const char *text)
{
    assert_int_equal(level, OCIB_LOG_WARNING);
    assert_int_equal(span.line, 2);
    ocib_buf_puts(data, text);
}

static void selecting_make(struct selecting *selecting)
{
    static const char *const tree[] = {"f package.json",    "f src/main.c",   "f src/util.c",
                                       "f a.log",           "f build/out",    "f build/keep",
                                       "d empty",           "l broken to=no", "l loop to=loop",
                                       "l hidden to=a.log", "s sock",         "f sub/x"};
    memset(selecting, 0, sizeof(*selecting));
    copy_test_dir_make(&selecting->dir);
    for (size_t i = 0; i < OCIB_COUNT(tree); i++) {
        copy_test_make(&selecting->dir, tree[i]);
    }
    selecting->source = ocib_source_new("Dockerfile", ocib_str(dockerfile));
    selecting->ignore = ocib_ignore_parse(".dockerignore", ocib_str(ignore_text), NULL);
    selecting->log = (struct ocib_log){take_warning, &selecting->warnings};
    ocib_buf_init(&selecting->warnings);
}

static void selecting_remove(struct selecting *selecting)
{
    copy_test_dir_remove(&selecting->dir);
    ocib_source_free(selecting->source);
    ocib_ignore_free(selecting->ignore);
    ocib_buf_release(&selecting->warnings);
}

static struct ocib_selection *run(struct selecting *selecting, const struct ocib_copy_op *op,
                                  bool is_context, struct ocib_error **err)
{
    struct ocib_copy_source source = {.root_fd = selecting->dir.fd,
                                      .ignore = is_context ? selecting->ignore : NULL,
                                      .is_context = is_context,
                                      .name = is_context ? "the build context" : "stage a",
                                      .log = &selecting->log};
    struct ocib_span span = {selecting->source, 2, 6, 2};
    return ocib_copy_select(op, span, &source, err);
}

static void assert_refused(struct selecting *selecting, const char *text, const char *message,
                           const char *hint)
{
    COPY_TEST_AUTO_OP struct ocib_copy_op op = {.dest = ocib_strdup("/y"),
                                                .chmod = ocib_strdup(selecting->chmod)};
    ocib_strings_push(&op.sources, text);
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_null(run(selecting, &op, true, &err));
    assert_string_equal(ocib_error_message(err), message);
    assert_int_equal(ocib_error_code(err), OCIB_EDOCKERFILE);
    struct ocib_error_place place;
    assert_true(ocib_error_place(err, &place));
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, 6);
    if (hint) {
        assert_non_null(ocib_error_hint(err));
        assert_string_equal(ocib_error_hint(err), hint);
    } else {
        assert_null(ocib_error_hint(err));
    }
}

static void test_messages(void **state)
{
    static const char *const cases[][3] = {
        {"pakage.json", "pakage.json not found in the build context", "did you mean package.json?"},
        {"./src/mian.c", "./src/mian.c not found in the build context", "did you mean src/main.c?"},
        {"wholly-other", "wholly-other not found in the build context", NULL},
        {"nope/*", "nope/* not found in the build context", NULL},
        {"package.json/x",
         "package.json/x not found in the build context: package.json is not a folder", NULL},
        {"package.json/*",
         "package.json/* not found in the build context: package.json is not a folder", NULL},
        {"broken", "broken not found in the build context", NULL},
        {"loop", "can't find loop in the build context: Too many levels of symbolic links", NULL},
        {"a.log", "a.log is excluded from the build context by line 2 of .dockerignore: *.log",
         "remove that line, or add the line !a.log at the end"},
        {"hidden", "hidden is excluded from the build context by line 2 of .dockerignore: *.log",
         "remove that line, or add the line !a.log at the end"},
        {"build/out",
         "build/out is excluded from the build context by line 3 of .dockerignore: build",
         "remove that line, or add the line !build/out at the end"},
        {"empty", "empty is excluded from the build context by line 5 of .dockerignore: empty",
         "remove that line, or add the line !empty at the end"},
        {"src/[", "bad pattern src/[", "a [ that is meant as it is, is written [[]"},
    };
    OCIB_AUTO(selecting_remove) struct selecting selecting;
    selecting_make(&selecting);
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        assert_refused(&selecting, cases[i][0], cases[i][1], cases[i][2]);
    }
    assert_int_equal(selecting.warnings.len, 0);
    char chmod[] = "9";
    selecting.chmod = chmod;
    assert_refused(&selecting, "src", "bad --chmod mode \"9\"",
                   "write an octal mode up to 7777, or a symbolic one such as u=rwX,go=rX");
}

static void refuse_parents(struct selecting *selecting, const char *text, const char *message)
{
    COPY_TEST_AUTO_OP struct ocib_copy_op op = {.dest = ocib_strdup("/y"), .parents = true};
    ocib_strings_push(&op.sources, text);
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_null(run(selecting, &op, true, &err));
    assert_string_equal(ocib_error_message(err), message);
    assert_int_equal(ocib_error_code(err), OCIB_EDOCKERFILE);
    struct ocib_error_place place;
    assert_true(ocib_error_place(err, &place));
}

/* What --parents keeps of a source, and what it warns of. */
static void assert_kept(struct selecting *selecting, const char *text, const char *exclude,
                        const char *expected, const char *warning)
{
    COPY_TEST_AUTO_OP struct ocib_copy_op op = {.dest = ocib_strdup("/y"), .parents = true};
    ocib_strings_push(&op.sources, text);
    if (exclude) {
        ocib_strings_push(&op.excludes, exclude);
    }
    OCIB_AUTO(ocib_selection_cleanup)
    struct ocib_selection *selection = run(selecting, &op, true, NULL);
    assert_non_null(selection);
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    ocib_buf_init(&got);
    for (size_t i = 0; i < selection->entries.len; i++) {
        ocib_buf_printf(&got, "%s%s", i ? " " : "", selection->entries.items[i].path);
    }
    assert_string_equal(got.data, expected);
    assert_string_equal(selecting->warnings.data, warning);
    ocib_buf_clear(&selecting->warnings);
}

static void test_parents(void **state)
{
    OCIB_AUTO(selecting_remove) struct selecting selecting;
    selecting_make(&selecting);
    copy_test_make(&selecting.dir, "f src/deep/x.c");
    copy_test_make(&selecting.dir, "l in to=src");
    assert_kept(&selecting, "src/main.c", NULL, "src src/main.c", "");
    assert_kept(&selecting, "/src//./main.c", NULL, "main.c", "");
    assert_kept(&selecting, "src", NULL, "src src/deep src/deep/x.c src/main.c src/util.c", "");
    assert_kept(&selecting, "src/./.", NULL, "deep deep/x.c main.c util.c", "");
    assert_kept(&selecting, "**/*.c", NULL, "src src/deep src/deep/x.c src/main.c src/util.c", "");
    assert_kept(&selecting, "./src/./**/x.c", NULL, "deep deep/x.c", "");
    assert_kept(&selecting, "s*/./*.c", NULL, "main.c util.c", "");
    assert_kept(&selecting, "in/./main.c", NULL, "main.c", "");
    assert_kept(&selecting, "src", "**/*.c", "src src/deep", "");
    assert_kept(&selecting, "build", NULL, "build build/keep", "");
    assert_kept(&selecting, "src/main.c", "src/*.c", "",
                "nothing in the build context matches src/main.c");
    assert_kept(&selecting, "nope/*.x", NULL, "", "nothing in the build context matches nope/*.x");
    refuse_parents(&selecting, "src/nope.c", "src/nope.c not found in the build context");
    refuse_parents(&selecting, "in/main.c",
                   "in/main.c leads through a symbolic link, and --parents follows none");
    refuse_parents(&selecting, "a.log",
                   "a.log is excluded from the build context by line 2 of .dockerignore: *.log");
    refuse_parents(&selecting, "no/./x", "no not found in the build context");
    refuse_parents(&selecting, "src/main.c/./x",
                   "src/main.c/./x not found in the build context: src/main.c is not a folder");
}

static void test_bad_exclude(void **state)
{
    OCIB_AUTO(selecting_remove) struct selecting selecting;
    selecting_make(&selecting);
    COPY_TEST_AUTO_OP struct ocib_copy_op op = {.dest = ocib_strdup("/y")};
    ocib_strings_push(&op.sources, "src");
    ocib_strings_push(&op.excludes, "[a");
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_null(run(&selecting, &op, true, &err));
    assert_non_null(strstr(ocib_error_message(err), "bad pattern \"[a\""));
}

/* What is selected, as "pick: entry entry"; the picks' names. */
static char *selected(struct selecting *selecting, const char *text, bool is_context)
{
    COPY_TEST_AUTO_OP struct ocib_copy_op op = {.dest = ocib_strdup("/y/")};
    ocib_strings_push(&op.sources, text);
    OCIB_AUTO(ocib_selection_cleanup)
    struct ocib_selection *selection = run(selecting, &op, is_context, NULL);
    assert_non_null(selection);
    struct ocib_buf out;
    ocib_buf_init(&out);
    for (size_t i = 0; i < selection->picks.len; i++) {
        const struct ocib_copy_pick *pick = &selection->picks.items[i];
        ocib_buf_printf(&out, "%s%s%s", i ? ", " : "", pick->name,
                        S_ISDIR(pick->top.mode) ? ":" : "");
        for (size_t k = 0; k < pick->count; k++) {
            ocib_buf_printf(&out, " %s", selection->entries.items[pick->first + k].path);
        }
    }
    return ocib_buf_take(&out);
}

static void assert_selected(struct selecting *selecting, const char *text, bool is_context,
                            const char *expected)
{
    OCIB_AUTO_FREE char *got = selected(selecting, text, is_context);
    assert_string_equal(got, expected);
}

static void test_what_is_selected(void **state)
{
    OCIB_AUTO(selecting_remove) struct selecting selecting;
    selecting_make(&selecting);
    assert_selected(&selecting, "src", true, "src: main.c util.c");
    assert_selected(&selecting, "src/*.c", true, "main.c, util.c");
    assert_selected(&selecting, "build", true, "build: keep");
    assert_selected(&selecting, "b[u]*", true, "build: keep");
    assert_selected(&selecting, "build", false, "build: keep out");
    assert_selected(&selecting, "s*", false, "src: main.c util.c, sub: x");
    assert_string_equal(selecting.warnings.data, "sock is a socket, which is not copied");
}

static void test_warnings(void **state)
{
    OCIB_AUTO(selecting_remove) struct selecting selecting;
    selecting_make(&selecting);
    assert_selected(&selecting, "*.none", true, "");
    assert_selected(&selecting, "**/nothing.c", true, "");
    assert_selected(&selecting, "sock", true, "sock");
    assert_string_equal(selecting.warnings.data,
                        "nothing in the build context matches *.none"
                        "nothing in the build context matches **/nothing.c "
                        "(here, \"**\" is no more than \"*\")"
                        "sock is a socket: an empty file is copied in its place");
}

static void test_unreadable_folder(void **state)
{
    OCIB_AUTO(selecting_remove) struct selecting selecting;
    selecting_make(&selecting);
    assert_int_equal(fchmodat(selecting.dir.fd, "sub", 0, 0), 0);
    COPY_TEST_AUTO_OP struct ocib_copy_op op = {.dest = ocib_strdup("/y/")};
    ocib_strings_push(&op.sources, ".");
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO(ocib_selection_cleanup)
    struct ocib_selection *selection = run(&selecting, &op, true, &err);
    if (geteuid() == 0) {
        assert_non_null(selection); /* root reads all */
        return;
    }
    assert_null(selection);
    assert_int_equal(ocib_error_code(err), OCIB_EINPUT);
    assert_string_equal(ocib_error_message(err), "can't read folder sub: Permission denied");
    assert_string_equal(ocib_error_hint(err),
                        "exclude it in .dockerignore, or make it readable (chmod u+rx)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages),    cmocka_unit_test(test_parents),
        cmocka_unit_test(test_bad_exclude), cmocka_unit_test(test_what_is_selected),
        cmocka_unit_test(test_warnings),    cmocka_unit_test(test_unreadable_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
