#include "build/copy_tree.h"

#include "copy_test.h"

static void make_tree(struct copy_test_dir *dir, const char *const *lines)
{
    copy_test_dir_make(dir);
    for (; *lines; lines++) {
        copy_test_make(dir, *lines);
    }
}

static void test_resolve(void **state)
{
    static const char *const tree[] = {"f a/b/f",         "l rel to=a/b",        "l abs to=/a/b",
                                       "l up to=../../a", "l a/back to=..",      "l broken to=a/no",
                                       "l root to=/",     "l chain to=rel/../b", NULL};
    static const struct {
        const char *path;
        const char *resolved;
        bool exists;
    } cases[] = {
        {"", "", true},
        {"/", "", true},
        {"a/./b//f", "a/b/f", true},
        {"rel/f", "a/b/f", true},
        {"/abs/f", "a/b/f", true},
        {"up/b", "a/b", true},
        {"a/back/rel", "a/b", true},
        {"root/root/a", "a", true},
        {"chain/f", "a/b/f", true},
        {"../../a", "a", true},
        {"rel/..", "a", true},
        {"broken", "a/no", false},
        {"broken/x/../y", "a/no/y", false},
        {"new/er/x", "new/er/x", false},
    };
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    make_tree(&dir, tree);
    struct ocib_tree read = {.root_fd = dir.fd};
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO(ocib_tree_path_release) struct ocib_tree_path at = {0};
        assert_int_equal(ocib_tree_resolve(&read, cases[i].path, &at), 0);
        assert_string_equal(at.path.data, cases[i].resolved);
        assert_int_equal(at.exists, cases[i].exists);
    }
}

static void test_resolve_fails(void **state)
{
    static const char *const tree[] = {"f f", "l loop to=loop2", "l loop2 to=loop", NULL};
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    make_tree(&dir, tree);
    struct ocib_tree read = {.root_fd = dir.fd};
    OCIB_AUTO(ocib_tree_path_release) struct ocib_tree_path below = {0};
    assert_int_equal(ocib_tree_resolve(&read, "f/x", &below), -1);
    assert_int_equal(errno, ENOTDIR);
    assert_string_equal(below.path.data, "f");
    OCIB_AUTO(ocib_tree_path_release) struct ocib_tree_path loop = {0};
    assert_int_equal(ocib_tree_resolve(&read, "loop", &loop), -1);
    assert_int_equal(errno, ELOOP);
}

struct visits {
    struct ocib_buf paths;
    const char *not_into;
};

static int note(void *data, const struct ocib_walk_item *item, struct ocib_error **err)
{
    struct visits *visits = data;
    ocib_buf_printf(&visits->paths, "%s ", item->relative);
    return !visits->not_into || strcmp(item->relative, visits->not_into) != 0;
}

static void assert_walk(const struct copy_test_dir *dir, const char *base, const char *rules,
                        const char *not_into, const char *expected)
{
    OCIB_AUTO(ocib_ignore_cleanup)
    struct ocib_ignore *ignore = rules ? ocib_ignore_parse("i", ocib_str(rules), NULL) : NULL;
    struct ocib_tree tree = {dir->fd, ignore};
    struct visits visits = {.not_into = not_into};
    ocib_buf_init(&visits.paths);
    struct ocib_walk walk = {.tree = &tree, .base = base, .visit = note, .data = &visits};
    assert_int_equal(ocib_walk_run(&walk, NULL), 0);
    assert_string_equal(visits.paths.data, expected);
    ocib_buf_release(&visits.paths);
}

static void test_walk(void **state)
{
    static const char *const tree[] = {"f b/y",   "f b/x",    "f a.c", "f a/z",
                                       "f b/d/e", "l l to=b", NULL};
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    make_tree(&dir, tree);
    assert_walk(&dir, "", NULL, NULL, "a a/z a.c b b/d b/d/e b/x b/y l ");
    assert_walk(&dir, "b", NULL, NULL, "d d/e x y ");
    assert_walk(&dir, "", NULL, "b", "a a/z a.c b l ");
    assert_walk(&dir, "", "b\n", NULL, "a a/z a.c l ");
    assert_walk(&dir, "", "b\n!b/d/e\n", NULL, "a a/z a.c b b/d b/d/e l ");
    assert_walk(&dir, "", "*\n!b/d/e\n", "b", "b ");
    assert_walk(&dir, "", "*\n!**/e\n", "b/d", "b b/d ");
    assert_walk(&dir, "b", "b\n!b/x\n", NULL, "x ");
    assert_walk(&dir, "b/d", "b\n", NULL, "");
}

