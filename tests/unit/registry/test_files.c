#include "registry/check.h"
#include "registry/files.h"

#include <sys/stat.h>

static void test_homes(void **state)
{
    setenv("HOME", "/h", 1);
    unsetenv("XDG_CONFIG_HOME");
    OCIB_AUTO_FREE char *home = ocib_files_home(getuid());
    assert_string_equal(home, "/h");
    OCIB_AUTO_FREE char *config = ocib_files_config_home(getuid());
    assert_string_equal(config, "/h/.config");
    setenv("XDG_CONFIG_HOME", "/c", 1);
    OCIB_AUTO_FREE char *other = ocib_files_config_home(getuid());
    assert_string_equal(other, "/c");
    unsetenv("HOME");
    OCIB_AUTO_FREE char *root = ocib_files_home(0);
    assert_string_equal(root, "/root");
    assert_null(ocib_files_home(4000000000u));
}

static void test_reading(void **state)
{
    char dir[] = "/tmp/ocib-files-XXXXXX";
    assert_non_null(mkdtemp(dir));
    OCIB_AUTO_FREE char *a = ocib_format("%s/b.conf", dir);
    OCIB_AUTO_FREE char *b = ocib_format("%s/a.conf", dir);
    OCIB_AUTO_FREE char *c = ocib_format("%s/x.other", dir);
    OCIB_AUTO_FREE char *hidden = ocib_format("%s/.h.conf", dir);
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    OCIB_AUTO_BUF struct ocib_buf text;
    ocib_buf_init(&text);
    check_write(a, "text");
    check_write(b, "");
    check_write(c, "");
    check_write(hidden, "");
    assert_int_equal(ocib_files_read(a, &text, NULL), 1);
    assert_string_equal(text.data, "text");
    assert_int_equal(ocib_files_read("/nonexistent/x", &text, NULL), 0);
    assert_int_equal(ocib_files_read(dir, &text, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
    ocib_files_list(dir, ".conf", &list);
    assert_int_equal(list.len, 2);
    assert_string_equal(list.items[0], b);
    assert_string_equal(list.items[1], a);
    ocib_files_list("/nonexistent", ".conf", &list);
    assert_int_equal(list.len, 2);
    unlink(a);
    unlink(b);
    unlink(c);
    unlink(hidden);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_homes),
                                       cmocka_unit_test(test_reading)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
