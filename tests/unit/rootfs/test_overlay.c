#include "world.c"

#include "rootfs/overlay.h"

#define WORLD                                                                                      \
    struct world *w = *state;                                                                      \
    if (!w) {                                                                                      \
        skip();                                                                                    \
    }

/* Layers and work folders with all that is special in an overlay's options in their names. */
static void mount_and_look(struct world *w, bool by_mount, const char *name)
{
    struct ocib_error *err = NULL;
    struct ocib_overlay overlay = {.userxattr = w->userxattr, .by_mount = by_mount};
    OCIB_AUTO_FREE char *base = ocib_format("%s/%s", w->dir, name);
    static const char *const folders[] = {"", "/low", "/high", "/upper", "/work"};
    for (size_t i = 0; i < OCIB_COUNT(folders); i++) {
        OCIB_AUTO_FREE char *path = ocib_format("%s%s", base, folders[i]);
        assert_int_equal(mkdir(path, 0755), 0);
        OCIB_AUTO_FREE char *file = ocib_format("%s/f%zu", path, i);
        OCIB_AUTO_FD int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
    }
    ocib_strings_take(&overlay.lowers, ocib_format("%s/high", base));
    ocib_strings_take(&overlay.lowers, ocib_format("%s/low", base));
    OCIB_AUTO_FREE char *upper = ocib_format("%s/upper", base);
    OCIB_AUTO_FREE char *work = ocib_format("%s/work", base);
    overlay.upper = upper;
    overlay.work = work;
    overlay.work_path = base;
    OCIB_AUTO_FD int fd = ocib_overlay_mount(&overlay, &err);
    assert_ok(fd, err);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    tree_to_text(fd, false, &text);
    assert_text(&text, "f 644 0:0 f1\nf 644 0:0 f2\nf 644 0:0 f3\n");
    OCIB_AUTO_FD int made = openat(fd, "new", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(made >= 0);
    OCIB_AUTO_FREE char *there = ocib_format("%s/new", upper);
    assert_int_equal(access(there, F_OK), 0);
    ocib_strings_release(&overlay.lowers);
}

static void newer_kernels(void **state)
{
    WORLD
    mount_and_look(w, false, "plain");
    mount_and_look(w, false, "a:b,c\\d e");
}

static void older_kernels(void **state)
{
    WORLD
    mount_and_look(w, true, "plain");
    mount_and_look(w, true, "a:b,c\\d e");
    OCIB_AUTO_FREE char *point = ocib_format("%s/plain/mount", w->dir);
    assert_int_equal(access(point, F_OK), -1);
}

static void older_kernels_have_a_limit(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    struct ocib_overlay overlay = {
        .work_path = w->dir, .userxattr = w->userxattr, .by_mount = true};
    for (unsigned i = 0; i < 400; i++) {
        ocib_strings_push(&overlay.lowers, w->dir);
    }
    assert_int_equal(ocib_overlay_mount(&overlay, &err), -1);
    assert_error(&err, OCIB_ESANDBOX, "400 layers are more than this kernel can mount");
    ocib_strings_release(&overlay.lowers);
}

static void own_attributes(void **state)
{
    assert_true(ocib_overlay_owns("trusted.overlay.opaque"));
    assert_true(ocib_overlay_owns("user.overlay.whiteout"));
    assert_false(ocib_overlay_owns("user.overlayish"));
    assert_false(ocib_overlay_owns("security.capability"));
    assert_string_equal(ocib_overlay_opaque(false), "trusted.overlay.opaque");
    assert_string_equal(ocib_overlay_opaque(true), "user.overlay.opaque");
    assert_string_equal(ocib_overlay_whiteout(true), "user.overlay.whiteout");
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(newer_kernels),
        T(older_kernels),
        T(older_kernels_have_a_limit),
        cmocka_unit_test(own_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
