/* Every script runs in an overlay and in a working copy; the layers must be the same bytes. */
#include "world.c"

#include "rootfs/aside.h"
#include "rootfs/worktree.h"

#include <time.h>

#define WORLD                                                                                      \
    struct world *w = *state;                                                                      \
    if (!w) {                                                                                      \
        skip();                                                                                    \
    }

enum { EPOCH = 5000 }; /* later than all that the layers of these tests hold */

static const char base[] = "d 755 0:0 bin\n"
                           "f 755 0:0 bin/a program\n"
                           "d 755 0:0 dir\n"
                           "f 644 0:0 dir/one 1\n"
                           "f 644 0:0 dir/two 2\n"
                           "d 700 0:0 dir/sub\n"
                           "f 600 0:0 dir/sub/deep deep\n"
                           "l 777 0:0 dir/link one\n"
                           "d 755 0:0 etc\n"
                           "f 644 0:0 etc/hosts image's\n"
                           "f 644 0:0 etc/passwd root:x:0:0::/:/bin/sh\n"
                           "x user.mark=here\n"
                           "f 644 0:0 linked-a both\n"
                           "h 644 0:0 linked-b linked-a\n"
                           "p 644 0:0 pipe\n";

struct copy {
    struct ocib_worktree *tree;
    int stash_fd;
    char *folder;
};

static int open_dir(int dir_fd, const char *name)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static struct ocib_worktree *new_tree(struct world *w, struct copy *copy, bool no_devices)
{
    struct ocib_error *err = NULL;
    int work_fd = -1;
    copy->folder = new_folder(w, "copy", &work_fd);
    assert_int_equal(mkdirat(work_fd, "tree", 0755), 0);
    assert_int_equal(mkdirat(work_fd, "stash", 0755), 0);
    int marker = openat(work_fd, "marker", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    OCIB_AUTO_FD int view_work = -1;
    OCIB_AUTO_FREE char *view_folder = new_folder(w, "view", &view_work);
    const struct ocib_worktree_options options = {
        .folder_fd = open_dir(work_fd, "tree"),
        .pristine_fd = ocib_layers_view(&w->layers, view_work, view_folder, w->userxattr, &err),
        .marker_fd = marker,
        .no_devices = no_devices,
        .log = &w->sink,
    };
    copy->tree = ocib_worktree_new(&options, &err);
    if (!copy->tree) {
        fail_msg("%s", ocib_error_message(err));
    }
    copy->stash_fd = open_dir(work_fd, "stash");
    close(work_fd);
    return copy->tree;
}

static void copy_release(struct copy *copy)
{
    ocib_worktree_free(copy->tree);
    ocib_fd_cleanup(&copy->stash_fd);
    free(copy->folder);
}

static void sh_in(int fd, const char *script)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(null, STDERR_FILENO);
        if (fchdir(fd) == 0) {
            execl("/bin/sh", "sh", "-euc", script, NULL);
        }
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void copy_diff(struct copy *copy, struct ocib_buf *out)
{
    struct ocib_error *err = NULL;
    struct ocib_diff_result result;
    struct ocib_worktree_diff diff = {.tar = ocib_tar_writer_new(ocib_writer_to_buf(out), &err),
                                      .has_epoch = true,
                                      .epoch = EPOCH};
    assert_ok(ocib_worktree_diff(copy->tree, &diff, &result, &err), err);
    assert_ok(ocib_tar_writer_finish(diff.tar, &err), err);
    ocib_tar_writer_free(diff.tar);
    assert_int_equal(result.entries == 0, out->len == 1024);
}

/* The step in the copy, with the provided paths of the world. */
static void copy_step(struct world *w, struct copy *copy, const char *script, struct ocib_buf *out)
{
    struct ocib_error *err = NULL;
    int root = ocib_worktree_fd(copy->tree);
    OCIB_AUTO(ocib_aside_cleanup) struct ocib_aside *aside = ocib_aside_new(root, copy->stash_fd);
    assert_ok(ocib_worktree_settle(copy->tree, &err), err);
    assert_ok(ocib_aside_put(aside, w->provided, w->provided_count, &err), err);
    sh_in(root, script);
    assert_ok(ocib_aside_take(aside, &err), err);
    copy_diff(copy, out);
}

/* Runs it in both and makes its layer the next one below. */
static void same_layer(struct world *w, struct copy *copy, const char *script)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf wanted = {0};
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    ocib_buf_init(&wanted);
    ocib_buf_init(&got);
    world_begin(w);
    world_sh(w, script);
    world_diff(w, true, EPOCH, &wanted);
    copy_step(w, copy, script, &got);
    if (wanted.len != got.len || memcmp(wanted.data, got.data, got.len) != 0) {
        OCIB_AUTO_BUF struct ocib_buf a = {0};
        OCIB_AUTO_BUF struct ocib_buf b = {0};
        tar_to_text(ocib_buf_str(&wanted), true, &a);
        tar_to_text(ocib_buf_str(&got), true, &b);
        fail_msg("%s:\noverlay:\n%s\ncopy:\n%s", script, a.data, b.data);
    }
    assert_int_equal(world_try_unpack(w, ocib_buf_str(&wanted), &err), 0);
}

