#include "sandbox/modes.h"

#include "sandbox/fixture.h"

/* Every name leads back to its mode, and the modes that are not there are refused by name. */
static void test_names(void **state)
{
    size_t count;
    const struct ocib_mode *modes = ocib_modes(&count);
    assert_true(count >= 2);
    for (size_t i = 0; i < count; i++) {
        enum ocib_sandbox_mode mode = OCIB_SANDBOX_AUTO;
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        OCIB_AUTO_FREE char *refused =
            ocib_format("sandbox mode %s is not in this version of ocib", modes[i].name);
        assert_string_equal(ocib_sandbox_mode_name(modes[i].mode), modes[i].name);
        assert_ptr_equal(ocib_mode_find(modes[i].mode), &modes[i]);
        int parsed = ocib_sandbox_mode_parse(modes[i].name, &mode, &err);
        if (ocib_mode_exists(&modes[i])) {
            assert_int_equal(parsed, 0);
            assert_int_equal(mode, modes[i].mode);
            assert_non_null(modes[i].try);
        } else {
            assert_int_equal(parsed, -1);
            assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
            assert_string_equal(ocib_error_message(err), refused);
        }
    }
}

/* Picking goes down the table: a worse mode must never stand before a better one. */
static void test_order(void **state)
{
    size_t count;
    const struct ocib_mode *modes = ocib_modes(&count);
    for (size_t i = 1; i < count; i++) {
        assert_true(modes[i - 1].mode < modes[i].mode);
    }
    assert_int_equal(modes[0].mode, OCIB_SANDBOX_ROOT);
    assert_null(ocib_mode_find(OCIB_SANDBOX_AUTO));
    assert_null(ocib_mode_find(OCIB_SANDBOX_NONE));
}

static void test_auto_and_none(void **state)
{
    enum ocib_sandbox_mode mode = OCIB_SANDBOX_ROOT;
    assert_int_equal(ocib_sandbox_mode_parse("auto", &mode, NULL), 0);
    assert_int_equal(mode, OCIB_SANDBOX_AUTO);
    assert_int_equal(ocib_sandbox_mode_parse("none", &mode, NULL), 0);
    assert_int_equal(mode, OCIB_SANDBOX_NONE);
    assert_string_equal(ocib_sandbox_mode_name(OCIB_SANDBOX_AUTO), "auto");
    assert_string_equal(ocib_sandbox_mode_name(OCIB_SANDBOX_NONE), "none");
}

/* The hint names exactly the modes that can be had. */
static void test_unknown_names(void **state)
{
    static const char *const cases[][2] = {
        {"rootless", "unknown sandbox mode rootless"},
        {"", "unknown sandbox mode "},
        {"Root", "unknown sandbox mode Root"},
    };
    size_t count;
    const struct ocib_mode *modes = ocib_modes(&count);
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        enum ocib_sandbox_mode mode;
        assert_int_equal(ocib_sandbox_mode_parse(cases[i][0], &mode, &err), -1);
        assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
        assert_string_equal(ocib_error_message(err), cases[i][1]);
        assert_ptr_equal(strstr(ocib_error_hint(err), "modes: auto, root, userns"),
                         ocib_error_hint(err));
        for (size_t k = 0; k < count; k++) {
            OCIB_AUTO_FREE char *listed = ocib_format(", %s,", modes[k].name);
            assert_int_equal(strstr(ocib_error_hint(err), listed) != NULL,
                             ocib_mode_exists(&modes[k]));
        }
    }
}

/* A try leaves the process as it was: it may be repeated, and followed by another. */
static void test_trying_changes_nothing(void **state)
{
    uid_t uid = geteuid();
    size_t count;
    const struct ocib_mode *modes = ocib_modes(&count);
    for (size_t i = 0; i < count; i++) {
        OCIB_AUTO_ERROR struct ocib_error *first = NULL;
        OCIB_AUTO_ERROR struct ocib_error *second = NULL;
        if (!ocib_mode_exists(&modes[i])) {
            continue;
        }
        int tried = modes[i].try(&first);
        assert_int_equal(modes[i].try(&second), tried);
        assert_string_equal(ocib_error_message(first), ocib_error_message(second));
        assert_int_equal(ocib_error_code(first), tried < 0 ? OCIB_ESANDBOX : OCIB_OK);
        assert_int_equal(geteuid(), uid);
        assert_true(waitpid(-1, NULL, WNOHANG) < 0); /* no child stays */
    }
}

static void test_root_is_root(void **state)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (geteuid() == 0) {
        skip();
    }
    OCIB_AUTO_FREE char *wanted =
        ocib_format("this process is not root (uid %u)", (unsigned)geteuid());
    assert_int_equal(ocib_root_try(&err), -1);
    assert_string_equal(ocib_error_message(err), wanted);
}

int main(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
    const struct CMUnitTest list[] = {
        cmocka_unit_test(test_names),         cmocka_unit_test(test_order),
        cmocka_unit_test(test_auto_and_none), cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_root_is_root),  cmocka_unit_test(test_trying_changes_nothing),
    };
    return cmocka_run_group_tests_name("modes", list, NULL, NULL);
}
