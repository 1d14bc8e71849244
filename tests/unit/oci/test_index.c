#include "oci/image.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ID "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char list[] =
    "{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_DOCKER_LIST "\",\"manifests\":["
    "{\"mediaType\":\"" OCIB_TYPE_DOCKER_MANIFEST "\",\"digest\":\"" ID "\",\"size\":1,"
    "\"platform\":{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":\"v7\"}},"
    "{\"mediaType\":\"" OCIB_TYPE_DOCKER_MANIFEST "\",\"digest\":\"" ID "\",\"size\":2,"
    "\"annotations\":{\"k\":\"v\"},"
    "\"platform\":{\"architecture\":\"amd64\",\"os\":\"windows\",\"os.version\":\"10.0.1\"}},"
    "{\"mediaType\":\"" OCIB_TYPE_DOCKER_MANIFEST "\",\"digest\":\"" ID "\",\"size\":0}],"
    "\"annotations\":{\"x\":\"y\"}}";

static void test_reads_and_writes_the_same_bytes(void **state)
{
    OCIB_AUTO(ocib_index_release) struct ocib_index index = {0};
    assert_int_equal(ocib_index_parse(OCIB_STR(list), &index, NULL), 0);
    assert_int_equal(index.manifests.len, 3);
    assert_true(index.manifests.items[0].has_platform);
    assert_string_equal(index.manifests.items[0].platform.variant, "v7");
    assert_string_equal(index.manifests.items[1].platform.os_version, "10.0.1");
    assert_string_equal(index.manifests.items[1].annotations.items[0], "k=v");
    assert_false(index.manifests.items[2].has_platform);
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_index_write(&index, &out);
    assert_string_equal(out.data, list);
}

static void test_empty_index(void **state)
{
    OCIB_AUTO(ocib_index_release) struct ocib_index index = {0};
    assert_int_equal(ocib_index_parse(OCIB_STR("{\"schemaVersion\":2}"), &index, NULL), 0);
    assert_string_equal(index.media_type, OCIB_TYPE_INDEX);
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_index_write(&index, &out);
    assert_string_equal(out.data, "{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_INDEX
                                  "\",\"manifests\":[]}");
}

static void test_refuses(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}",
         "\"layers\" makes it ambiguous what kind of document this is"},
        {"{\"schemaVersion\":2,\"manifests\":[3]}", "\"manifests\"[0]: not a descriptor"},
        {"{\"schemaVersion\":\"2\"}", "\"schemaVersion\" is not a whole number"},
        {"{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"m\",\"digest\":\"" ID
         "\",\"size\":1,\"platform\":{\"os\":5}}]}",
         "\"manifests\"[0]: \"platform\": \"os\" is not a string"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        struct ocib_index index = {0};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        OCIB_AUTO_FREE char *message = ocib_format("image index: %s", cases[i].message);
        assert_int_equal(ocib_index_parse(ocib_str(cases[i].text), &index, &err), -1);
        assert_string_equal(ocib_error_message(err), message);
        assert_null(index.media_type);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_and_writes_the_same_bytes),
        cmocka_unit_test(test_empty_index),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
