#include "oci/platform.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_normal_forms(void **state)
{
    static const struct {
        const char *text;
        const char *form;
    } cases[] = {
        {"linux/amd64", "linux/amd64"},     {"Linux/x86_64", "linux/amd64"},
        {"linux/AMD64/v1", "linux/amd64"},  {"linux/amd64/v2", "linux/amd64/v2"},
        {"linux/aarch64", "linux/arm64"},   {"linux/arm64/v8", "linux/arm64"},
        {"linux/arm64/8", "linux/arm64"},   {"linux/arm64/v9", "linux/arm64/v9"},
        {"linux/arm", "linux/arm/v7"},      {"linux/arm/7", "linux/arm/v7"},
        {"linux/armhf", "linux/arm/v7"},    {"linux/armel", "linux/arm/v6"},
        {"linux/armhf/v6", "linux/arm/v6"}, {"linux/i386", "linux/386"},
        {"macos/arm64", "darwin/arm64"},    {"linux/ppc64le", "linux/ppc64le"},
        {"windows/amd64", "windows/amd64"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO(ocib_platform_release) struct ocib_platform p = {0};
        assert_int_equal(ocib_platform_parse(ocib_str(cases[i].text), &p, NULL), 0);
        OCIB_AUTO_FREE char *form = ocib_platform_format(&p);
        assert_string_equal(form, cases[i].form);
    }
}

static void test_missing_parts_are_the_hosts(void **state)
{
    OCIB_AUTO(ocib_platform_release) struct ocib_platform host = {0};
    OCIB_AUTO(ocib_platform_release) struct ocib_platform os = {0};
    OCIB_AUTO(ocib_platform_release) struct ocib_platform arch = {0};
    ocib_platform_host(&host);
    assert_string_equal(host.os, "linux");
    assert_int_equal(ocib_platform_parse(OCIB_STR("linux"), &os, NULL), 0);
    assert_int_equal(ocib_platform_match(&host, &os), ocib_platform_match(&host, &host));
    assert_int_equal(ocib_platform_parse(OCIB_STR("aarch64"), &arch, NULL), 0);
    OCIB_AUTO_FREE char *form = ocib_platform_format(&arch);
    assert_string_equal(form, "linux/arm64");
    OCIB_AUTO_FREE char *host_form = ocib_platform_format(&host);
    OCIB_AUTO(ocib_platform_release) struct ocib_platform again = {0};
    assert_int_equal(ocib_platform_parse(ocib_str(host_form), &again, NULL), 0);
}

static void test_refuses(void **state)
{
    static const struct {
        const char *text;
        const char *message;
        const char *hint;
    } cases[] = {
        {"", "platform \"\": the name \"\" is not a name",
         "write os/architecture, as in linux/arm64"},
        {"linux/", "platform \"linux/\": the architecture \"\" is not a name",
         "write os/architecture, as in linux/arm64"},
        {"linux/arm64/", "platform \"linux/arm64/\": the variant \"\" is not a name",
         "write os/architecture, as in linux/arm64"},
        {"linux/arm64/v8/x", "platform \"linux/arm64/v8/x\": the variant \"v8/x\" is not a name",
         "write os/architecture, as in linux/arm64"},
        {"linux/amd46", "platform \"linux/amd46\": no architecture \"amd46\" is known",
         "did you mean \"amd64\"?"},
        {"lin ux/amd64", "platform \"lin ux/amd64\": the operating system \"lin ux\" is not a name",
         "write os/architecture, as in linux/arm64"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        struct ocib_platform p = {0};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        assert_int_equal(ocib_platform_parse(ocib_str(cases[i].text), &p, &err), -1);
        assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
        assert_string_equal(ocib_error_message(err), cases[i].message);
        assert_string_equal(ocib_error_hint(err), cases[i].hint);
    }
}

static void test_nul(void **state)
{
    OCIB_AUTO(ocib_platform_release) struct ocib_platform p = {0};
    assert_int_equal(ocib_platform_parse((struct ocib_str){"linux/arm64/v\0", 14}, &p, NULL), -1);
}

static struct ocib_platform parsed(const char *text)
{
    struct ocib_platform p = {0};
    assert_int_equal(ocib_platform_parse(ocib_str(text), &p, NULL), 0);
    return p;
}

static int match(const char *want, const char *have)
{
    OCIB_AUTO(ocib_platform_release) struct ocib_platform w = parsed(want);
    OCIB_AUTO(ocib_platform_release) struct ocib_platform h = parsed(have);
    return ocib_platform_match(&w, &h);
}

/* Each list: what serves the first best, in falling order. */
static void test_better_images_rank_higher(void **state)
{
    static const char *const orders[][5] = {
        {"linux/arm/v7", "linux/arm/v7", "linux/arm/v6", "linux/arm/v5", NULL},
        {"linux/arm/v8", "linux/arm/v8", "linux/arm/v7", "linux/arm/v6", NULL},
        {"linux/amd64/v3", "linux/amd64/v3", "linux/amd64/v2", "linux/amd64", NULL},
        {"linux/arm64/v9", "linux/arm64/v9", "linux/arm64/v8.5", "linux/arm64/v8", NULL},
    };
    for (size_t i = 0; i < OCIB_COUNT(orders); i++) {
        for (size_t j = 1; orders[i][j + 1]; j++) {
            assert_true(match(orders[i][0], orders[i][j]) > match(orders[i][0], orders[i][j + 1]));
            assert_true(match(orders[i][0], orders[i][j + 1]) > 0);
        }
    }
}

static void test_what_does_not_run(void **state)
{
    static const char *const pairs[][2] = {
        {"linux/arm/v6", "linux/arm/v7"},
        {"linux/amd64", "linux/amd64/v2"},
        {"linux/amd64", "linux/386"},
        {"linux/amd64", "windows/amd64"},
        {"linux/arm64", "linux/arm/v7"},
        {"linux/arm64/v8.5", "linux/arm64/v9"},
        {"linux/riscv64", "linux/riscv64/rva22"},
        {"linux/arm64/v8.6", "linux/arm64/v9.2"},
    };
    for (size_t i = 0; i < OCIB_COUNT(pairs); i++) {
        assert_int_equal(match(pairs[i][0], pairs[i][1]), 0);
    }
}

static void test_documents_may_spell_it_in_any_way(void **state)
{
    struct ocib_platform want = parsed("linux/arm64");
    struct ocib_platform have = {.os = ocib_strdup("Linux"),
                                 .architecture = ocib_strdup("aarch64"),
                                 .variant = ocib_strdup("v8")};
    struct ocib_platform nothing = {0};
    assert_true(ocib_platform_match(&want, &have) > 0);
    assert_int_equal(ocib_platform_match(&want, &nothing), 0);
    ocib_platform_release(&want);
    ocib_platform_release(&have);
}

/* What is accepted can be written and read again: a variant that is added makes the text longer. */
static void test_long_words(void **state)
{
    struct ocib_platform platform = {0};
    struct ocib_error *err = NULL;
    static const char fits[] = "12345678901234567890123456789012/arm";
    static const char too_long[] = "123456789012345678901234567890123/arm";
    assert_int_equal(ocib_platform_parse(OCIB_STR(fits), &platform, &err), 0);
    char *text = ocib_platform_format(&platform);
    ocib_platform_release(&platform);
    assert_string_equal(text, "12345678901234567890123456789012/arm/v7");
    assert_int_equal(ocib_platform_parse(ocib_str(text), &platform, &err), 0);
    ocib_platform_release(&platform);
    free(text);
    assert_int_equal(ocib_platform_parse(OCIB_STR(too_long), &platform, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
    ocib_error_free(err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normal_forms),
        cmocka_unit_test(test_missing_parts_are_the_hosts),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_better_images_rank_higher),
        cmocka_unit_test(test_what_does_not_run),
        cmocka_unit_test(test_documents_may_spell_it_in_any_way),
        cmocka_unit_test(test_long_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
