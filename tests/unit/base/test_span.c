#include "base/span.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check_lines(const char *text, size_t len, const char *const *lines, unsigned count)
{
    struct ocib_source *source = ocib_source_new("Dockerfile", (struct ocib_str){text, len});
    assert_int_equal(source->line_count, count);
    for (unsigned i = 0; i < count; i++) {
        OCIB_AUTO_FREE char *line = ocib_str_dup(ocib_source_line(source, i + 1));
        assert_string_equal(line, lines[i]);
    }
    assert_int_equal(ocib_source_line(source, 0).len, 0);
    assert_int_equal(ocib_source_line(source, count + 1).len, 0);
    ocib_source_free(source);
}
#define CHECK_LINES(text, ...)                                                                     \
    do {                                                                                           \
        const char *const lines[] = {__VA_ARGS__};                                                 \
        check_lines(text, sizeof(text) - 1, lines, OCIB_COUNT(lines));                             \
    } while (0)

static void test_lines(void **state)
{
    CHECK_LINES("", "");
    CHECK_LINES("a", "a");
    CHECK_LINES("a\n", "a");
    CHECK_LINES("a\nb", "a", "b");
    CHECK_LINES("a\n\nb\n", "a", "", "b");
    CHECK_LINES("\n", "");
    CHECK_LINES("\n\n", "", "");
    CHECK_LINES("a\r\nb\r\n", "a", "b");
}

static void test_copies_its_input(void **state)
{
    char name[] = "Dockerfile";
    char text[] = "FROM x\n";
    struct ocib_source *source = ocib_source_new(name, ocib_str(text));
    name[0] = text[0] = 'z';
    assert_string_equal(source->name, "Dockerfile");
    assert_string_equal(source->text, "FROM x\n");
    assert_int_equal(source->len, 7);
    ocib_source_free(source);
    ocib_source_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_copies_its_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