static const char *const scripts[] = {
    ":",
    "echo new >new; mkdir -p a/b/c; echo x >a/b/c/x",
    "echo more >>dir/one",
    "chmod 600 dir/two; chmod 644 dir/two",
    "touch -d @4000 dir/two",
    "chmod 755 bin",
    "chmod 711 bin",
    "rm dir/one",
    "rm -r dir/sub",
    "rm -r dir; mkdir dir; echo 2 >dir/two; touch -d @1000 dir/two dir",
    "rm -r a/b; ln -s /etc a/b",
    "rm a/b; mkdir a/b; echo in >a/b/file",
    "rm -r bin; echo file >bin",
    "rm bin; mkdir bin; cp etc/passwd bin/passwd",
    "ln new another",
    "ln -f etc/passwd etc/second",
    "rm new",
    "chmod 600 linked-a; echo more >>linked-b",
    "ln linked-a linked-c; chmod 640 linked-a",
    "chmod 600 linked-*; touch -d @4000 linked-a",
    "rm linked-b",
    "echo a >p; echo b >q; ln p p2; ln p p3",
    "rm p p2",
    "mv etc/second etc/third",
    "mkdir moved; mv moved moved2; touch moved2/x",
    "mkfifo fifo; rm pipe",
    "ln -sf nowhere link; ln -sf elsewhere link",
    "rm link; ln -s elsewhere link; touch -h -d @3000 link",
    "dd if=/dev/zero of=sparse bs=1 count=1 seek=1000000 2>/dev/null",
    "chmod 644 sparse",
    "mkdir -m 1777 temp; touch temp/x; rm temp/x",
    "mkdir -p tmp; touch tmp/y; rm tmp/y",
    "touch .wh.odd",
    "find . -delete 2>/dev/null || :",
    "echo again >again",
};

static void same_bytes_as_an_overlay(void **state)
{
    WORLD
    OCIB_AUTO(copy_release) struct copy copy = {.stash_fd = -1};
    world_unpack(w, base);
    new_tree(w, &copy, false);
    for (size_t i = 0; i < OCIB_COUNT(scripts); i++) {
        same_layer(w, &copy, scripts[i]);
    }
}

/* Each alone, on a copy just made. */
static void same_bytes_on_a_new_copy(void **state)
{
    WORLD
    world_unpack(w, base);
    world_unpack(w, "d 755 0:0 a\nd 755 0:0 a/b\nf 644 0:0 new new\nl 777 0:0 link x\n"
                    "f 644 0:0 sparse s\nf 644 0:0 etc/second 2\nf 600 0:0 p p\nd "
                    "755 0:0 tmp\n");
    for (size_t i = 0; i < OCIB_COUNT(scripts); i++) {
        OCIB_AUTO(copy_release) struct copy copy = {.stash_fd = -1};
        if (strstr(scripts[i], "rm a/b;") || strstr(scripts[i], "rm bin;") ||
            strstr(scripts[i], "rm p p2")) {
            continue; /* need what came before */
        }
        new_tree(w, &copy, false);
        same_layer(w, &copy, scripts[i]);
        OCIB_AUTO_FREE char *layer = w->layers.items[--w->layers.len];
        (void)layer;
    }
}

