#include "world.c"

#include "rootfs/aside.h"

#define WORLD                                                                                      \
    struct world *w = *state;                                                                      \
    if (!w) {                                                                                      \
        skip();                                                                                    \
    }

struct tree {
    int root_fd;
    int stash_fd;
    char *folders[2];
};

static void tree_open(struct world *w, struct tree *tree, const char *layer)
{
    struct ocib_error *err = NULL;
    tree->folders[0] = new_folder(w, "tree", &tree->root_fd);
    tree->folders[1] = new_folder(w, "stash", &tree->stash_fd);
    world_unpack(w, layer);
    OCIB_AUTO_FD int from = open(w->layers.items[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(ocib_tree_clone(from, tree->root_fd, 0, &err), err);
}

static void tree_release(struct tree *tree)
{
    ocib_fd_cleanup(&tree->root_fd);
    ocib_fd_cleanup(&tree->stash_fd);
    free(tree->folders[0]);
    free(tree->folders[1]);
}

static void assert_tree_is(const struct tree *tree, const char *wanted)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    tree_to_text(tree->root_fd, true, &text);
    assert_text(&text, wanted);
}

static const char layer[] = "d 700 0:0 d\nt 10\nf 644 0:0 d/f old\nt 20\nl 777 0:0 l d\nt 30\n";
static const char layer_text[] = "d 700 0:0 d\nt 10.000000000\nf 644 0:0 d/f old\nt 20.000000000\n"
                                 "l 777 0:0 l d\nt 30.000000000\n";

static void things_are_put_and_taken(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    struct stat st;
    OCIB_AUTO(tree_release) struct tree tree = {-1, -1, {NULL, NULL}};
    const struct ocib_provided provided[] = {
        {.path = "/x/y/z", .mode = 0640, .content = "given"},
        {.path = "/d/f", .is_dir = true, .mode = 0711},
        {.path = "/l/g", .mode = 0600},
    };
    tree_open(w, &tree, layer);
    OCIB_AUTO(ocib_aside_cleanup)
    struct ocib_aside *aside = ocib_aside_new(tree.root_fd, tree.stash_fd);
    assert_ok(ocib_aside_put(aside, provided, OCIB_COUNT(provided), &err), err);
    assert_int_equal(fstatat(tree.root_fd, "d", &st, 0), 0);
    assert_int_equal(st.st_mtim.tv_sec, 10);
    assert_int_equal(fstatat(tree.root_fd, "d/f", &st, 0), 0);
    assert_int_equal(st.st_mode, S_IFDIR | 0711);
    assert_int_equal(fstatat(tree.root_fd, "d/g", &st, 0), 0);
    assert_int_equal(fstatat(tree.root_fd, "x/y/z", &st, 0), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0640);
    assert_int_equal(st.st_size, 5);
    assert_ok(ocib_aside_take(aside, &err), err);
    assert_tree_is(&tree, layer_text);
}

/* A folder that the step swapped for a link: nothing is put back through it. */
static void links_are_not_followed_back(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    OCIB_AUTO(tree_release) struct tree tree = {-1, -1, {NULL, NULL}};
    const struct ocib_provided provided[] = {{.path = "/d/f", .mode = 0600, .content = "x"}};
    OCIB_AUTO_FREE char *outside = ocib_format("%s/outside", w->dir);
    OCIB_AUTO_FREE char *file = ocib_format("%s/f", outside);
    assert_int_equal(mkdir(outside, 0755), 0);
    assert_int_equal(symlink("x", file), 0);
    tree_open(w, &tree, layer);
    OCIB_AUTO(ocib_aside_cleanup)
    struct ocib_aside *aside = ocib_aside_new(tree.root_fd, tree.stash_fd);
    assert_ok(ocib_aside_put(aside, provided, OCIB_COUNT(provided), &err), err);
    assert_int_equal(renameat(tree.root_fd, "d", tree.root_fd, "moved"), 0);
    assert_int_equal(symlinkat(outside, tree.root_fd, "d"), 0);
    assert_ok(ocib_aside_take(aside, &err), err);
    assert_int_equal(faccessat(AT_FDCWD, file, F_OK, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(faccessat(tree.root_fd, "moved/f", F_OK, 0), 0);
}

/* What the step puts into a folder made for a provided path keeps that folder. */
static void parents_stay_with_what_is_in_them(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    OCIB_AUTO(tree_release) struct tree tree = {-1, -1, {NULL, NULL}};
    const struct ocib_provided provided[] = {{.path = "/run/a/b", .is_dir = true, .mode = 0755}};
    tree_open(w, &tree, layer);
    OCIB_AUTO(ocib_aside_cleanup)
    struct ocib_aside *aside = ocib_aside_new(tree.root_fd, tree.stash_fd);
    assert_ok(ocib_aside_put(aside, provided, OCIB_COUNT(provided), &err), err);
    assert_int_equal(mkdirat(tree.root_fd, "run/a/b/deep", 0755), 0);
    assert_int_equal(mkdirat(tree.root_fd, "run/mine", 0755), 0);
    assert_ok(ocib_aside_take(aside, &err), err);
    assert_int_equal(faccessat(tree.root_fd, "run/mine", F_OK, 0), 0);
    assert_int_equal(faccessat(tree.root_fd, "run/a", F_OK, 0), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(things_are_put_and_taken),
        T(links_are_not_followed_back),
        T(parents_stay_with_what_is_in_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
