#include "oci/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_escapes_as_go_does(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_json_put_text(&out,
                       OCIB_STR("\"\\/<>&\b\t\n\f\r\x01\x1f\x7f\xc3\xa9\xe2\x80\xa8\xe2\x80\xa9"));
    assert_string_equal(out.data,
                        "\"\\\"\\\\/\\u003c\\u003e\\u0026\\b\\t\\n\\f\\r\\u0001\\u001f\x7f"
                        "\xc3\xa9\\u2028\\u2029\"");
}

static void test_leaves_out_what_is_empty(void **state)
{
    struct ocib_strings none = {0};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_buf_putc(&out, '{');
    ocib_json_put_string(&out, "a", NULL);
    ocib_json_put_string(&out, "b", "");
    ocib_json_put_int(&out, "c", 0);
    ocib_json_put_true(&out, "d", false);
    ocib_json_put_strings(&out, "e", &none);
    ocib_json_put_set(&out, "f", &none);
    ocib_json_put_pairs(&out, "g", &none);
    assert_string_equal(out.data, "{");
}

static void test_commas(void **state)
{
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    ocib_strings_push(&list, "[");
    ocib_strings_push(&list, "{");
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_buf_putc(&out, '{');
    ocib_json_put_strings(&out, "a", &list);
    ocib_json_put_int(&out, "b", INT64_MIN);
    ocib_json_put_true(&out, "c", true);
    ocib_json_put_set(&out, "d", &list);
    assert_string_equal(out.data, "{\"a\":[\"[\",\"{\"],\"b\":-9223372036854775808,\"c\":true,"
                                  "\"d\":{\"[\":{},\"{\":{}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes_as_go_does),
        cmocka_unit_test(test_leaves_out_what_is_empty),
        cmocka_unit_test(test_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
