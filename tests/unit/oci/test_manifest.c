#include "oci/image.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ID "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CONFIG                                                                                     \
    "\"config\":{\"mediaType\":\"" OCIB_TYPE_CONFIG "\",\"digest\":\"" ID "\",\"size\":7}"
#define LAYER                                                                                      \
    "{\"mediaType\":\"" OCIB_TYPE_LAYER_GZIP "\",\"digest\":\"" ID "\",\"size\":5000000000}"

static void test_reads_and_writes_the_same_bytes(void **state)
{
    static const char text[] =
        "{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_MANIFEST "\"," CONFIG
        ",\"layers\":[" LAYER "," LAYER "],\"annotations\":{\"a\":\"<1>\",\"b\":\"\"}}";
    OCIB_AUTO(ocib_manifest_release) struct ocib_manifest m = {0};
    assert_int_equal(ocib_manifest_parse(OCIB_STR(text), &m, NULL), 0);
    assert_int_equal(m.layers.len, 2);
    assert_int_equal(m.layers.items[1].size, 5000000000);
    assert_string_equal(m.config.digest.text, ID);
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_manifest_write(&m, &out);
    OCIB_AUTO(ocib_manifest_release) struct ocib_manifest back = {0};
    assert_int_equal(ocib_manifest_parse(ocib_buf_str(&out), &back, NULL), 0);
    assert_string_equal(back.annotations.items[0], "a=<1>");
    assert_string_equal(out.data, "{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_MANIFEST
                                  "\"," CONFIG ",\"layers\":[" LAYER "," LAYER
                                  "],\"annotations\":{\"a\":\"\\u003c1\\u003e\",\"b\":\"\"}}");
}

static void test_media_type_may_be_missing_or_dockers(void **state)
{
    OCIB_AUTO(ocib_manifest_release) struct ocib_manifest m = {0};
    OCIB_AUTO(ocib_manifest_release) struct ocib_manifest docker = {0};
    assert_int_equal(ocib_manifest_parse(OCIB_STR("{\"schemaVersion\":2," CONFIG "}"), &m, NULL),
                     0);
    assert_string_equal(m.media_type, OCIB_TYPE_MANIFEST);
    assert_int_equal(m.layers.len, 0);
    assert_int_equal(ocib_manifest_parse(
                         OCIB_STR("{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_DOCKER_MANIFEST
                                  "\"," CONFIG ",\"layers\":[" LAYER "]}"),
                         &docker, NULL),
                     0);
    assert_string_equal(docker.media_type, OCIB_TYPE_DOCKER_MANIFEST);
}

static void test_refuses(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"{\"schemaVersion\":2}", "there is no \"config\""},
        {"{" CONFIG "}", "\"schemaVersion\" is not 2"},
        {"{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_INDEX "\"," CONFIG "}",
         "media type \"" OCIB_TYPE_INDEX "\" is not supported here"},
        {"{\"schemaVersion\":2,\"manifests\":[]," CONFIG "}",
         "\"manifests\" makes it ambiguous what kind of document this is"},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[{\"digest\":\"" ID "\",\"size\":1}]}",
         "\"layers\"[0]: there is no \"mediaType\""},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":[" LAYER
         ",{\"mediaType\":\"x\",\"digest\":\"" ID "\",\"size\":-1}]}",
         "\"layers\"[1]: \"size\" is negative"},
        {"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"x\",\"digest\":\"" ID "\"}}",
         "\"config\": \"size\" is missing"},
        {"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"x\",\"size\":1}}",
         "\"config\": there is no \"digest\""},
        {"{\"schemaVersion\":2,\"config\":{\"mediaType\":\"x\",\"digest\":\"sha256:AB\",\"size\":1}"
         "}",
         "\"config\": digest \"sha256:AB\" has not 64 lower-case hex digits"},
        {"{\"schemaVersion\":2," CONFIG ",\"layers\":{}}", "\"layers\" is not a list"},
        {"{\"schemaVersion\":1,\"fsLayers\":[]}",
         "this is Docker's manifest schema 1, which is not supported"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        struct ocib_manifest m = {0};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        OCIB_AUTO_FREE char *message = ocib_format("image manifest: %s", cases[i].message);
        assert_int_equal(ocib_manifest_parse(ocib_str(cases[i].text), &m, &err), -1);
        assert_string_equal(ocib_error_message(err), message);
        assert_null(m.config.media_type);
    }
}

static void test_schema_1_has_a_hint(void **state)
{
    struct ocib_manifest m = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(
        ocib_manifest_parse(
            OCIB_STR(
                "{\"mediaType\":\"application/vnd.docker.distribution.manifest.v1+prettyjws\"}"),
            &m, &err),
        -1);
    assert_int_equal(ocib_error_code(err), OCIB_EINPUT);
    assert_string_equal(ocib_error_hint(err),
                        "push the image anew with a current tool: registries and "
                        "Docker dropped schema 1");
}

static void test_refuses_too_many_layers(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_buf_puts(&text, "{\"schemaVersion\":2," CONFIG ",\"layers\":[" LAYER);
    for (int i = 1; i < 1001; i++) {
        ocib_buf_puts(&text, "," LAYER);
    }
    ocib_buf_puts(&text, "]}");
    struct ocib_manifest m = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_manifest_parse(ocib_buf_str(&text), &m, &err), -1);
    assert_string_equal(
        ocib_error_message(err),
        "image manifest: 1001 entries in \"layers\" are more than the 1000 allowed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_and_writes_the_same_bytes),
        cmocka_unit_test(test_media_type_may_be_missing_or_dockers),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_schema_1_has_a_hint),
        cmocka_unit_test(test_refuses_too_many_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
