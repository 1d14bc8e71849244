#include "sys/fixture.h"
#include "sys/xattr.h"

static bool user_only(const char *name)
{
    return strncmp(name, "user.", 5) == 0;
}

static void test_set_and_get(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    temporary_write("f", "");
    if (ocib_xattr_set(temporary, "f", "user.a", OCIB_STR("v\0w")) < 0 && errno == ENOTSUP) {
        skip();
    }
    assert_int_equal(ocib_xattr_get(temporary, "f", "user.a", &out), 0);
    assert_int_equal(out.len, 3);
    assert_memory_equal(out.data, "v\0w", 3);
    assert_int_equal(ocib_xattr_set(temporary, "f", "user.a", OCIB_STR("")), 0);
    assert_int_equal(ocib_xattr_get(temporary, "f", "user.a", &out), 0);
    assert_int_equal(out.len, 0);
    assert_int_equal(ocib_xattr_get(temporary, "f", "user.none", &out), -1);
    assert_int_equal(errno, ENODATA);
    assert_int_equal(ocib_xattr_get(temporary, "absent", "user.a", &out), -1);
    assert_int_equal(errno, ENOENT);
}

static void test_large_value(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    char value[2000];
    memset(value, 'v', sizeof(value));
    temporary_write("large", "");
    struct ocib_str bytes = {value, sizeof(value)};
    if (ocib_xattr_set(temporary, "large", "user.large", bytes) < 0) {
        skip();
    }
    assert_int_equal(ocib_xattr_get(temporary, "large", "user.large", &out), 0);
    assert_int_equal(out.len, sizeof(value));
    assert_memory_equal(out.data, value, sizeof(value));
}

static void test_list(void **state)
{
    struct ocib_xattrs list = {0};
    temporary_write("many", "");
    if (ocib_xattr_set(temporary, "many", "user.b", OCIB_STR("2")) < 0) {
        skip();
    }
    assert_int_equal(ocib_xattr_set(temporary, "many", "user.a", OCIB_STR("1")), 0);
    assert_int_equal(ocib_xattrs_read(temporary, "many", user_only, &list), 0);
    assert_int_equal(list.len, 2);
    assert_string_equal(list.items[0].name, "user.a");
    assert_string_equal(list.items[1].value.data, "2");
    ocib_xattrs_release(&list);
}

/* More names than fit the first try. */
static void test_many_names(void **state)
{
    struct ocib_xattrs list = {0};
    size_t count = 0;
    temporary_write("names", "");
    for (; count < 80; count++) {
        OCIB_AUTO_FREE char *name = ocib_format("user.a-rather-long-name-%zu", count);
        if (ocib_xattr_set(temporary, "names", name, OCIB_STR("")) < 0) {
            break; /* file systems limit how much */
        }
    }
    if (count == 0) {
        skip();
    }
    assert_int_equal(ocib_xattrs_read(temporary, "names", user_only, &list), 0);
    assert_int_equal(list.len, count);
    ocib_xattrs_release(&list);
}

static void test_links_are_not_followed(void **state)
{
    struct ocib_xattrs list = {0};
    temporary_write("target", "");
    if (ocib_xattr_set(temporary, "target", "user.a", OCIB_STR("1")) < 0) {
        skip();
    }
    assert_int_equal(symlinkat("target", temporary, "link"), 0);
    assert_int_equal(ocib_xattrs_read(temporary, "link", user_only, &list), 0);
    assert_int_equal(list.len, 0);
    ocib_xattrs_release(&list);
}

static void test_no_attributes(void **state)
{
    struct ocib_xattrs list = {0};
    temporary_write("plain", "");
    assert_int_equal(ocib_xattrs_read(temporary, "plain", user_only, &list), 0);
    assert_int_equal(list.len, 0);
    assert_int_equal(ocib_xattrs_read(temporary, "absent", NULL, &list), -1);
    assert_int_equal(errno, ENOENT);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_set_and_get),
        cmocka_unit_test(test_large_value),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_many_names),
        cmocka_unit_test(test_links_are_not_followed),
        cmocka_unit_test(test_no_attributes),
    };
    return cmocka_run_group_tests_name("xattr", list, temporary_setup, temporary_teardown);
}
