#include "world.c"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORLD                                                                                      \
    struct world *w = *state;                                                                      \
    if (!w) {                                                                                      \
        skip();                                                                                    \
    }

static const char base[] = "d 755 0:0 bin\n"
                           "f 755 0:0 bin/sh shell\n"
                           "d 755 0:0 etc\n"
                           "f 644 0:0 etc/hosts old\n"
                           "f 644 0:0 etc/passwd root:x:0:0\n"
                           "d 755 0:0 usr\n"
                           "d 755 0:0 usr/lib\n"
                           "f 644 0:0 usr/lib/a one\n"
                           "f 644 0:0 usr/lib/b two\n"
                           "d 1777 0:0 tmp\n";

static void nothing_changed(void **state)
{
    WORLD
    world_unpack(w, base);
    assert_step(w, "true", "");
    assert_step(w, "cat etc/passwd >/dev/null; touch new; rm new", "");
}

static void new_files_bring_their_folders(void **state)
{
    WORLD
    world_unpack(w, base);
    assert_step(w, "echo -n x >usr/lib/c; mkdir -m 700 opt; ln -s ../x opt/l; mkfifo -m 600 opt/p",
                "d 700 0:0 opt\n"
                "l 777 0:0 opt/l ../x\n"
                "p 600 0:0 opt/p\n"
                "d 755 0:0 usr\n"
                "d 755 0:0 usr/lib\n"
                "f 644 0:0 usr/lib/c x\n");
}

static void order_is_by_path_component(void **state)
{
    WORLD
    assert_step(w, "mkdir a a.b a-b; touch a/x a.b/x a-b/x b aa A",
                "f 644 0:0 A\n"
                "d 755 0:0 a\n"
                "f 644 0:0 a/x\n"
                "d 755 0:0 a-b\n"
                "f 644 0:0 a-b/x\n"
                "d 755 0:0 a.b\n"
                "f 644 0:0 a.b/x\n"
                "f 644 0:0 aa\n"
                "f 644 0:0 b\n");
}

static void removals(void **state)
{
    WORLD
    world_unpack(w, base);
    assert_step(w, "rm etc/hosts; rm -r usr; touch new; rm new",
                "d 755 0:0 etc\n"
                "f 0 0:0 etc/.wh.hosts\n"
                "f 0 0:0 .wh.usr\n");
}

static void a_folder_made_anew(void **state)
{
    WORLD
    world_unpack(w, base);
    assert_step(w, "rm -r usr; mkdir -p usr/lib; echo -n 2 >usr/lib/b; mkdir usr/z; touch usr/z/q",
                "d 755 0:0 usr\n"
                "d 755 0:0 usr/lib\n"
                "f 0 0:0 usr/lib/.wh.a\n"
                "f 644 0:0 usr/lib/b 2\n"
                "d 755 0:0 usr/z\n"
                "f 644 0:0 usr/z/q\n");
}

static void other_types_replace(void **state)
{
    WORLD
    world_unpack(w, base);
    assert_step(w, "rm -r usr; echo -n f >usr; rm etc/hosts; mkdir etc/hosts; touch etc/hosts/x",
                "d 755 0:0 etc\n"
                "d 755 0:0 etc/hosts\n"
                "f 644 0:0 etc/hosts/x\n"
                "f 644 0:0 usr f\n");
}

static void metadata_only(void **state)
{
    WORLD
    world_unpack(w, base);
    assert_step(w, "chmod 4711 bin/sh; chmod 700 usr",
                "d 755 0:0 bin\n"
                "f 4711 0:0 bin/sh shell\n"
                "d 700 0:0 usr\n");
    assert_step(w,
                "chmod 600 bin/sh; chmod 755 bin/sh; touch bin; echo >>etc/hosts; "
                "echo -n old >etc/hosts; touch -d @1000 etc/hosts",
                "");
    assert_step(w, "touch -d @5 etc/passwd",
                "d 755 0:0 etc\n"
                "f 644 0:0 etc/passwd root:x:0:0\n");
}

static void owners(void **state)
{
    WORLD
    world_needs_ids(w);
    world_unpack(w, base);
    assert_step(w, "chown 33:34 bin/sh; chown -h 1407182137:7 tmp",
                "d 755 0:0 bin\n"
                "f 755 33:34 bin/sh shell\n"
                "d 1777 1407182137:7 tmp\n");
}

