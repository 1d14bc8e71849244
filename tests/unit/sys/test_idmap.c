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

static void test_map_of_a_process(void **state)
{
    static const char text[] = "         0       1000          1\n"
                               "         1     100000      65536\n"
                               "     70000     300000         10 9\n"
                               "     80000\n"
                               "     90000     x          10\n"
                               "    200000     400000          0\n";
    struct ocib_id_ranges ranges = {0};
    ocib_id_ranges_parse_map(ocib_str(text), &ranges);
    assert_int_equal(ranges.len, 2);
    assert_int_equal(ranges.items[0].first, 0);
    assert_int_equal(ranges.items[0].count, 1);
    assert_int_equal(ranges.items[1].first, 1);
    assert_int_equal(ranges.items[1].count, 65536);
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_id_ranges_identity(&ranges, &out);
    assert_string_equal(out.data, "0 0 1\n1 1 65536\n");
    ocib_id_ranges_release(&ranges);
    ocib_id_ranges_parse_map(OCIB_STR("0 0 4294967295\n"), &ranges);
    assert_int_equal(ocib_id_ranges_total(&ranges), 4294967295U);
    ocib_id_ranges_release(&ranges);
}

/* "first+count ..." of ranges, clipped to the available ones, without id 1000. */
static void clips(const char *ranges_text, const char *available_text, const char *expected)
{
    struct ocib_id_ranges ranges = {0};
    struct ocib_id_ranges available = {0};
    struct ocib_id_ranges clipped = {0};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_id_ranges_parse(ocib_str(ranges_text), "me", 1, &ranges);
    ocib_id_ranges_parse_map(ocib_str(available_text), &available);
    ocib_id_ranges_clip(&ranges, &available, 1000, &clipped);
    ocib_buf_puts(&text, "");
    for (size_t i = 0; i < clipped.len; i++) {
        ocib_buf_printf(&text, "%s%u+%u", i ? " " : "", clipped.items[i].first,
                        clipped.items[i].count);
    }
    assert_string_equal(text.data ? text.data : "", expected);
    ocib_id_ranges_release(&ranges);
    ocib_id_ranges_release(&available);
    ocib_id_ranges_release(&clipped);
}

static void test_clip(void **state)
{
    static const char all[] = "0 0 4294967295";
    clips("me:100000:65536", all, "100000+65536");
    /* in a container with as many ids as usual */
    clips("me:100000:65536", "0 100000 65536", "");
    clips("me:60000:10000", "0 100000 65536", "60000+5536");
    clips("me:10:100\nme:5:3", "0 0 20\n50 50 10\n", "10+10 50+10 5+3");
    /* the same ids twice, and the user's own */
    clips("me:10:10\nme:15:10\nme:10:10", all, "10+10 20+5");
    clips("me:15:10\nme:10:20", all, "15+10 10+5 25+5");
    clips("me:999:3", all, "999+1 1001+1");
    clips("me:1000:1", all, "");
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_by_name_and_number), cmocka_unit_test(test_without_a_name),
        cmocka_unit_test(test_what_is_no_range),   cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_arguments),          cmocka_unit_test(test_more_than_all_ids),
        cmocka_unit_test(test_map_of_a_process),   cmocka_unit_test(test_clip),
    };
    return cmocka_run_group_tests_name("idmap", list, NULL, NULL);
}