static void owners_and_attributes(void **state)
{
    WORLD
    world_needs_ids(w);
    OCIB_AUTO(copy_release) struct copy copy = {.stash_fd = -1};
    world_unpack(w, base);
    new_tree(w, &copy, false);
    same_layer(w, &copy, "chown 33:33 dir/one; chown -R 7:8 etc; chown 0:0 dir/two");
    same_layer(w, &copy, "chown -R 7:8 etc; chown 33:33 dir/one");
    same_layer(w, &copy, "chown 1000 linked-a linked-b");
    same_layer(w, &copy, "ln linked-a c; ln linked-a d");
    same_layer(w, &copy, "chown 2000 c; chmod 4755 d");
    same_layer(w, &copy, "chmod 4755 dir/one; chown 5 dir/one");
    same_layer(w, &copy, "chown 5 dir; chgrp 6 dir/sub");
    if (system("command -v setfattr >/dev/null && command -v setcap >/dev/null") == 0) {
        same_layer(w, &copy, "setfattr -n user.a -v 1 dir/one; setfattr -n user.d -v 1 dir");
        same_layer(w, &copy, "setfattr -n user.a -v 1 dir/one");
        same_layer(w, &copy, "setfattr -x user.d dir; setcap cap_net_raw+ep dir/two");
        same_layer(w, &copy, "setcap -r dir/two");
    }
}

/* The content differs, all that stat says but ctime is the same. */
static void content_behind_the_same_stat(void **state)
{
    WORLD
    OCIB_AUTO(copy_release) struct copy copy = {.stash_fd = -1};
    world_unpack(w, base);
    new_tree(w, &copy, false);
    same_layer(w, &copy, "printf 9 >dir/one; touch -d @1000 dir/one");
    same_layer(w, &copy, "printf 9 >dir/one; touch -d @1000 dir/one");
    same_layer(w, &copy, "printf 8 >dir/one; touch -d @1000 dir/one");
    same_layer(w, &copy, "ln -sfn two x; touch -h -d @1000 x");
    same_layer(w, &copy, "ln -sfn one x; touch -h -d @1000 x");
}

/* A change right after the index was taken, in the same tick of the clock. */
static void changes_at_once(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    OCIB_AUTO(copy_release) struct copy copy = {.stash_fd = -1};
    world_unpack(w, base);
    struct ocib_worktree *tree = new_tree(w, &copy, false);
    const struct timespec times[2] = {{1000, 0}, {1000, 0}};
    for (unsigned i = 0; i < 50; i++) {
        OCIB_AUTO_BUF struct ocib_buf layer = {0};
        ocib_buf_init(&layer);
        char value[2] = {i % 2 ? 'a' : 'b', 0};
        assert_ok(ocib_worktree_settle(tree, &err), err);
        OCIB_AUTO_FD int fd = openat(ocib_worktree_fd(tree), "dir/one", O_WRONLY | O_CLOEXEC);
        assert_int_equal(write(fd, value, 1), 1);
        assert_int_equal(futimens(fd, times), 0);
        copy_diff(&copy, &layer);
        assert_true(layer.len > 1024);
    }
}

static const struct ocib_provided provided[] = {
    {.path = "/proc", .is_dir = true, .mode = 0755},
    {.path = "/dev", .is_dir = true, .mode = 0755},
    {.path = "/etc/hosts", .mode = 0644, .content = "step's\n"},
    {.path = "/etc/resolv.conf", .mode = 0644, .content = "nameserver\n"},
    {.path = "/run/secrets/key", .mode = 0400, .content = "secret"},
    {.path = "/run/secrets", .is_dir = true, .mode = 0755},
};

static void provided_paths(void **state)
{
    WORLD
    OCIB_AUTO(copy_release) struct copy copy = {.stash_fd = -1};
    world_unpack(w, base);
    new_tree(w, &copy, false);
    w->provided = provided;
    w->provided_count = OCIB_COUNT(provided);
    same_layer(w, &copy, "grep -q step etc/hosts; test -d proc; test -e run/secrets/key");
    same_layer(w, &copy, "echo edited >etc/hosts; rm etc/resolv.conf");
    same_layer(w, &copy, "mv etc/hosts etc/hosts.bak; echo 127 >etc/hosts");
    same_layer(w, &copy, "echo x >run/kept; rm -r run/secrets");
    same_layer(w, &copy, "chmod 700 etc; rm -r proc dev");
    same_layer(w, &copy, "rm -r etc; mkdir etc; echo x >etc/new");
    same_layer(w, &copy, "rm -r run");
}

