#include "registry/check.h"
#include "registry/credentials.h"

/* "user:secret kind helper" of what is found. */
static char *look(const char *json, const char *image)
{
    OCIB_AUTO(ocib_auth_match_release) struct ocib_auth_match match = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (ocib_auth_find(ocib_str(json), "auth.json", image, &match, &err)) {
        return check_error_text(err);
    }
    const struct ocib_credentials *found = &match.credentials;
    if (found->secret) {
        assert_string_equal(found->source, "auth.json");
    }
    return ocib_format("%s:%s %d %s", found->user ? found->user : "-",
                       found->secret ? found->secret : "-", found->kind,
                       match.helper ? match.helper : "-");
}

static void check_look(const char *json, const char *image, const char *expected)
{
    OCIB_AUTO_FREE char *found = look(json, image);
    assert_string_equal(found, expected);
}

/* dXNlcjpwdw== is user:pw, YTpi a:b, Yzpk c:d. */
static void test_the_most_specific_key_wins(void **state)
{
    static const char json[] =
        "{\"auths\":{\"h.example\":{\"auth\":\"YTpi\"},"
        "\"h.example/ns/repo\":{\"auth\":\"dXNlcjpwdw==\"},\"h.example/ns\":{\"auth\":\"Yzpk\"}}}";
    check_look(json, "h.example/ns/repo", "user:pw 0 -");
    check_look(json, "h.example/ns/repo/x", "user:pw 0 -");
    check_look(json, "h.example/ns/repo2", "c:d 0 -");
    check_look(json, "h.example/x", "a:b 0 -");
    check_look(json, "h.example.evil.example/x", "-:- 0 -");
    check_look(json, "other.example/x", "-:- 0 -");
}

static void test_names_of_docker_hub(void **state)
{
    static const char *const keys[] = {"docker.io",
                                       "index.docker.io",
                                       "registry-1.docker.io",
                                       "https://index.docker.io/v1/",
                                       "https://registry-1.docker.io/v2/",
                                       "index.docker.io/v1/",
                                       "https://docker.io"};
    for (size_t i = 0; i < OCIB_COUNT(keys); i++) {
        OCIB_AUTO_FREE char *json =
            ocib_format("{\"auths\":{\"%s\":{\"auth\":\"YTpi\"}}}", keys[i]);
        check_look(json, "docker.io/library/python", "a:b 0 -");
        check_look(json, "quay.io/library/python", "-:- 0 -");
    }
}

static void test_keys_with_a_scheme(void **state)
{
    static const char json[] = "{\"auths\":{\"https://h.example:5000/v2/\":{\"auth\":\"YTpi\"}}}";
    check_look(json, "h.example:5000/x/y", "a:b 0 -");
    check_look(json, "h.example/x/y", "-:- 0 -");
}

static void test_kinds_of_secrets(void **state)
{
    check_look("{\"auths\":{\"h\":{\"username\":\"u\",\"password\":\"p\"}}}", "h/x", "u:p 0 -");
    check_look("{\"auths\":{\"h\":{\"auth\":\"YTpi\",\"identitytoken\":\"idt\"}}}", "h/x",
               "-:idt 1 -");
    check_look("{\"auths\":{\"h\":{\"registrytoken\":\"rt\"}}}", "h/x", "-:rt 2 -");
    check_look("{\"auths\":{\"h\":{}}}", "h/x", "-:- 0 -");
    check_look("{\"auths\":{\"h\":{\"auth\":\"\"}}}", "h/x", "-:- 0 -");
    check_look("{}", "h/x", "-:- 0 -");
    /* A password may have colons: cDphOmI6Yw== is p:a:b:c. */
    check_look("{\"auths\":{\"h\":{\"auth\":\"cDphOmI6Yw==\"}}}", "h/x", "p:a:b:c 0 -");
}

static void test_helpers(void **state)
{
    static const char json[] = "{\"credsStore\":\"desktop\",\"credHelpers\":{"
                               "\"h.example\":\"ecr\",\"h.example/none\":\"\"},"
                               "\"auths\":{\"h.example\":{\"auth\":\"YTpi\"}}}";
    check_look(json, "h.example/x", "a:b 0 ecr");
    check_look(json, "other.example/x", "-:- 0 desktop");
    check_look("{\"credsStore\":\"\"}", "other.example/x", "-:- 0 -");
}

static void test_bad(void **state)
{
    static const char hint[] =
        " | repair it, or log in again with `podman login` or `docker login`";
    static const char *const cases[][2] = {
        {"{\n\"auths\": secret\n}", "[5] the auth file auth.json is no valid JSON object (line 2)"},
        {"[]", "[5] the auth file auth.json is no valid JSON object (line 1)"},
        {"", "[5] the auth file auth.json is no valid JSON object (line 1)"}};
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *expected = ocib_format("%s%s", cases[i][1], hint);
        check_look(cases[i][0], "h/x", expected);
    }
    check_look("{\"auths\":{\"h\":{\"auth\":\"secret!\"}}}", "h/x",
               "[5] auth.json: \"auth\" of 'h' is not base64 of user:password");
    check_look("{\"auths\":{\"h\":{\"auth\":\"YWI=\"}}}", "h/x",
               "[5] auth.json: \"auth\" of 'h' is not base64 of user:password");
    /* What has another shape has no credentials. */
    check_look("{\"auths\":[1],\"credHelpers\":3}", "h/x", "-:- 0 -");
    check_look("{\"auths\":{\"h\":[\"x\"]},\"credHelpers\":{\"h\":1}}", "h/x", "-:- 0 -");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_most_specific_key_wins),
                                       cmocka_unit_test(test_names_of_docker_hub),
                                       cmocka_unit_test(test_keys_with_a_scheme),
                                       cmocka_unit_test(test_kinds_of_secrets),
                                       cmocka_unit_test(test_helpers),
                                       cmocka_unit_test(test_bad)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
