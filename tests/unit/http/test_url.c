#include "http/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_resolves(const char *base, const char *reference, const char *expected)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *url = ocib_url_resolve(base, reference, &err);
    if (!expected) {
        assert_null(url);
        assert_int_equal(ocib_error_code(err), OCIB_EREGISTRY);
        return;
    }
    assert_non_null(url);
    assert_string_equal(url, expected);
}

static void test_resolve(void **state)
{
    assert_resolves("http://h:5000/v2/", "/v2/x/uploads/1?_state=a%3D",
                    "http://h:5000/v2/x/uploads/1?_state=a%3D");
    assert_resolves("https://h/v2/a/b", "c?d=e", "https://h/v2/a/c?d=e");
    assert_resolves("https://h/v2/a/", "https://other/x#y", "https://other/x");
    assert_resolves("https://h/v2/", "https://user:secret@other/x", "https://other/x");
    assert_resolves("https://h/v2/", "//other:1/x", "https://other:1/x");
    assert_resolves("https://h/v2/", "file:///etc/passwd", NULL);
    assert_resolves("https://h/v2/", "gopher://x/", NULL);
    assert_resolves("nonsense", "/x", NULL);
}

static void test_origins(void **state)
{
    assert_true(ocib_url_same_origin("https://h/a", "https://H:443/b"));
    assert_true(ocib_url_same_origin("http://h:80", "http://h/"));
    assert_false(ocib_url_same_origin("http://h/", "https://h/"));
    assert_false(ocib_url_same_origin("http://h:1/", "http://h:2/"));
    assert_false(ocib_url_same_origin("http://h/", "http://h.example/"));
    assert_false(ocib_url_same_origin("x", "x"));
}

static void test_what_is_shown(void **state)
{
    OCIB_AUTO_FREE char *shown = ocib_url_public("https://u:p@h:1/a/b?sig=secret#f");
    assert_string_equal(shown, "https://h:1/a/b");
    OCIB_AUTO_FREE char *host = ocib_url_host("https://u:p@h:1/a");
    assert_string_equal(host, "h:1");
    OCIB_AUTO_FREE char *none = ocib_url_host("no url");
    assert_string_equal(none, "");
}

static void test_query(void **state)
{
    OCIB_AUTO_FREE char *one = ocib_url_add_query("http://h/x", "digest", "sha256:ab");
    assert_string_equal(one, "http://h/x?digest=sha256%3Aab");
    OCIB_AUTO_FREE char *two = ocib_url_add_query("http://h/x?a=b", "c", "d e&f/g~");
    assert_string_equal(two, "http://h/x?a=b&c=d%20e%26f%2Fg~");
}

static void test_loopback(void **state)
{
    static const char *const yes[] = {"localhost",  "LocalHost:5000", "127.0.0.1", "127.1.2.3:80",
                                      "[::1]:5000", "[::1]",          "::1"};
    static const char *const no[] = {"localhost.example.com",
                                     "128.0.0.1",
                                     "10.0.0.1:5000",
                                     "[::2]:1",
                                     "127.0.0.1.example.com",
                                     "docker.io",
                                     "",
                                     "[::1"};
    for (size_t i = 0; i < OCIB_COUNT(yes); i++) {
        assert_true(ocib_host_is_loopback(yes[i]));
    }
    for (size_t i = 0; i < OCIB_COUNT(no); i++) {
        assert_false(ocib_host_is_loopback(no[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resolve), cmocka_unit_test(test_origins),
        cmocka_unit_test(test_what_is_shown), cmocka_unit_test(test_query),
        cmocka_unit_test(test_loopback)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
