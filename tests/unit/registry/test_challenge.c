#include "registry/challenge.h"
#include "registry/check.h"

struct expected {
    const char *header;
    enum ocib_auth_scheme scheme;
    const char *realm;
    const char *service;
    const char *scope;
};

static void check_text(const char *found, const char *expected)
{
    if (expected) {
        assert_non_null(found);
        assert_string_equal(found, expected);
    } else {
        assert_null(found);
    }
}

static void test_headers(void **state)
{
    static const struct expected cases[] = {
        {"Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\","
         "scope=\"repository:library/x:pull\"",
         OCIB_AUTH_BEARER, "https://auth.docker.io/token", "registry.docker.io",
         "repository:library/x:pull"},
        {"bearer REALM=\"https://h/t\"", OCIB_AUTH_BEARER, "https://h/t", NULL, NULL},
        {"Basic realm=\"Registry Realm\"", OCIB_AUTH_BASIC, "Registry Realm", NULL, NULL},
        {"Basic", OCIB_AUTH_BASIC, NULL, NULL, NULL},
        {"Basic realm=\"a\", Bearer realm=\"b\" , service=c", OCIB_AUTH_BEARER, "b", "c", NULL},
        {"Bearer realm=\"b\", Basic realm=\"a\"", OCIB_AUTH_BEARER, "b", NULL, NULL},
        {"Negotiate, Basic realm=\"a\"", OCIB_AUTH_BASIC, "a", NULL, NULL},
        {"Negotiate abc==, Basic realm=\"a\"", OCIB_AUTH_BASIC, "a", NULL, NULL},
        {"Bearer realm=\"x \\\"q\\\" \\\\y\",error=\"invalid_token\"", OCIB_AUTH_BEARER,
         "x \"q\" \\y", NULL, NULL},
        {"Bearer realm = \"b\"", OCIB_AUTH_BEARER, "b", NULL, NULL},
        {"Bearer realm=https://h/t?a=b,service=s", OCIB_AUTH_BEARER, "https://h/t?a=b", "s", NULL},
        {"Bearer realm=\"b\",realm=\"c\"", OCIB_AUTH_BEARER, "c", NULL, NULL},
        /* Without a realm there is nobody to ask. */
        {"Bearer service=\"x\"", OCIB_AUTH_NONE, NULL, NULL, NULL},
        {"Bearer realm=\"\"", OCIB_AUTH_NONE, NULL, NULL, NULL},
        {"Digest realm=\"a\", nonce=\"b\"", OCIB_AUTH_NONE, NULL, NULL, NULL},
        {"Bearer realm=\"never closed", OCIB_AUTH_BEARER, "never closed", NULL, NULL},
        {"", OCIB_AUTH_NONE, NULL, NULL, NULL},
        {",,, ,", OCIB_AUTH_NONE, NULL, NULL, NULL},
        {"=", OCIB_AUTH_NONE, NULL, NULL, NULL},
        {"\"", OCIB_AUTH_NONE, NULL, NULL, NULL}};
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        struct ocib_challenge found = {0};
        ocib_challenge_read(ocib_str(cases[i].header), &found);
        assert_int_equal(found.scheme, cases[i].scheme);
        check_text(found.realm, cases[i].realm);
        check_text(found.service, cases[i].service);
        check_text(found.scope, cases[i].scope);
        ocib_challenge_release(&found);
    }
}

static void test_the_better_of_two_headers_stays(void **state)
{
    struct ocib_challenge found = {0};
    ocib_challenge_read(OCIB_STR("Bearer realm=\"b\""), &found);
    ocib_challenge_read(OCIB_STR("Basic realm=\"a\""), &found);
    assert_int_equal(found.scheme, OCIB_AUTH_BEARER);
    assert_string_equal(found.realm, "b");
    ocib_challenge_release(&found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_headers),
                                       cmocka_unit_test(test_the_better_of_two_headers_stays)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
