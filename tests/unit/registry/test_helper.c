#include "registry/fixture.h"

/* A helper of this name in PATH, a shell script. */
static void make_helper(const struct fixture *f, const char *name, const char *script)
{
    OCIB_AUTO_FREE char *path = ocib_format("%s/docker-credential-%s", f->dir, name);
    OCIB_AUTO_FREE char *text = ocib_format("#!/bin/sh\n%s\n", script);
    check_write(path, text);
    assert_int_equal(chmod(path, 0700), 0);
}

static int start(void **state)
{
    struct fixture *f = ocib_new(struct fixture);
    fixture_start(f);
    OCIB_AUTO_FREE char *path = ocib_format("%s:/usr/bin:/bin", f->dir);
    setenv("PATH", path, 1);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    fixture_stop(*state);
    free(*state);
    return 0;
}

/* "user:secret kind" or the error. */
static char *ask(const char *helper, unsigned timeout_ms, const volatile int *interrupted)
{
    struct ocib_helper_call call = {helper, "h.example:5000", "config.json", interrupted,
                                    timeout_ms};
    struct ocib_credentials found = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    char *text;
    if (ocib_helper_get(&call, &found, &err)) {
        text = check_error_text(err);
    } else {
        text = ocib_format("%s:%s %d %s", found.user ? found.user : "-",
                           found.secret ? found.secret : "-", found.kind,
                           found.source ? found.source : "-");
    }
    ocib_credentials_release(&found);
    return text;
}

static void check_ask(const char *helper, const char *expected)
{
    OCIB_AUTO_FREE char *found = ask(helper, 0, NULL);
    assert_string_equal(found, expected);
}

static void test_answers(void **state)
{
    struct fixture *f = *state;
    make_helper(f, "good",
                "[ \"$1\" = get ] && read -r s && [ \"$s\" = h.example:5000 ] && "
                "echo '{\"ServerURL\":\"x\",\"Username\":\"u\",\"Secret\":\"s\"}'");
    check_ask("good", "u:s 0 docker-credential-good");
    make_helper(f, "token", "echo '{\"Username\":\"<token>\",\"Secret\":\"idt\"}'");
    check_ask("token", "-:idt 1 docker-credential-token");
    make_helper(f, "none", "echo 'credentials not found in native keychain'; exit 1");
    check_ask("none", "-:- 0 -");
    make_helper(f, "empty", "echo '{\"Username\":\"\",\"Secret\":\"\"}'");
    check_ask("empty", "-:- 0 -");
}

static void test_failures(void **state)
{
    struct fixture *f = *state;
    check_ask("absent", "[5] can't run the credential helper docker-credential-absent that "
                        "config.json names: it is not in PATH | install it, or take it out of "
                        "credHelpers and credsStore of config.json");
    make_helper(f, "bad", "echo secret; exit 3");
    check_ask("bad",
              "[5] the credential helper docker-credential-bad that config.json names failed "
              "(status 3) | try: echo h.example:5000 | docker-credential-bad get");
    make_helper(f, "killed", "kill -9 $$");
    check_ask("killed", "[5] the credential helper docker-credential-killed that config.json names "
                        "failed (status 137) | try: echo h.example:5000 | docker-credential-killed "
                        "get");
    make_helper(f, "odd", "echo secret");
    check_ask("odd", "[5] the answer of the credential helper docker-credential-odd has no "
                     "Username and Secret");
    make_helper(f, "endless", "yes secret");
    check_ask("endless", "[5] the credential helper docker-credential-endless answers without end");
    check_ask("../evil", "[5] config.json names a credential helper that is no program's name");
    check_ask("", "[5] config.json names a credential helper that is no program's name");
}

static void test_one_that_hangs(void **state)
{
    struct fixture *f = *state;
    make_helper(f, "hangs", "exec sleep 1000");
    OCIB_AUTO_FREE char *late = ask("hangs", 1, NULL);
    assert_string_equal(late, "[5] the credential helper docker-credential-hangs gave no answer");
    volatile int interrupted = 1;
    OCIB_AUTO_FREE char *ended = ask("hangs", 0, &interrupted);
    assert_string_equal(ended, "[12] interrupted");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {TEST(test_answers), TEST(test_failures),
                                       TEST(test_one_that_hangs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
