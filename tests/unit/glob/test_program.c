#include "glob/program.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_runes(void **state)
{
    static const struct {
        const char *text;
        uint32_t rune;
        size_t left;
    } cases[] = {
        {"a", 'a', 0},
        {"\xC3\xA9x", 0xE9, 1},
        {"\xE6\x97\xA5", 0x65E5, 0},
        {"\xF0\x9F\x98\x80", 0x1F600, 0},
        {"\xC3", OCIB_RUNE_BYTE + 0xC3, 0},
        {"\x80z", OCIB_RUNE_BYTE + 0x80, 1},
        {"\xC0\x80", OCIB_RUNE_BYTE + 0xC0, 1},         /* too long a form */
        {"\xED\xA0\x80", OCIB_RUNE_BYTE + 0xED, 2},     /* a surrogate */
        {"\xF4\x90\x80\x80", OCIB_RUNE_BYTE + 0xF4, 3}, /* beyond Unicode */
        {"\xF8\x88\x80\x80\x80", OCIB_RUNE_BYTE + 0xF8, 4},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        struct ocib_str rest = ocib_str(cases[i].text);
        assert_int_equal(ocib_rune_take(&rest), cases[i].rune);
        assert_int_equal(rest.len, cases[i].left);
    }
}

static void test_ends_are_found(void **state)
{
    OCIB_AUTO(ocib_program_release) struct ocib_program program = {0};
    ocib_program_char(&program, 'a');
    ocib_program_char(&program, 0xE9);
    ocib_program_not(&program, '/', true);
    ocib_program_char(&program, '.');
    ocib_program_char(&program, OCIB_RUNE_BYTE + 0xFF);
    ocib_program_seal(&program);
    assert_string_equal(program.prefix.data, "a\xC3\xA9");
    assert_string_equal(program.suffix.data, ".\xFF");
    assert_true(ocib_program_match(&program, OCIB_STR("a\xC3\xA9--.\xFF")));
    assert_false(ocib_program_match(&program, OCIB_STR("a\xC3\xA9")));
}

static void test_any_folders_is_optional(void **state)
{
    OCIB_AUTO(ocib_program_release) struct ocib_program program = {0};
    ocib_program_any_folders(&program);
    ocib_program_char(&program, 'x');
    ocib_program_seal(&program);
    assert_int_equal(program.suffix.len, 1);
    assert_true(ocib_program_match(&program, OCIB_STR("x")));
    assert_true(ocib_program_match(&program, OCIB_STR("a/b/x")));
    assert_false(ocib_program_match(&program, OCIB_STR("a/bx")));
    assert_false(ocib_program_match(&program, OCIB_STR("a\n/x")));
}

/* A program that ends with the optional folders has no end that must be there. */
static void test_any_folders_at_the_end(void **state)
{
    OCIB_AUTO(ocib_program_release) struct ocib_program program = {0};
    ocib_program_char(&program, 'x');
    ocib_program_any_folders(&program);
    ocib_program_seal(&program);
    assert_true(ocib_program_match(&program, OCIB_STR("x")));
    assert_true(ocib_program_match(&program, OCIB_STR("xa/")));
    assert_false(ocib_program_match(&program, OCIB_STR("xa")));
}

static void test_start(void **state)
{
    OCIB_AUTO(ocib_program_release) struct ocib_program program = {0};
    ocib_program_not(&program, '/', true);
    ocib_program_start(&program);
    ocib_program_char(&program, 'x');
    ocib_program_seal(&program);
    assert_true(ocib_program_match(&program, OCIB_STR("x")));
    assert_false(ocib_program_match(&program, OCIB_STR("ax")));
}

/* "*a*a*a…b" against "aaaa…": a backtracking matcher needs more time than there is. */
static void test_no_backtracking(void **state)
{
    OCIB_AUTO(ocib_program_release) struct ocib_program program = {0};
    for (int i = 0; i < 200; i++) {
        ocib_program_not(&program, '/', true);
        ocib_program_char(&program, 'a');
    }
    ocib_program_set(&program, false);
    ocib_program_range(&program, 'b', 'c');
    ocib_program_seal(&program);
    OCIB_AUTO_FREE char *path = ocib_alloc(4001, 1);
    memset(path, 'a', 4000);
    assert_false(ocib_program_match(&program, ocib_str(path)));
    path[3999] = 'c';
    assert_true(ocib_program_match(&program, ocib_str(path)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runes),
        cmocka_unit_test(test_ends_are_found),
        cmocka_unit_test(test_any_folders_is_optional),
        cmocka_unit_test(test_any_folders_at_the_end),
        cmocka_unit_test(test_start),
        cmocka_unit_test(test_no_backtracking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
