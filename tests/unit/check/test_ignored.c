#include "check_test.h"

static void test_ignored(void **state)
{
    AUTO_CHECKED c = {0};
    OCIB_AUTO_BUF struct ocib_buf got = {0};
    ocib_buf_init(&got);
    checked_make(&c,
                 ocib_str("FROM scratch\nCOPY a b x/../dir/./f /\nCOPY . /\nCOPY dir/keep /\n"
                          "COPY dir /d/\nCOPY --from=busybox a /\n"),
                 "# none\na\ndir/*\n!dir/keep\n", true);
    checked_show(&c, &got);
    assert_string_equal(
        got.data,
        "2-2 CopyIgnoredFile: COPY takes 'a', which line 2 of the ignore file leaves out\n"
        "2-2 CopyIgnoredFile: COPY takes 'x/../dir/./f', which line 3 of the ignore file "
        "leaves out\n");
}

static void test_no_ignore_file(void **state)
{
    check_own("FROM scratch\nCOPY a /\n", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ignored),
        cmocka_unit_test(test_no_ignore_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
