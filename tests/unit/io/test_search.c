#include "io/search.h"

#include "io_test.h"

#include <stdio.h>
#include <string.h>

struct seen {
    char names[64];
    int result;
};

static int note(void *data, const struct ocib_needle *needle, struct ocib_error **err)
{
    struct seen *seen = data;
    size_t len = strlen(seen->names);
    snprintf(seen->names + len, sizeof(seen->names) - len, "%s ", needle->name);
    return seen->result ? ocib_error_set(err, OCIB_EBUILD, "found %s", needle->name) : 0;
}

/* Writes `text` in pieces of `size` bytes; gives the names that were found. */
static void search(const char *text, size_t size, struct seen *seen)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_needles needles = {0};
    ocib_vec_push(&needles, ((struct ocib_needle){"long", OCIB_STR("secret-word")}));
    ocib_vec_push(&needles, ((struct ocib_needle){"short", OCIB_STR("xy")}));
    struct ocib_search wanted = {&needles, note, seen};
    struct ocib_writer *to = ocib_writer_search(ocib_writer_to_buf(&out), &wanted);
    for (size_t at = 0; at < strlen(text); at += size) {
        size_t len = strlen(text) - at < size ? strlen(text) - at : size;
        assert_int_equal(ocib_writer_write(to, text + at, len, &err), 0);
    }
    assert_int_equal(ocib_writer_finish(to, &err), 0);
    ocib_writer_free(to);
    assert_string_equal(out.data ? out.data : "", text);
    ocib_vec_release(&needles);
}

static void found_however_it_is_cut(void **state)
{
    for (size_t size = 1; size < 40; size++) {
        struct seen seen = {0};
        search("there is a secret-word in this text", size, &seen);
        assert_memory_equal(seen.names, "long ", 5);
    }
}

static void found_at_the_ends(void **state)
{
    for (size_t size = 1; size < 16; size++) {
        struct seen first = {0};
        struct seen last = {0};
        search("secret-word....................", size, &first);
        search("....................secret-word", size, &last);
        assert_memory_equal(first.names, "long ", 5);
        assert_memory_equal(last.names, "long ", 5);
    }
}

static void not_found_where_it_is_not(void **state)
{
    for (size_t size = 1; size < 16; size++) {
        struct seen seen = {0};
        search("secret-wor secret-wodr ecret-word x y", size, &seen);
        assert_string_equal(seen.names, "");
    }
}

static void each_needle_counts(void **state)
{
    struct seen seen = {0};
    search("..xy..", 3, &seen);
    assert_string_equal(seen.names, "short ");
}

static void a_failure_stops_the_write(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct seen seen = {.result = -1};
    struct ocib_needles needles = {0};
    ocib_vec_push(&needles, ((struct ocib_needle){"word", OCIB_STR("abc")}));
    struct ocib_search wanted = {&needles, note, &seen};
    struct ocib_writer *to = ocib_writer_search(ocib_writer_to_buf(&out), &wanted);
    assert_int_equal(ocib_writer_write(to, "..ab", 4, &err), 0);
    assert_int_equal(ocib_writer_write(to, "c...", 4, &err), -1);
    assert_string_equal(ocib_error_message(err), "found word");
    ocib_writer_free(to);
    assert_string_equal(out.data, "..ab");
    ocib_vec_release(&needles);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(found_however_it_is_cut), cmocka_unit_test(found_at_the_ends),
        cmocka_unit_test(not_found_where_it_is_not), cmocka_unit_test(each_needle_counts),
        cmocka_unit_test(a_failure_stops_the_write)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
