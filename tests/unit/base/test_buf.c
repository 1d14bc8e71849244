#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_init_is_empty_text(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf buf;
    ocib_buf_init(&buf);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf.data, "");
}

static void test_zeroed_is_valid(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf buf = {0};
    assert_int_equal(ocib_buf_str(&buf).len, 0);
    ocib_buf_add(&buf, NULL, 0);
    assert_string_equal(buf.data, "");
    ocib_buf_putc(&buf, 'x');
    assert_string_equal(buf.data, "x");
}

static void test_adds_in_order(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf buf;
    ocib_buf_init(&buf);
    ocib_buf_add(&buf, "ab\0c", 4);
    ocib_buf_add_str(&buf, OCIB_STR("de"));
    ocib_buf_puts(&buf, "f");
    ocib_buf_putc(&buf, 'g');
    ocib_buf_printf(&buf, "%d%s", 42, "h");
    assert_int_equal(buf.len, 11);
    assert_memory_equal(buf.data, "ab\0cdefg42h", 12);
}

static void test_grows_and_stays_ended(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf buf;
    ocib_buf_init(&buf);
    for (int i = 0; i < 100000; i++) {
        ocib_buf_putc(&buf, (char)('a' + i % 26));
        assert_int_equal(buf.data[buf.len], '\0');
    }
    assert_int_equal(buf.len, 100000);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(buf.data[i], 'a' + i % 26);
    }
}

static void test_reserve_leaves_content(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf buf;
    ocib_buf_init(&buf);
    ocib_buf_puts(&buf, "head");
    char *at = ocib_buf_reserve(&buf, 5000);
    assert_ptr_equal(at, buf.data + 4);
    memset(at, 'x', 5000);
    buf.len += 5000;
    ocib_buf_puts(&buf, "tail");
    assert_int_equal(buf.len, 5008);
    assert_memory_equal(buf.data, "headxx", 6);
    assert_string_equal(buf.data + 5004, "tail");
}

static void test_printf_longer_than_the_room(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf buf = {0};
    ocib_buf_printf(&buf, "%0500d", 7);
    assert_int_equal(buf.len, 500);
    assert_int_equal(strlen(buf.data), 500);
    assert_int_equal(buf.data[499], '7');
}

static void test_clear_keeps_memory(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf buf = {0};
    ocib_buf_puts(&buf, "something");
    size_t size = buf.size;
    ocib_buf_clear(&buf);
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf.size, size);
    assert_string_equal(buf.data, "");
}

static void test_take_leaves_an_empty_one(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf buf = {0};
    ocib_buf_puts(&buf, "mine");
    OCIB_AUTO_FREE char *text = ocib_buf_take(&buf);
    assert_string_equal(text, "mine");
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    OCIB_AUTO_FREE char *nothing = ocib_buf_take(&buf);
    assert_string_equal(nothing, "");
}

static void test_clean(void **state)
{
    static const char *const cases[][2] = {
        {"a//b/../c/", "/a/c"}, {"/", "/"},          {"", "/"},           {"..", "/"},
        {"/../../a", "/a"},     {"./a/./b", "/a/b"}, {"/a/b/../..", "/"}, {"/...", "/..."},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *got = ocib_path_clean(ocib_str(cases[i][0]));
        assert_string_equal(got, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_init_is_empty_text),
        cmocka_unit_test(test_zeroed_is_valid),
        cmocka_unit_test(test_adds_in_order),
        cmocka_unit_test(test_grows_and_stays_ended),
        cmocka_unit_test(test_reserve_leaves_content),
        cmocka_unit_test(test_printf_longer_than_the_room),
        cmocka_unit_test(test_clear_keeps_memory),
        cmocka_unit_test(test_take_leaves_an_empty_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
