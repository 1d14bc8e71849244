#include "sandbox/terminal.h"

#include "sandbox/fixture.h"

#include <signal.h>
#include <string.h>

/* Runs a shell command with input from a pipe that holds `input`, or on a terminal that it is typed
 * at; returns its status, output is in fixture_output. */
static void on_terminal(void *data, const char *bytes, size_t len)
{
    fixture_capture(data, 1, bytes, len);
}

static int run_with(const char *command, const char *input, bool terminal)
{
    const char *const argv[] = {"sh", "-c", command, NULL};
    struct fixture_step s;
    int pair[2];
    assert_int_equal(pipe(pair), 0);
    assert_int_equal(write(pair[1], input, strlen(input)), strlen(input));
    close(pair[1]);
    const struct ocib_step_io io = {
        .input_fd = pair[0], .terminal = terminal, .size_fd = -1, .output = on_terminal};
    fixture_step_init(&s, argv);
    s.step.io = &io;
    int status = fixture_run(&s);
    fixture_step_release(&s);
    close(pair[0]);
    return status;
}

static void test_input(void **state)
{
    assert_int_equal(run_with("cat; echo end", "one\ntwo\n", false), 0);
    assert_string_equal(fixture_output[1].data, "one\ntwo\nend\n");
    assert_int_equal(run_with("exec <&-; sleep 0.1; exit 3", "nobody reads this", false), 3);
    assert_int_equal(run_with("test ! -t 0 && head -c 3 /dev/stdin", "abcdef", false), 0);
    assert_string_equal(fixture_output[1].data, "abc");
}

static void test_terminal(void **state)
{
    assert_int_equal(run_with("tty; read a; echo \"got $a\"; test -t 0 -a -t 1 -a -t 2; cat; "
                              "exit 5",
                              "word\n", true),
                     5);
    assert_non_null(strstr(fixture_output[1].data, "/dev/pts/0\r\n"));
    assert_non_null(strstr(fixture_output[1].data, "got word\r\n"));
    assert_int_equal(fixture_output[2].len, 0);
}

/* After a failure, and only then, with the same tree and none of its processes. */
static void test_shell(void **state)
{
    const char *const argv[] = {"sh", "-c", "sleep 1000 & echo x >/tmp/left; exit 7", NULL};
    const char *const fine[] = {"true", NULL};
    OCIB_AUTO_STRINGS struct ocib_strings shell = {0};
    struct fixture_step s;
    ocib_strings_push(&shell, "sh");
    ocib_strings_push(&shell, "-c");
    ocib_strings_push(&shell, "cat /tmp/left; tty; ls /proc | grep -c '^[0-9]'; exit 9");
    const struct ocib_step_io io = {
        .input_fd = -1, .shell = &shell, .size_fd = -1, .output = on_terminal};
    fixture_step_init(&s, argv);
    s.step.io = &io;
    assert_int_equal(fixture_run(&s), 7);
    assert_non_null(strstr(fixture_output[1].data, "x\r\n/dev/pts/0\r\n"));
    assert_null(strstr(fixture_output[1].data, "\r\n6\r\n"));
    fixture_step_release(&s);
    fixture_step_init(&s, fine);
    s.step.io = &io;
    assert_int_equal(fixture_run(&s), 0);
    assert_int_equal(fixture_output[0].len, 0);
    fixture_step_release(&s);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_input),
        cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_shell),
    };
    return cmocka_run_group_tests_name("terminal", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    return fixture_main(tests);
}
