#include "sandbox/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void fill(struct ocib_sandbox_spec *spec)
{
    spec->uid = 1000;
    spec->gid = 4294967294U;
    spec->no_network = true;
    ocib_vec_push(&spec->groups, 5);
    ocib_vec_push(&spec->groups, 6);
    spec->cwd = ocib_strdup("/a b");
    spec->hostname = ocib_strdup("host");
    ocib_strings_push(&spec->mounts, "/m");
    ocib_strings_push(&spec->argv, "sh");
    ocib_strings_push(&spec->argv, "");
    ocib_strings_push(&spec->env, "A=\xff\n");
    ocib_buf_add(&spec->filter, "\0\1\2", 3);
    spec->insecure = true;
    spec->no_new_privileges = true;
    spec->has_cgroup = true;
    spec->caps = UINT64_C(0x1ffffffffff);
    spec->shm_size = UINT64_C(1) << 40;
    ocib_buf_add(&spec->limits, "limits", 6);
}

static void encode(struct ocib_buf *out)
{
    struct ocib_sandbox_spec spec = {0};
    fill(&spec);
    assert_int_equal(ocib_sandbox_spec_encode(&spec, out, NULL), 0);
    ocib_sandbox_spec_release(&spec);
}

static void assert_filled(const struct ocib_sandbox_spec *spec)
{
    assert_int_equal(spec->uid, 1000);
    assert_int_equal(spec->gid, 4294967294U);
    assert_true(spec->no_network);
    assert_int_equal(spec->groups.len, 2);
    assert_int_equal(spec->groups.items[1], 6);
    assert_string_equal(spec->cwd, "/a b");
    assert_string_equal(spec->hostname, "host");
    assert_int_equal(spec->argv.len, 2);
    assert_string_equal(spec->argv.items[1], "");
    assert_string_equal(spec->env.items[0], "A=\xff\n");
    assert_true(spec->insecure);
    assert_false(spec->unmasked);
    assert_true(spec->no_new_privileges);
    assert_true(spec->has_cgroup);
    assert_true(spec->caps == UINT64_C(0x1ffffffffff));
    assert_true(spec->shm_size == UINT64_C(1) << 40);
    assert_memory_equal(spec->limits.data, "limits", 6);
    assert_int_equal(spec->filter.len, 3);
    assert_memory_equal(spec->filter.data, "\0\1\2", 3);
}

static void test_round_trip(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    struct ocib_sandbox_spec spec = {0};
    int pair[2];
    encode(&bytes);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[0], bytes.data, bytes.len), bytes.len);
    assert_int_equal(ocib_sandbox_spec_receive(pair[1], &spec, NULL), 0);
    assert_filled(&spec);
    ocib_sandbox_spec_release(&spec);
    close(pair[0]);
    close(pair[1]);
}

/* A specification that is cut anywhere, or goes on after its end, is refused. */
static void test_cut_anywhere(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    encode(&bytes);
    ocib_buf_putc(&bytes, 'x');
    for (size_t len = 0; len <= bytes.len - 4; len++) {
        struct ocib_sandbox_spec spec = {0};
        struct ocib_str body = {bytes.data + 4, len};
        int result = ocib_sandbox_spec_decode(body, &spec, NULL);
        assert_int_equal(result, len == bytes.len - 5 ? 0 : -1);
        ocib_sandbox_spec_release(&spec);
    }
}

/* Whatever one byte becomes: refused or understood, never out of bounds. */
static void test_damaged_anywhere(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf bytes = {0};
    encode(&bytes);
    for (size_t i = 4; i < bytes.len; i++) {
        char before = bytes.data[i];
        for (int value = 0; value < 256; value += 51) {
            struct ocib_sandbox_spec spec = {0};
            struct ocib_str body = {bytes.data + 4, bytes.len - 4};
            bytes.data[i] = (char)value;
            if (ocib_sandbox_spec_decode(body, &spec, NULL) == 0) {
                assert_true(spec.argv.len > 0);
            }
            ocib_sandbox_spec_release(&spec);
        }
        bytes.data[i] = before;
    }
}

