#include "registry/fixture.h"

static char *expand(struct fixture *f, const char *text)
{
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    if (ocib_registry_expand(fixture_client(f), ocib_str(text), &ref, &err)) {
        return check_error_text(err);
    }
    return ocib_reference_full(&ref);
}

static void check_expand(struct fixture *f, const char *text, const char *expected)
{
    OCIB_AUTO_FREE char *found = expand(f, text);
    assert_string_equal(found, expected);
}

static void test_aliases(void **state)
{
    struct fixture f;
    fixture_start(&f);
    check_write(f.conf, "[aliases]\n\"fedora\" = \"registry.fedoraproject.org/fedora\"\n"
                        "\"ns/app\" = \"h.example:5000/x/y\"\n");
    check_expand(&f, "fedora", "registry.fedoraproject.org/fedora:latest");
    check_expand(&f, "fedora:41", "registry.fedoraproject.org/fedora:41");
    check_expand(&f, "ns/app:1", "h.example:5000/x/y:1");
    check_expand(&f, "python", "docker.io/library/python:latest");
    /* Whoever names the registry gets it. */
    check_expand(&f, "docker.io/library/fedora", "docker.io/library/fedora:latest");
    check_expand(&f, "localhost/fedora", "localhost/fedora:latest");
    OCIB_AUTO_FREE char *digested = ocib_format("fedora@sha256:%064d", 0);
    OCIB_AUTO_FREE char *expected =
        ocib_format("registry.fedoraproject.org/fedora@sha256:%064d", 0);
    check_expand(&f, digested, expected);
    fixture_stop(&f);
}

static void test_wrong_options(void **state)
{
    struct fixture f;
    fixture_start(&f);
    check_write(f.conf, "[[registry]]\nlocation = x\n");
    assert_null(ocib_registry_new(&f.options, &f.err));
    OCIB_AUTO_FREE char *place =
        ocib_format("[2] %s:2:12: a value was expected here: texts are put "
                    "in quotes",
                    f.conf);
    fixture_check_error(&f, NULL, place);
    ocib_error_clear(&f.err);
    check_write(f.conf, "");
    f.options.ca_file = "/nonexistent";
    assert_null(ocib_registry_new(&f.options, &f.err));
    fixture_check_error(&f, NULL, "[2] there is no certificate file /nonexistent");
    ocib_error_clear(&f.err);
    f.options.ca_file = NULL;
    ocib_strings_push(&f.mirrors, "x");
    assert_null(ocib_registry_new(&f.options, &f.err));
    fixture_check_error(&f, NULL, "[2] --mirror is HOST=URL, not 'x'");
    ocib_registry_free(NULL);
    fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_aliases),
                                       cmocka_unit_test(test_wrong_options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
