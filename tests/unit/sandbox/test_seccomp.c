#include "sandbox/bpf.h"
#include "sandbox/caps.h"
#include "sandbox/fixture.h"
#include "sandbox/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <sched.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
static const uint32_t eperm = SECCOMP_RET_ERRNO | EPERM;
static const uint32_t enosys = SECCOMP_RET_ERRNO | ENOSYS;

/* Numbers of both ABIs of x86, as their tables in the kernel have them. */
static void test_numbers(void **state)
{
    static const struct {
        uint32_t arch;
        uint32_t number;
        uint32_t result;
    } cases[] = {
        {AUDIT_ARCH_X86_64, SYS_read, SECCOMP_RET_ALLOW},
        {AUDIT_ARCH_X86_64, SYS_execve, SECCOMP_RET_ALLOW},
        {AUDIT_ARCH_X86_64, SYS_openat2, SECCOMP_RET_ALLOW},
        {AUDIT_ARCH_X86_64, SYS_mount, eperm},
        {AUDIT_ARCH_X86_64, SYS_unshare, eperm},
        {AUDIT_ARCH_X86_64, SYS_keyctl, eperm},
        {AUDIT_ARCH_X86_64, SYS_io_uring_setup, eperm},
        {AUDIT_ARCH_X86_64, 435 /* clone3 */, enosys},
        {AUDIT_ARCH_X86_64, 1000, enosys},
        {AUDIT_ARCH_X86_64, 0x40000000 /* read of x32 */, enosys},
        {AUDIT_ARCH_I386, 3 /* read */, SECCOMP_RET_ALLOW},
        {AUDIT_ARCH_I386, 21 /* mount */, eperm},
        {AUDIT_ARCH_I386, 102 /* socketcall */, SECCOMP_RET_ALLOW},
        {AUDIT_ARCH_I386, 359 /* socket */, SECCOMP_RET_ALLOW},
        {AUDIT_ARCH_I386, 361 /* bind */, SECCOMP_RET_ALLOW},
        {AUDIT_ARCH_I386, 395 /* shmget */, SECCOMP_RET_ALLOW},
        {AUDIT_ARCH_I386, 435, enosys},
        {AUDIT_ARCH_AARCH64, 63, enosys},
    };
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    assert_int_equal(ocib_seccomp_build(NULL, ocib_caps_default(), &out, NULL), 0);
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        uint32_t got = bpf_call(&out, cases[i].arch, cases[i].number, 0);
        if (got != cases[i].result) {
            fail_msg("arch %x call %u: %x", cases[i].arch, cases[i].number, got);
        }
    }
}
#endif

static void test_within_the_kernel_s_limit(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    assert_int_equal(ocib_seccomp_build(NULL, ocib_caps_default(), &out, NULL), 0);
    assert_int_equal(out.len % sizeof(struct sock_filter), 0);
    assert_true(out.len / sizeof(struct sock_filter) <= BPF_MAXINSNS);
    assert_true(ocib_seccomp_available() == (out.len > 0));
}

static void test_step_is_filtered(void **state)
{
    fixture_says("grep ^Seccomp: /proc/self/status", "Seccomp:\t2\n");
    assert_int_equal(fixture_shell("unshare -m true"), 1);
    assert_non_null(strstr(fixture_output[2].data, "Operation not permitted"));
    assert_int_equal(fixture_shell("unshare -U true"), 1);
    fixture_says("true | cat; sh -c 'exit 0'", "");
    fixture_says("chroot / /bin/echo inside", "inside\n");
}

static int tests(void)
{
    const struct CMUnitTest list[] = {
#if defined(__x86_64__)
        cmocka_unit_test(test_numbers),
#endif
        cmocka_unit_test(test_within_the_kernel_s_limit),
        cmocka_unit_test(test_step_is_filtered),
    };
    return cmocka_run_group_tests_name("seccomp", list, NULL, NULL);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    if (!ocib_seccomp_available()) {
        print_message("SKIPPED: built without libseccomp\n");
        return FIXTURE_SKIPPED;
    }
    return fixture_main(tests);
}
