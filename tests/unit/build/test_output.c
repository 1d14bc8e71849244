#include "build/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int parse(const char *text, struct ocib_outputs *out, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings texts = {0};
    if (text) {
        ocib_strings_push(&texts, text);
    }
    return ocib_outputs_parse(&texts, out, err);
}

static void assert_output(const char *text, enum ocib_output_kind kind, const char *dest)
{
    OCIB_AUTO(ocib_outputs_release) struct ocib_outputs outputs = {0};
    assert_int_equal(parse(text, &outputs, NULL), 0);
    assert_int_equal(outputs.len, 1);
    assert_int_equal(outputs.items[0].kind, kind);
    if (dest) {
        assert_string_equal(outputs.items[0].dest, dest);
    } else {
        assert_null(outputs.items[0].dest);
    }
}

static void test_kinds(void **state)
{
    assert_output(NULL, OCIB_OUTPUT_IMAGE, NULL);
    assert_output("-", OCIB_OUTPUT_TAR, "-");
    assert_output("out/dir", OCIB_OUTPUT_LOCAL, "out/dir");
    assert_output("type=oci,dest=x.tar", OCIB_OUTPUT_OCI, "x.tar");
    assert_output("dest=x.tar,type=docker", OCIB_OUTPUT_DOCKER, "x.tar");
    assert_output("type=docker", OCIB_OUTPUT_IMAGE, NULL);
    assert_output("type=oci", OCIB_OUTPUT_OCI, "-");
    assert_output("type=tar", OCIB_OUTPUT_TAR, "-");
    assert_output("type=registry", OCIB_OUTPUT_REGISTRY, NULL);
    assert_output("type=cacheonly", OCIB_OUTPUT_CACHEONLY, NULL);
}

static void test_fields(void **state)
{
    OCIB_AUTO(ocib_outputs_release) struct ocib_outputs outputs = {0};
    assert_int_equal(parse("type=image,name=example.com/a:1,push=true", &outputs, NULL), 0);
    assert_string_equal(outputs.items[0].name, "example.com/a:1");
    assert_true(outputs.items[0].push);
}

static void test_compression(void **state)
{
    OCIB_AUTO(ocib_outputs_release) struct ocib_outputs outputs = {0};
    struct ocib_compress_options compress;
    assert_int_equal(parse("type=oci,dest=x", &outputs, NULL), 0);
    assert_int_equal(ocib_outputs_compression(&outputs, &compress, NULL), 0);
    assert_int_equal(compress.kind, OCIB_COMPRESSION_GZIP);
    assert_int_equal(compress.level, 0);
    assert_int_equal(
        parse("type=image,compression=uncompressed,compression-level=3", &outputs, NULL), 0);
    assert_int_equal(ocib_outputs_compression(&outputs, &compress, NULL), 0);
    assert_int_equal(compress.kind, OCIB_COMPRESSION_NONE);
    assert_int_equal(compress.level, 3);
    assert_int_equal(parse("type=tar,compression=gzip", &outputs, NULL), 0);
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_outputs_compression(&outputs, &compress, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
}

static void test_refusals(void **state)
{
    static const char *const cases[][2] = {
        {"type=ocl,dest=x", "--output: unknown type 'ocl'"},
        {"dest=x", "--output dest=x: type= is missing"},
        {"type=local", "--output type=local: type=local needs dest=DIR"},
        {"type=local,dest=", "--output type=local,dest=: dest= is empty"},
        {"type=oci,compresion=gzip", "--output: the key 'compresion' is not supported"},
        {"type=oci,dest", "--output: 'dest' is not key=value"},
        {"type=image,push=maybe", "--output: push takes true or false, not 'maybe'"},
        {"type=tar,push=true", "--output type=tar,push=true: push goes with type=image"},
        {"type=local,dest=x,tar=false",
         "--output type=local,dest=x,tar=false: tar=false goes with type=oci or docker"},
        {"type=oci,compression-level=0",
         "--output: compression-level takes a number from 1 to 22, not '0'"},
        {"type=oci,tar=false", "--output type=oci,tar=false: tar=false needs dest=DIR"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO(ocib_outputs_release) struct ocib_outputs outputs = {0};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        assert_int_equal(parse(cases[i][0], &outputs, &err), -1);
        assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
        assert_string_equal(ocib_error_message(err), cases[i][1]);
    }
}

static void test_near_name_is_the_hint(void **state)
{
    OCIB_AUTO(ocib_outputs_release) struct ocib_outputs outputs = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(parse("type=doker,dest=x", &outputs, &err), -1);
    assert_string_equal(ocib_error_hint(err), "did you mean type=docker?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_compression),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_near_name_is_the_hint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
