#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_set_tells_all(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_error_set(&err, OCIB_ESTORE, "can't open %s", "blob"), -1);
    assert_non_null(err);
    assert_int_equal(ocib_error_code(err), OCIB_ESTORE);
    assert_string_equal(ocib_error_message(err), "can't open blob");
    assert_null(ocib_error_hint(err));
    assert_null(ocib_error_detail(err));
    assert_int_equal(ocib_error_step_status(err), -1);
    struct ocib_error_place place;
    assert_false(ocib_error_place(err, &place));
}

static void test_first_error_wins(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_error_set(&err, OCIB_EINPUT, "first"), -1);
    assert_int_equal(ocib_error_set(&err, OCIB_ESTORE, "second"), -1);
    errno = ENOSPC;
    assert_int_equal(ocib_error_set_errno(&err, OCIB_ESTORE, "third"), -1);
    struct ocib_source *source = ocib_source_new("x", OCIB_STR("y"));
    assert_int_equal(ocib_error_at(&err, OCIB_EBUILD, (struct ocib_span){source, 1, 1, 1}, "no"),
                     -1);
    ocib_source_free(source);
    struct ocib_error_place place;
    assert_string_equal(ocib_error_message(err), "first");
    assert_int_equal(ocib_error_code(err), OCIB_EINPUT);
    assert_null(ocib_error_hint(err));
    assert_false(ocib_error_place(err, &place));
}

static void test_a_disk_at_fault_is_the_stores(void **state)
{
    static const int disk[] = {ENOSPC, EDQUOT, EROFS, EIO};
    static const int other[] = {0, EACCES, EPERM, ENOTDIR, EEXIST, ELOOP, ENAMETOOLONG};
    for (size_t i = 0; i < sizeof(disk) / sizeof(*disk); i++) {
        assert_int_equal(ocib_error_code_of_errno(disk[i], OCIB_EBUILD), OCIB_ESTORE);
    }
    for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++) {
        assert_int_equal(ocib_error_code_of_errno(other[i], OCIB_EBUILD), OCIB_EBUILD);
    }
}

static void test_nobody_wants_the_error(void **state)
{
    assert_int_equal(ocib_error_set(NULL, OCIB_EINPUT, "x"), -1);
    assert_int_equal(ocib_error_set_errno(NULL, OCIB_EINPUT, "x"), -1);
    assert_int_equal(ocib_error_at(NULL, OCIB_EINPUT, (struct ocib_span){0}, "x"), -1);
    assert_int_equal(ocib_error_wrap(NULL, "x"), -1);
    assert_int_equal(ocib_error_place_at(NULL, (struct ocib_span){0}), -1);
    assert_int_equal(ocib_error_hint_set(NULL, "x"), -1);
    assert_int_equal(ocib_error_detail_set(NULL, OCIB_STR("x")), -1);
    assert_int_equal(ocib_error_code_set(NULL, OCIB_EINPUT), -1);
    assert_int_equal(ocib_error_step_status_set(NULL, 1), -1);
    ocib_error_clear(NULL);
    ocib_error_free(NULL);
}

static void test_no_error_reads_as_none(void **state)
{
    assert_int_equal(ocib_error_code(NULL), OCIB_OK);
    assert_int_equal(ocib_error_exit_status(NULL), 0);
    assert_string_equal(ocib_error_message(NULL), "unknown error");
    assert_null(ocib_error_hint(NULL));
    assert_null(ocib_error_detail(NULL));
    assert_int_equal(ocib_error_step_status(NULL), -1);
}

static void test_errno_is_named_and_kept(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    errno = EACCES;
    ocib_error_set_errno(&err, OCIB_EINPUT, "can't read %s", "a file");
    assert_int_equal(errno, EACCES);
    assert_string_equal(ocib_error_message(err), "can't read a file: Permission denied");
    assert_null(ocib_error_hint(err));
}

static void test_setters_keep_errno(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    errno = ELOOP;
    ocib_error_set(&err, OCIB_EINPUT, "x");
    ocib_error_wrap(&err, "y");
    ocib_error_hint_set(&err, "z");
    assert_int_equal(errno, ELOOP);
    ocib_error_clear(&err);
    assert_int_equal(errno, ELOOP);
    assert_null(err);
}

static void test_full_disk_has_a_hint(void **state)
{
    static const int numbers[] = {ENOSPC, EDQUOT, EROFS, EMFILE, ENFILE};
    for (size_t i = 0; i < OCIB_COUNT(numbers); i++) {
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        errno = numbers[i];
        ocib_error_set_errno(&err, OCIB_ESTORE, "x");
        assert_non_null(ocib_error_hint(err));
    }
}

static void test_wrap_puts_in_front(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_error_wrap(&err, "nothing yet"), -1);
    assert_null(err);
    ocib_error_set(&err, OCIB_ENETWORK, "timed out");
    assert_int_equal(ocib_error_wrap(&err, "can't pull %s", "x:1"), -1);
    assert_string_equal(ocib_error_message(err), "can't pull x:1: timed out");
    assert_int_equal(ocib_error_code(err), OCIB_ENETWORK);
}

