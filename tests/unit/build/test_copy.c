#include "build/copy.h"

#include "copy_test.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- what Docker does, as recorded in testdata/copy/docker.txt -------------------------------- */

struct tree {
    char *name;
    struct ocib_strings nodes;
};

struct recorded {
    struct {
        OCIB_VEC(struct tree);
    } trees;
    char *name;
    size_t tree;
    struct ocib_strings ops; /* "stage" too */
    struct ocib_strings expected;
    bool error;
    bool all_owners;
    int cases;
    int skipped;
    int wrong;
};

static void read_op(const char *line, struct ocib_copy_op *op, bool *from_stage)
{
    struct ocib_str rest = ocib_str(line);
    struct ocib_str word;
    while (ocib_str_cut(&rest, ' ', &word)) {
        struct ocib_str key;
        ocib_str_cut(&word, '=', &key);
        char *value = copy_test_decode(word);
        if (ocib_str_is(key, "src")) {
            ocib_strings_push(&op->sources, value);
        } else if (ocib_str_is(key, "dest")) {
            op->dest = ocib_steal(&value);
        } else if (ocib_str_is(key, "chown")) {
            op->chown = ocib_steal(&value);
        } else if (ocib_str_is(key, "chmod")) {
            op->chmod = ocib_steal(&value);
        } else if (ocib_str_is(key, "exclude")) {
            ocib_strings_push(&op->excludes, value);
        } else if (ocib_str_is(key, "unpack")) {
            op->unpack = strcmp(value, "true") == 0;
        } else if (ocib_str_is(key, "file")) {
            struct ocib_inline_file *file = ocib_vec_add(&op->files);
            const char *colon = strchr(value, ':');
            file->name = ocib_strndup(value, (size_t)(colon - value));
            file->content = ocib_str(ocib_strdup(colon + 1));
        } else if (ocib_str_is(key, "from")) {
            *from_stage = true;
        } else {
            op->add = op->unpack = ocib_str_is(key, "add");
        }
        free(value);
    }
}

static int run_op(const char *line, const struct copy_test_dir *context,
                  const struct copy_test_dir *stage, const struct copy_test_dir *dest,
                  struct ocib_error **err)
{
    COPY_TEST_AUTO_OP struct ocib_copy_op op = {0};
    bool from_stage = false;
    read_op(line, &op, &from_stage);
    struct ocib_copy_source source = {.root_fd = from_stage ? stage->fd : context->fd,
                                      .is_context = !from_stage,
                                      .name = from_stage ? "stage s0" : "the build context"};
    struct ocib_copy_target target = {.root_fd = dest->fd, .has_owner = op.chown != NULL};
    if (op.chown) {
        assert_int_equal(sscanf(op.chown, "%u:%u", &target.uid, &target.gid), 2);
    }
    struct ocib_span nowhere = {0};
    OCIB_AUTO(ocib_selection_cleanup)
    struct ocib_selection *selection = ocib_copy_select(&op, nowhere, &source, err);
    return selection ? ocib_selection_copy(selection, &target, err) : -1;
}

