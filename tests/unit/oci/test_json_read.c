#include "oci/json.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_refused(struct ocib_str text, const char *message)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_JSON json_t *json = ocib_json_parse(text, &err);
    assert_null(json);
    assert_int_equal(ocib_error_code(err), OCIB_ECORRUPT);
    assert_string_equal(ocib_error_message(err), message);
}

static void test_depth_is_bounded(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "{\"a\":");
    for (int i = 0; i < OCIB_JSON_DEPTH_MAX - 1; i++) {
        ocib_buf_putc(&text, '[');
    }
    OCIB_AUTO_BUF struct ocib_buf deeper = {0};
    ocib_buf_add_str(&deeper, ocib_buf_str(&text));
    ocib_buf_putc(&deeper, '[');
    assert_refused(ocib_buf_str(&deeper), "nested deeper than 64 levels");
    for (int i = 0; i < OCIB_JSON_DEPTH_MAX - 1; i++) {
        ocib_buf_putc(&text, ']');
    }
    ocib_buf_putc(&text, '}');
    OCIB_AUTO_JSON json_t *json = ocib_json_parse(ocib_buf_str(&text), NULL);
    assert_non_null(json);
}

static void test_brackets_in_strings_are_not_depth(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "{\"a\":\"\\\"");
    for (int i = 0; i < 100; i++) {
        ocib_buf_putc(&text, '[');
    }
    ocib_buf_puts(&text, "\"}");
    OCIB_AUTO_JSON json_t *json = ocib_json_parse(ocib_buf_str(&text), NULL);
    assert_non_null(json);
}

static void test_size_is_bounded(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    memset(ocib_buf_reserve(&text, OCIB_JSON_SIZE_MAX + 1), ' ', OCIB_JSON_SIZE_MAX + 1);
    text.len = OCIB_JSON_SIZE_MAX + 1;
    assert_refused(ocib_buf_str(&text), "4194305 bytes are more than the limit of 4194304");
}

static void test_refuses_what_is_not_an_object(void **state)
{
    assert_refused(OCIB_STR("[1]"), "not a JSON object");
    assert_refused(OCIB_STR("{} x"),
                   "not valid JSON at line 1, column 4: end of file expected near 'x'");
    assert_refused((struct ocib_str){0},
                   "not valid JSON at line 1, column 0: '[' or '{' expected near end of file");
}

static void test_bytes_that_are_not_utf8_are_mended(void **state)
{
    OCIB_AUTO_JSON json_t *json = ocib_json_parse(OCIB_STR("{\"a\":\"caf\xe9\"}"), NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "a")), "caf\xef\xbf\xbd");
}

static void test_getters(void **state)
{
    OCIB_AUTO_JSON json_t *json = ocib_json_parse(
        OCIB_STR("{\"s\":\"x\",\"i\":-5,\"b\":true,\"n\":null,\"r\":1.5,\"l\":[],\"o\":{}}"), NULL);
    OCIB_AUTO_FREE char *s = ocib_strdup("old");
    int64_t i = 7;
    bool b = false;
    assert_int_equal(ocib_json_get_string(json, "none", &s, NULL), 0);
    assert_string_equal(s, "old");
    assert_int_equal(ocib_json_get_string(json, "s", &s, NULL), 0);
    assert_string_equal(s, "x");
    assert_int_equal(ocib_json_get_int(json, "n", &i, NULL), 0);
    assert_int_equal(i, 7);
    assert_int_equal(ocib_json_get_int(json, "i", &i, NULL), 0);
    assert_int_equal(i, -5);
    assert_int_equal(ocib_json_get_int(json, "r", &i, NULL), -1);
    assert_int_equal(ocib_json_get_bool(json, "b", &b, NULL), 0);
    assert_true(b);
    assert_int_equal(ocib_json_get_bool(json, "i", &b, NULL), -1);
    const json_t *value;
    assert_int_equal(ocib_json_get_object(json, "o", &value, NULL), 0);
    assert_non_null(value);
    assert_int_equal(ocib_json_get_object(json, "l", &value, NULL), -1);
    assert_int_equal(ocib_json_get_list(json, "n", &value, NULL), 0);
    assert_null(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_brackets_in_strings_are_not_depth),
        cmocka_unit_test(test_size_is_bounded),
        cmocka_unit_test(test_refuses_what_is_not_an_object),
        cmocka_unit_test(test_bytes_that_are_not_utf8_are_mended),
        cmocka_unit_test(test_getters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
