#include "world.c"

#include "rootfs/users.h"

/* No namespaces are needed here: only files in a folder. */
struct tree {
    char dir[64];
    int fd;
};

static int setup(void **state)
{
    struct tree *t = ocib_new(struct tree);
    snprintf(t->dir, sizeof(t->dir), "/tmp/ocib-users-XXXXXX");
    assert_non_null(mkdtemp(t->dir));
    t->fd = open(t->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(mkdirat(t->fd, "etc", 0755), 0);
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

static void file(const struct tree *t, const char *path, const char *text)
{
    OCIB_AUTO_FD int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(ocib_fd_write_all(fd, text, strlen(text)), 0);
}

static void usual_files(const struct tree *t)
{
    file(t, "etc/passwd",
         "# comment\n"
         "root:x:0:0:root:/root:/bin/sh\n"
         "bad line\n"
         "app:x:1000:1001:App:/home/app:/bin/sh\n"
         "\n"
         "other:x:1407182137:1407182138::/o:\n"
         "nohome:x:7:8\n"
         "4711:x:9:9::/digits:\n");
    file(t, "etc/group",
         "root:x:0:\n"
         "wheel:x:10:root,app\n"
         "app:x:1001:\n"
         "video:x:44:app, other\n"
         "last:x:4294967294:app");
}

static void assert_user(const struct tree *t, const char *text, const char *wanted)
{
    struct ocib_error *err = NULL;
    struct ocib_user user;
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    assert_ok(ocib_user_lookup(t->fd, text, &user, &err), err);
    ocib_buf_printf(&got, "%u:%u %s", user.uid, user.gid, user.home ? user.home : "-");
    for (size_t i = 0; i < user.group_count; i++) {
        ocib_buf_printf(&got, " %u", user.groups[i]);
    }
    ocib_user_release(&user);
    assert_string_equal(got.data, wanted);
}

static void no_user(const struct tree *t, const char *text, const char *message)
{
    struct ocib_error *err = NULL;
    struct ocib_user user;
    assert_int_equal(ocib_user_lookup(t->fd, text, &user, &err), -1);
    assert_error(&err, OCIB_EBUILD, message);
}

static void users(void **state)
{
    const struct tree *t = *state;
    usual_files(t);
    assert_user(t, "", "0:0 /root 0 10");
    assert_user(t, "root", "0:0 /root 0 10");
    assert_user(t, "0", "0:0 /root 0 10");
    assert_user(t, "app", "1000:1001 /home/app 1001 10 44 4294967294");
    assert_user(t, "1000", "1000:1001 /home/app 1001 10 44 4294967294");
    assert_user(t, "app:video", "1000:44 /home/app 44");
    assert_user(t, "app:5", "1000:5 /home/app 5");
    assert_user(t, "app:", "1000:1001 /home/app 1001 10 44 4294967294");
    assert_user(t, ":video", "0:44 /root 44");
    assert_user(t, "other", "1407182137:1407182138 /o 1407182138 44");
    /* A number is never a name. */
    assert_user(t, "4711", "4711:0 - 0");
    assert_user(t, "65534", "65534:0 - 0");
    assert_user(t, "65534:65533", "65534:65533 - 65533");
    assert_user(t, "4294967294", "4294967294:0 - 0");
    no_user(t, "nobody", "there is no user \"nobody\" in the image's /etc/passwd");
    no_user(t, "app:none", "there is no group \"none\" in the image's /etc/group");
    no_user(t, "4294967295", "there is no user \"4294967295\"");
    no_user(t, "-1", "there is no user \"-1\"");
}

static void no_files(void **state)
{
    const struct tree *t = *state;
    assert_user(t, "", "0:0 - 0");
    assert_user(t, "12:34", "12:34 - 34");
    no_user(t, "app", "there is no user \"app\"");
}

static void files_that_are_traps(void **state)
{
    const struct tree *t = *state;
    assert_int_equal(symlinkat("/etc/shadow-of-passwd", t->fd, "etc/passwd"), 0);
    file(t, "etc/shadow-of-passwd", "in:x:5:6::/in:\n"); /* inside the tree, not the host's */
    assert_user(t, "in", "5:6 /in 6");
    assert_int_equal(mkfifoat(t->fd, "etc/group", 0644), 0);
    no_user(t, "in", "the image's /etc/group is not a file");
}

static void assert_chown(const struct tree *t, const char *text, unsigned uid, unsigned gid)
{
    struct ocib_error *err = NULL;
    uid_t got_uid;
    gid_t got_gid;
    assert_ok(ocib_chown_lookup(t->fd, text, &got_uid, &got_gid, &err), err);
    assert_int_equal(got_uid, uid);
    assert_int_equal(got_gid, gid);
}

static void chowns(void **state)
{
    const struct tree *t = *state;
    struct ocib_error *err = NULL;
    uid_t uid;
    gid_t gid;
    assert_chown(t, "1000", 1000, 1000);
    assert_chown(t, "5:6", 5, 6);
    assert_int_equal(ocib_chown_lookup(t->fd, "app", &uid, &gid, &err), -1);
    assert_error(&err, OCIB_EBUILD, "there is no user \"app\"");
    usual_files(t);
    assert_chown(t, "1000", 1000, 1000);
    assert_chown(t, "app", 1000, 1001);
    assert_chown(t, "app:video", 1000, 44);
    assert_chown(t, "app:7", 1000, 7);
    assert_chown(t, "app:", 1000, 0);
    assert_chown(t, "1000:", 1000, 0);
    assert_chown(t, "7:app", 7, 1001);
    assert_int_equal(ocib_chown_lookup(t->fd, "app:none", &uid, &gid, &err), -1);
    assert_error(&err, OCIB_EBUILD, "there is no group \"none\"");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(users),
        T(no_files),
        T(files_that_are_traps),
        T(chowns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
