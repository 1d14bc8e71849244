#include "oci/reference.h"

#include "base/buf.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_accepts(void **state)
{
    static const struct {
        const char *text;
        const char *full;
        const char *familiar;
    } cases[] = {
        {"python:3.10-slim", "docker.io/library/python:3.10-slim", "python:3.10-slim"},
        {"python", "docker.io/library/python:latest", "python:latest"},
        {"user/app", "docker.io/user/app:latest", "user/app:latest"},
        {"docker.io/python", "docker.io/library/python:latest", "python:latest"},
        {"index.docker.io/a/b:1", "docker.io/a/b:1", "a/b:1"},
        {"docker.io/library/a/b:1", "docker.io/library/a/b:1", "library/a/b:1"},
        {"docker.io/a.b/c", "docker.io/a.b/c:latest", "docker.io/a.b/c:latest"},
        {"localhost/x", "localhost/x:latest", "localhost/x:latest"},
        {"localhost:5000/x/y:z", "localhost:5000/x/y:z", "localhost:5000/x/y:z"},
        {"localhost:5000", "docker.io/library/localhost:5000", "localhost:5000"},
        {"127.0.0.1:5000/a_b/c__d/e---f.g", "127.0.0.1:5000/a_b/c__d/e---f.g:latest",
         "127.0.0.1:5000/a_b/c__d/e---f.g:latest"},
        {"[::1]:5000/x:y", "[::1]:5000/x:y", "[::1]:5000/x:y"},
        {"GHCR.io/x", "GHCR.io/x:latest", "GHCR.io/x:latest"},
        {"x@sha256:" HEX, "docker.io/library/x@sha256:" HEX, "x@sha256:" HEX},
        {"r.io/x:V1.0_a-b@sha256:" HEX, "r.io/x:V1.0_a-b@sha256:" HEX,
         "r.io/x:V1.0_a-b@sha256:" HEX},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
        assert_int_equal(ocib_reference_parse(ocib_str(cases[i].text), &ref, NULL), 0);
        OCIB_AUTO_FREE char *full = ocib_reference_full(&ref);
        OCIB_AUTO_FREE char *familiar = ocib_reference_familiar(&ref);
        assert_string_equal(full, cases[i].full);
        assert_string_equal(familiar, cases[i].familiar);
        OCIB_AUTO(ocib_reference_release) struct ocib_reference again = {0};
        assert_int_equal(ocib_reference_parse(ocib_str(familiar), &again, NULL), 0);
        OCIB_AUTO_FREE char *same = ocib_reference_full(&again);
        assert_string_equal(same, full);
    }
}

static void test_parts(void **state)
{
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    assert_int_equal(ocib_reference_parse(OCIB_STR("r:1/x@sha256:" HEX), &ref, NULL), 0);
    assert_string_equal(ref.registry, "r:1");
    assert_string_equal(ref.repository, "x");
    assert_null(ref.tag);
    assert_string_equal(ref.digest.text, "sha256:" HEX);
    OCIB_AUTO(ocib_reference_release) struct ocib_reference copy = {0};
    ocib_reference_copy(&copy, &ref);
    assert_ptr_not_equal(copy.registry, ref.registry);
    assert_string_equal(copy.registry, "r:1");
    assert_null(copy.tag);
}

static void test_refuses(void **state)
{
    static const struct {
        const char *text;
        const char *fault;
        const char *hint;
    } cases[] = {
        {"Python:3", "repository names are lower case", "did you mean \"python\"?"},
        {"MyOrg/app", "repository names are lower case", "did you mean \"myorg/app\"?"},
        {"a//b", "it has an empty part between slashes", "write the name without https://"},
        {"https://r.io/x", "the registry's port is not a number from 1 to 65535", NULL},
        {"a b", "repository names have only a-z, 0-9, and . _ - between them", NULL},
        {"-a", "each part of a repository name begins and ends with a letter or digit", NULL},
        {"a/.b", "each part of a repository name begins and ends with a letter or digit", NULL},
        {"a._b",
         "words of a repository name are joined by one dot, one or two underscores, or dashes",
         NULL},
        {"a___b",
         "words of a repository name are joined by one dot, one or two underscores, or dashes",
         NULL},
        {"a:", "there is nothing after the colon, where the tag stands", NULL},
        {":x", "there is no repository name", NULL},
        {"r.io/", "there is no repository name", NULL},
        {"a:b+c", "tags have only letters, digits, and . _ -", NULL},
        {"a:.b", "a tag begins with a letter, a digit or _", NULL},
        {"r.io:0/x", "the registry's port is not a number from 1 to 65535", NULL},
        {"r..io/x", "its registry is not a host name", NULL},
        {"-r.io/x", "its registry is not a host name", NULL},
        {"x@sha256:12", "digest \"sha256:12\" has not 64 lower-case hex digits", NULL},
        {"x@sha512:12", "digest \"sha512:12\" is not a sha256 digest", NULL},
        {"x@", "digest \"\" is not a sha256 digest", NULL},
        {HEX, "64 hex digits are an image's ID, not its name", "for a digest write NAME@sha256:…"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        struct ocib_reference ref = {0};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        OCIB_AUTO_FREE char *message =
            ocib_format("image reference \"%s\": %s", cases[i].text, cases[i].fault);
        assert_int_equal(ocib_reference_parse(ocib_str(cases[i].text), &ref, &err), -1);
        assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
        assert_string_equal(ocib_error_message(err), message);
        if (cases[i].hint) {
            assert_string_equal(ocib_error_hint(err), cases[i].hint);
        } else {
            assert_null(ocib_error_hint(err));
        }
    }
}

static int parse_repeated(const char *before, size_t count, const char **message)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, before);
    memset(ocib_buf_reserve(&text, count), 'a', count);
    text.len += count;
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    int result = ocib_reference_parse(ocib_buf_str(&text), &ref, &err);
    static const char *const faults[] = {"its tag is longer than 128 characters",
                                         "its repository name is longer than 255 characters"};
    *message = NULL;
    for (size_t i = 0; err && i < OCIB_COUNT(faults); i++) {
        if (strstr(ocib_error_message(err), faults[i])) {
            *message = faults[i];
        }
    }
    return result;
}

static void test_lengths(void **state)
{
    const char *message;
    assert_int_equal(parse_repeated("x:", 128, &message), 0);
    assert_int_equal(parse_repeated("x:", 129, &message), -1);
    assert_string_equal(message, "its tag is longer than 128 characters");
    assert_int_equal(parse_repeated("r.io/", 255, &message), 0);
    assert_int_equal(parse_repeated("r.io/", 256, &message), -1);
    assert_string_equal(message, "its repository name is longer than 255 characters");
}

/* strchr() finds NUL in every text: it must not pass for a letter of a set. */
static void test_nul(void **state)
{
    static const struct ocib_str texts[] = {{"a\0b", 3}, {"x:a\0b", 5}, {"r\0.io/x", 7}};
    for (size_t i = 0; i < OCIB_COUNT(texts); i++) {
        OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
        assert_int_equal(ocib_reference_parse(texts[i], &ref, NULL), -1);
    }
}

static void test_empty(void **state)
{
    struct ocib_reference ref = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_reference_parse(OCIB_STR(""), &ref, &err), -1);
    assert_string_equal(ocib_error_message(err), "an image reference is empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts), cmocka_unit_test(test_parts),
        cmocka_unit_test(test_refuses), cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_nul),     cmocka_unit_test(test_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
