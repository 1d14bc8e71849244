#include "world.c"

#include "rootfs/print.h"
#include "sys/xattr.h"

#define WORLD                                                                                      \
    struct world *w = *state;                                                                      \
    if (!w) {                                                                                      \
        skip();                                                                                    \
    }

static void print_of(struct world *w, const char *name, struct ocib_digest *out)
{
    struct stat st;
    assert_int_equal(fstatat(w->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(ocib_print_take(w->fd, name, &st, out), 0);
    assert_true(ocib_digest_is_set(out));
}

static void make(struct world *w, const char *name, off_t hole, const char *text)
{
    OCIB_AUTO_FD int fd = openat(w->fd, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, text, strlen(text), hole), (ssize_t)strlen(text));
}

static void content_counts(void **state)
{
    WORLD
    struct ocib_digest a, b;
    make(w, "a", 0, "same");
    make(w, "b", 0, "same");
    print_of(w, "a", &a);
    print_of(w, "b", &b);
    assert_true(ocib_digest_eq(&a, &b));
    make(w, "b", 0, "else");
    print_of(w, "b", &b);
    assert_false(ocib_digest_eq(&a, &b));
}

/* A hole and stored zeros are the same; the same bytes behind another hole are not. */
static void holes_count_as_zeros(void **state)
{
    WORLD
    struct ocib_digest hole, stored, moved;
    enum { LENGTH = 400000 };
    OCIB_AUTO_FREE char *zeros = ocib_alloc(LENGTH, 1);
    make(w, "hole", LENGTH, "end");
    OCIB_AUTO_FD int fd = openat(w->fd, "stored", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_int_equal(write(fd, zeros, LENGTH), LENGTH);
    make(w, "stored", LENGTH, "end");
    make(w, "moved", LENGTH / 4, "end");
    print_of(w, "hole", &hole);
    print_of(w, "stored", &stored);
    print_of(w, "moved", &moved);
    assert_true(ocib_digest_eq(&hole, &stored));
    assert_false(ocib_digest_eq(&hole, &moved));
}

static void links_count_by_their_text(void **state)
{
    WORLD
    struct ocib_digest a, b;
    assert_int_equal(symlinkat("x", w->fd, "a"), 0);
    assert_int_equal(symlinkat("y", w->fd, "b"), 0);
    print_of(w, "a", &a);
    print_of(w, "b", &b);
    assert_false(ocib_digest_eq(&a, &b));
}

static void attributes_count(void **state)
{
    WORLD
    struct ocib_digest before, after;
    make(w, "a", 0, "x");
    print_of(w, "a", &before);
    if (ocib_xattr_set(w->fd, "a", "user.test", OCIB_STR("1")) < 0) {
        skip(); /* the file system has none */
    }
    print_of(w, "a", &after);
    assert_false(ocib_digest_eq(&before, &after));
}

#define T(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {T(content_counts), T(holes_count_as_zeros),
                                       T(links_count_by_their_text), T(attributes_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