static void test_place_copies_what_it_needs(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_source *source = ocib_source_new("Dockerfile", OCIB_STR("FROM x\nRUN \\\n y\n"));
    ocib_error_at(&err, OCIB_EDOCKERFILE, (struct ocib_span){source, 2, 5, 3}, "bad %d", 1);
    ocib_error_place_at(&err, (struct ocib_span){source, 1, 1, 1}); /* has a place already */
    ocib_source_free(source);
    struct ocib_error_place place;
    assert_true(ocib_error_place(err, &place));
    assert_string_equal(place.file, "Dockerfile");
    assert_string_equal(place.text, "RUN \\");
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, 5);
    assert_int_equal(place.end_line, 3);
    assert_string_equal(ocib_error_message(err), "bad 1");
}

static void test_place_has_an_end(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_source *source = ocib_source_new("Dockerfile", OCIB_STR("FROM x\n"));
    ocib_error_set(&err, OCIB_EDOCKERFILE, "bad");
    ocib_error_place_at(&err, (struct ocib_span){0});
    struct ocib_error_place place;
    assert_false(ocib_error_place(err, &place));
    ocib_error_place_at(&err, (struct ocib_span){source, 1, 2, 0});
    ocib_source_free(source);
    assert_true(ocib_error_place(err, &place));
    assert_int_equal(place.end_line, 1);
}

static void test_extras_are_set_once(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    ocib_error_set(&err, OCIB_EBUILD, "x");
    ocib_error_hint_set(&err, "do %s", "this");
    ocib_error_hint_set(&err, "do that");
    ocib_error_detail_set(&err, OCIB_STR("line 1\nline 2"));
    ocib_error_detail_set(&err, OCIB_STR("other"));
    ocib_error_step_status_set(&err, 137);
    ocib_error_code_set(&err, OCIB_ESANDBOX);
    assert_string_equal(ocib_error_hint(err), "do this");
    assert_string_equal(ocib_error_detail(err), "line 1\nline 2");
    assert_int_equal(ocib_error_step_status(err), 137);
    assert_int_equal(ocib_error_code(err), OCIB_ESANDBOX);
}

/* The statuses that the manual promises to scripts. */
static void test_hint_replace(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    ocib_error_set(&err, OCIB_EINPUT, "no");
    ocib_error_hint_set(&err, "first");
    assert_int_equal(ocib_error_hint_replace(&err, "second"), -1);
    assert_string_equal(ocib_error_hint(err), "second");
    assert_int_equal(ocib_error_hint_replace(NULL, "nobody asks"), -1);
}

static void test_move(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_error *first = NULL, *second = NULL, *third = NULL;
    ocib_error_set(&first, OCIB_EINPUT, "first");
    ocib_error_set(&second, OCIB_ESTORE, "second");
    ocib_error_set(&third, OCIB_ESTORE, "third");
    assert_int_equal(ocib_error_move(&err, first), -1);
    assert_int_equal(ocib_error_move(&err, second),
                     -1); /* the first error wins; this one is freed */
    assert_int_equal(ocib_error_move(NULL, third), -1);
    assert_string_equal(ocib_error_message(err), "first");
}

/* What a file holds may be quoted, however long it is. */
static void test_long_messages_are_clipped(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    char text[9001];
    for (size_t i = 0; i < sizeof(text) - 1; i += 3) {
        memcpy(text + i, "€", 3);
    }
    text[sizeof(text) - 1] = '\0';
    ocib_error_set(&err, OCIB_EBUILD, "a%s", text);
    const char *got = ocib_error_message(err);
    assert_int_equal(strlen(got), 1 + 3 * 665 + strlen(" …"));
    assert_memory_equal(got, "a€", 4);
    assert_string_equal(got + strlen(got) - strlen("€ …"), "€ …");
}

static void test_exit_statuses(void **state)
{
    static const struct {
        enum ocib_code code;
        int status;
    } table[] = {
        {OCIB_EBUILD, 1},         {OCIB_EUSAGE, 2},    {OCIB_EDOCKERFILE, 3}, {OCIB_EINPUT, 4},
        {OCIB_EREGISTRY, 5},      {OCIB_ENETWORK, 6},  {OCIB_EBUDGET, 7},     {OCIB_ESANDBOX, 8},
        {OCIB_ESTORE, 9},         {OCIB_ENOTFOUND, 4}, {OCIB_ECORRUPT, 9},    {OCIB_EINTERNAL, 1},
        {OCIB_EINTERRUPTED, 130},
    };
    for (size_t i = 0; i < OCIB_COUNT(table); i++) {
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        ocib_error_set(&err, table[i].code, "x");
        assert_int_equal(ocib_error_exit_status(err), table[i].status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_tells_all),
        cmocka_unit_test(test_first_error_wins),
        cmocka_unit_test(test_a_disk_at_fault_is_the_stores),
        cmocka_unit_test(test_nobody_wants_the_error),
        cmocka_unit_test(test_no_error_reads_as_none),
        cmocka_unit_test(test_errno_is_named_and_kept),
        cmocka_unit_test(test_setters_keep_errno),
        cmocka_unit_test(test_full_disk_has_a_hint),
        cmocka_unit_test(test_wrap_puts_in_front),
        cmocka_unit_test(test_place_copies_what_it_needs),
        cmocka_unit_test(test_place_has_an_end),
        cmocka_unit_test(test_extras_are_set_once),
        cmocka_unit_test(test_hint_replace),
        cmocka_unit_test(test_move),
        cmocka_unit_test(test_long_messages_are_clipped),
        cmocka_unit_test(test_exit_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