static int run_ops(const struct recorded *recorded, const struct copy_test_dir *context,
                   struct copy_test_dir *out, struct ocib_error **err)
{
    COPY_TEST_AUTO_DIR struct copy_test_dir stage;
    copy_test_dir_make(&stage);
    copy_test_dir_make(out);
    for (size_t i = 0; i < recorded->ops.len; i++) {
        if (strcmp(recorded->ops.items[i], "stage") == 0) {
            struct copy_test_dir swap = stage;
            stage = *out;
            *out = swap;
        } else if (run_op(recorded->ops.items[i], context, &stage, out, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Recorded contents may be "@file" where the listing has the bytes. */
static bool same_line(const char *expected, const char *got)
{
    const char *file = strstr(expected, " data=@");
    return strcmp(expected, got) == 0 ||
           (file && strncmp(expected, got, (size_t)(file - expected) + 6) == 0);
}

static void complain(struct recorded *recorded, const char *what, const char *line)
{
    print_error("%s: %s: %s\n", recorded->name, what, line);
    recorded->wrong++;
}

static void compare(struct recorded *recorded, const struct copy_test_dir *out)
{
    OCIB_AUTO_STRINGS struct ocib_strings got = {0};
    copy_test_list(out, &got);
    size_t i = 0;
    for (; i < got.len && i < recorded->expected.len; i++) {
        if (!same_line(recorded->expected.items[i], got.items[i])) {
            complain(recorded, "expected", recorded->expected.items[i]);
            complain(recorded, "got", got.items[i]);
        }
    }
    for (size_t k = i; k < recorded->expected.len; k++) {
        complain(recorded, "missing", recorded->expected.items[k]);
    }
    for (size_t k = i; k < got.len; k++) {
        complain(recorded, "too much", got.items[k]);
    }
}

/* Owners and devices need a real root, or a namespace with more ids than the test has. */
static bool needs_root(const struct recorded *recorded)
{
    bool needs = strcmp(recorded->trees.items[recorded->tree].name, "device") == 0;
    for (size_t i = 0; i < recorded->ops.len; i++) {
        const char *op = recorded->ops.items[i];
        needs |= strstr(op, "chown=") || ocib_str_starts(ocib_str(op), "add ");
    }
    return needs;
}

static void run_case(struct recorded *recorded)
{
    if (!recorded->name) {
        return;
    }
    recorded->cases++;
    if (needs_root(recorded) && !recorded->all_owners) {
        recorded->skipped++;
        return;
    }
    COPY_TEST_AUTO_DIR struct copy_test_dir context;
    copy_test_dir_make(&context);
    const struct ocib_strings *nodes = &recorded->trees.items[recorded->tree].nodes;
    for (size_t i = 0; i < nodes->len; i++) {
        copy_test_make(&context, nodes->items[i]);
    }
    copy_test_settle(&context, nodes);
    COPY_TEST_AUTO_DIR struct copy_test_dir out;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    bool failed = run_ops(recorded, &context, &out, &err) < 0;
    if (failed != recorded->error) {
        complain(recorded, "result", failed ? ocib_error_message(err) : "no error");
    } else if (!failed) {
        compare(recorded, &out);
    }
}

static void begin_case(struct recorded *recorded, struct ocib_str rest)
{
    run_case(recorded);
    ocib_strings_clear(&recorded->ops);
    ocib_strings_clear(&recorded->expected);
    recorded->error = false;
    struct ocib_str name;
    ocib_str_cut(&rest, ' ', &name);
    free(recorded->name);
    recorded->name = copy_test_decode(name);
    recorded->tree = 0;
    while (!ocib_str_is(rest, recorded->trees.items[recorded->tree].name)) {
        assert_true(++recorded->tree < recorded->trees.len);
    }
}

static void take_line(struct recorded *recorded, const char *line)
{
    struct ocib_str rest = ocib_str(line);
    struct ocib_str word;
    if (!ocib_str_cut(&rest, ' ', &word) || line[0] == '#') {
        return;
    }
    if (ocib_str_is(word, "tree")) {
        struct tree *tree = ocib_vec_add(&recorded->trees);
        tree->name = ocib_str_dup(rest);
    } else if (ocib_str_is(word, "node")) {
        ocib_strings_push_str(&recorded->trees.items[recorded->trees.len - 1].nodes, rest);
    } else if (ocib_str_is(word, "case")) {
        begin_case(recorded, rest);
    } else if (ocib_str_is(word, "op")) {
        ocib_strings_push_str(&recorded->ops, rest);
    } else if (ocib_str_is(word, "stage")) {
        ocib_strings_push(&recorded->ops, "stage");
    } else if (ocib_str_is(word, "out")) {
        ocib_strings_push_str(&recorded->expected, rest);
    } else {
        assert_true(ocib_str_is(word, "error"));
        recorded->error = true;
    }
}

static void recorded_release(struct recorded *recorded)
{
    for (size_t i = 0; i < recorded->trees.len; i++) {
        free(recorded->trees.items[i].name);
        ocib_strings_release(&recorded->trees.items[i].nodes);
    }
    ocib_vec_release(&recorded->trees);
    ocib_strings_release(&recorded->ops);
    ocib_strings_release(&recorded->expected);
    free(recorded->name);
}

static void test_like_docker(void **state)
{
#ifndef OCIB_HAVE_ZSTD
    skip(); /* there are zstd archives in it */
#endif
    FILE *file = fopen(TESTDATA "/copy/docker.txt", "r");
    assert_non_null(file);
    OCIB_AUTO(recorded_release) struct recorded recorded = {.all_owners = geteuid() == 0};
    recorded.all_owners = *(bool *)*state;
    char *line = NULL;
    size_t size = 0;
    ssize_t len;
    while ((len = getline(&line, &size, file)) > 0) {
        line[len - (line[len - 1] == '\n')] = '\0';
        take_line(&recorded, line);
    }
    run_case(&recorded);
    free(line);
    fclose(file);
    assert_true(recorded.cases > 150);
    assert_true(recorded.skipped == 0 || !recorded.all_owners);
    assert_int_equal(recorded.wrong, 0);
}

int main(void)
{
    static bool all_owners;
    if (!copy_test_become_root(&all_owners)) {
        print_message("skipped: no user namespaces here\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_like_docker, &all_owners),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