static void test_too_large(void **state)
{
    struct ocib_sandbox_spec spec = {0};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    fill(&spec);
    OCIB_AUTO_FREE char *half = ocib_alloc(1, OCIB_SPEC_MAX / 2 + 1);
    memset(half, 'x', OCIB_SPEC_MAX / 2);
    ocib_strings_push(&spec.env, half);
    ocib_strings_push(&spec.argv, half);
    assert_int_equal(ocib_sandbox_spec_encode(&spec, &out, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EBUILD);
    ocib_sandbox_spec_release(&spec);

    struct ocib_sandbox_spec none = {0};
    int pair[2];
    const uint32_t claimed = OCIB_SPEC_MAX + 1;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(write(pair[0], &claimed, sizeof(claimed)), sizeof(claimed));
    assert_int_equal(ocib_sandbox_spec_receive(pair[1], &none, NULL), -1);
    close(pair[0]);
    close(pair[1]);
}

static int report_through(void (*send_it)(int fd), int *status, struct ocib_error **err)
{
    int pair[2];
    char bytes[2 * OCIB_RECORD_MAX];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    send_it(pair[0]);
    close(pair[0]);
    ssize_t n = read(pair[1], bytes, sizeof(bytes));
    close(pair[1]);
    return ocib_sandbox_report_parse((struct ocib_str){bytes, n < 0 ? 0 : (size_t)n}, status, err);
}

static void send_status(int fd)
{
    ocib_sandbox_report_status(fd, 0x2a00);
    ocib_sandbox_report_status(fd, 1);
}

static void send_error(int fd)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    ocib_error_set(&err, OCIB_EBUILD, "can't do it");
    ocib_error_hint_set(&err, "try again");
    ocib_error_reason_set(&err, "tired");
    ocib_sandbox_report_error(fd, err);
    ocib_sandbox_report_status(fd, 0);
}

static void send_long_error(int fd)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *text = ocib_alloc(1, 100001);
    memset(text, 'm', 100000);
    ocib_error_set(&err, OCIB_ESANDBOX, "%s", text);
    ocib_error_hint_set(&err, "%s", text);
    ocib_sandbox_report_error(fd, err);
}

static void send_nothing(int fd)
{
}

static void test_reports(void **state)
{
    int status = -1;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(report_through(send_status, &status, &err), 1);
    assert_int_equal(status, 0x2a00);
    assert_int_equal(report_through(send_nothing, &status, &err), 0);
    assert_null(err);
    assert_int_equal(report_through(send_error, &status, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EBUILD);
    assert_string_equal(ocib_error_message(err), "can't do it");
    assert_string_equal(ocib_error_hint(err), "try again");
    assert_string_equal(ocib_error_reason(err), "tired");
    ocib_error_clear(&err);
    assert_int_equal(report_through(send_long_error, &status, &err), -1);
    assert_true(strlen(ocib_error_message(err)) > 1000);
    assert_true(strlen(ocib_error_message(err)) + strlen(ocib_error_hint(err)) < OCIB_RECORD_MAX);
}

static void test_damaged_report(void **state)
{
    int status = -1;
    const uint32_t unknown_kind[] = {1, 0, 0, 0, 0};
    const uint32_t unknown_code[] = {0x65, 9999, 0, 0, 0};
    const uint32_t too_long[] = {0x65, 1, 5, 0, 0};
    const struct ocib_str cases[] = {
        {"abc", 3},
        {(const char *)unknown_kind, sizeof(unknown_kind)},
        {(const char *)unknown_code, sizeof(unknown_code)},
        {(const char *)too_long, sizeof(too_long)},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        assert_int_equal(ocib_sandbox_report_parse(cases[i], &status, &err), 0);
        assert_null(err);
    }
}

/* Nobody listens: no signal, no failure. */
static void test_report_to_nobody(void **state)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    ocib_sandbox_report_status(pair[0], 0);
    close(pair[0]);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_damaged_anywhere), cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_reports),          cmocka_unit_test(test_damaged_report),
        cmocka_unit_test(test_report_to_nobody),
    };
    return cmocka_run_group_tests_name("wire", list, NULL, NULL);
}