static void renamed_folder(void **state)
{
    WORLD
    world_unpack(w, base);
    assert_step(w, "mv usr/lib usr/lib64",
                "d 755 0:0 usr\n"
                "f 0 0:0 usr/.wh.lib\n"
                "d 755 0:0 usr/lib64\n"
                "f 644 0:0 usr/lib64/a one\n"
                "f 644 0:0 usr/lib64/b two\n");
}

static void hard_links(void **state)
{
    WORLD
    world_unpack(w, base);
    assert_step(w, "echo -n data >usr/n; ln usr/n bin/m; ln usr/n usr/o; ln usr/lib/a usr/lib/a2",
                "d 755 0:0 bin\n"
                "f 644 0:0 bin/m data\n"
                "d 755 0:0 usr\n"
                "d 755 0:0 usr/lib\n"
                "f 644 0:0 usr/lib/a one\n"
                "h 644 0:0 usr/lib/a2 usr/lib/a\n"
                "h 644 0:0 usr/n bin/m\n"
                "h 644 0:0 usr/o bin/m\n");
}

static void one_name_of_linked_files(void **state)
{
    WORLD
    world_unpack(w, "f 644 0:0 a same\nh 644 0:0 b a\n");
    assert_step(w, "echo -n '!' >>b", "f 644 0:0 b same!\n");
    assert_step(w, "chmod 644 b", "");
}

static void attributes(void **state)
{
    WORLD
    world_unpack(w, "f 644 0:0 a A\nx user.one=1\nd 755 0:0 d\n");
    assert_step(w, "chmod 644 a", "");
    assert_step(w, "setfattr -n user.two -v 2 a; setfattr -n user.d -v '' d; touch f",
                "f 644 0:0 a A\n"
                "x user.one=1\n"
                "x user.two=2\n"
                "d 755 0:0 d\n"
                "x user.d=\n"
                "f 644 0:0 f\n");
}

static void odd_names(void **state)
{
    WORLD
    assert_step(w,
                "mkdir .wh.d; touch .wh.d/f; touch '.wh.x' \"$(printf 'a\\377b')\" ' ' 'new\nline'",
                "f 644 0:0  \n"
                "f 644 0:0 a\xff"
                "b\n"
                "f 644 0:0 new\nline\n");
    assert_text(&w->log, ".wh.d is left out of the layer: in a layer its name means that "
                         "something is removed\n"
                         ".wh.x is left out of the layer: in a layer its name means that "
                         "something is removed\n");
}

static void sockets_are_left_out(void **state)
{
    WORLD
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    world_begin(w);
    assert_int_equal(mknodat(ocib_snapshot_fd(w->snapshot), "s", S_IFSOCK | 0600, 0), 0);
    world_sh(w, "touch t");
    world_end(w, &tar);
    tar_to_text(ocib_buf_str(&tar), false, &text);
    assert_text(&text, "f 644 0:0 t\n");
    assert_text(&w->log, "s is left out of the layer: it is a socket\n");
}

static const struct ocib_provided provided[] = {
    {.path = "/proc", .is_dir = true, .mode = 0555},
    {.path = "/etc/hosts", .mode = 0644, .content = "given"},
    {.path = "/etc/resolv.conf", .mode = 0644},
    {.path = "/var/run/secret", .mode = 0600, .content = "s"},
};

static void provided_paths_leave_no_trace(void **state)
{
    WORLD
    w->provided = provided;
    w->provided_count = OCIB_COUNT(provided);
    assert_step(w, "test -d proc; test \"$(cat etc/hosts)\" = given; test -e var/run/secret", "");
    assert_step(w, "echo x >etc/hosts; rm etc/resolv.conf", "");
    assert_step(w, "mv etc/hosts etc/hosts.bak; echo -n mine >var/f",
                "d 755 0:0 etc\n"
                "f 644 0:0 etc/hosts.bak given\n"
                "d 755 0:0 var\n"
                "f 644 0:0 var/f mine\n");
}

static void provided_paths_in_an_image(void **state)
{
    WORLD
    w->provided = provided;
    w->provided_count = OCIB_COUNT(provided);
    world_unpack(w, "d 700 0:0 etc\n"
                    "f 644 0:0 etc/hosts old\n"
                    "l 777 0:0 etc/resolv.conf /gone\n"
                    "d 711 0:0 proc\n"
                    "d 755 0:0 run\n"
                    "d 755 0:0 var\n"
                    "l 777 0:0 var/run /run\n");
    assert_step(w,
                "test \"$(stat -c %a.%Y etc proc run var)\" = \"$(printf "
                "'700.1000\\n711.1000\\n755.1000\\n755.1000')\"; "
                "test \"$(cat etc/hosts run/secret)\" = givens; test -L var/run; "
                "test -f etc/resolv.conf",
                "");
    assert_step(w, "rm etc/hosts; rm run/secret; touch etc/resolv.conf", "");
    assert_step(w, "rm -r etc; mkdir etc; touch etc/x",
                "d 755 0:0 etc\n"
                "f 644 0:0 etc/x\n");
    assert_step(w, "rm -r etc", "f 0 0:0 .wh.etc\n");
}

