#include "sandbox/pass.h"

#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct pair {
    int a;
    int b;
};

static struct pair new_pair(int type)
{
    int fds[2];
    assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds), 0);
    return (struct pair){fds[0], fds[1]};
}

static void close_pair(struct pair *pair)
{
    ocib_fd_cleanup(&pair->a);
    ocib_fd_cleanup(&pair->b);
}

static void test_one(void **state)
{
    OCIB_AUTO(close_pair) struct pair pair = new_pair(SOCK_STREAM);
    OCIB_AUTO(close_pair) struct pair lent = new_pair(SOCK_STREAM);
    assert_int_equal(ocib_pass_send_one(pair.a, lent.a), 0);
    OCIB_AUTO_FD int got = ocib_pass_receive_one(pair.b, 0);
    assert_true(got >= 0);
    assert_int_equal(fcntl(got, F_GETFD), FD_CLOEXEC);
    char byte = 0;
    assert_int_equal(write(got, "x", 1), 1);
    assert_int_equal(read(lent.b, &byte, 1), 1);
    assert_int_equal(byte, 'x');
}

static void test_none_came(void **state)
{
    OCIB_AUTO(close_pair) struct pair pair = new_pair(SOCK_STREAM);
    assert_int_equal(ocib_pass_receive_one(pair.b, MSG_DONTWAIT), -1);
    assert_int_equal(write(pair.a, "y", 1), 1);
    assert_int_equal(ocib_pass_receive_one(pair.b, 0), -1);
    ocib_fd_cleanup(&pair.a);
    assert_int_equal(ocib_pass_receive_one(pair.b, 0), -1);
    assert_int_equal(ocib_pass_send_one(pair.b, STDIN_FILENO), -1);
    assert_int_equal(errno, EPIPE);
}

static void test_several_with_bytes(void **state)
{
    OCIB_AUTO(close_pair) struct pair pair = new_pair(SOCK_SEQPACKET);
    int fds[OCIB_PASS_MOST];
    char text[8] = "packet";
    for (size_t i = 0; i < OCIB_PASS_MOST; i++) {
        fds[i] = pair.a;
    }
    assert_int_equal(ocib_pass_send(pair.a, (struct iovec){text, 6}, fds, OCIB_PASS_MOST), 6);
    assert_int_equal(ocib_pass_receive(pair.b, (struct iovec){text, 8}, fds, OCIB_PASS_MOST, 0), 6);
    for (size_t i = 0; i < OCIB_PASS_MOST; i++) {
        assert_true(fds[i] > STDERR_FILENO);
        close(fds[i]);
    }
    assert_int_equal(ocib_pass_send(pair.a, (struct iovec){text, 6}, &pair.b, 1), 6);
    assert_int_equal(ocib_pass_receive(pair.b, (struct iovec){text, 8}, fds, 3, 0), 6);
    assert_true(fds[0] >= 0);
    assert_int_equal(fds[1], -1);
    assert_int_equal(fds[2], -1);
    close(fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one), cmocka_unit_test(test_none_came),
                                       cmocka_unit_test(test_several_with_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
