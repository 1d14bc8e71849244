#include "build/agent_socket.h"

#include "sys/fixture.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

enum {
    PATIENCE = 60 * 1000, /* milliseconds, after which a test fails */
    MUCH = 1 << 20,
};

/* A socket of the folder, or one that is connected to it. */
static int at(const char *name, bool listens)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s", temporary_path, name);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    if (listens) {
        (void)unlink(address.sun_path);
        assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
        assert_int_equal(listen(fd, 2 * OCIB_AGENT_CONNECTIONS), 0);
    } else {
        assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    }
    return fd;
}

static struct ocib_agent_socket *start(const char *agent)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", temporary_path, agent);
    (void)unlinkat(temporary, "step", 0);
    const struct ocib_agent_socket_options options = {
        .folder_fd = temporary,
        .name = "step",
        .agent = path,
        .uid = getuid(),
        .gid = getgid(),
        .mode = 0620,
    };
    return ocib_agent_socket_start(&options);
}

static void wait_for(int fd, short events)
{
    struct pollfd polled = {.fd = fd, .events = events};
    assert_int_equal(poll(&polled, 1, PATIENCE), 1);
}

static int accepted(int listener)
{
    wait_for(listener, POLLIN);
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static void assert_reads(int fd, const char *text)
{
    char bytes[64];
    size_t len = 0;
    while (len < strlen(text)) {
        wait_for(fd, POLLIN);
        ssize_t n = read(fd, bytes + len, strlen(text) - len);
        assert_true(n > 0);
        len += (size_t)n;
    }
    assert_memory_equal(bytes, text, len);
}

static void assert_ended(int fd)
{
    char byte;
    wait_for(fd, POLLIN);
    assert_int_equal(read(fd, &byte, 1), 0);
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void test_mode(void **state)
{
    OCIB_AUTO_FD int agent = at("agent", true);
    assert_true(agent >= 0);
    OCIB_AUTO(ocib_agent_socket_cleanup) struct ocib_agent_socket *s = start("agent");
    struct stat st;
    assert_non_null(s);
    assert_int_equal(fstatat(temporary, "step", &st, AT_SYMLINK_NOFOLLOW), 0);
    assert_int_equal(st.st_mode, S_IFSOCK | 0620);
    assert_int_equal(st.st_uid, getuid());
}

static void test_no_agent(void **state)
{
    assert_null(start("none-such"));
    assert_int_equal(errno, ENOENT);
}

static void test_dialogue(void **state)
{
    OCIB_AUTO_FD int agent = at("agent", true);
    OCIB_AUTO(ocib_agent_socket_cleanup) struct ocib_agent_socket *s = start("agent");
    assert_non_null(s);
    OCIB_AUTO_FD int one = at("step", false);
    OCIB_AUTO_FD int one_there = accepted(agent);
    OCIB_AUTO_FD int two = at("step", false);
    OCIB_AUTO_FD int two_there = accepted(agent);
    say(one, "first");
    say(two, "second");
    assert_reads(two_there, "second");
    assert_reads(one_there, "first");
    say(one_there, "answer");
    assert_reads(one, "answer");
    say(one, "again");
    assert_reads(one_there, "again");
}

/* What has said all can still listen, on either side. */
static void test_half_close(void **state)
{
    OCIB_AUTO_FD int agent = at("agent", true);
    OCIB_AUTO(ocib_agent_socket_cleanup) struct ocib_agent_socket *s = start("agent");
    assert_non_null(s);
    OCIB_AUTO_FD int one = at("step", false);
    OCIB_AUTO_FD int one_there = accepted(agent);
    OCIB_AUTO_FD int two = at("step", false);
    OCIB_AUTO_FD int two_there = accepted(agent);
    say(one, "question");
    assert_int_equal(shutdown(one, SHUT_WR), 0);
    assert_reads(one_there, "question");
    assert_ended(one_there);
    say(one_there, "answer");
    ocib_fd_cleanup(&one_there);
    assert_reads(one, "answer");
    assert_ended(one);
    assert_int_equal(shutdown(two_there, SHUT_WR), 0);
    assert_ended(two);
    say(two, "last");
    ocib_fd_cleanup(&two);
    assert_reads(two_there, "last");
    assert_ended(two_there);
}

/* Either side that goes away takes the connection along, its last words included. */
static void test_close(void **state)
{
    OCIB_AUTO_FD int agent = at("agent", true);
    OCIB_AUTO(ocib_agent_socket_cleanup) struct ocib_agent_socket *s = start("agent");
    assert_non_null(s);
    OCIB_AUTO_FD int one = at("step", false);
    OCIB_AUTO_FD int one_there = accepted(agent);
    OCIB_AUTO_FD int two = at("step", false);
    OCIB_AUTO_FD int two_there = accepted(agent);
    say(one, "bye");
    ocib_fd_cleanup(&one);
    assert_reads(one_there, "bye");
    assert_ended(one_there);
    say(two_there, "bye");
    ocib_fd_cleanup(&two_there);
    assert_reads(two, "bye");
    assert_ended(two);
}

static void put_number(unsigned char *bytes, size_t at_byte)
{
    bytes[at_byte % 4096] = (unsigned char)(at_byte * 7 + at_byte / 4096);
}

/* Writes what the socket takes. */
static void push(int fd, size_t *sent)
{
    unsigned char bytes[4096];
    size_t len = 4096 - *sent % 4096;
    for (size_t i = 0; i < len; i++) {
        put_number(bytes, *sent + i);
    }
    ssize_t n = send(fd, bytes + *sent % 4096, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    assert_true(n > 0 || errno == EAGAIN);
    *sent += n > 0 ? (size_t)n : 0;
}

static void pull(int fd, size_t *got)
{
    unsigned char bytes[3000], expected[4096];
    ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
    assert_true(n > 0 || errno == EAGAIN);
    for (ssize_t i = 0; i < n; i++) {
        put_number(expected, *got);
        assert_int_equal(bytes[i], expected[*got % 4096]);
        *got += 1;
    }
}

/* Writes until nothing more goes in. */
static void fill(int fd, size_t *sent)
{
    int full = 0;
    while (full < 3) {
        size_t before = *sent;
        struct pollfd polled = {.fd = fd, .events = POLLOUT};
        (void)poll(&polled, 1, 20);
        push(fd, sent);
        full = *sent == before ? full + 1 : 0;
    }
}

/* More than all buffers hold, in both ways at once, while the other side doesn't read at first. */
static void test_much(void **state)
{
    OCIB_AUTO_FD int agent = at("agent", true);
    OCIB_AUTO(ocib_agent_socket_cleanup) struct ocib_agent_socket *s = start("agent");
    assert_non_null(s);
    OCIB_AUTO_FD int one = at("step", false);
    OCIB_AUTO_FD int there = accepted(agent);
    size_t up = 0, up_got = 0, down = 0, down_got = 0;
    struct pollfd polled[2];
    fill(one, &up);
    while (up_got < MUCH || down_got < MUCH) {
        int more_up = up < MUCH ? POLLOUT : 0, more_down = down < MUCH ? POLLOUT : 0;
        polled[0] = (struct pollfd){.fd = one, .events = (short)(POLLIN | more_up)};
        polled[1] = (struct pollfd){.fd = there, .events = (short)(POLLIN | more_down)};
        assert_true(poll(polled, 2, PATIENCE) > 0);
        if (polled[0].revents & POLLOUT) {
            push(one, &up);
        }
        if (polled[1].revents & POLLOUT) {
            push(there, &down);
        }
        pull(there, &up_got);
        pull(one, &down_got);
    }
}

/* Those above the bound wait, and come in when there is room. */
static void test_many(void **state)
{
    int fds[OCIB_AGENT_CONNECTIONS + 3], there[OCIB_AGENT_CONNECTIONS];
    OCIB_AUTO_FD int agent = at("agent", true);
    OCIB_AUTO(ocib_agent_socket_cleanup) struct ocib_agent_socket *s = start("agent");
    assert_non_null(s);
    for (size_t i = 0; i < OCIB_COUNT(fds); i++) {
        fds[i] = at("step", false);
        if (i < OCIB_COUNT(there)) {
            there[i] = accepted(agent);
        }
    }
    say(fds[OCIB_COUNT(fds) - 1], "last");
    say(fds[0], "first");
    assert_reads(there[0], "first");
    struct pollfd polled = {.fd = agent, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, 0), 0);
    for (size_t i = 0; i < 3; i++) {
        close(fds[i]);
        assert_ended(there[i]);
        close(there[i]);
        there[i] = accepted(agent);
    }
    assert_reads(there[2], "last");
    for (size_t i = 0; i < OCIB_COUNT(there); i++) {
        close(there[i]);
        close(fds[i + 3]);
    }
}

/* Whoever connects to an agent that has gone is told so, and the next one is too. */
static void test_gone_agent(void **state)
{
    int agent = at("agent", true);
    OCIB_AUTO(ocib_agent_socket_cleanup) struct ocib_agent_socket *s = start("agent");
    assert_non_null(s);
    close(agent);
    for (int i = 0; i < 2; i++) {
        OCIB_AUTO_FD int one = at("step", false);
        assert_ended(one);
    }
}

/* An agent that accepts no more keeps neither those that talk to it from doing so, nor the end. */
static void test_busy_agent(void **state)
{
    OCIB_AUTO_FD int agent = at("agent", true);
    OCIB_AUTO_FD int first = at("agent", false);
    assert_true(first >= 0);
    assert_int_equal(listen(agent, 1), 0);
    OCIB_AUTO_FD int second = at("agent", false);
    assert_true(second >= 0);
    OCIB_AUTO(ocib_agent_socket_cleanup) struct ocib_agent_socket *s = start("agent");
    assert_non_null(s);
    OCIB_AUTO_FD int one = at("step", false);
    struct pollfd polled = {.fd = one, .events = POLLIN};
    assert_int_equal(poll(&polled, 1, 0), 0);
    OCIB_AUTO_FD int first_there = accepted(agent);
    assert_true(first_there >= 0);
    OCIB_AUTO_FD int second_there = accepted(agent);
    assert_true(second_there >= 0);
    OCIB_AUTO_FD int there = accepted(agent);
    say(one, "late");
    assert_reads(there, "late");
}

static long long now(clockid_t clock)
{
    struct timespec t;
    assert_int_equal(clock_gettime(clock, &t), 0);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* Connections at which nothing can be done cost no time: ended on one side, on the other, with
 * bytes that nobody takes, and left with such bytes. */
static void test_idle(void **state)
{
    const struct timespec pause = {0, 300 * 1000 * 1000};
    int fds[4], there[4];
    size_t sent[2] = {0};
    OCIB_AUTO_FD int agent = at("agent", true);
    OCIB_AUTO(ocib_agent_socket_cleanup) struct ocib_agent_socket *s = start("agent");
    assert_non_null(s);
    for (size_t i = 0; i < OCIB_COUNT(fds); i++) {
        fds[i] = at("step", false);
        there[i] = accepted(agent);
    }
    assert_int_equal(shutdown(fds[0], SHUT_WR), 0);
    assert_ended(there[0]);
    assert_int_equal(shutdown(there[1], SHUT_WR), 0);
    assert_ended(fds[1]);
    fill(fds[2], &sent[0]);
    fill(fds[3], &sent[1]);
    close(fds[3]);
    long long used = now(CLOCK_PROCESS_CPUTIME_ID), passed = now(CLOCK_MONOTONIC);
    nanosleep(&pause, NULL);
    used = now(CLOCK_PROCESS_CPUTIME_ID) - used;
    passed = now(CLOCK_MONOTONIC) - passed;
    assert_true(used < passed / 4);
    for (size_t i = 0; i < OCIB_COUNT(fds); i++) {
        close(there[i]);
    }
    close(fds[0]);
    close(fds[1]);
    close(fds[2]);
}

static void test_stop(void **state)
{
    OCIB_AUTO_FD int agent = at("agent", true);
    struct ocib_agent_socket *s = start("agent");
    OCIB_AUTO_FD int one = at("step", false);
    OCIB_AUTO_FD int there = accepted(agent);
    ocib_agent_socket_stop(s);
    ocib_agent_socket_stop(NULL);
    assert_ended(one);
    assert_ended(there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mode),       cmocka_unit_test(test_no_agent),
        cmocka_unit_test(test_dialogue),   cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_close),      cmocka_unit_test(test_much),
        cmocka_unit_test(test_many),       cmocka_unit_test(test_gone_agent),
        cmocka_unit_test(test_busy_agent), cmocka_unit_test(test_stop),
        cmocka_unit_test(test_idle),
    };
    return cmocka_run_group_tests(tests, temporary_setup, temporary_teardown);
}
