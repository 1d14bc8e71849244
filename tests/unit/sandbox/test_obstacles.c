#include "sandbox/obstacles.h"

#include "sandbox/fixture.h"

#include <errno.h>

/* Ids are what scripts compare with: words of a-z and dashes, each once, each explained. */
static void test_ids(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf manual = {0};
    assert_int_equal(ocib_file_read(AT_FDCWD, TESTDATA "/../docs/doctor.md", 1 << 20, &manual,
                                    OCIB_EINPUT, NULL),
                     0);
    ocib_buf_reserve(&manual, 1);
    for (int i = 0; i < OCIB_OBSTACLE_COUNT; i++) {
        const char *id = ocib_obstacle_id((enum ocib_obstacle)i);
        assert_true(*id && strspn(id, "abcdefghijklmnopqrstuvwxyz-") == strlen(id));
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(id, ocib_obstacle_id((enum ocib_obstacle)k));
        }
        OCIB_AUTO_FREE char *heading = ocib_format("`%s`", id);
        if (!strstr(manual.data, heading)) {
            fail_msg("docs/doctor.md says nothing of %s", id);
        }
    }
}

static void test_remedies(void **state)
{
    for (int i = 0; i < OCIB_OBSTACLE_COUNT; i++) {
        OCIB_AUTO_FREE char *text = ocib_obstacle_remedy((enum ocib_obstacle)i, "ARG");
        assert_true(strlen(text) > 10);
        assert_null(strstr(text, "{}"));
        assert_null(strchr(text, '\n'));
    }
    OCIB_AUTO_FREE char *limit =
        ocib_obstacle_remedy(OCIB_OBSTACLE_NAMESPACE_LIMIT, "max_pid_namespaces");
    assert_string_equal(limit, "allow more namespaces: sysctl -w user.max_pid_namespaces=15000");
}

/* The first obstacle is the one that counts, and its remedy comes before a general hint. */
static void test_add(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    errno = ENOSPC;
    ocib_error_set_errno(&err, OCIB_ESANDBOX, "can't");
    assert_non_null(strstr(ocib_error_hint(err), "the disk is full"));
    assert_int_equal(ocib_obstacle_explain(&err, ENOSPC), -1);
    assert_string_equal(ocib_error_reason(err), "namespace-limit");
    assert_non_null(strstr(ocib_error_hint(err), "sysctl -w user.max_"));
    ocib_obstacle_add(&err, OCIB_OBSTACLE_SECCOMP, NULL);
    assert_string_equal(ocib_error_reason(err), "namespace-limit");
    assert_int_equal(ocib_obstacle_add(NULL, OCIB_OBSTACLE_SECCOMP, NULL), -1);
}

static void test_explain(void **state)
{
    static const struct {
        int error;
        const char *reason;
    } cases[] = {{EAGAIN, "process-limit"}, {EUSERS, "namespace-limit"}, {EIO, NULL}};
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        ocib_error_set(&err, OCIB_ESANDBOX, "refused");
        ocib_obstacle_explain(&err, cases[i].error);
        if (cases[i].reason) {
            assert_string_equal(ocib_error_reason(err), cases[i].reason);
        } else {
            assert_null(ocib_error_reason(err));
            assert_null(ocib_error_hint(err));
        }
    }
    OCIB_AUTO_ERROR struct ocib_error *refused = NULL;
    ocib_error_set(&refused, OCIB_ESANDBOX, "refused");
    ocib_obstacle_explain(&refused, EPERM);
    assert_non_null(ocib_error_reason(refused));
    assert_non_null(ocib_error_hint(refused));
}

int main(void)
{
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_remedies),
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_explain),
    };
    return cmocka_run_group_tests_name("obstacles", list, NULL, NULL);
}
