#include "sandbox/exe.h"
#include "sandbox/fixture.h"
#include "sandbox/server.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>

static void start(struct ocib_server *server)
{
    OCIB_AUTO_FD int exe = ocib_sandbox_exe_open(NULL);
    OCIB_AUTO_FD int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    *server = (struct ocib_server){{0, -1}, -1};
    assert_int_equal(ocib_server_start(exe, null_fd, server, NULL), 0);
}

/* Asks for a child; `control` is then the builder's end of its control socket. */
static int ask(const struct ocib_server *server, int namespaces, int *control,
               struct ocib_error **err)
{
    int pair[2];
    OCIB_AUTO_FD int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    OCIB_AUTO_FD int theirs = pair[1];
    *control = pair[0];
    const struct ocib_server_request request = {namespaces, {null_fd, null_fd, theirs, null_fd}};
    return ocib_server_fork(server, &request, *control, &theirs, err);
}

static void wait_for(int pidfd)
{
    struct pollfd ended = {pidfd, POLLIN, 0};
    assert_int_equal(poll(&ended, 1, -1), 1);
}

/* A child that is told nothing waits; it ends with the socket, or with the server. */
static void test_children_end(void **state)
{
    struct ocib_server server;
    int first;
    int second;
    start(&server);
    OCIB_AUTO_FD int one = ask(&server, CLONE_NEWPID, &first, NULL);
    OCIB_AUTO_FD int two = ask(&server, CLONE_NEWPID, &second, NULL);
    assert_true(one >= 0 && two >= 0);
    close(first);
    wait_for(one);
    struct pollfd running = {two, POLLIN, 0};
    assert_int_equal(poll(&running, 1, 0), 0);
    ocib_server_stop(&server);
    wait_for(two);
    close(second);
}

static void test_refused_namespaces(void **state)
{
    struct ocib_server server;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FD int control = -1;
    start(&server);
    /* clone(2): threads must share signal handlers and memory. */
    assert_int_equal(ask(&server, CLONE_THREAD, &control, &err), -1);
    assert_string_equal(ocib_error_message(err),
                        "can't make the namespaces of a step: Invalid argument");
    ocib_server_stop(&server);
}

static void test_dead_server(void **state)
{
    struct ocib_server server;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FD int control = -1;
    start(&server);
    kill(server.process.pid, SIGKILL);
    wait_for(server.process.pidfd);
    assert_int_equal(ask(&server, CLONE_NEWPID, &control, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ESANDBOX);
    assert_string_equal(ocib_error_message(err),
                        "can't ask the sandbox to start a step: Broken pipe");
    ocib_server_stop(&server);
}

static void *run_steps(void *data)
{
    size_t *good = data;
    for (int i = 0; i < 20; i++) {
        OCIB_AUTO_FREE char *command = ocib_format("exit %d", i);
        const char *const argv[] = {"sh", "-c", command, NULL};
        struct fixture_step s;
        struct ocib_step_result result = {-1, -1};
        fixture_step_init(&s, argv);
        s.step.output = NULL;
        if (ocib_sandbox_run(fixture_sandbox, &s.step, &result, NULL) == 0) {
            *good += result.exit_status == i;
        }
        fixture_step_release(&s);
    }
    return NULL;
}

static void test_steps_at_once(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    size_t good[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, run_steps, &good[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(good[i], 20);
    }
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_children_end),
        cmocka_unit_test(test_refused_namespaces),
        cmocka_unit_test(test_dead_server),
        cmocka_unit_test(test_steps_at_once),
    };
    return cmocka_run_group_tests_name("server", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    return fixture_main(tests);
}
