#include "build/copy.h"

#include "copy_test.h"

/* Each change to the tree, one way or the other, must or must not change the key. */

struct keyed {
    bool is_context;
    bool chown;
    const char *chmod;
    const char *ignore;
    bool add;
    const char *sources; /* separated by blanks; NULL: "." */
};

static struct ocib_digest key_of(const struct copy_test_dir *dir, const struct keyed *keyed)
{
    COPY_TEST_AUTO_OP struct ocib_copy_op op = {.unpack = keyed->add, .dest = ocib_strdup("/d/")};
    op.chown = keyed->chown ? ocib_strdup("1:2") : NULL;
    op.chmod = ocib_strdup(keyed->chmod);
    struct ocib_str rest = ocib_str(keyed->sources ? keyed->sources : ".");
    struct ocib_str word;
    while (ocib_str_cut(&rest, ' ', &word)) {
        ocib_strings_push_str(&op.sources, word);
    }
    OCIB_AUTO(ocib_ignore_cleanup)
    struct ocib_ignore *ignore =
        keyed->ignore ? ocib_ignore_parse("i", ocib_str(keyed->ignore), NULL) : NULL;
    struct ocib_copy_source source = {
        .root_fd = dir->fd, .ignore = ignore, .is_context = keyed->is_context, .name = "here"};
    OCIB_AUTO(ocib_selection_cleanup)
    struct ocib_selection *selection = ocib_copy_select(&op, (struct ocib_span){0}, &source, NULL);
    assert_non_null(selection);
    OCIB_AUTO(ocib_hasher_cleanup) struct ocib_hasher *hasher = ocib_hasher_new();
    assert_int_equal(ocib_selection_hash(selection, hasher, NULL), 0);
    struct ocib_digest digest;
    ocib_hasher_final(hasher, &digest);
    return digest;
}

/* Makes a tree of lines, in the order given. */
static void make_tree(struct copy_test_dir *dir, const char *const *lines)
{
    copy_test_dir_make(dir);
    for (; *lines; lines++) {
        copy_test_make(dir, *lines);
    }
}

static bool same_key(const char *const *a, const char *const *b, const struct keyed *keyed)
{
    COPY_TEST_AUTO_DIR struct copy_test_dir first;
    COPY_TEST_AUTO_DIR struct copy_test_dir second;
    make_tree(&first, a);
    make_tree(&second, b);
    struct ocib_digest one = key_of(&first, keyed);
    struct ocib_digest two = key_of(&second, keyed);
    return ocib_digest_eq(&one, &two);
}

#define TREE(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

static const struct keyed context = {.is_context = true};
static const struct keyed stage = {.is_context = false};

static void test_what_does_not_matter(void **state)
{
    const char *const *tree = TREE("f a data=1", "f d/b data=2", "l l to=a");
    assert_true(same_key(tree, tree, &context)); /* another folder, other inodes */
    assert_true(
        same_key(tree, TREE("f a data=1 time=5", "f d/b data=2 time=6", "l l to=a"), &context));
    assert_true(same_key(tree, TREE("l l to=a", "f d/b data=2", "f a data=1"), &context));
    struct keyed ignoring = {.is_context = true, .ignore = "*.log"};
    assert_true(same_key(TREE("f a", "f x.log data=1"), TREE("f a", "f y.log data=2"), &ignoring));
    assert_true(same_key(TREE("f a"), TREE("f a", "f y.log"), &ignoring));
}

static void test_what_matters(void **state)
{
    const char *const *tree = TREE("f a data=1", "d d", "l l to=a");
    assert_false(same_key(tree, TREE("f a data=2", "d d", "l l to=a"), &context));
    assert_false(same_key(tree, TREE("f a data=1 mode=755", "d d", "l l to=a"), &context));
    assert_false(same_key(tree, TREE("f b data=1", "d d", "l l to=a"), &context));
    assert_false(same_key(tree, TREE("f a data=1", "d d mode=700", "l l to=a"), &context));
    assert_false(same_key(tree, TREE("f a data=1", "d d", "l l to=d"), &context));
    assert_false(same_key(tree, TREE("f a data=1", "d d", "f l data=a"), &context));
    assert_false(same_key(tree, TREE("f a data=1", "p d", "l l to=a"), &context));
    assert_false(same_key(tree, TREE("f a data=1", "d d"), &context));
    assert_false(same_key(TREE("f a data="), TREE("d a"), &context));
}

static void test_hard_links(void **state)
{
    assert_false(
        same_key(TREE("f a data=1", "f b data=1"), TREE("f a data=1", "h b to=a"), &context));
    assert_false(same_key(TREE("f a data=1", "h b to=a", "f c data=1", "h d to=c"),
                          TREE("f a data=1", "h c to=a", "f b data=1", "h d to=b"), &context));
}

