#include "base/map.h"
#include "sandbox/seccomp.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int any;

/* No call has two verdicts, and none is named twice. */
static void test_each_call_once(void **state)
{
    OCIB_AUTO(ocib_map_cleanup) struct ocib_map *seen = ocib_map_new(NULL);
    for (const struct ocib_syscall_list *list = ocib_seccomp_lists(); list->groups; list++) {
        for (const char *const *group = list->groups; *group; group++) {
            struct ocib_str rest = ocib_str(*group);
            struct ocib_str name;
            while (ocib_str_cut(&rest, ' ', &name)) {
                assert_true(name.len > 0);
                if (ocib_map_get(seen, name)) {
                    fail_msg("%.*s is listed twice", OCIB_STR_ARG(name));
                }
                ocib_map_set(seen, name, &any);
            }
        }
    }
    assert_true(ocib_map_len(seen) > 350);
    assert_null(ocib_map_get(seen, OCIB_STR("clone3")));
}

static enum ocib_verdict verdict_of(const char *wanted)
{
    for (const struct ocib_syscall_list *list = ocib_seccomp_lists(); list->groups; list++) {
        for (const char *const *group = list->groups; *group; group++) {
            struct ocib_str rest = ocib_str(*group);
            struct ocib_str name;
            while (ocib_str_cut(&rest, ' ', &name)) {
                if (ocib_str_is(name, wanted)) {
                    return list->verdict;
                }
            }
        }
    }
    return OCIB_VERDICT_UNKNOWN;
}

/* What has been a way out of containers, or acts on the whole machine. */
static void test_dangerous_calls(void **state)
{
    static const char *const names[] = {"mount",
                                        "move_mount",
                                        "open_tree",
                                        "fsopen",
                                        "setns",
                                        "unshare",
                                        "pivot_root",
                                        "kexec_load",
                                        "init_module",
                                        "finit_module",
                                        "bpf",
                                        "perf_event_open",
                                        "userfaultfd",
                                        "add_key",
                                        "keyctl",
                                        "request_key",
                                        "reboot",
                                        "io_uring_setup",
                                        "settimeofday",
                                        "clock_settime",
                                        "swapon",
                                        "iopl",
                                        "open_by_handle_at",
                                        "sethostname"};
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        assert_int_equal(verdict_of(names[i]), OCIB_VERDICT_REFUSE);
    }
    assert_int_equal(verdict_of("clone"), OCIB_VERDICT_CLONE);
    assert_int_equal(verdict_of("clone3"), OCIB_VERDICT_UNKNOWN);
    assert_int_equal(verdict_of("chroot"), OCIB_VERDICT_ALLOW);
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_each_call_once),
        cmocka_unit_test(test_dangerous_calls),
    };
    return cmocka_run_group_tests_name("syscalls", list, NULL, NULL);
}
