#include "base/buf.h"
#include "sys/idmap.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_by_name_and_number(void **state)
{
    static const char text[] = "other:1000:5\n"
                               "me:100000:65536\n"
                               "1000:300000:10\n"
                               "mee:1:1\n"
                               " me:2:2\n"
                               "01000:400000:3\n"
                               "me:200000:20";
    struct ocib_id_ranges ranges = {0};
    ocib_id_ranges_parse(ocib_str(text), "me", 1000, &ranges);
    assert_int_equal(ranges.len, 4);
    assert_int_equal(ranges.items[0].first, 100000);
    assert_int_equal(ranges.items[0].count, 65536);
    assert_int_equal(ranges.items[1].first, 300000);
    assert_int_equal(ranges.items[3].first, 200000);
    assert_int_equal(ocib_id_ranges_total(&ranges), 65536 + 10 + 3 + 20);
    ocib_id_ranges_release(&ranges);
}

static void test_without_a_name(void **state)
{
    struct ocib_id_ranges ranges = {0};
    ocib_id_ranges_parse(OCIB_STR("me:1:1\n5:10:10\n"), NULL, 5, &ranges);
    assert_int_equal(ranges.len, 1);
    ocib_id_ranges_release(&ranges);
}

static void test_what_is_no_range(void **state)
{
    static const char *const lines[] = {
        "",
        "me",
        "me:",
        "me:1",
        "me:1:",
        "me:x:1",
        "me:1:x",
        "me:1:0",
        "me:-1:5",
        "me:1:1:1",
        "#me:1:1",
        "me:4294967295:1",
        "me:1:4294967295",
        "me:99999999999:1",
        ":1:1",
    };
    for (size_t i = 0; i < OCIB_COUNT(lines); i++) {
        struct ocib_id_ranges ranges = {0};
        ocib_id_ranges_parse(ocib_str(lines[i]), "me", 7, &ranges);
        assert_int_equal(ranges.len, 0);
        ocib_id_ranges_release(&ranges);
    }
}

static void test_too_many(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    struct ocib_id_ranges ranges = {0};
    for (int i = 0; i < 1000; i++) {
        ocib_buf_printf(&text, "me:%d:1\n", 100000 + i);
    }
    ocib_id_ranges_parse(ocib_buf_str(&text), "me", 1, &ranges);
    assert_int_equal(ranges.len, OCIB_ID_RANGES_MAX);
    ocib_id_ranges_release(&ranges);
}

static void expect(const struct ocib_id_ranges *ranges, const char *wanted)
{
    OCIB_AUTO_STRINGS struct ocib_strings argv = {0};
    OCIB_AUTO_BUF struct ocib_buf joined = {0};
    ocib_buf_init(&joined);
    ocib_id_ranges_arguments(ranges, 1000, &argv);
    for (size_t i = 0; i < argv.len; i++) {
        ocib_buf_printf(&joined, "%s%s", i ? " " : "", argv.items[i]);
    }
    assert_string_equal(joined.data, wanted);
}

static void test_arguments(void **state)
{
    struct ocib_id_ranges ranges = {0};
    expect(&ranges, "0 1000 1");
    ocib_vec_push(&ranges, ((struct ocib_id_range){100000, 65536}));
    ocib_vec_push(&ranges, ((struct ocib_id_range){500000, 7}));
    expect(&ranges, "0 1000 1 1 100000 65536 65537 500000 7");
    ocib_id_ranges_release(&ranges);
}

/* Ids inside end below 2^32 - 1, whatever the ranges promise. */
static void test_more_than_all_ids(void **state)
{
    struct ocib_id_ranges ranges = {0};
    ocib_vec_push(&ranges, ((struct ocib_id_range){0, 4294967290U}));
    ocib_vec_push(&ranges, ((struct ocib_id_range){5, 100}));
    ocib_vec_push(&ranges, ((struct ocib_id_range){7, 100}));
    expect(&ranges, "0 1000 1 1 0 4294967290 4294967291 5 4");
    ocib_id_ranges_release(&ranges);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_by_name_and_number), cmocka_unit_test(test_without_a_name),
        cmocka_unit_test(test_what_is_no_range),   cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_arguments),          cmocka_unit_test(test_more_than_all_ids),
    };
    return cmocka_run_group_tests_name("idmap", list, NULL, NULL);
}