static void provided_over_odd_images(void **state)
{
    WORLD
    w->provided = provided;
    w->provided_count = OCIB_COUNT(provided);
    world_unpack(w, "f 644 0:0 etc file\nl 777 0:0 var var\nl 777 0:0 proc elsewhere\n");
    assert_step(w, "test \"$(cat etc)\" = file", "");
}

static void times_are_clamped(void **state)
{
    WORLD
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    world_begin(w);
    world_sh(w, "mkdir d; touch d/now; touch -d @99.5 before; touch -d @100.5 after; "
                "touch -d @100 at; ln -s x l");
    world_diff(w, true, 100, &tar);
    tar_to_text(ocib_buf_str(&tar), true, &text);
    assert_text(&text, "f 644 0:0 after\nt 100.000000000\n"
                       "f 644 0:0 at\nt 100.000000000\n"
                       "f 644 0:0 before\nt 99.500000000\n"
                       "d 755 0:0 d\nt 100.000000000\n"
                       "f 644 0:0 d/now\nt 100.000000000\n"
                       "l 777 0:0 l x\nt 100.000000000\n");
}

static void sparse_files(void **state)
{
    WORLD
    struct ocib_error *err = NULL;
    world_begin(w);
    world_sh(w, "truncate -s 3G giant; printf end | dd of=small bs=1 seek=300000 status=none");
    struct ocib_tally tally;
    struct ocib_diff_result result;
    struct ocib_writer *count =
        ocib_writer_tee(ocib_writer_to_fd(open("/dev/null", 1), true, "x"), &tally);
    struct ocib_tar_writer *tar = ocib_tar_writer_new(count, &err);
    assert_ok(ocib_snapshot_close(w->snapshot, &err), err);
    int upper = openat(w->work_fd, "upper", O_RDONLY | O_DIRECTORY);
    struct ocib_diff_options options = {.upper_fd = upper,
                                        .lowers = &w->layers,
                                        .work_fd = w->work_fd,
                                        .work_path = w->work,
                                        .userxattr = w->userxattr,
                                        .log = &w->sink};
    assert_ok(ocib_layer_diff(&options, tar, &result, &err), err);
    assert_ok(ocib_tar_writer_finish(tar, &err), err);
    ocib_tar_writer_free(tar);
    close(upper);
    assert_int_equal(result.entries, 2);
    assert_int_equal(result.bytes, 3ll * 1024 * 1024 * 1024 + 300003);
    assert_true(tally.bytes > result.bytes);
    assert_text(&w->log, "giant is 3221225472 bytes long, nearly all of them holes; a layer holds "
                         "them as zeros\n");
}

/* The same bytes at any time and place: a promise to whoever compares digests. */
static void known_digest(void **state)
{
    WORLD
    OCIB_AUTO_BUF struct ocib_buf tar = {0};
    struct ocib_digest digest;
    world_unpack(w, base);
    world_begin(w);
    world_sh(w, "mkdir -m 755 app; printf hello >app/f; chmod 640 app/f; ln app/f app/g; "
                "ln -s f app/l; rm etc/hosts; setfattr -n user.k -v v app/f; "
                "printf long >app/$(printf %0120d 7)");
    world_diff(w, true, 1700000000, &tar);
    ocib_digest_of(tar.data, tar.len, &digest);
    assert_string_equal(digest.text,
                        "sha256:b5b963827d2c909bf748bc11efaf14e38dd4da915c4000aac1aa7b8388b4c05b");
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(nothing_changed),
        T(new_files_bring_their_folders),
        T(order_is_by_path_component),
        T(removals),
        T(a_folder_made_anew),
        T(other_types_replace),
        T(metadata_only),
        T(owners),
        T(renamed_folder),
        T(hard_links),
        T(one_name_of_linked_files),
        T(attributes),
        T(odd_names),
        T(sockets_are_left_out),
        T(provided_paths_leave_no_trace),
        T(provided_paths_in_an_image),
        T(provided_over_odd_images),
        T(times_are_clamped),
        T(sparse_files),
        T(known_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
