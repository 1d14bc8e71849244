#include "store/fixture.h"

static const struct ocib_digest chain = {
    "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};
#define FOLDER_NAME "/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define FOLDER      "ocib/layers" FOLDER_NAME

/* Commits a layer with one file of this name. */
static void commit(struct fixture *f, const char *file)
{
    struct ocib_error *err = NULL;
    struct ocib_work work;
    assert_int_equal(ocib_store_work_new(f->store, &work, NULL), 0);
    assert_int_equal(mkdirat(work.fd, "new", 0755), 0);
    OCIB_AUTO_FREE char *path = ocib_format("new/%s", file);
    assert_int_equal(mkdirat(work.fd, path, 0755), 0);
    (void)!ocib_store_layer_commit(f->store, &chain, &work, "new", &err);
    assert_string_equal(message_of(err), "");
    ocib_work_release(&work);
}

static void test_commit_then_path(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_FREE char *expected = in_store(f, FOLDER "/fs");
    assert_null(ocib_store_layer_path(f->store, &chain));
    commit(f, "x");
    OCIB_AUTO_FREE char *path = ocib_store_layer_path(f->store, &chain);
    assert_string_equal(path, expected);
    assert_true(is_there(f, FOLDER "/fs/x"));
    assert_null(ocib_store_layer_path(f->store, &(struct ocib_digest){0}));
}

static void test_the_first_stays(void **state)
{
    struct fixture *f = *state;
    commit(f, "first");
    commit(f, "second");
    assert_true(is_there(f, FOLDER "/fs/first"));
    assert_false(is_there(f, FOLDER "/fs/second"));
    assert_int_equal(count_entries(f, "ocib/layers"), 1);
}

/* Each form has layers of its own, and doesn't see those of others. */
static void test_forms(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_FREE char *expected = in_store(f, "ocib/layers-other" FOLDER_NAME "/fs");
    commit(f, "usual");
    assert_int_equal(ocib_store_layers_form(f->store, "other", NULL), 0);
    assert_null(ocib_store_layer_path(f->store, &chain));
    commit(f, "another");
    OCIB_AUTO_FREE char *path = ocib_store_layer_path(f->store, &chain);
    assert_string_equal(path, expected);
    ocib_store_close(f->store);
    f->store = open_store(f->root);
    OCIB_AUTO_FREE char *usual = ocib_store_layer_path(f->store, &chain);
    assert_non_null(usual);
    assert_true(is_there(f, FOLDER "/fs/usual"));
}

static void assert_discarded(struct fixture *f)
{
    assert_null(ocib_store_layer_path(f->store, &chain));
    assert_false(is_there(f, FOLDER));
    commit(f, "new");
    OCIB_AUTO_FREE char *path = ocib_store_layer_path(f->store, &chain);
    assert_non_null(path);
    ocib_store_close(f->store);
    f->store = open_store(f->root);
    assert_int_equal(count_entries(f, "ocib/work"), 0);
}

static void test_layer_of_another_boot_is_discarded(void **state)
{
    struct fixture *f = *state;
    commit(f, "x");
    spoil(f, FOLDER "/meta", "boot 11111111-2222-3333-4444-555555555555\n");
    assert_discarded(f);
}

static void test_layer_with_a_torn_meta_is_discarded(void **state)
{
    struct fixture *f = *state;
    commit(f, "x");
    spoil(f, FOLDER "/meta", "");
    assert_discarded(f);
}

static void test_layer_without_meta_is_discarded(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_FREE char *meta = in_store(f, FOLDER "/meta");
    commit(f, "x");
    assert_int_equal(unlink(meta), 0);
    assert_discarded(f);
}

static void test_commit_replaces_a_layer_of_another_boot(void **state)
{
    struct fixture *f = *state;
    commit(f, "old");
    spoil(f, FOLDER "/meta", "boot x\n");
    commit(f, "new");
    assert_true(is_there(f, FOLDER "/fs/new"));
    assert_false(is_there(f, FOLDER "/fs/old"));
}

static void test_commit_of_what_is_not_there(void **state)
{
    struct fixture *f = *state;
    struct ocib_work work;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_store_work_new(f->store, &work, NULL), 0);
    OCIB_AUTO_FREE char *message =
        ocib_format("can't move %s/none: No such file or directory", work.path);
    assert_int_equal(ocib_store_layer_commit(f->store, &chain, &work, "none", &err), -1);
    assert_string_equal(message_of(err), message);
    assert_false(is_there(f, FOLDER));
    ocib_work_release(&work);
}

/* Two processes want the same layer: the second waits, then finds it. */
static int unpack_once(const struct fixture *f)
{
    struct fixture mine = {NULL, f->root, ocib_store_open(f->root, NULL, NULL)};
    OCIB_AUTO_FD int lock = ocib_store_layer_lock(mine.store, &chain, NULL);
    OCIB_AUTO_FREE char *path = ocib_store_layer_path(mine.store, &chain);
    int made = 0;
    if (lock >= 0 && !path) {
        usleep(20000); /* lets the others run into the lock */
        commit(&mine, "x");
        made = 1;
    }
    ocib_store_close(mine.store);
    return lock < 0 ? 100 : made;
}

static void test_one_process_unpacks(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 6 };
    pid_t pids[COUNT];
    int made = 0;
    for (int i = 0; i < COUNT; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            _exit(unpack_once(f));
        }
    }
    for (int i = 0; i < COUNT; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status));
        made += WEXITSTATUS(status);
    }
    assert_int_equal(made, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_commit_then_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_first_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layer_of_another_boot_is_discarded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layer_with_a_torn_meta_is_discarded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layer_without_meta_is_discarded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_commit_replaces_a_layer_of_another_boot, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_commit_of_what_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_process_unpacks, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
