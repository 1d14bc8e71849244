#include "build/throwaway.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void check_volume(const char *text, const char *source, const char *target, bool read_only)
{
    OCIB_AUTO(ocib_volumes_release) struct ocib_volumes volumes = {0};
    assert_int_equal(ocib_volume_parse(text, &volumes, NULL), 0);
    assert_int_equal(volumes.len, 1);
    assert_string_equal(volumes.items[0].source, source);
    assert_string_equal(volumes.items[0].target, target);
    assert_true(volumes.items[0].read_only == read_only);
}

static void refuse_volume(const char *text, const char *message)
{
    OCIB_AUTO(ocib_volumes_release) struct ocib_volumes volumes = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_volume_parse(text, &volumes, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
    assert_string_equal(ocib_error_message(err), message);
    assert_int_equal(volumes.len, 0);
}

static void test_volumes(void **state)
{
    check_volume("/a:/b", "/a", "/b", false);
    check_volume("/a:/b:ro", "/a", "/b", true);
    check_volume("./a:/b/../c//d/:rw", "./a", "/c/d", false);
    refuse_volume("/a", "--volume '/a': it has no target");
    refuse_volume("", "--volume '': it has no target");
    refuse_volume("data:/b", "--volume 'data:/b': there are no named volumes");
    refuse_volume("/a:b", "--volume '/a:b': the target is no path below /");
    refuse_volume("/a:/", "--volume '/a:/': the target is no path below /");
    refuse_volume("/a:/..", "--volume '/a:/..': the target is no path below /");
    refuse_volume("/a:/b:z", "--volume '/a:/b:z': options are ro and rw");
}

/* What a command line comes to, as one text. */
static char *command(bool with_entrypoint, const char *entrypoint, const char *word)
{
    struct ocib_config config = {0};
    OCIB_AUTO_STRINGS struct ocib_strings words = {0};
    OCIB_AUTO_STRINGS struct ocib_strings out = {0};
    struct ocib_buf text = {0};
    ocib_buf_init(&text);
    ocib_strings_push(&config.cmd, "cmd");
    if (with_entrypoint) {
        ocib_strings_push(&config.entrypoint, "entry");
    }
    if (word) {
        ocib_strings_push(&words, word);
    }
    ocib_throwaway_command(&config, entrypoint, &words, &out);
    for (size_t i = 0; i < out.len; i++) {
        ocib_buf_printf(&text, "%s ", out.items[i]);
    }
    ocib_config_release(&config);
    return ocib_buf_take(&text);
}

static void check_command(bool with_entrypoint, const char *entrypoint, const char *word,
                          const char *want)
{
    OCIB_AUTO_FREE char *got = command(with_entrypoint, entrypoint, word);
    assert_string_equal(got, want);
}

/* As docker run. */
static void test_commands(void **state)
{
    check_command(false, NULL, NULL, "cmd ");
    check_command(true, NULL, NULL, "entry cmd ");
    check_command(true, NULL, "word", "entry word ");
    check_command(false, NULL, "word", "word ");
    check_command(true, "own", NULL, "own ");
    check_command(true, "own", "word", "own word ");
    check_command(true, "", "word", "word ");
    check_command(true, "", NULL, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_volumes),
        cmocka_unit_test(test_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