static void assert_filtered(const struct copy_test_dir *dir, const char *base, const char *rules,
                            const char *filter, const char *second, const char *expected)
{
    OCIB_AUTO(ocib_ignore_cleanup)
    struct ocib_ignore *ignore = ocib_ignore_parse("i", ocib_str(rules), NULL);
    OCIB_AUTO(ocib_ignore_cleanup)
    struct ocib_ignore *one = ocib_ignore_parse("i", ocib_str(filter), NULL);
    OCIB_AUTO(ocib_ignore_cleanup)
    struct ocib_ignore *two = ocib_ignore_parse("i", ocib_str(second), NULL);
    struct ocib_tree tree = {dir->fd, ignore};
    struct visits visits = {0};
    ocib_buf_init(&visits.paths);
    struct ocib_walk walk = {
        .tree = &tree, .base = base, .visit = note, .data = &visits, .filters = {one, two}};
    assert_int_equal(ocib_walk_run(&walk, NULL), 0);
    assert_string_equal(visits.paths.data, expected);
    ocib_buf_release(&visits.paths);
}

/* The tree's list goes by paths from its root, filters by those from where the walk begins. */
static void test_filters(void **state)
{
    static const char *const tree[] = {"f b/y", "f b/x", "f b/d/e", "f b/d/f", "f b/g/e", NULL};
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    make_tree(&dir, tree);
    assert_filtered(&dir, "b", "b/y\n", "", "", "d d/e d/f g g/e x ");
    assert_filtered(&dir, "b", "b/y\n", "x\nb/d\n", "g\n", "d d/e d/f ");
    assert_filtered(&dir, "b", "", "*\n!d/e\n", "", "d d/e ");
    assert_filtered(&dir, "b", "", "*\n!*/e\n", "d\n", "g g/e ");
    assert_filtered(&dir, "b", "**/e\n", "*\n!*/e\n", "", "");
    assert_filtered(&dir, "b", "b/d\n!b/d/e\n", "", "*\n!d/f\n", "");
    assert_filtered(&dir, "b", "b/d\n!b/d/e\n", "", "*\n!d\n", "d d/e ");
}

/* Deeper than folders are kept open, and many to come back to. */
static void test_deep(void **state)
{
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    copy_test_dir_make(&dir);
    OCIB_AUTO_BUF struct ocib_buf path = {0};
    ocib_buf_init(&path);
    const size_t depth = 300;
    for (size_t i = 0; i < depth; i++) {
        ocib_buf_puts(&path, i ? "/d" : "d");
        OCIB_AUTO_FREE char *last = ocib_format("f %s/e", path.data);
        copy_test_make(&dir, last);
    }
    struct ocib_tree tree = {.root_fd = dir.fd};
    struct visits visits = {0};
    ocib_buf_init(&visits.paths);
    struct ocib_walk walk = {.tree = &tree, .base = "", .visit = note, .data = &visits};
    assert_int_equal(ocib_walk_run(&walk, NULL), 0);
    size_t count = 0;
    for (size_t i = 0; i < visits.paths.len; i++) {
        count += visits.paths.data[i] == ' ';
    }
    assert_int_equal(count, 2 * depth);
    assert_true(ocib_str_ends(ocib_buf_str(&visits.paths), " d/d/e d/e "));
    ocib_buf_release(&visits.paths);
}

static void test_hides(void **state)
{
    OCIB_AUTO(ocib_ignore_cleanup)
    struct ocib_ignore *ignore = ocib_ignore_parse("i", OCIB_STR("a\nb\n!b/x"), NULL);
    struct ocib_tree tree = {.root_fd = -1, .ignore = ignore};
    struct ocib_span rule = {0};
    assert_true(ocib_tree_hides(&tree, "a/b", false, &rule));
    assert_int_equal(rule.line, 1);
    assert_false(ocib_tree_hides(&tree, "b", true, &rule));
    assert_true(ocib_tree_hides(&tree, "b", false, &rule));
    assert_int_equal(rule.line, 2);
    assert_false(ocib_tree_hides(&tree, "", true, &rule));
    tree.ignore = NULL;
    assert_false(ocib_tree_hides(&tree, "a", false, &rule));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve), cmocka_unit_test(test_resolve_fails),
        cmocka_unit_test(test_walk),    cmocka_unit_test(test_deep),
        cmocka_unit_test(test_hides),   cmocka_unit_test(test_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
