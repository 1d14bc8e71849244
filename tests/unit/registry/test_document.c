#include "registry/check.h"
#include "registry/document.h"

static void check_type(const char *body, const char *expected)
{
    const char *type = ocib_document_type(ocib_str(body));
    if (expected) {
        assert_non_null(type);
        assert_string_equal(type, expected);
    } else {
        assert_null(type);
    }
}

static void test_types(void **state)
{
    check_type("{\"mediaType\":\"" OCIB_TYPE_MANIFEST "\"}", OCIB_TYPE_MANIFEST);
    check_type("{\"mediaType\":\"" OCIB_TYPE_DOCKER_LIST "\"}", OCIB_TYPE_DOCKER_LIST);
    check_type("{\"schemaVersion\":2,\"manifests\":[]}", OCIB_TYPE_INDEX);
    check_type("{\"schemaVersion\":2,\"config\":{}}", OCIB_TYPE_MANIFEST);
    check_type("{\"mediaType\":\"text/html\",\"config\":{}}", NULL);
    check_type("{\"schemaVersion\":1}", NULL);
    check_type("[]", NULL);
    check_type("<html>", NULL);
    check_type("", NULL);
}

struct choice {
    const char *platforms[4]; /* of the entries; "" for none given */
    const char *wanted;
    int expected; /* -1: none */
};

static void add_entry(struct ocib_index *index, const char *platform)
{
    struct ocib_descriptor *entry = ocib_vec_add(&index->manifests);
    entry->media_type = ocib_strdup(OCIB_TYPE_MANIFEST);
    entry->has_platform = *platform != '\0';
    if (entry->has_platform) {
        assert_int_equal(ocib_platform_parse(ocib_str(platform), &entry->platform, NULL), 0);
    }
}

static void test_choices(void **state)
{
    static const struct choice choices[] = {{{"linux/arm64", "linux/amd64"}, "linux/amd64", 1},
                                            {{"linux/arm/v6", "linux/arm/v7"}, "linux/arm/v7", 1},
                                            {{"linux/arm/v6", "linux/arm/v5"}, "linux/arm/v7", 0},
                                            {{"linux/arm/v7"}, "linux/arm/v6", -1},
                                            {{"linux/amd64", "linux/amd64"}, "linux/amd64", 0},
                                            {{"", "linux/amd64"}, "linux/amd64", 1},
                                            {{"linux/arm64", ""}, "linux/amd64", 1},
                                            {{"windows/amd64", "linux/arm64"}, "linux/amd64", -1},
                                            {{NULL}, "linux/amd64", -1}};
    for (size_t i = 0; i < OCIB_COUNT(choices); i++) {
        struct ocib_index index = {0};
        struct ocib_platform wanted = {0};
        OCIB_AUTO_ERROR struct ocib_error *err = NULL;
        assert_int_equal(ocib_platform_parse(ocib_str(choices[i].wanted), &wanted, NULL), 0);
        for (size_t j = 0; j < 4 && choices[i].platforms[j]; j++) {
            add_entry(&index, choices[i].platforms[j]);
        }
        const struct ocib_descriptor *found = ocib_index_choose(&index, &wanted, "x:1", &err);
        assert_int_equal(found ? found - index.manifests.items : -1, choices[i].expected);
        assert_int_equal(ocib_error_code(err), found ? OCIB_OK : OCIB_ENOTFOUND);
        ocib_platform_release(&wanted);
        ocib_index_release(&index);
    }
}

static void test_an_index_of_nothing(void **state)
{
    struct ocib_index index = {0};
    struct ocib_platform wanted = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_platform_parse(OCIB_STR("linux/amd64"), &wanted, NULL), 0);
    assert_null(ocib_index_choose(&index, &wanted, "x:1", &err));
    check_error(err, OCIB_ENOTFOUND,
                "x:1 is not there for linux/amd64; it is for none that is named");
    ocib_platform_release(&wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_types), cmocka_unit_test(test_choices),
                                       cmocka_unit_test(test_an_index_of_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
