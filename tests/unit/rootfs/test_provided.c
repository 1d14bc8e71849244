#include "world.c"

#include "rootfs/provided.h"

struct tree {
    char dir[64];
    int fd;
};

static int setup(void **state)
{
    struct tree *t = ocib_new(struct tree);
    umask(022);
    snprintf(t->dir, sizeof(t->dir), "/tmp/ocib-provided-XXXXXX");
    assert_non_null(mkdtemp(t->dir));
    t->fd = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(t->fd, "view", 0755), 0);
    assert_int_equal(mkdirat(t->fd, "layer", 0755), 0);
    *state = t;
    return 0;
}

static int teardown(void **state)
{
    struct tree *t = *state;
    struct ocib_error *err = NULL;
    close(t->fd);
    assert_ok(ocib_remove_tree(AT_FDCWD, t->dir, &err), err);
    free(t);
    return 0;
}

static void assert_followed(int view, const char *path, bool follow, const char *wanted)
{
    OCIB_AUTO_BUF struct ocib_buf place = {0};
    ocib_buf_init(&place);
    struct ocib_provided provided = {.path = path, .follow = follow};
    if (!wanted) {
        assert_int_equal(ocib_provided_place(view, &provided, &place), -1);
        return;
    }
    assert_int_equal(ocib_provided_place(view, &provided, &place), 0);
    assert_string_equal(place.data, wanted);
}

static void assert_place(int view, const char *path, const char *wanted)
{
    assert_followed(view, path, false, wanted);
}

static void places(void **state)
{
    const struct tree *t = *state;
    OCIB_AUTO_FD int view = openat(t->fd, "view", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(view, "run", 0755), 0);
    assert_int_equal(mkdirat(view, "var", 0755), 0);
    assert_int_equal(symlinkat("/run", view, "var/run"), 0);
    assert_int_equal(symlinkat("../../../run/./x", view, "var/up"), 0);
    assert_int_equal(symlinkat("loop", view, "loop"), 0);
    assert_int_equal(mknodat(view, "file", S_IFREG | 0644, 0), 0);
    assert_place(view, "/run/x", "run/x");
    assert_place(view, "/var/run/x", "run/x");
    assert_place(view, "/var/run", "var/run");
    assert_place(view, "/var/up/y", "run/x/y");
    assert_place(view, "/new/folder/x", "new/folder/x");
    assert_place(view, "/", "");
    assert_place(view, "/file/x", NULL);
    assert_place(view, "/loop/x", NULL);
    assert_place(-1, "/a/../b//c/", "b/c");
    assert_followed(view, "/var/run", true, "run");
    assert_followed(view, "/var/up", true, "run/x");
    assert_followed(view, "/file", true, "file");
    assert_followed(view, "/new", true, "new");
    assert_followed(view, "/loop", true, NULL);
}

static void makes_a_layer(void **state)
{
    const struct tree *t = *state;
    static const struct ocib_provided provided[] = {
        {.path = "/dev", .is_dir = true, .mode = 0700},
        {.path = "/etc/hosts", .mode = 0640, .content = "text"},
        {.path = "/bad/x", .mode = 0644},
        {.path = "/proc", .is_dir = true, .mode = 0555},
    };
    struct ocib_error *err = NULL;
    OCIB_AUTO_FD int view = openat(t->fd, "view", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OCIB_AUTO_FD int layer = openat(t->fd, "layer", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct timespec times[2] = {{7, 0}, {7, 8}};
    assert_int_equal(mkdirat(view, "etc", 0711), 0);
    assert_int_equal(mkdirat(view, "proc", 0500), 0);
    assert_int_equal(mknodat(view, "bad", S_IFREG | 0644, 0), 0);
    assert_int_equal(utimensat(view, "etc", times, 0), 0);
    assert_int_equal(utimensat(view, "proc", times, 0), 0);
    assert_ok(ocib_provided_make(layer, view, provided, OCIB_COUNT(provided), &err), err);
    struct stat st;
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    static const char *const paths[] = {"dev", "etc", "etc/hosts", "proc"};
    for (size_t i = 0; i < OCIB_COUNT(paths); i++) {
        assert_int_equal(fstatat(layer, paths[i], &st, AT_SYMLINK_NOFOLLOW), 0);
        ocib_buf_printf(&text, "%o %s %d %d\n", st.st_mode, paths[i], st.st_mtim.tv_sec == 7,
                        st.st_mtim.tv_nsec == 8);
    }
    assert_text(&text, "40700 dev 0 0\n40711 etc 1 1\n100640 etc/hosts 0 0\n40500 proc 1 1\n");
    assert_int_equal(faccessat(layer, "bad", F_OK, 0), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(places), T(makes_a_layer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
