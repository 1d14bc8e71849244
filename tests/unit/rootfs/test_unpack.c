#include "world.c"

#define WORLD                                                                                      \
    struct world *w = *state;                                                                      \
    if (!w) {                                                                                      \
        skip();                                                                                    \
    }

static void fails(struct world *w, const char *text, enum ocib_code code, const char *part)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    text_to_tar(text, &tar);
    assert_int_equal(world_try_unpack(w, ocib_buf_str(&tar), &err), -1);
    assert_error(&err, code, part);
}

static void all_kinds(void **state)
{
    WORLD
    static const char text[] = "d 711 0:0 d\n"
                               "t 12.000000034\n"
                               "f 4755 0:0 d/f content\n"
                               "x user.k=v\n"
                               "t 11.000000000\n"
                               "h 4755 0:0 d/h d/f\n"
                               "x user.k=v\n"
                               "t 11.000000000\n"
                               "l 777 0:0 d/l ../somewhere\n"
                               "t 9.000000001\n"
                               "p 620 0:0 d/p\n"
                               "t 8.000000000\n";
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    world_unpack(w, text);
    int fd = open(w->layers.items[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tree_to_text(fd, true, &got);
    close(fd);
    assert_text(&got, "d 711 0:0 d\n"
                      "t 12.000000034\n"
                      "f 4755 0:0 d/f content\n"
                      "x user.k=v\n"
                      "t 11.000000000\n"
                      "h 4755 0:0 d/h d/f\n"
                      "t 11.000000000\n"
                      "l 777 0:0 d/l ../somewhere\n"
                      "t 9.000000001\n"
                      "p 620 0:0 d/p\n"
                      "t 8.000000000\n");
}

static void owners_and_devices(void **state)
{
    WORLD
    world_needs_ids(w);
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    OCIB_AUTO_BUF struct ocib_buf back = {0};
    struct ocib_error *err = NULL;
    struct ocib_tar_writer *out = ocib_tar_writer_new(ocib_writer_to_buf(&tar), &err);
    struct ocib_xattrs xattrs = {0};
    /* cap_net_raw+ep, version 2 */
    static const char capability[] = "\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0";
    ocib_xattrs_add(&xattrs, "security.capability",
                    (struct ocib_str){capability, sizeof(capability)});
    struct ocib_tar_entry entry = {.path = "c", .mode = S_IFCHR | 0660, .gid = 5};
    entry.rdev = makedev(1, 3);
    assert_ok(ocib_tar_writer_entry(out, &entry, &err), err);
    entry = (struct ocib_tar_entry){.path = "f",
                                    .mode = S_IFREG | 0755,
                                    .uid = 1407182137,
                                    .gid = 1407182138,
                                    .xattrs = &xattrs};
    assert_ok(ocib_tar_writer_entry(out, &entry, &err), err);
    assert_ok(ocib_tar_writer_finish(out, &err), err);
    ocib_tar_writer_free(out);
    ocib_xattrs_release(&xattrs);
    assert_ok(world_try_unpack(w, ocib_buf_str(&tar), &err), err);
    int fd = open(w->layers.items[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    out = ocib_tar_writer_new(ocib_writer_to_buf(&back), &err);
    assert_ok(ocib_tree_write(fd, false, 0, out, &err), err);
    assert_ok(ocib_tar_writer_finish(out, &err), err);
    ocib_tar_writer_free(out);
    close(fd);
    assert_int_equal(back.len, tar.len);
    assert_memory_equal(back.data, tar.data, tar.len);
}

static void an_owner_that_the_user_does_not_have(void **state)
{
    WORLD
    if (!w->one_id) {
        print_message("SKIPPED: root has all ids\n");
        skip();
    }
    fails(w, "f 644 33:33 var/f\n", OCIB_ESANDBOX,
          "can't change the owner of var/f to 33:33: this user has no such subordinate ids");
    world_unpack(w, "c 600 0:0 dev/null 1,3\nf 644 0:0 f\n");
    assert_text(&w->log, "device dev/null is left out: only root can make devices\n");
}

static void missing_parents(void **state)
{
    WORLD
    world_unpack(w, "d 700 0:0 a\nt 77\nd 750 0:0 a/b\nt 78\nx user.k=v\n");
    world_unpack(w, "f 644 0:0 a/b/f x\nf 644 0:0 n/m/f y\n");
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    int fd = open(w->layers.items[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    tree_to_text(fd, true, &got);
    close(fd);
    assert_text(&got, "d 700 0:0 a\nt 77.000000000\n"
                      "d 750 0:0 a/b\nx user.k=v\nt 78.000000000\n"
                      "f 644 0:0 a/b/f x\nt 1000.000000000\n"
                      "d 755 0:0 n\nt 1000.000000000\n"
                      "d 755 0:0 n/m\nt 1000.000000000\n"
                      "f 644 0:0 n/m/f y\nt 1000.000000000\n");
}

static void whiteouts(void **state)
{
    WORLD
    world_unpack(w, "d 755 0:0 a\nf 644 0:0 a/f 1\nf 644 0:0 a/g 2\nd 755 0:0 b\nf 644 0:0 b/f 3\n"
                    "d 755 0:0 c\nf 644 0:0 c/f 4\nd 755 0:0 e\nf 644 0:0 e/f 5\n");
    world_unpack(w, "d 755 0:0 a\nf 0 0:0 a/.wh.f\nf 0 0:0 .wh.b\nd 755 0:0 c\n"
                    "f 0 0:0 c/.wh..wh..opq\nf 644 0:0 c/n 6\nf 0 0:0 .wh..wh.plnk\n"
                    "f 0 0:0 e/.wh.none\n");
    assert_tree(w, "d 755 0:0 a\nf 644 0:0 a/g 2\nd 755 0:0 c\nf 644 0:0 c/n 6\nd 755 0:0 e\n"
                   "f 644 0:0 e/f 5\n");
}

/* A whiteout hides what is below, never what its own layer has, whichever comes first. */
static void whiteout_and_entry_in_one_layer(void **state)
{
    WORLD
    world_unpack(w, "d 755 0:0 a\nf 644 0:0 a/f 1\nd 755 0:0 b\nf 644 0:0 b/f 2\nf 644 0:0 c 3\n"
                    "d 755 0:0 e\nf 644 0:0 e/f 4\n");
    world_unpack(w, "f 0 0:0 .wh.a\nd 700 0:0 a\nf 644 0:0 a/n 5\n"
                    "d 700 0:0 b\nf 644 0:0 b/n 6\nf 0 0:0 .wh.b\n"
                    "f 644 0:0 c 7\nf 0 0:0 .wh.c\n"
                    "f 0 0:0 .wh.e\nf 644 0:0 e/n 8\n");
    assert_tree(w, "d 700 0:0 a\nf 644 0:0 a/n 5\nd 700 0:0 b\nf 644 0:0 b/n 6\nf 644 0:0 c 7\n"
                   "d 755 0:0 e\nf 644 0:0 e/n 8\n");
}

static void opaque_root(void **state)
{
    WORLD
    world_unpack(w, "d 755 0:0 a\nf 644 0:0 a/f 1\nf 644 0:0 b 2\n");
    world_unpack(w, "f 0 0:0 .wh..wh..opq\nf 644 0:0 a 3\n");
    assert_tree(w, "f 644 0:0 a 3\n");
}

static void whiteouts_in_the_first_layer(void **state)
{
    WORLD
    world_unpack(w, "f 0 0:0 .wh.a\nd 755 0:0 d\nf 0 0:0 d/.wh..wh..opq\nf 644 0:0 d/f\n");
    assert_tree(w, "d 755 0:0 d\nf 644 0:0 d/f\n");
}

static void replacements(void **state)
{
    WORLD
    world_unpack(w, "f 644 0:0 a file\nd 755 0:0 a\nf 644 0:0 a/f 1\n"
                    "d 755 0:0 b\nf 644 0:0 b/f 1\nf 644 0:0 b file\n"
                    "d 755 0:0 c\nf 644 0:0 c/f\nl 777 0:0 c a\nf 644 0:0 c/g through\n"
                    "f 644 0:0 f one\nf 600 0:0 f two\n"
                    "d 755 0:0 g\nd 700 0:0 g\n"
                    "f 644 0:0 h data\nh 644 0:0 i h\nh 644 0:0 i h\nh 644 0:0 h h\n");
    assert_tree(w,
                "d 755 0:0 a\nf 644 0:0 a/f 1\nf 644 0:0 a/g through\nf 644 0:0 b file\n"
                "l 777 0:0 c a\nf 600 0:0 f two\nd 700 0:0 g\nf 644 0:0 h data\nh 644 0:0 i h\n");
}

/* Over what is below, too: a folder in place of a file of its own layer hides the old one. */
static void replacements_of_lower_ones(void **state)
{
    WORLD
    world_unpack(w, "d 755 0:0 a\nf 644 0:0 a/old\nf 644 0:0 b\nl 777 0:0 c a\n");
    world_unpack(w, "f 644 0:0 a now a file\nd 755 0:0 a\nf 644 0:0 a/new\n"
                    "d 755 0:0 b\nf 644 0:0 b/f\nd 755 0:0 c\nf 644 0:0 c/f\n");
    assert_tree(w, "d 755 0:0 a\nf 644 0:0 a/new\nd 755 0:0 b\nf 644 0:0 b/f\nd 755 0:0 c\n"
                   "f 644 0:0 c/f\n");
}

static void links_on_the_way(void **state)
{
    WORLD
    world_unpack(w, "d 755 0:0 usr\nd 755 0:0 usr/lib\nf 644 0:0 usr/lib/a\nl 777 0:0 lib usr/lib\n"
                    "l 777 0:0 abs /usr/lib\nl 777 0:0 up ../../../usr/./lib\n");
    world_unpack(w, "f 644 0:0 lib/b\nf 644 0:0 abs/c\nf 644 0:0 up/d\nh 644 0:0 e lib/a\n");
    assert_tree(w, "l 777 0:0 abs /usr/lib\n"
                   "f 644 0:0 e\n"
                   "l 777 0:0 lib usr/lib\n"
                   "l 777 0:0 up ../../../usr/./lib\n"
                   "d 755 0:0 usr\n"
                   "d 755 0:0 usr/lib\n"
                   "h 644 0:0 usr/lib/a e\n"
                   "f 644 0:0 usr/lib/b\n"
                   "f 644 0:0 usr/lib/c\n"
                   "f 644 0:0 usr/lib/d\n");
}

static void traps_never_leave_the_layer(void **state)
{
    WORLD
    OCIB_AUTO_FREE char *outside = ocib_format("%s/outside", w->dir);
    assert_int_equal(mkdir(outside, 0755), 0);
    OCIB_AUTO_FREE char *trap =
        ocib_format("l 777 0:0 a %s\nf 644 0:0 a/f x\nl 777 0:0 b ../outside\nf 644 0:0 b/g y\n"
                    "l 777 0:0 c %s/h\nf 644 0:0 c z\n"
                    "l 777 0:0 e %s\nd 700 0:0 e\nl 777 0:0 s %s/t\nh 777 0:0 t s\n",
                    outside, outside, outside, outside);
    world_unpack(w, trap);
    struct stat st;
    assert_int_equal(stat(outside, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0755);
    assert_int_equal(rmdir(outside), 0); /* empty */

    fails(w, "l 777 0:0 a a\nf 644 0:0 a/f\n", OCIB_ECORRUPT, "through too many links");
    fails(w, "f 644 0:0 a\nf 644 0:0 a/f\n", OCIB_ECORRUPT, "a/f lies in a, which is not a folder");
    fails(w, "f 644 0:0 ../a\n", OCIB_ECORRUPT, "path \"../a\" leads out of the tree");
    fails(w, "f 644 0:0 a/../../b\n", OCIB_ECORRUPT, "leads out of the tree");
    fails(w, "h 644 0:0 a ../../../etc/passwd\n", OCIB_ECORRUPT, "leads out of the tree");
    fails(w, "h 644 0:0 a etc/passwd\n", OCIB_ECORRUPT,
          "a is a hard link to etc/passwd, which is no file");
    fails(w, "d 755 0:0 d\nh 644 0:0 a d\n", OCIB_ECORRUPT, "which is no file");
    fails(w, "f 644 0:0 .wh.\n", OCIB_ECORRUPT, "whiteout .wh. names nothing");
    fails(w, "f 644 0:0 a/.wh...\n", OCIB_ECORRUPT, "whiteout a/.wh... names nothing");
}

/* A device that would be a whiteout, attributes that would be the overlay's. */
static void signs_of_the_overlay(void **state)
{
    WORLD
    world_unpack(w, "d 755 0:0 a\nf 644 0:0 a/f\nf 644 0:0 b\n");
    world_unpack(w, "c 600 0:0 b 0,0\nd 755 0:0 a\nx trusted.overlay.opaque=y\n"
                    "x user.overlay.opaque=y\n");
    assert_tree(w, "d 755 0:0 a\nf 644 0:0 a/f\nf 644 0:0 b\n");
    assert_text(&w->log, "device 0:0 b is left out\n");
}

static void hard_link_to_a_lower_file(void **state)
{
    WORLD
    world_unpack(w, "d 755 0:0 a\nf 4711 0:0 a/f data\nx user.k=v\nl 777 0:0 a/l x\n");
    world_unpack(w, "h 4711 0:0 h a/f\nh 777 0:0 m a/l\n");
    assert_tree(w, "d 755 0:0 a\nf 4711 0:0 a/f data\nx user.k=v\nl 777 0:0 a/l x\n"
                   "h 4711 0:0 h a/f\nh 777 0:0 m a/l\n");
    fails(w, "f 0 0:0 a/.wh.f\nh 644 0:0 z a/f\n", OCIB_ECORRUPT, "which is no file");
}

static void zeros_become_holes(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    struct ocib_tar_writer *out = ocib_tar_writer_new(ocib_writer_to_buf(&tar), &err);
    struct ocib_tar_entry entry = {
        .path = "f", .mode = S_IFREG | 0644, .size = 4000003, .mtime = 1};
    assert_ok(ocib_tar_writer_entry(out, &entry, &err), err);
    assert_ok(ocib_tar_writer_data(out, "a", 1, &err), err);
    assert_ok(ocib_tar_writer_zeros(out, 1999999, &err), err);
    assert_ok(ocib_tar_writer_data(out, "bcd", 3, &err), err);
    assert_ok(ocib_tar_writer_zeros(out, 2000000, &err), err);
    assert_ok(ocib_tar_writer_finish(out, &err), err);
    ocib_tar_writer_free(out);
    assert_ok(world_try_unpack(w, ocib_buf_str(&tar), &err), err);
    OCIB_AUTO_FREE char *path = ocib_format("%s/f", w->layers.items[0]);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 4000003);
    assert_true(st.st_blocks * 512 < 100000);
    OCIB_AUTO_BUF struct ocib_buf back = {0};
    int fd = open(w->layers.items[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    out = ocib_tar_writer_new(ocib_writer_to_buf(&back), &err);
    assert_ok(ocib_tree_write(fd, false, 0, out, &err), err);
    assert_ok(ocib_tar_writer_finish(out, &err), err);
    ocib_tar_writer_free(out);
    close(fd);
    assert_int_equal(back.len, tar.len);
    assert_memory_equal(back.data, tar.data, tar.len);
}

/* A step's layer put on another copy of the base gives the same tree as the step had. */
static void round_trip(void **state)
{
    WORLD
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    OCIB_AUTO_BUF struct ocib_buf before = {0};
    world_unpack(w,
                 "d 755 0:0 a\nf 644 0:0 a/f 1\nd 755 0:0 a/s\nf 644 0:0 a/s/f 2\nf 644 0:0 k 3\n"
                 "h 644 0:0 k2 k\nd 755 0:0 z\nf 644 0:0 z/f 4\nl 777 0:0 z/l f\n");
    world_begin(w);
    world_sh(w, "rm -r a; mkdir -p a/s/t; echo -n 5 >a/s/t/n; ln a/s/t/n a/n; mv z y; rm k2; "
                "mkdir k2; echo -n 6 >k2/f; rm y/f; ln -s gone y/f; chmod 700 y; mkfifo q");
    tree_to_text(ocib_snapshot_fd(w->snapshot), true, &before);
    world_end(w, &tar);
    struct ocib_error *err = NULL;
    assert_ok(world_try_unpack(w, ocib_buf_str(&tar), &err), err);
    OCIB_AUTO_BUF struct ocib_buf after = {0};
    int work_fd;
    char *work = new_folder(w, "view", &work_fd);
    int view = ocib_layers_view(&w->layers, work_fd, work, w->userxattr, &err);
    assert_ok(view, err);
    tree_to_text(view, true, &after);
    close(view);
    close(work_fd);
    free(work);
    assert_text(&after, before.data);
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(all_kinds),
        T(owners_and_devices),
        T(an_owner_that_the_user_does_not_have),
        T(missing_parents),
        T(whiteouts),
        T(whiteout_and_entry_in_one_layer),
        T(opaque_root),
        T(whiteouts_in_the_first_layer),
        T(replacements),
        T(replacements_of_lower_ones),
        T(links_on_the_way),
        T(traps_never_leave_the_layer),
        T(signs_of_the_overlay),
        T(hard_link_to_a_lower_file),
        T(zeros_become_holes),
        T(round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
