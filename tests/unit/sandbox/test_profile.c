#include "sandbox/profile.h"

#include "base/mem.h"
#include "sandbox/bpf.h"
#include "sandbox/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>

#include <cmocka.h>

static const struct ocib_profile_action allow = {"SCMP_ACT_ALLOW", 0};

static void add(struct ocib_profile *profile, const char *name, unsigned number,
                const struct ocib_profile_argument *arguments, size_t count)
{
    struct ocib_profile_rule rule = {.action = {"SCMP_ACT_ERRNO", number}};
    ocib_strings_push(&rule.names, name);
    for (size_t i = 0; i < count; i++) {
        ocib_vec_push(&rule.arguments, arguments[i]);
    }
    assert_int_equal(ocib_profile_add(profile, &rule, NULL), 0);
    ocib_strings_release(&rule.names);
    ocib_vec_release(&rule.arguments);
}

#if defined(__x86_64__)
static uint32_t call(const struct ocib_buf *program, int number, uint64_t first, uint64_t second)
{
    struct seccomp_data data = {.nr = number, .arch = AUDIT_ARCH_X86_64, .args = {first, second}};
    return bpf_run(program, &data);
}

static void test_rules(void **state)
{
    struct ocib_profile_argument both[] = {{0, (char[]){"SCMP_CMP_EQ"}, 1, 0},
                                           {1, (char[]){"SCMP_CMP_EQ"}, 2, 0}};
    struct ocib_profile_argument either[] = {{0, (char[]){"SCMP_CMP_EQ"}, 1, 0},
                                             {0, (char[]){"SCMP_CMP_EQ"}, 2, 0}};
    OCIB_AUTO(ocib_profile_cleanup) struct ocib_profile *profile = ocib_profile_new(&allow, NULL);
    OCIB_AUTO_BUF struct ocib_buf program = {0};
    add(profile, "mkdir", ENOSPC, NULL, 0);
    add(profile, "no_such_call_anywhere", ENOSPC, NULL, 0);
    add(profile, "chmod", EIO, both, 2);
    add(profile, "chown", EIO, either, 2);
    assert_int_equal(ocib_profile_build(profile, &program, NULL), 0);
    assert_int_equal(call(&program, SYS_read, 0, 0), SECCOMP_RET_ALLOW);
    assert_int_equal(call(&program, SYS_mkdir, 0, 0), SECCOMP_RET_ERRNO | ENOSPC);
    assert_int_equal(call(&program, SYS_chmod, 1, 2), SECCOMP_RET_ERRNO | EIO);
    assert_int_equal(call(&program, SYS_chmod, 1, 3), SECCOMP_RET_ALLOW);
    assert_int_equal(call(&program, SYS_chown, 1, 0), SECCOMP_RET_ERRNO | EIO);
    assert_int_equal(call(&program, SYS_chown, 2, 0), SECCOMP_RET_ERRNO | EIO);
    assert_int_equal(call(&program, SYS_chown, 3, 0), SECCOMP_RET_ALLOW);
}
#endif

static void test_arches(void **state)
{
    OCIB_AUTO(ocib_profile_cleanup) struct ocib_profile *profile = ocib_profile_new(&allow, NULL);
    assert_false(ocib_profile_is_native("SCMP_ARCH_NONE"));
    assert_false(ocib_profile_is_native("x86_64"));
    assert_int_equal(ocib_profile_arch(profile, "SCMP_ARCH_X86_64", NULL), 0);
    assert_int_equal(ocib_profile_arch(profile, "SCMP_ARCH_S390X", NULL), 0);
    assert_int_equal(ocib_profile_arch(profile, "SCMP_ARCH_UNHEARD_OF", NULL), 0);
}

static void refuses(const char *action, struct ocib_profile_argument argument, const char *message)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO(ocib_profile_cleanup) struct ocib_profile *profile = ocib_profile_new(&allow, NULL);
    struct ocib_profile_rule rule = {.action = {action, 1}};
    ocib_strings_push(&rule.names, "read");
    ocib_vec_push(&rule.arguments, argument);
    assert_int_equal(ocib_profile_add(profile, &rule, &err), -1);
    assert_string_equal(ocib_error_message(err), message);
    ocib_strings_release(&rule.names);
    ocib_vec_release(&rule.arguments);
}

static void test_refusals(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    const struct ocib_profile_action unknown = {"SCMP_ACT_NOTIFY", 0};
    struct ocib_profile_argument good = {0, (char[]){"SCMP_CMP_EQ"}, 1, 0};
    struct ocib_profile_argument bad = {0, (char[]){"=="}, 1, 0};
    struct ocib_profile_argument far = {6, (char[]){"SCMP_CMP_EQ"}, 1, 0};
    assert_null(ocib_profile_new(&unknown, &err));
    assert_string_equal(ocib_error_message(err), "the action 'SCMP_ACT_NOTIFY' is not supported");
    refuses("SCMP_ACT_TRACE", good, "the action 'SCMP_ACT_TRACE' is not supported");
    refuses("SCMP_ACT_KILL", bad, "an argument's comparison '==' is not known");
    refuses("SCMP_ACT_KILL", far, "an argument's comparison 'SCMP_CMP_EQ' is not known");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#if defined(__x86_64__)
        cmocka_unit_test(test_rules),
#endif
        cmocka_unit_test(test_arches),
        cmocka_unit_test(test_refusals),
    };
    if (!ocib_seccomp_available()) {
        print_message("SKIPPED: built without libseccomp\n");
        return 77;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
