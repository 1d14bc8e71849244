#include "registry/fixture.h"

static int start(void **state)
{
    struct fixture *f = ocib_new(struct fixture);
    fixture_start(f);
    *state = f;
    return 0;
}

static int stop(void **state)
{
    fixture_stop(*state);
    free(*state);
    return 0;
}

/* An auth file below the fixture's folder with user NAME for h.example. */
static void put_file(const struct fixture *f, const char *folder, const char *name,
                     const char *user)
{
    OCIB_AUTO_FREE char *dir = ocib_format("%s/%s", f->dir, folder);
    OCIB_AUTO_FREE char *path = ocib_format("%s/%s", dir, name);
    OCIB_AUTO_FREE char *json =
        ocib_format("{\"auths\":{\"h.example\":{\"username\":\"%s\",\"password\":\"p\"}}}", user);
    assert_int_equal(ocib_mkdirs(dir, 0700, NULL), 0);
    check_write(path, json);
}

static char *look(const struct fixture *f, const char *authfile)
{
    struct ocib_credential_places places = {authfile, getuid(), NULL};
    struct ocib_credentials found = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    char *text;
    if (ocib_credentials_find(&places, "h.example", "ns/app", &found, &err)) {
        text = check_error_text(err);
    } else {
        text = ocib_strdup(found.user ? found.user : "none");
    }
    ocib_credentials_release(&found);
    return text;
}

static void check_look(const struct fixture *f, const char *authfile, const char *expected)
{
    OCIB_AUTO_FREE char *found = look(f, authfile);
    assert_string_equal(found, expected);
}

/* Each place is before those that were filled earlier. */
static void test_order_of_places(void **state)
{
    struct fixture *f = *state;
    check_look(f, NULL, "none");
    put_file(f, ".docker", "config.json", "docker");
    check_look(f, NULL, "docker");
    put_file(f, ".config/containers", "auth.json", "config");
    check_look(f, NULL, "config");
    put_file(f, "containers", "auth.json", "runtime");
    check_look(f, NULL, "runtime");
    put_file(f, "env", "auth.json", "environment");
    OCIB_AUTO_FREE char *env = ocib_format("%s/env/auth.json", f->dir);
    setenv("REGISTRY_AUTH_FILE", env, 1);
    check_look(f, NULL, "environment");
    put_file(f, "flag", "auth.json", "flag");
    OCIB_AUTO_FREE char *flag = ocib_format("%s/flag/auth.json", f->dir);
    check_look(f, flag, "flag");
}

static void test_docker_config_stands_for_the_home(void **state)
{
    struct fixture *f = *state;
    put_file(f, ".docker", "config.json", "docker");
    put_file(f, "dc", "config.json", "told");
    OCIB_AUTO_FREE char *folder = ocib_format("%s/dc", f->dir);
    setenv("DOCKER_CONFIG", folder, 1);
    check_look(f, NULL, "told");
    setenv("DOCKER_CONFIG", "/nonexistent", 1);
    check_look(f, NULL, "none");
}

static void test_files_that_are_wrong(void **state)
{
    struct fixture *f = *state;
    check_look(f, "/nonexistent/auth.json", "[2] there is no auth file /nonexistent/auth.json");
    check_write(f->authfile, " \n");
    check_look(f, f->authfile, "none");
    check_write(f->authfile, "{secret");
    OCIB_AUTO_FREE char *found = look(f, f->authfile);
    assert_null(strstr(found, "secret"));
    assert_non_null(strstr(found, "is no valid JSON object"));
}

static void test_a_helper_is_asked_first(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_FREE char *path = ocib_format("%s:/usr/bin:/bin", f->dir);
    OCIB_AUTO_FREE char *program = ocib_format("%s/docker-credential-x", f->dir);
    setenv("PATH", path, 1);
    check_write(program, "#!/bin/sh\necho '{\"Username\":\"helped\",\"Secret\":\"s\"}'\n");
    assert_int_equal(chmod(program, 0700), 0);
    check_write(f->authfile, "{\"credsStore\":\"x\",\"auths\":{\"h.example\":{\"username\":\"u\","
                             "\"password\":\"p\"}}}");
    check_look(f, f->authfile, "helped");
    check_write(program, "#!/bin/sh\necho credentials not found; exit 1\n");
    check_look(f, f->authfile, "u");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(test_order_of_places), TEST(test_docker_config_stands_for_the_home),
        TEST(test_files_that_are_wrong), TEST(test_a_helper_is_asked_first)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