/* What a provided path covers is there again, with its times and those of its folder. */
static void provided_paths_are_restored(void **state)
{
    WORLD
    OCIB_AUTO_BUF struct ocib_buf before = {0};
    OCIB_AUTO_BUF struct ocib_buf after = {0};
    OCIB_AUTO_BUF struct ocib_buf layer = {0};
    OCIB_AUTO(copy_release) struct copy copy = {.stash_fd = -1};
    ocib_buf_init(&before);
    ocib_buf_init(&after);
    ocib_buf_init(&layer);
    world_unpack(w, base);
    world_unpack(w, "d 755 0:0 dev\nf 644 0:0 dev/there x\nl 777 0:0 etc/resolv.conf ../run/x\n");
    new_tree(w, &copy, false);
    w->provided = provided;
    w->provided_count = OCIB_COUNT(provided);
    tree_to_text(ocib_worktree_fd(copy.tree), true, &before);
    copy_step(w, &copy, "! test -e dev/there; rm -r dev; echo x >etc/hosts", &layer);
    tree_to_text(ocib_worktree_fd(copy.tree), true, &after);
    assert_text(&after, before.data);
    assert_int_equal(layer.len, 1024);
}

static void devices_are_taken_out(void **state)
{
    WORLD
    world_needs_ids(w);
    OCIB_AUTO_BUF struct ocib_buf layer = {0};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_BUF struct ocib_buf next = {0};
    OCIB_AUTO(copy_release) struct copy copy = {.stash_fd = -1};
    ocib_buf_init(&layer);
    ocib_buf_init(&text);
    ocib_buf_init(&next);
    world_unpack(w, "d 755 0:0 d\nc 600 0:0 d/old 1,3\nf 644 0:0 d/f x\n");
    new_tree(w, &copy, true);
    copy_step(w, &copy, "! test -e d/old; mknod d/new c 1 5; chmod 600 d/new", &layer);
    tar_to_text(ocib_buf_str(&layer), false, &text);
    assert_text(&text, "d 755 0:0 d\nc 600 0:0 d/new 1,5\n");
    copy_step(w, &copy, "! test -e d/new", &next);
    assert_int_equal(next.len, 1024);
}

static void applied_layers_are_taken_over(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    OCIB_AUTO(copy_release) struct copy copy = {.stash_fd = -1};
    ocib_buf_init(&tar);
    world_unpack(w, base);
    struct ocib_worktree *tree = new_tree(w, &copy, false);
    text_to_tar("d 755 0:0 dir\nf 644 0:0 dir/.wh.one\nf 644 0:0 dir/three 3\n", &tar);
    assert_int_equal(world_try_unpack(w, ocib_buf_str(&tar), &err), 0);
    struct ocib_tar_reader *reader =
        ocib_tar_reader_new(ocib_reader_of_str(ocib_buf_str(&tar)), false, &err);
    struct ocib_strings none = {0};
    const struct ocib_unpack_options options = {.dest_fd = ocib_worktree_fd(tree),
                                                .lowers = &none,
                                                .flat = true,
                                                .work_fd = -1,
                                                .log = &w->sink};
    assert_ok(ocib_layer_unpack(reader, &options, &err), err);
    ocib_tar_reader_free(reader);
    assert_ok(ocib_worktree_refresh(tree, &err), err);
    same_layer(w, &copy, "printf 4 >dir/three; touch -d @1000 dir/three; echo 1 >dir/one");
    same_layer(w, &copy, "rm -r dir");
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(same_bytes_as_an_overlay),
        T(same_bytes_on_a_new_copy),
        T(owners_and_attributes),
        T(content_behind_the_same_stat),
        T(changes_at_once),
        T(provided_paths),
        T(provided_paths_are_restored),
        T(devices_are_taken_out),
        T(applied_layers_are_taken_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
