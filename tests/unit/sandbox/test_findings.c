#include "sandbox/findings.h"

#include "sandbox/fixture.h"
#include "sandbox/modes.h"

static const struct ocib_finding *find(const struct ocib_findings *findings, const char *name)
{
    for (size_t i = 0; i < findings->len; i++) {
        if (strcmp(findings->items[i].name, name) == 0) {
            return &findings->items[i];
        }
    }
    return NULL;
}

/* One finding a mode, in order; a NO says why and what to do. */
static void test_modes(void **state)
{
    struct ocib_findings findings = {0};
    size_t count;
    size_t at = 0;
    const struct ocib_mode *modes = ocib_modes(&count);
    ocib_sandbox_try_modes(&findings);
    for (size_t i = 0; i < count; i++) {
        if (!ocib_mode_exists(&modes[i])) {
            assert_null(find(&findings, modes[i].name));
            continue;
        }
        const struct ocib_finding *finding = &findings.items[at++];
        assert_string_equal(finding->group, "mode");
        assert_string_equal(finding->name, modes[i].name);
        if (finding->verdict == OCIB_FINDING_NO) {
            assert_non_null(finding->reason);
            assert_non_null(finding->remedy);
        } else {
            assert_string_equal(finding->text, modes[i].summary);
            assert_null(finding->remedy);
        }
    }
    assert_int_equal(at, findings.len);
    ocib_findings_release(&findings);
}

static void test_machine(void **state)
{
    static const char *const always[] = {"kernel",  "user",  "subordinate ids", "no_new_privs",
                                         "seccomp", "/proc", "cgroup"};
    struct ocib_findings findings = {0};
    ocib_sandbox_examine_machine(&findings);
    for (size_t i = 0; i < OCIB_COUNT(always); i++) {
        assert_non_null(find(&findings, always[i]));
    }
    for (size_t i = 0; i < findings.len; i++) {
        assert_string_equal(findings.items[i].group, "machine");
        assert_true(*findings.items[i].text);
        assert_null(strchr(findings.items[i].text, '\n'));
    }
    ocib_findings_release(&findings);
}

/* What a process does to itself is seen. */
static void test_no_new_privs(void **state)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct ocib_findings findings = {0};
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        ocib_sandbox_examine_machine(&findings);
        const struct ocib_finding *finding = find(&findings, "no_new_privs");
        bool good = finding->verdict == OCIB_FINDING_NO &&
                    strcmp(finding->reason, "no-new-privs") == 0 && finding->remedy;
        ocib_findings_release(&findings);
        _exit(good ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_machine),
        cmocka_unit_test(test_no_new_privs),
    };
    return cmocka_run_group_tests_name("findings", list, NULL, NULL);
}
