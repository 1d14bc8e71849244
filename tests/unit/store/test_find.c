#include "base/map.h"
#include "store/fixture.h"

static void assert_found(struct fixture *f, const char *text, const struct ocib_descriptor *d,
                         const char *name)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor found = {0};
    OCIB_AUTO_FREE char *by = NULL;
    (void)!ocib_store_find(f->store, text, &found, &by, &err);
    assert_string_equal(message_of(err), "");
    assert_string_equal(found.digest.text, d->digest.text);
    assert_string_equal(found.media_type, OCIB_TYPE_MANIFEST);
    assert_int_equal(found.size, d->size);
    if (name) {
        assert_string_equal(by, name);
    } else {
        assert_null(by);
    }
}

static void assert_not_found(struct fixture *f, const char *text, enum ocib_code code,
                             const char *part)
{
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor found = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_store_find(f->store, text, &found, NULL, &err), -1);
    assert_non_null(strstr(message_of(err), part));
    assert_int_equal(ocib_error_code(err), code);
}

static void test_by_name(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor a = put_image(f, "a");
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor b = put_image(f, "b");
    assert_int_equal(ocib_store_ref_set(f->store, "docker.io/library/mall:latest", &a, NULL), 0);
    assert_int_equal(ocib_store_ref_set(f->store, "docker.io/library/cafe:latest", &b, NULL), 0);
    assert_found(f, "mall", &a, "docker.io/library/mall:latest");
    assert_found(f, "docker.io/library/mall:latest", &a, "docker.io/library/mall:latest");
    assert_found(f, "cafe", &b, "docker.io/library/cafe:latest");
    assert_not_found(f, "mall:2", OCIB_ENOTFOUND, "there is no image \"mall:2\" in the store");
    assert_not_found(f, "Mall", OCIB_EUSAGE, "repository names are lower case");
}

static void test_by_digest(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor a = put_image(f, "a");
    OCIB_AUTO_FREE char *digits = ocib_strndup(ocib_digest_hex(&a.digest), 12);
    OCIB_AUTO_FREE char *pinned = ocib_format("any:tag@%s", a.digest.text);
    assert_found(f, a.digest.text, &a, NULL);
    assert_found(f, ocib_digest_hex(&a.digest), &a, NULL);
    assert_found(f, digits, &a, NULL);
    assert_found(f, pinned, &a, NULL);
    assert_not_found(f, "sha256:12", OCIB_EUSAGE, "has not 64 lower-case hex digits");
    assert_not_found(f, "00000000", OCIB_ENOTFOUND, "there is no image \"00000000\"");
}

static void test_by_config(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor a = put_image(f, "a");
    OCIB_AUTO(ocib_manifest_release) struct ocib_manifest manifest = {0};
    assert_int_equal(ocib_store_manifest(f->store, &a.digest, &manifest, NULL, NULL), 0);
    OCIB_AUTO_FREE char *digits = ocib_strndup(ocib_digest_hex(&manifest.config.digest), 12);
    assert_not_found(f, digits, OCIB_ENOTFOUND, "there is no image");
    assert_int_equal(ocib_store_ref_set(f->store, "n", &a, NULL), 0);
    assert_int_equal(ocib_store_ref_set(f->store, "m", &a, NULL), 0);
    assert_found(f, digits, &a, NULL);
}

/* Two images whose manifests begin with the same four digits: the pigeonhole makes them. */
static void test_ambiguous_digits(void **state)
{
    struct fixture *f = *state;
    struct ocib_map *seen = ocib_map_new(free);
    char digits[5] = "";
    char at_first[65] = "";
    for (int i = 0; !at_first[0]; i++) {
        OCIB_AUTO_FREE char *text =
            ocib_format("{\"schemaVersion\":2,\"manifests\":[],\"annotations\":{\"i\":\"%d\"}}", i);
        struct ocib_digest digest;
        ocib_digest_of(text, strlen(text), &digest);
        snprintf(digits, sizeof(digits), "%.4s", ocib_digest_hex(&digest));
        const char *earlier = ocib_map_get(seen, ocib_str(digits));
        if (earlier) {
            put(f, earlier, &digest);
            snprintf(at_first, sizeof(at_first), "%s", ocib_digest_hex(&digest));
            put(f, text, &digest);
        } else {
            ocib_map_set(seen, ocib_str(digits), ocib_steal(&text));
        }
    }
    ocib_map_free(seen);
    OCIB_AUTO_FREE char *message = ocib_format("\"%s\" stands for 2 images of the store", digits);
    assert_not_found(f, digits, OCIB_EUSAGE, message);
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor found = {0};
    assert_int_equal(ocib_store_find(f->store, at_first, &found, NULL, NULL), 0);
    assert_string_equal(found.media_type, OCIB_TYPE_INDEX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_by_digest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_by_config, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ambiguous_digits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
