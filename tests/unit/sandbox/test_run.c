#include "sandbox/fixture.h"

#include <signal.h>

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

static void test_large_output(void **state)
{
    const size_t size = 10 << 20;
    assert_int_equal(
        fixture_shell("dd if=/dev/zero bs=65536 count=160 2>/dev/null | tr '\\0' o &\n"
                      "dd if=/dev/zero bs=65536 count=160 2>/dev/null | tr '\\0' e >&2\n"
                      "wait"),
        0);
    assert_int_equal(fixture_output[1].len, size);
    assert_int_equal(fixture_output[2].len, size);
    assert_int_equal(strspn(fixture_output[1].data, "o"), size);
    assert_int_equal(strspn(fixture_output[2].data, "e"), size);
}

static void test_no_callback(void **state)
{
    const char *const argv[] = {"sh", "-c", "seq 100000", NULL};
    struct fixture_step s;
    fixture_step_init(&s, argv);
    s.step.output = NULL;
    assert_int_equal(fixture_run(&s), 0);
    fixture_step_release(&s);
}

static void test_environment_is_whole_and_alone(void **state)
{
    const char *const argv[] = {"env", NULL};
    struct fixture_step s;
    fixture_step_init(&s, argv);
    OCIB_AUTO_FREE char *large = ocib_alloc(1, 100001);
    memset(large, 'x', 100000);
    ocib_env_set(&s.env, "LARGE", large);
    ocib_env_set(&s.env, "EMPTY", "");
    assert_int_equal(fixture_run(&s), 0);
    OCIB_AUTO_FREE char *wanted = ocib_format("PATH=/bin\nLARGE=%s\nEMPTY=\n", large);
    assert_string_equal(fixture_output[1].data, wanted);
    fixture_step_release(&s);
}

/* The caller's mount of the tree stays open to it after a step, with what the step wrote. */
static void test_tree_after_a_step(void **state)
{
    const char *const argv[] = {"sh", "-c", "test ! -e /tmp/left && echo 1 > /tmp/left", NULL};
    struct fixture_step s;
    fixture_step_init(&s, argv);
    assert_int_equal(fixture_run(&s), 0);
    assert_int_equal(unlinkat(s.root_fd, "tmp/left", 0), 0);
    OCIB_AUTO_FD int probe = ocib_mount_clone(s.root_fd, "", false);
    if (probe >= 0) { /* this kernel copies detached mounts: the tree serves again */
        assert_int_equal(fixture_run(&s), 0);
        assert_int_equal(unlinkat(s.root_fd, "tmp/left", 0), 0);
    }
    fixture_step_release(&s);
}

static volatile int stop;

static void stop_at_output(void *data, int stream, const char *bytes, size_t len)
{
    fixture_capture(data, stream, bytes, len);
    stop = 1;
}

static void test_interrupt(void **state)
{
    const char *const argv[] = {"sh", "-c", "sleep 1000 & echo started; sleep 1000", NULL};
    struct fixture_step s;
    struct ocib_step_result result;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    fixture_step_init(&s, argv);
    stop = 0;
    fixture_forget_output();
    s.step.interrupted = &stop;
    s.step.output = stop_at_output;
    assert_int_equal(ocib_sandbox_run(fixture_sandbox, &s.step, &result, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EINTERRUPTED);
    assert_string_equal(fixture_output[1].data, "started\n");
    fixture_step_release(&s);
}

static void test_missing_cwd(void **state)
{
    const char *const argv[] = {"true", NULL};
    struct fixture_step s;
    struct ocib_step_result result;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    fixture_step_init(&s, argv);
    s.step.cwd = "/not/there";
    assert_int_equal(ocib_sandbox_run(fixture_sandbox, &s.step, &result, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EBUILD);
    assert_string_equal(ocib_error_message(err),
                        "can't enter the working folder /not/there: No such file or directory");
    fixture_step_release(&s);
}

static void test_too_long_command(void **state)
{
    const char *const argv[] = {"true", NULL};
    struct fixture_step s;
    struct ocib_step_result result;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    fixture_step_init(&s, argv);
    OCIB_AUTO_FREE char *huge = ocib_alloc(1, (33 << 20) + 1);
    memset(huge, 'x', 33 << 20);
    ocib_strings_push(&s.argv, huge);
    assert_int_equal(ocib_sandbox_run(fixture_sandbox, &s.step, &result, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EBUILD);
    fixture_step_release(&s);
}

static void test_bad_root(void **state)
{
    const char *const argv[] = {"true", NULL};
    struct fixture_step s;
    struct ocib_step_result result;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    fixture_step_init(&s, argv);
    s.step.root_fd = STDIN_FILENO;
    assert_int_equal(ocib_sandbox_run(fixture_sandbox, &s.step, &result, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ESANDBOX);
    fixture_step_release(&s);
}

/* Everything that a run opens, it closes. */
static void test_no_descriptor_stays(void **state)
{
    int before = dup(STDIN_FILENO);
    assert_int_equal(fixture_shell("true"), 0);
    assert_int_equal(fixture_shell("exit 3"), 3);
    int after = dup(STDIN_FILENO);
    close(before);
    close(after);
    assert_int_equal(after, before + 1);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_streams),
        cmocka_unit_test(test_large_output),
        cmocka_unit_test(test_no_callback),
        cmocka_unit_test(test_environment_is_whole_and_alone),
        cmocka_unit_test(test_tree_after_a_step),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_missing_cwd),
        cmocka_unit_test(test_too_long_command),
        cmocka_unit_test(test_bad_root),
        cmocka_unit_test(test_no_descriptor_stays),
    };
    return cmocka_run_group_tests_name("run", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    return fixture_main(tests);
}
