#include "golden.h"

#include "dockerfile/directive.h"

static void check_strings(const struct ocib_strings *list, const char *want)
{
    OCIB_AUTO_BUF struct ocib_buf all = {0};
    ocib_buf_init(&all);
    for (size_t i = 0; i < list->len; i++) {
        ocib_buf_printf(&all, "%s%s", i ? "|" : "", list->items[i]);
    }
    assert_string_equal(all.data, want);
}

static void check(const char *text, bool error, bool all, const char *skip,
                  const char *experimental)
{
    OCIB_AUTO(ocib_check_directive_release) struct ocib_check_directive got = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_check_directive_read(ocib_str(text), &got, NULL, &err), 0);
    assert_true(got.given);
    assert_int_equal(got.error, error);
    assert_int_equal(got.skip_all, all);
    check_strings(&got.skip, skip);
    check_strings(&got.experimental, experimental);
}

static void test_good(void **state)
{
    check("", false, false, "", "");
    check("skip=all", false, true, "all", "");
    check(" skip = A , B ; error = True ", true, false, "A|B", "");
    check("skip=A;skip=B", false, false, "B", "");
    check("skip=all,A", false, false, "all|A", "");
    check("error=1;experimental=C,,D;skip=", true, false, "", "C|D");
    check("error=1;error=f", false, false, "", "");
}

static void check_bad(const char *text, size_t at, const char *message)
{
    OCIB_AUTO(ocib_check_directive_release) struct ocib_check_directive got = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    const char *wrong = NULL;
    assert_int_equal(ocib_check_directive_read(ocib_str(text), &got, &wrong, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EDOCKERFILE);
    assert_string_equal(ocib_error_message(err), message);
    assert_int_equal(wrong - text, at);
}

static void test_bad(void **state)
{
    check_bad("skip=A; sip=B", 8, "unknown check option 'sip'");
    check_bad("A", 0, "unknown check option 'A'");
    check_bad("error=maybe", 6, "'error' takes true or false, not 'maybe'");
    check_bad("error=TrUe", 6, "'error' takes true or false, not 'TrUe'");
    OCIB_AUTO(ocib_check_directive_release) struct ocib_check_directive got = {0};
    assert_int_equal(ocib_check_directive_read(OCIB_STR("x"), &got, NULL, NULL), -1);
}

static void test_all_experimental(void **state)
{
    OCIB_AUTO(ocib_check_directive_release) struct ocib_check_directive got = {0};
    assert_int_equal(
        ocib_check_directive_read(OCIB_STR("experimental=all;skip=all"), &got, NULL, NULL), 0);
    assert_true(got.experimental_all && got.skip_all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_all_experimental),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
