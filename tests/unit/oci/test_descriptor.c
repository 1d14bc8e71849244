#include "oci/image.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ID "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_media_types(void **state)
{
    assert_true(ocib_type_is_manifest(OCIB_TYPE_MANIFEST));
    assert_true(ocib_type_is_manifest(OCIB_TYPE_DOCKER_MANIFEST));
    assert_false(ocib_type_is_manifest(OCIB_TYPE_INDEX));
    assert_true(ocib_type_is_index(OCIB_TYPE_INDEX));
    assert_true(ocib_type_is_index(OCIB_TYPE_DOCKER_LIST));
    assert_false(ocib_type_is_index(NULL));
    assert_true(ocib_type_is_layer(OCIB_TYPE_LAYER_ZSTD));
    assert_true(ocib_type_is_layer(OCIB_TYPE_DOCKER_LAYER));
    assert_true(ocib_type_is_layer("application/vnd.docker.image.rootfs.diff.tar.zstd"));
    assert_false(ocib_type_is_layer(OCIB_TYPE_CONFIG));
    assert_false(ocib_type_is_layer("application/vnd.in-toto+json"));
}

static void test_copies_are_their_own(void **state)
{
    struct ocib_descriptor d = {.media_type = ocib_strdup(OCIB_TYPE_MANIFEST), .size = 12};
    assert_int_equal(ocib_digest_parse(OCIB_STR(ID), &d.digest, NULL), 0);
    d.has_platform = true;
    d.platform.os = ocib_strdup("linux");
    ocib_strings_push(&d.annotations, "a=b");
    struct ocib_descriptor copy = {0};
    ocib_descriptor_copy(&copy, &d);
    ocib_descriptor_release(&d);
    assert_null(d.media_type);
    assert_string_equal(copy.media_type, OCIB_TYPE_MANIFEST);
    assert_string_equal(copy.digest.text, ID);
    assert_int_equal(copy.size, 12);
    assert_true(copy.has_platform);
    assert_string_equal(copy.platform.os, "linux");
    assert_string_equal(copy.annotations.items[0], "a=b");
    ocib_descriptor_release(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_media_types),
        cmocka_unit_test(test_copies_are_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
