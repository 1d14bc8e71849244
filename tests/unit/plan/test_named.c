#include "plan/named.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int parse(const char *const *texts, struct ocib_named_contexts *out, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    for (; *texts; texts++) {
        ocib_strings_push(&list, *texts);
    }
    return ocib_named_contexts_parse(&list, out, err);
}

static void test_kinds(void **state)
{
    (void)state;
    OCIB_AUTO(ocib_named_contexts_release) struct ocib_named_contexts out = {0};
    const char *const texts[] = {"a=dir=x",
                                 "b=docker-image://alpine:3",
                                 "c=docker-image://scratch",
                                 "d=oci-layout:///x:1",
                                 "e=https://x/y.git#z",
                                 "a=other",
                                 NULL};
    assert_int_equal(parse(texts, &out, NULL), 0);
    assert_int_equal(out.len, 5);
    assert_string_equal(out.items[0].value, "other");
    assert_int_equal(out.items[0].kind, OCIB_NAMED_TREE);
    assert_string_equal(out.items[1].value, "alpine:3");
    assert_int_equal(out.items[1].kind, OCIB_NAMED_IMAGE);
    assert_int_equal(out.items[2].kind, OCIB_NAMED_SCRATCH);
    assert_string_equal(out.items[3].value, "oci-layout:///x:1");
    assert_int_equal(out.items[3].kind, OCIB_NAMED_IMAGE);
    assert_string_equal(out.items[4].value, "https://x/y.git#z");
}

static void test_names(void **state)
{
    (void)state;
    OCIB_AUTO(ocib_named_contexts_release) struct ocib_named_contexts out = {0};
    const char *const texts[] = {"alpine=a", "docker.io/library/debian:12=b", "x/y=c", NULL};
    assert_int_equal(parse(texts, &out, NULL), 0);
    assert_int_equal(ocib_named_contexts_find(&out, OCIB_STR("alpine")), 0);
    assert_int_equal(ocib_named_contexts_find(&out, OCIB_STR("alpine:latest")), 0);
    assert_int_equal(ocib_named_contexts_find(&out, OCIB_STR("docker.io/library/alpine")), 0);
    assert_int_equal(ocib_named_contexts_find(&out, OCIB_STR("alpine:3")), -1);
    assert_int_equal(ocib_named_contexts_find(&out, OCIB_STR("debian:12")), 1);
    assert_int_equal(ocib_named_contexts_find(&out, OCIB_STR("debian")), -1);
    assert_int_equal(ocib_named_contexts_find(&out, OCIB_STR("docker.io/x/y:latest")), 2);
    assert_int_equal(ocib_named_contexts_find(&out, OCIB_STR("Not A Name")), -1);
    assert_int_equal(ocib_named_contexts_find(&out, OCIB_STR("")), -1);
    assert_int_equal(ocib_named_contexts_find(NULL, OCIB_STR("alpine")), -1);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"a",
                                      "a=",
                                      "=x",
                                      "",
                                      "A=x",
                                      "a b=x",
                                      "a=target:x",
                                      "a=input:x",
                                      "a=docker-image://",
                                      "a=docker-image://A",
                                      "a=oci-layout://",
                                      "a=oci-layout://x:",
                                      "a=oci-layout://x@1"};
    for (size_t i = 0; i < OCIB_COUNT(bad); i++) {
        OCIB_AUTO(ocib_named_contexts_release) struct ocib_named_contexts out = {0};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        const char *const texts[] = {bad[i], NULL};
        if (parse(texts, &out, &err) == 0) {
            fail_msg("%s", bad[i]);
        }
        assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
    }
}

static void check_message(const char *text, const char *message)
{
    OCIB_AUTO_STRINGS struct ocib_strings list = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_named_contexts contexts;
    ocib_strings_push(&list, text);
    assert_int_equal(ocib_named_contexts_parse(&list, &contexts, &err), -1);
    ocib_named_contexts_release(&contexts);
    assert_string_equal(ocib_error_message(err), message);
}

static void test_messages(void **state)
{
    check_message("a", "--build-context 'a' has no value");
    check_message("a=", "--build-context 'a=' has no value");
    check_message("=b", "--build-context '=b' has no name");
    check_message("a=target:b", "--build-context 'a=target:b': only a bake file has targets");
    check_message("a=oci-layout://", "--build-context 'a=oci-layout://': oci-layout:// names no "
                                     "OCI layout");
}

static void assert_layout(const char *value, const char *dir, const char *tag, const char *digest)
{
    OCIB_AUTO(ocib_layout_source_release) struct ocib_layout_source source = {0};
    assert_int_equal(ocib_layout_source_parse(value, &source, NULL), 0);
    assert_string_equal(source.dir, dir);
    assert_string_equal(source.tag ? source.tag : "none", tag);
    assert_string_equal(source.digest ? source.digest : "none", digest);
}

#define DIGEST "sha256:0000000000000000000000000000000000000000000000000000000000000000"

static void test_layouts(void **state)
{
    (void)state;
    assert_layout("oci-layout:///a/b", "/a/b", "none", "none");
    assert_layout("oci-layout://b:1.0", "b", "1.0", "none");
    assert_layout("oci-layout://b@" DIGEST, "b", "none", DIGEST);
    assert_layout("oci-layout://b:1@" DIGEST, "b", "1", DIGEST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),   cmocka_unit_test(test_names),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_messages),
        cmocka_unit_test(test_layouts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
