/* Layers applied to one tree give the tree that an overlay of them shows, times included. */
#include "world.c"

#define WORLD                                                                                      \
    struct world *w = *state;                                                                      \
    if (!w) {                                                                                      \
        skip();                                                                                    \
    }

static void put_file(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static int apply(struct world *w, int fd, const char *text, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    struct ocib_strings none = {0};
    const struct ocib_unpack_options options = {
        .dest_fd = fd, .lowers = &none, .flat = true, .work_fd = -1, .log = &w->sink};
    text_to_tar(text, &tar);
    struct ocib_tar_reader *reader =
        ocib_tar_reader_new(ocib_reader_of_str(ocib_buf_str(&tar)), false, err);
    int status = ocib_layer_unpack(reader, &options, err);
    ocib_tar_reader_free(reader);
    return status;
}

static void assert_same(struct world *w, int flat, const char *layer)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf wanted = {0};
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    OCIB_AUTO_FD int work_fd = -1;
    OCIB_AUTO_FREE char *work = new_folder(w, "view", &work_fd);
    OCIB_AUTO_FD int view = ocib_layers_view(&w->layers, work_fd, work, w->userxattr, &err);
    assert_ok(view, err);
    tree_to_text(view, true, &wanted);
    tree_to_text(flat, true, &got);
    if (strcmp(wanted.data, got.data) != 0) {
        fail_msg("%s:\noverlay:\n%s\nflat:\n%s", layer, wanted.data, got.data);
    }
}

static void same_tree(struct world *w, const char *const *layers, size_t count)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_FD int flat = -1;
    OCIB_AUTO_FREE char *folder = new_folder(w, "flat", &flat);
    assert_non_null(folder);
    ocib_strings_clear(&w->layers);
    for (size_t i = 0; i < count; i++) {
        world_unpack(w, layers[i]);
        assert_ok(apply(w, flat, layers[i], &err), err);
        assert_same(w, flat, layers[i]);
    }
}

static const char base[] = "d 755 0:0 a\nt 500\nd 711 0:0 a/b\nt 501\nf 644 0:0 a/b/one 1\n"
                           "f 644 0:0 a/b/two 2\nd 755 0:0 c\nt 502\nf 600 0:0 c/x x\n"
                           "l 777 0:0 to-c c\nf 644 0:0 f f\nh 644 0:0 g f\n";

static void files_come_and_go(void **state)
{
    WORLD
    const char *const layers[] = {
        base,
        "f 644 0:0 a/b/three 3\n",                 /* no folder is told: times stay */
        "f 644 0:0 a/b/.wh.one\n",                 /* so do they here */
        "d 700 0:0 a\nt 600\nf 644 0:0 a/new n\n", /* the folder's own entry counts */
        "f 644 0:0 .wh.c\n",
        "d 755 0:0 c\nf 644 0:0 c/y y\n",
        "f 644 0:0 a/b/one 11\nf 644 0:0 f other\n",
        "h 644 0:0 h g\n",
        "f 644 0:0 new/folders/x x\nt 700\n",
        "f 644 0:0 .wh.nothing\n",
    };
    same_tree(w, layers, OCIB_COUNT(layers));
}

static void types_change(void **state)
{
    WORLD
    const char *const layers[] = {
        base,
        "f 644 0:0 a file\n",
        "d 755 0:0 a\nf 644 0:0 a/x x\n",
        "l 777 0:0 c a\n",
        "d 755 0:0 to-c\nf 644 0:0 to-c/in in\n",
        "p 644 0:0 f\nf 644 0:0 g g\n",
    };
    same_tree(w, layers, OCIB_COUNT(layers));
}

static void through_links(void **state)
{
    WORLD
    const char *const layers[] = {
        base,
        "f 644 0:0 to-c/z z\n",
        "f 644 0:0 to-c/.wh.x\n",
        "l 777 0:0 abs /a/b\n",
        "f 644 0:0 abs/../q q\nt 800\n",
    };
    same_tree(w, layers, OCIB_COUNT(layers));
}

static void opaque_folders(void **state)
{
    WORLD
    const char *const layers[] = {
        base, "d 755 0:0 a\nd 755 0:0 a/b\nf 644 0:0 a/b/.wh..wh..opq\nf 644 0:0 a/b/four 4\n",
        "d 755 0:0 c\nf 644 0:0 c/kept k\nf 644 0:0 c/.wh..wh..opq\n", /* the mark comes last */
    };
    same_tree(w, layers, OCIB_COUNT(layers));
    const char *const root[] = {base, "f 644 0:0 .wh..wh..opq\nf 644 0:0 only o\n"};
    same_tree(w, root, OCIB_COUNT(root));
    const char *const deep[] = {base, "f 644 0:0 a/b/mine m\nf 644 0:0 a/.wh..wh..opq\n"};
    struct ocib_error *err = NULL;
    OCIB_AUTO_FD int flat = -1;
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_FREE char *folder = new_folder(w, "flat", &flat);
    assert_non_null(folder);
    for (size_t i = 0; i < OCIB_COUNT(deep); i++) {
        assert_ok(apply(w, flat, deep[i], &err), err);
    }
    tree_to_text(flat, false, &text);
    assert_non_null(strstr(text.data, "a/b/mine m\nd"));
    assert_null(strstr(text.data, "a/b/one"));
}

/* A layer that has what it removes, in either order: its own stays. */
static void whiteouts_of_own_names(void **state)
{
    WORLD
    const char *const layers[] = {
        base,
        "f 644 0:0 f mine\nf 644 0:0 .wh.f\n",
        "f 644 0:0 .wh.g\nf 644 0:0 g mine\n",
        "d 755 0:0 a\nf 644 0:0 a/mine m\nf 644 0:0 .wh.a\n",
    };
    same_tree(w, layers, OCIB_COUNT(layers));
}

static void nothing_outside_is_touched(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    OCIB_AUTO_FD int flat = -1;
    OCIB_AUTO_FREE char *folder = new_folder(w, "flat", &flat);
    assert_non_null(folder);
    OCIB_AUTO_FREE char *outside = ocib_format("%s/outside", w->dir);
    OCIB_AUTO_FREE char *evil = ocib_format("l 777 0:0 out %s\nl 777 0:0 up ../..\n", w->dir);
    put_file(outside);
    assert_ok(apply(w, flat, evil, &err), err);
    assert_ok(apply(w, flat, "f 644 0:0 out/.wh.outside\nf 644 0:0 up/.wh.outside\n", &err), err);
    assert_ok(apply(w, flat, "f 644 0:0 out/.wh..wh..opq\nf 644 0:0 up/.wh..wh..opq\n", &err), err);
    assert_int_equal(access(outside, F_OK), 0);
    assert_int_equal(apply(w, flat, "f 644 0:0 .wh...\n", &err), -1);
    assert_error(&err, OCIB_ECORRUPT, "names nothing");
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(files_come_and_go), T(types_change),           T(through_links),
        T(opaque_folders),    T(whiteouts_of_own_names), T(nothing_outside_is_touched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
