#include "sandbox/fixture.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

static void test_host_name(void **state)
{
    const char *const argv[] = {"hostname", NULL};
    struct fixture_step s;
    fixture_says("hostname", "ocib\n");
    fixture_step_init(&s, argv);
    s.step.hostname = "buildhost";
    assert_int_equal(fixture_run(&s), 0);
    assert_string_equal(fixture_output[1].data, "buildhost\n");
    fixture_step_release(&s);
}

static void test_background_process_is_killed(void **state)
{
    fixture_says("(sleep 1000; echo late) & setsid sleep 1000 & echo done", "done\n");
    char host[64];
    gethostname(host, sizeof(host));
    assert_string_not_equal(host, "ocib");
}

/* Orphans become children of process 1; one that ends early must not end the step, and none stays a
 * zombie: the loop ends when only process 1 and the shell are there. */
static void test_orphans_are_reaped(void **state)
{
    fixture_says("(true &) ; (false &) ; (sh -c 'exit 9' &)\n"
                 "set -- /proc/[0-9]*; while test $# -gt 2; do set -- /proc/[0-9]*; done; echo end",
                 "end\n");
}

static void test_own_pid_namespace(void **state)
{
    fixture_says("cat /proc/1/comm; echo /proc/[0-9]*", "ocib-sandbox\n/proc/1 /proc/2\n");
    fixture_says("kill -9 1; kill -15 1; echo alive", "alive\n");
}

static void test_init_is_protected(void **state)
{
    assert_int_equal(fixture_shell("readlink /proc/1/exe; cat /proc/1/maps; readlink /proc/1/fd/3;"
                                   "cat /proc/1/fd/3; cat /proc/1/environ; cat /proc/1/mem"),
                     1);
    assert_string_equal(fixture_output[1].data, "");
}

static void test_network_none(void **state)
{
    const char *const argv[] = {"sh", "-c", "ls /sys/class/net; ip -o addr", NULL};
    struct fixture_step s;
    fixture_step_init(&s, argv);
    s.step.no_network = true;
    assert_int_equal(fixture_run(&s), 0);
    fixture_step_release(&s);
    assert_true(strncmp(fixture_output[1].data, "lo\n", 3) == 0);
    assert_non_null(strstr(fixture_output[1].data, "127.0.0.1/8"));
    assert_null(strstr(fixture_output[1].data, "eth"));
    assert_null(strstr(fixture_output[1].data, "DOWN"));
}

static void test_network_host(void **state)
{
    char here[64] = "";
    ssize_t n = readlink("/proc/self/ns/net", here, sizeof(here) - 1);
    assert_true(n > 0);
    OCIB_AUTO_FREE char *wanted = ocib_format("%s\n", here);
    fixture_says("readlink /proc/self/ns/net", wanted);
}

/* A pipe that tells the test that a step has started. */
struct doomed {
    int started[2];
};

static void tell_started(void *data, int stream, const char *bytes, size_t len)
{
    struct doomed *doomed = data;
    (void)!write(doomed->started[1], "s", 1);
}

/* A builder of its own; whatever mode this process is in, it is root here. */
static _Noreturn void run_and_be_killed(struct doomed *doomed)
{
    const char *const argv[] = {"sh", "-c", "setsid sleep 1000 & echo started; sleep 1000", NULL};
    struct fixture_step s;
    struct ocib_step_result result;
    fixture_sandbox = ocib_sandbox_enter(OCIB_SANDBOX_ROOT, NULL, NULL);
    fixture_step_init(&s, argv);
    s.step.output = tell_started;
    s.step.data = doomed;
    (void)!ocib_sandbox_run(fixture_sandbox, &s.step, &result, NULL);
    _exit(0);
}

static pid_t first_child_of(pid_t parent)
{
    OCIB_AUTO_FREE char *path =
        ocib_format("/proc/%ld/task/%ld/children", (long)parent, (long)parent);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_file_read(AT_FDCWD, path, 4096, &text, OCIB_ESTORE, NULL) < 0) {
        return 0;
    }
    return (pid_t)strtol(text.data, NULL, 10);
}

/* Kills one of a builder's processes; all of them, which become this process's children, end. */
static void kill_one(bool builder_first)
{
    struct doomed doomed;
    char byte;
    assert_int_equal(pipe(doomed.started), 0);
    pid_t builder = fork();
    if (builder == 0) {
        run_and_be_killed(&doomed);
    }
    close(doomed.started[1]);
    assert_int_equal(read(doomed.started[0], &byte, 1), 1);
    pid_t server = first_child_of(builder);
    pid_t init = server ? first_child_of(server) : 0;
    kill(builder_first || !server ? builder : server, SIGKILL);
    assert_int_equal(waitpid(builder, NULL, 0), builder);
    if (init) { /* each becomes this process's child when its parent has ended */
        int status = 0;
        assert_int_equal(waitpid(server, NULL, 0), server);
        assert_int_equal(waitpid(init, &status, 0), init);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    close(doomed.started[0]);
}

static void test_killed_builder_leaves_nothing(void **state)
{
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    kill_one(true);
    kill_one(false);
    prctl(PR_SET_CHILD_SUBREAPER, 0);
}

/* A program with the child's name that is no child goes on as usual. */
static void test_only_a_child_is_one(void **state)
{
    char name[] = "ocib-sandbox";
    char *argv[] = {name, NULL};
    ocib_sandbox_child(1, argv);
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_host_name),
        cmocka_unit_test(test_background_process_is_killed),
        cmocka_unit_test(test_orphans_are_reaped),
        cmocka_unit_test(test_own_pid_namespace),
        cmocka_unit_test(test_init_is_protected),
        cmocka_unit_test(test_network_none),
        cmocka_unit_test(test_network_host),
        cmocka_unit_test(test_killed_builder_leaves_nothing),
        cmocka_unit_test(test_only_a_child_is_one),
    };
    return cmocka_run_group_tests_name("child", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    return fixture_main(tests);
}