static void test_attributes(void **state)
{
    const char *const *plain = TREE("f a data=1");
    const char *const *one = TREE("f a data=1 xattr=user.x:31");
    assert_true(same_key(one, one, &context));
    assert_false(same_key(plain, one, &context));
    assert_false(same_key(one, TREE("f a data=1 xattr=user.x:32"), &context));
    assert_false(same_key(one, TREE("f a data=1 xattr=user.y:31"), &context));
}

static void test_owners(void **state)
{
    if (!*(bool *)*state) {
        skip(); /* other owners can't be given here */
    }
    const char *const *mine = TREE("f a data=1");
    const char *const *other = TREE("f a data=1 owner=5:0");
    const char *const *group = TREE("f a data=1 owner=0:5");
    struct keyed given = {.chown = true};
    assert_true(same_key(mine, other, &context));
    assert_true(same_key(mine, other, &given));
    assert_false(same_key(mine, other, &stage));
    assert_false(same_key(other, group, &stage));
}

static void test_chmod(void **state)
{
    struct keyed octal = {.is_context = true, .chmod = "644"};
    struct keyed symbolic = {.is_context = true, .chmod = "u+x"};
    const char *const *plain = TREE("f a data=1 mode=600");
    const char *const *other = TREE("f a data=1 mode=755");
    assert_true(same_key(plain, other, &octal));
    assert_false(same_key(plain, other, &symbolic));
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    make_tree(&dir, plain);
    struct ocib_digest one = key_of(&dir, &octal);
    struct ocib_digest two = key_of(&dir, &symbolic);
    assert_false(ocib_digest_eq(&one, &two));
}

/* What a folder is called, and what it is itself, is nothing that lands. */
static void test_a_folders_own_name(void **state)
{
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    make_tree(&dir, TREE("f a/x data=1", "f b/x data=1", "d b mode=700", "f f data=1"));
    struct ocib_digest a = key_of(&dir, &(struct keyed){.is_context = true, .sources = "a"});
    struct ocib_digest b = key_of(&dir, &(struct keyed){.is_context = true, .sources = "b"});
    struct ocib_digest f = key_of(&dir, &(struct keyed){.is_context = true, .sources = "f"});
    assert_true(ocib_digest_eq(&a, &b));
    assert_false(ocib_digest_eq(&a, &f));
}

/* Lists that read the same when they are run together. */
static void test_boundaries(void **state)
{
    assert_false(same_key(TREE("f a data=bc"), TREE("f ab data=c"), &context));
    assert_false(same_key(TREE("l a to=bc"), TREE("l ab to=c"), &context));
    assert_false(same_key(TREE("f a xattr=user.a:6263"), TREE("f a xattr=user.ab:63"), &context));
    assert_false(same_key(TREE("f a", "f b"), TREE("f a", "f b/a"), &context));
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    make_tree(&dir, TREE("f a/x data=1", "f a/y data=1", "f b data=2"));
    struct ocib_digest together =
        key_of(&dir, &(struct keyed){.is_context = true, .sources = "a b"});
    struct ocib_digest apart =
        key_of(&dir, &(struct keyed){.is_context = true, .sources = "a/x a/y b"});
    struct ocib_digest swapped =
        key_of(&dir, &(struct keyed){.is_context = true, .sources = "b a"});
    assert_false(ocib_digest_eq(&together, &apart));
    assert_false(ocib_digest_eq(&together, &swapped));
}

static void test_add_is_not_copy(void **state)
{
    COPY_TEST_AUTO_DIR struct copy_test_dir dir;
    make_tree(&dir, TREE("f a data=1"));
    struct ocib_digest copy = key_of(&dir, &(struct keyed){.is_context = true, .sources = "a"});
    struct ocib_digest add =
        key_of(&dir, &(struct keyed){.is_context = true, .sources = "a", .add = true});
    assert_false(ocib_digest_eq(&copy, &add));
}

int main(void)
{
    static bool all_owners;
    if (!copy_test_become_root(&all_owners)) {
        print_message("skipped: no user namespaces here\n");
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_does_not_matter),
        cmocka_unit_test(test_what_matters),
        cmocka_unit_test(test_hard_links),
        cmocka_unit_test(test_attributes),
        cmocka_unit_test_prestate(test_owners, &all_owners),
        cmocka_unit_test(test_chmod),
        cmocka_unit_test(test_a_folders_own_name),
        cmocka_unit_test(test_boundaries),
        cmocka_unit_test(test_add_is_not_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
