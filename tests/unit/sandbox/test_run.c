#include "sandbox/fixture.h"

static void test_status(void **state)
{
    assert_int_equal(fixture_shell("true"), 0);
    assert_int_equal(fixture_shell("exit 42"), 42);
    assert_int_equal(fixture_shell("exit 255"), 255);
}

static void test_signal(void **state)
{
    const char *const argv[] = {"sh", "-c", "kill -9 $$", NULL};
    struct fixture_step s;
    struct ocib_step_result result;
    fixture_step_init(&s, argv);
    assert_int_equal(ocib_sandbox_run(fixture_sandbox, &s.step, &result, NULL), 0);
    assert_int_equal(result.exit_status, 137);
    assert_int_equal(result.signal, 9);
    fixture_step_release(&s);
}

static void test_streams(void **state)
{
    assert_int_equal(fixture_shell("echo out; echo err >&2; echo out2"), 0);
    assert_string_equal(fixture_output[1].data, "out\nout2\n");
    assert_string_equal(fixture_output[2].data, "err\n");
}

int main(int argc, char **argv);
static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_streams),
    };
    return cmocka_run_group_tests(list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    return fixture_main(tests);
}
