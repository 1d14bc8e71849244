#include "context/inodes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

static struct ocib_inode get(const struct ocib_inodes *inodes, ino_t number, mode_t mode)
{
    struct stat st = {.st_ino = number, .st_mode = mode};
    struct ocib_inode out;
    ocib_inodes_get(inodes, &st, &out);
    return out;
}

static void test_what_was_told(void **state)
{
    (void)state;
    OCIB_AUTO(ocib_inodes_cleanup) struct ocib_inodes *inodes = ocib_inodes_new();
    struct ocib_xattrs xattrs = {0};
    ocib_xattrs_add(&xattrs, "user.a", OCIB_STR("1"));
    struct ocib_inode device = {.mode = S_IFCHR | 0600, .uid = 1, .gid = 2, .rdev = makedev(1, 3)};
    struct ocib_inode file = {.mode = S_IFREG | 04755, .uid = 3, .gid = 4, .xattrs = &xattrs};
    ocib_inodes_set(inodes, 7, &device);
    ocib_inodes_set(inodes, 8, &file);
    ocib_xattrs_release(&xattrs);
    struct ocib_inode out = get(inodes, 7, S_IFREG | 0600);
    assert_int_equal(out.mode, S_IFCHR | 0600);
    assert_int_equal(out.uid, 1);
    assert_int_equal(out.gid, 2);
    assert_int_equal(out.rdev, makedev(1, 3));
    out = get(inodes, 8, S_IFREG | 0600);
    assert_int_equal(out.mode, S_IFREG | 04755);
    assert_int_equal(out.xattrs->len, 1);
    assert_string_equal(out.xattrs->items[0].name, "user.a");
    ocib_inodes_set(inodes, 8, &device);
    assert_int_equal(get(inodes, 8, S_IFREG).uid, 1);
}

static void test_what_was_not(void **state)
{
    (void)state;
    OCIB_AUTO(ocib_inodes_cleanup) struct ocib_inodes *inodes = ocib_inodes_new();
    struct ocib_inode out = get(inodes, 5, S_IFDIR | 0700);
    assert_int_equal(out.mode, S_IFDIR | 0755);
    assert_int_equal(out.uid, 0);
    assert_null(out.xattrs);
}

static void test_many(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    OCIB_AUTO(ocib_inodes_cleanup) struct ocib_inodes *inodes = ocib_inodes_new();
    for (uint64_t i = 1; i <= MANY; i++) {
        struct ocib_inode inode = {.mode = S_IFREG, .uid = (uid_t)i};
        ocib_inodes_set(inodes, i * 4096, &inode);
    }
    for (uint64_t i = 1; i <= MANY; i++) {
        assert_int_equal(get(inodes, i * 4096, S_IFREG).uid, i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_told),
        cmocka_unit_test(test_what_was_not),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
