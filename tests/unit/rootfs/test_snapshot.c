#include "world.c"

#define WORLD                                                                                      \
    struct world *w = *state;                                                                      \
    if (!w) {                                                                                      \
        skip();                                                                                    \
    }

static void the_root_looks_like_the_images(void **state)
{
    WORLD
    struct stat st;
    struct timespec times[2] = {{55, 0}, {55, 0}};
    world_unpack(w, "f 644 0:0 f\n");
    assert_int_equal(chmod(w->layers.items[0], 01711), 0);
    assert_int_equal(utimensat(AT_FDCWD, w->layers.items[0], times, 0), 0);
    world_begin(w);
    assert_int_equal(fstat(ocib_snapshot_fd(w->snapshot), &st), 0);
    assert_int_equal(st.st_mode & 07777, 01711);
    assert_int_equal(st.st_mtim.tv_sec, 55);
    world_sh(w, "touch g; chmod 700 .");
    struct ocib_error *err = NULL;
    assert_ok(ocib_snapshot_close(w->snapshot, &err), err);
    assert_int_equal(fstatat(w->work_fd, "upper", &st, 0), 0);
    assert_int_equal(st.st_mode & 07777, 01711);
    assert_int_equal(st.st_mtim.tv_sec, 55);
}

static void an_empty_image(void **state)
{
    WORLD
    struct stat st;
    struct ocib_error *err = NULL;
    world_begin(w);
    assert_int_equal(fstat(ocib_snapshot_fd(w->snapshot), &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    world_sh(w, "test -z \"$(ls -A)\"; touch f");
    assert_ok(ocib_snapshot_close(w->snapshot, &err), err);
    assert_ok(ocib_snapshot_close(w->snapshot, &err), err);
    assert_int_equal(faccessat(w->work_fd, "upper/f", F_OK, 0), 0);
}

/* Far more than the options of one mount(2) have room for by path. */
static void many_layers(void **state)
{
    WORLD
    OCIB_AUTO_BUF struct ocib_buf wanted = {0};
    ocib_buf_init(&wanted);
    for (unsigned i = 0; i < 150; i++) {
        OCIB_AUTO_FREE char *layer =
            ocib_format("f 644 0:0 f%03u %u\nf 644 0:0 same %u\n", i, i, i);
        world_unpack(w, layer);
        ocib_buf_printf(&wanted, "f 644 0:0 f%03u %u\n", i, i);
    }
    ocib_buf_puts(&wanted, "f 644 0:0 same 149\n");
    assert_tree(w, wanted.data);
    assert_step(w, "rm f007; echo -n x >f149",
                "f 0 0:0 .wh.f007\n"
                "f 644 0:0 f149 x\n");
}

static void no_mount_is_left(void **state)
{
    WORLD
    world_unpack(w, "f 644 0:0 f\n");
    world_unpack(w, "f 644 0:0 g\n");
    assert_step(w, "touch h", "f 644 0:0 h\n");
    world_begin(w);
    FILE *f = fopen("/proc/self/mountinfo", "re");
    char line[4096];
    assert_non_null(f);
    while (fgets(line, sizeof(line), f)) {
        assert_null(strstr(line, w->dir));
    }
    fclose(f);
}

static void the_view_is_read_only(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    world_unpack(w, "f 644 0:0 f\n");
    world_unpack(w, "f 644 0:0 g\n");
    OCIB_AUTO_FD int work_fd = -1;
    OCIB_AUTO_FREE char *work = new_folder(w, "view", &work_fd);
    OCIB_AUTO_FD int view = ocib_layers_view(&w->layers, work_fd, work, w->userxattr, &err);
    assert_ok(view, err);
    assert_int_equal(openat(view, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644), -1);
    assert_int_equal(errno, EROFS);
    struct ocib_strings none = {0};
    OCIB_AUTO_FD int empty = ocib_layers_view(&none, work_fd, work, w->userxattr, &err);
    assert_ok(empty, err);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    tree_to_text(empty, false, &text);
    assert_text(&text, "");
}

static void refused_clearly(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    ocib_strings_push(&w->layers, "/nonexistent/layer");
    ocib_strings_push(&w->layers, "/nonexistent/other");
    OCIB_AUTO_FD int work_fd = -1;
    OCIB_AUTO_FREE char *work = new_folder(w, "view", &work_fd);
    assert_int_equal(ocib_layers_view(&w->layers, work_fd, work, w->userxattr, &err), -1);
    assert_non_null(ocib_error_hint(err));
    assert_error(&err, OCIB_ESANDBOX, "can't mount an overlay");
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_root_looks_like_the_images), T(an_empty_image),  T(many_layers), T(no_mount_is_left),
        T(the_view_is_read_only),          T(refused_clearly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
