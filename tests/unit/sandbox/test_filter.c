#include "sandbox/bpf.h"
#include "sandbox/seccomp.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>

#include <cmocka.h>

enum { ARCH = 0x1234, OTHER = 0x5678, STRANGE = 0x9abc };

static const uint32_t eperm = SECCOMP_RET_ERRNO | EPERM;
static const uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;

static void add(struct ocib_verdicts *verdicts, uint32_t number, enum ocib_verdict verdict)
{
    ocib_vec_push(verdicts, ((struct ocib_number_verdict){number, verdict}));
}

static void test_nothing_is_known(void **state)
{
    struct ocib_verdicts none = {.audit_arch = ARCH};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_filter_generate(&none, 1, &out);
    assert_int_equal(bpf_call(&out, ARCH, 0, 0), enosys);
    assert_int_equal(bpf_call(&out, ARCH, UINT32_MAX, 0), enosys);
    assert_int_equal(bpf_call(&out, STRANGE, 0, 0), enosys);
}

/* Every call of a dense, scattered list gets its own verdict, and its neighbours theirs. */
static void test_every_number(void **state)
{
    struct ocib_verdicts some = {.audit_arch = ARCH};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    for (uint32_t i = 2000; i > 0; i--) {
        if (i % 3) {
            add(&some, i * 2, i % 3 == 1 ? OCIB_VERDICT_ALLOW : OCIB_VERDICT_REFUSE);
        }
    }
    ocib_filter_generate(&some, 1, &out);
    for (uint32_t number = 0; number < 4100; number++) {
        uint32_t i = number / 2;
        bool listed = number % 2 == 0 && i % 3 && i <= 2000;
        uint32_t wanted = !listed ? enosys : i % 3 == 1 ? SECCOMP_RET_ALLOW : eperm;
        assert_int_equal(bpf_call(&out, ARCH, number, 0), wanted);
    }
    ocib_vec_release(&some);
}

static void test_equal_numbers_and_extremes(void **state)
{
    struct ocib_verdicts some = {.audit_arch = ARCH};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    add(&some, 0, OCIB_VERDICT_ALLOW);
    add(&some, 7, OCIB_VERDICT_ALLOW);
    add(&some, 7, OCIB_VERDICT_ALLOW);
    add(&some, 0x0f0005, OCIB_VERDICT_ALLOW);
    ocib_filter_generate(&some, 1, &out);
    assert_int_equal(bpf_call(&out, ARCH, 0, 0), SECCOMP_RET_ALLOW);
    assert_int_equal(bpf_call(&out, ARCH, 6, 0), enosys);
    assert_int_equal(bpf_call(&out, ARCH, 7, 0), SECCOMP_RET_ALLOW);
    assert_int_equal(bpf_call(&out, ARCH, 8, 0), enosys);
    assert_int_equal(bpf_call(&out, ARCH, 0x0f0005, 0), SECCOMP_RET_ALLOW);
    assert_int_equal(bpf_call(&out, ARCH, 0x0f0006, 0), enosys);
    ocib_vec_release(&some);
}

static void test_two_architectures(void **state)
{
    struct ocib_verdicts both[2] = {{.audit_arch = ARCH}, {.audit_arch = OTHER}};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    add(&both[0], 1, OCIB_VERDICT_ALLOW);
    add(&both[1], 1, OCIB_VERDICT_REFUSE);
    ocib_filter_generate(both, 2, &out);
    assert_int_equal(bpf_call(&out, ARCH, 1, 0), SECCOMP_RET_ALLOW);
    assert_int_equal(bpf_call(&out, OTHER, 1, 0), eperm);
    assert_int_equal(bpf_call(&out, STRANGE, 1, 0), enosys);
    ocib_vec_release(&both[0]);
    ocib_vec_release(&both[1]);
}

static void test_arguments(void **state)
{
    static const uint64_t usual[] = {0, 8, 0x20000, 0x20008, 0xffffffff};
    static const int spaces[] = {CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,   CLONE_NEWUSER,
                                 CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP};
    struct ocib_verdicts some = {.audit_arch = ARCH};
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    add(&some, 1, OCIB_VERDICT_CLONE);
    add(&some, 2, OCIB_VERDICT_PERSONALITY);
    add(&some, 3, OCIB_VERDICT_SOCKET);
    ocib_filter_generate(&some, 1, &out);
    assert_int_equal(bpf_call(&out, ARCH, 1, CLONE_VM | CLONE_VFORK | 17), SECCOMP_RET_ALLOW);
    for (size_t i = 0; i < OCIB_COUNT(spaces); i++) {
        assert_int_equal(bpf_call(&out, ARCH, 1, (uint64_t)spaces[i] | CLONE_VM | 17), eperm);
    }
    for (size_t i = 0; i < OCIB_COUNT(usual); i++) {
        assert_int_equal(bpf_call(&out, ARCH, 2, usual[i]), SECCOMP_RET_ALLOW);
        assert_int_equal(bpf_call(&out, ARCH, 2, usual[i] ^ 0x40000), eperm);
    }
    assert_int_equal(bpf_call(&out, ARCH, 3, AF_INET), SECCOMP_RET_ALLOW);
    assert_int_equal(bpf_call(&out, ARCH, 3, AF_VSOCK - 1), SECCOMP_RET_ALLOW);
    assert_int_equal(bpf_call(&out, ARCH, 3, AF_VSOCK), eperm);
    ocib_vec_release(&some);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_nothing_is_known),
        cmocka_unit_test(test_every_number),
        cmocka_unit_test(test_equal_numbers_and_extremes),
        cmocka_unit_test(test_two_architectures),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests_name("filter", list, NULL, NULL);
}
