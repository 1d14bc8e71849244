#include "world.c"

#define WORLD                                                                                      \
    struct world *w = *state;                                                                      \
    if (!w) {                                                                                      \
        skip();                                                                                    \
    }

static const char base[] = "d 755 0:0 a\nt 7\nd 555 0:0 a/b\nt 8\nf 4755 0:0 a/b/f data\n"
                           "x user.k=v\nf 0 0:0 empty\nl 777 0:0 l a/b\np 600 0:0 p\n";

static int new_output(struct world *w)
{
    int fd;
    free(new_folder(w, "out", &fd));
    return fd;
}

static void copy(struct world *w, struct ocib_buf *text, bool times)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_FD int work_fd = -1;
    OCIB_AUTO_FD int dest_fd = new_output(w);
    OCIB_AUTO_FREE char *work = new_folder(w, "view", &work_fd);
    OCIB_AUTO_FD int view = ocib_layers_view(&w->layers, work_fd, work, w->userxattr, &err);
    assert_ok(view, err);
    assert_ok(ocib_tree_copy(view, dest_fd, &err), err);
    tree_to_text(dest_fd, times, text);
}

static void copies_a_tree(void **state)
{
    WORLD
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    world_unpack(w, base);
    world_unpack(w, "h 755 0:0 z a/b/f\nf 0 0:0 .wh.p\n");
    copy(w, &text, true);
    assert_text(&text, "d 755 0:0 a\nt 7.000000000\nd 555 0:0 a/b\nt 8.000000000\n"
                       "f 4755 0:0 a/b/f data\nx user.k=v\nt 1000.000000000\n"
                       "f 0 0:0 empty\nt 1000.000000000\nl 777 0:0 l a/b\nt 1000.000000000\n"
                       "h 4755 0:0 z a/b/f\nt 1000.000000000\n");
}

/* Like Docker's local output: what is written belongs to whoever writes it. */
static void owners_are_not_copied(void **state)
{
    WORLD
    world_needs_ids(w);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    world_unpack(w, "f 6755 33:34 f x\n");
    copy(w, &text, false);
    assert_text(&text, "f 6755 0:0 f x\n");
}

static void sparse_files_stay_sparse(void **state)
{
    WORLD
    OCIB_AUTO_FD int dest_fd = new_output(w);
    struct ocib_error *err = NULL;
    struct stat st;
    world_begin(w);
    world_sh(w, "truncate -s 100M f; printf mid | dd of=f bs=1 seek=50000000 conv=notrunc; "
                "truncate -s 5 g");
    assert_ok(ocib_tree_copy(ocib_snapshot_fd(w->snapshot), dest_fd, &err), err);
    assert_int_equal(fstatat(dest_fd, "f", &st, 0), 0);
    assert_int_equal(st.st_size, 100 << 20);
    assert_true(st.st_blocks * 512 < 1 << 20);
    OCIB_AUTO_FD int fd = openat(dest_fd, "f", O_RDONLY | O_CLOEXEC);
    char bytes[5];
    assert_int_equal(pread(fd, bytes, 5, 49999999), 5);
    assert_memory_equal(bytes, "\0mid\0", 5);
}

/* Files and links give way, a folder does not; nothing outside is touched. */
static void what_is_in_the_way(void **state)
{
    WORLD
    OCIB_AUTO_FD int dest_fd = new_output(w);
    OCIB_AUTO_FD int outside_fd = -1;
    OCIB_AUTO_FREE char *outside = new_folder(w, "outside", &outside_fd);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    struct ocib_error *err = NULL;
    world_begin(w);
    world_sh(w, "mkdir d; echo -n new >d/f; echo -n new >g");
    assert_int_equal(symlinkat(outside, dest_fd, "d"), 0);
    OCIB_AUTO_FREE char *victim = ocib_format("%s/g", outside);
    assert_int_equal(symlinkat(victim, dest_fd, "g"), 0);
    assert_ok(ocib_tree_copy(ocib_snapshot_fd(w->snapshot), dest_fd, &err), err);
    tree_to_text(dest_fd, false, &text);
    assert_text(&text, "d 755 0:0 d\nf 644 0:0 d/f new\nf 644 0:0 g new\n");
    tree_to_text(outside_fd, false, &text);
    assert_text(&text, "");

    assert_int_equal(unlinkat(dest_fd, "g", 0), 0);
    assert_int_equal(mkdirat(dest_fd, "g", 0755), 0);
    assert_int_equal(ocib_tree_copy(ocib_snapshot_fd(w->snapshot), dest_fd, &err), -1);
    assert_error(&err, OCIB_ESTORE, "can't copy g to the output: Is a directory");
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(copies_a_tree),
        T(owners_are_not_copied),
        T(sparse_files_stay_sparse),
        T(what_is_in_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
