#include "base/log.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct kept {
    enum ocib_log_level level;
    unsigned line;
    char *text;
    int calls;
};

static void keep(void *data, enum ocib_log_level level, struct ocib_span span, const char *text)
{
    struct kept *kept = data;
    free(kept->text);
    *kept = (struct kept){level, span.line, ocib_strdup(text), kept->calls + 1};
}

static void test_text_reaches_the_sink(void **state)
{
    struct kept kept = {0};
    const struct ocib_log log = {keep, &kept};
    ocib_log(&log, OCIB_LOG_WARNING, "%s has %d", "x", 3);
    assert_int_equal(kept.calls, 1);
    assert_int_equal(kept.level, OCIB_LOG_WARNING);
    assert_int_equal(kept.line, 0);
    assert_string_equal(kept.text, "x has 3");
    free(kept.text);
}

static void test_place_reaches_the_sink(void **state)
{
    struct kept kept = {0};
    const struct ocib_log log = {keep, &kept};
    ocib_log_at(&log, OCIB_LOG_DEBUG, (struct ocib_span){NULL, 7, 1, 7}, "here");
    assert_int_equal(kept.calls, 1);
    assert_int_equal(kept.level, OCIB_LOG_DEBUG);
    assert_int_equal(kept.line, 7);
    assert_string_equal(kept.text, "here");
    free(kept.text);
}

/* A sanitizer run shows that nothing is touched. */
static void test_no_log_drops_all(void **state)
{
    const struct ocib_log silent = {0};
    ocib_log(NULL, OCIB_LOG_INFO, "x %d", 1);
    ocib_log_at(NULL, OCIB_LOG_INFO, (struct ocib_span){0}, "x");
    ocib_log(&silent, OCIB_LOG_INFO, "x %d", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_reaches_the_sink),
        cmocka_unit_test(test_place_reaches_the_sink),
        cmocka_unit_test(test_no_log_drops_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
