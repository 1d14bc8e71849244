#include "build/annotations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int parse(const char *const *texts, struct ocib_annotations *out, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    char os[] = "linux", arch[] = "arm64";
    struct ocib_platform platform = {.os = os, .architecture = arch};
    for (; *texts; texts++) {
        ocib_strings_push(&list, *texts);
    }
    return ocib_annotations_parse(&list, &platform, out, err);
}

static void test_types(void **state)
{
    (void)state;
    OCIB_AUTO(ocib_annotations_release) struct ocib_annotations out = {0};
    const char *const texts[] = {"a=1",
                                 "manifest:b=x:y=z",
                                 "manifest-descriptor:c=",
                                 "manifest,manifest-descriptor:d=2",
                                 "manifest[linux/arm64]:e=3",
                                 "a=4",
                                 NULL};
    assert_int_equal(parse(texts, &out, NULL), 0);
    assert_int_equal(out.manifest.len, 4);
    assert_string_equal(ocib_env_get(&out.manifest, "a"), "4");
    assert_string_equal(ocib_env_get(&out.manifest, "b"), "x:y=z");
    assert_string_equal(ocib_env_get(&out.manifest, "d"), "2");
    assert_string_equal(ocib_env_get(&out.manifest, "e"), "3");
    assert_int_equal(out.descriptor.len, 2);
    assert_string_equal(ocib_env_get(&out.descriptor, "c"), "");
    assert_string_equal(ocib_env_get(&out.descriptor, "d"), "2");
}

static void test_none(void **state)
{
    (void)state;
    OCIB_AUTO(ocib_annotations_release) struct ocib_annotations out = {0};
    assert_int_equal(ocib_annotations_parse(NULL, NULL, &out, NULL), 0);
    assert_int_equal(out.manifest.len, 0);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"a", "--annotation 'a' has no value"},
        {"=x", "--annotation '=x' has no key"},
        {"manifest:=x", "--annotation 'manifest:=x' has no key"},
        {":a=x", "--annotation ':a=x': unknown type ''"},
        {"index:a=x", "--annotation 'index:a=x': the build makes no index to put on an annotation "
                      "of type 'index'"},
        {"manifest,index-descriptor:a=x",
         "--annotation 'manifest,index-descriptor:a=x': the build makes no index to put on an "
         "annotation of type 'index-descriptor'"},
        {"layer:a=x", "--annotation 'layer:a=x': unknown type 'layer'"},
        {"manifest[:a=x", "--annotation 'manifest[:a=x': bad type 'manifest['"},
        {"manifest[]:a=x", "--annotation 'manifest[]:a=x': bad type 'manifest[]'"},
        {"manifest[linux/s390x]:a=x",
         "--annotation 'manifest[linux/s390x]:a=x': the platform linux/s390x is not built"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO(ocib_annotations_release) struct ocib_annotations out = {0};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        const char *const texts[] = {cases[i].text, NULL};
        assert_int_equal(parse(texts, &out, &err), -1);
        assert_string_equal(ocib_error_message(err), cases[i].message);
        assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
