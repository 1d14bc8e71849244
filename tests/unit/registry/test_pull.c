#include "registry/fixture.h"

static const size_t small[] = {3000, 70000, 12, 400000, 5, 0};

struct world {
    struct fixture f;
    struct fake fake;
};

static int start(void **state)
{
    struct world *w = ocib_new(struct world);
    fixture_start(&w->f);
    fake_start(&w->fake);
    fake_image(&w->fake, "ns/app", "1", "amd64", small);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    fixture_stop(&w->f);
    fake_stop(&w->fake);
    free(w);
    return 0;
}

static int pull(struct world *w, const char *name)
{
    return fixture_pull(&w->f, w->fake.server.host, name);
}

static void check_good(struct world *w)
{
    struct ocib_digest expected = fake_digest(&w->fake, "ns/app", "1");
    assert_null(w->f.err);
    assert_string_equal(w->f.got.digest.text, expected.text);
    assert_string_equal(w->f.got.media_type, OCIB_TYPE_MANIFEST);
    assert_true(w->f.got.has_platform);
    fixture_check_image(&w->f);
}

static void test_pull(void **state)
{
    struct world *w = *state;
    assert_int_equal(pull(w, "ns/app:1"), 0);
    check_good(w);
    assert_int_equal(w->f.existed, 0);
    assert_int_equal(server_count(&w->fake.server, "GET /v2/ns/app/blobs/"), 6);
    /* What is here is not fetched again. */
    assert_int_equal(pull(w, "ns/app:1"), 0);
    check_good(w);
    assert_int_equal(w->f.existed, 6);
    assert_int_equal(server_count(&w->fake.server, "GET /v2/ns/app/blobs/"), 6);
}

static void test_a_pinned_image_that_is_here_needs_no_registry(void **state)
{
    struct world *w = *state;
    struct ocib_digest digest = fake_digest(&w->fake, "ns/app", "1");
    OCIB_AUTO_FREE char *name = ocib_format("ns/app@%s", digest.text);
    assert_int_equal(pull(w, name), 0);
    fixture_forget(&w->f);
    unsigned before = server_count(&w->fake.server, "");
    assert_int_equal(pull(w, name), 0);
    check_good(w);
    assert_int_equal(server_count(&w->fake.server, ""), before);
}

static void test_missing(void **state)
{
    struct world *w = *state;
    assert_int_equal(pull(w, "ns/app:2"), -1);
    fixture_check_error(&w->f, &w->fake.server,
                        "[10] registry HOST has no image ns/app:2: manifest unknown "
                        "(MANIFEST_UNKNOWN) | check the spelling of name and tag");
    assert_int_equal(server_count(&w->fake.server, "GET /v2/ns/app/"), 1);
}

/* --- indexes --- */

static void add_index(struct world *w, const char *tag, const char *entries)
{
    OCIB_AUTO_FREE char *index = ocib_format(
        "{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_INDEX "\",\"manifests\":[%s]}", entries);
    fake_manifest(&w->fake, "ns/app", tag, OCIB_TYPE_INDEX, ocib_str(index));
}

static char *entry(struct world *w, const char *tag, const char *type, const char *platform)
{
    OCIB_AUTO_FREE char *path = ocib_format("/v2/ns/app/manifests/%s", tag);
    const struct ocib_buf *body = ocib_map_get(w->fake.manifests, ocib_str(path));
    struct ocib_digest digest = fake_digest(&w->fake, "ns/app", tag);
    return ocib_format("{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%zu%s%s}", type,
                       digest.text, body->len, *platform ? "," : "", platform);
}

static void make_index(struct world *w)
{
    static const size_t other[] = {10, 0};
    fake_image(&w->fake, "ns/app", "arm", "arm64", other);
    OCIB_AUTO_FREE char *amd = entry(w, "1", OCIB_TYPE_MANIFEST,
                                     "\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}");
    OCIB_AUTO_FREE char *arm = entry(w, "arm", OCIB_TYPE_MANIFEST,
                                     "\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}");
    OCIB_AUTO_FREE char *note =
        entry(w, "arm", OCIB_TYPE_MANIFEST,
              "\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}");
    OCIB_AUTO_FREE char *all = ocib_format("%s,%s,%s", note, arm, amd);
    add_index(w, "multi", all);
}

static void test_the_platform_is_chosen(void **state)
{
    struct world *w = *state;
    make_index(w);
    assert_int_equal(pull(w, "ns/app:multi"), 0);
    check_good(w);
    ocib_platform_release(&w->f.platform);
    assert_int_equal(ocib_platform_parse(OCIB_STR("linux/arm64"), &w->f.platform, NULL), 0);
    assert_int_equal(pull(w, "ns/app:multi"), 0);
    struct ocib_digest arm = fake_digest(&w->fake, "ns/app", "arm");
    assert_string_equal(w->f.got.digest.text, arm.text);
}

static void test_nested_index(void **state)
{
    struct world *w = *state;
    make_index(w);
    OCIB_AUTO_FREE char *inner = entry(w, "multi", OCIB_TYPE_INDEX, "");
    add_index(w, "outer", inner);
    assert_int_equal(pull(w, "ns/app:outer"), 0);
    check_good(w);
    /* Not without end. */
    OCIB_AUTO_FREE char *outer = entry(w, "outer", OCIB_TYPE_INDEX, "");
    add_index(w, "outer2", outer);
    OCIB_AUTO_FREE char *outer2 = entry(w, "outer2", OCIB_TYPE_INDEX, "");
    add_index(w, "outer3", outer2);
    assert_int_equal(pull(w, "ns/app:outer3"), -1);
    fixture_check_error(&w->f, NULL, "[5] ns/app: indexes within indexes, deeper than 3");
}

static void test_no_such_platform(void **state)
{
    struct world *w = *state;
    make_index(w);
    ocib_platform_release(&w->f.platform);
    assert_int_equal(ocib_platform_parse(OCIB_STR("linux/s390x"), &w->f.platform, NULL), 0);
    assert_int_equal(pull(w, "ns/app:multi"), -1);
    fixture_check_error(&w->f, NULL,
                        "[10] ns/app:multi is not there for linux/s390x; it is for linux/arm64, "
                        "linux/amd64 | choose one of these with --platform");
    assert_int_equal(pull(w, "ns/app:1"), -1);
    fixture_check_error(&w->f, &w->fake.server,
                        "[10] HOST/ns/app:1 is not there for linux/s390x; it is for linux/amd64 | "
                        "choose another image, or --platform linux/amd64");
}

/* --- what can't be trusted --- */

static void test_wrong_digests(void **state)
{
    struct world *w = *state;
    w->fake.faults[0] =
        (struct fake_fault){.start = "GET /v2/ns/app/manifests", .times = 9, .kind = FAKE_CORRUPT};
    assert_int_equal(pull(w, "ns/app:1"), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ECORRUPT);
    w->fake.faults[0].times = 0;
    struct ocib_digest digest = fake_digest(&w->fake, "ns/app", "1");
    assert_false(ocib_store_blob_has(w->f.store, &digest, -1));
    /* A registry that gives something else for a digest. */
    OCIB_AUTO_FREE char *name = ocib_format("ns/app@sha256:%064d", 1);
    OCIB_AUTO_FREE char *path = ocib_format("/v2/ns/app/manifests/sha256:%064d", 1);
    static const char lie[] = "{\"schemaVersion\":2}";
    fake_put(w->fake.manifests, path, ocib_str(lie));
    struct ocib_digest lie_digest;
    ocib_digest_of(lie, sizeof(lie) - 1, &lie_digest);
    ocib_map_set(w->fake.types, ocib_str(lie_digest.text), ocib_strdup("x/y"));
    assert_int_equal(pull(w, name), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ECORRUPT);
    assert_non_null(strstr(ocib_error_message(w->f.err), "does not match"));
}

static void test_a_damaged_layer_is_not_kept(void **state)
{
    struct world *w = *state;
    w->fake.faults[0] =
        (struct fake_fault){.start = "GET /v2/ns/app/blobs", .times = 99, .kind = FAKE_CORRUPT};
    assert_int_equal(pull(w, "ns/app:1"), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ECORRUPT);
    assert_non_null(strstr(ocib_error_message(w->f.err), "sent is damaged: the content of blob"));
    for (size_t i = 0; i < ocib_map_len(w->fake.blobs); i++) {
        struct ocib_digest digest;
        const char *key = ocib_map_key_at(w->fake.blobs, i);
        assert_int_equal(ocib_digest_parse(ocib_str(key), &digest, NULL), 0);
        assert_false(ocib_store_blob_has(w->f.store, &digest, -1));
    }
    w->fake.faults[0].times = 0;
    assert_int_equal(pull(w, "ns/app:1"), 0);
    check_good(w);
}

static void test_a_web_page(void **state)
{
    struct world *w = *state;
    w->fake.faults[0] =
        (struct fake_fault){.start = "GET /v2/ns/app/manifests", .times = 1, .kind = FAKE_HTML};
    assert_int_equal(pull(w, "ns/app:1"), -1);
    fixture_check_error(&w->f, &w->fake.server,
                        "[5] registry HOST sent a web page in place of the manifest of ns/app:1 | "
                        "what answers there is no registry; a proxy or a log-in page may answer in "
                        "its place");
}

static void test_foreign_layers_are_refused(void **state)
{
    struct world *w = *state;
    struct ocib_digest config;
    static const char text[] =
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":"
        "\"layers\",\"diff_ids\":[\"sha256:"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"]}}";
    fake_blob(&w->fake, ocib_str(text), &config);
    OCIB_AUTO_FREE char *manifest =
        ocib_format("{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_DOCKER_MANIFEST
                    "\",\"config\":{\"mediaType\":\"" OCIB_TYPE_DOCKER_CONFIG
                    "\",\"digest\":\"%s\",\"size\":%zu},\"layers\":[{\"mediaType\":\"application/"
                    "vnd.docker.image.rootfs.foreign.diff.tar.gzip\",\"digest\":\"%s\",\"size\":5,"
                    "\"urls\":[\"http://x\"]}]}",
                    config.text, sizeof(text) - 1,
                    "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
    fake_manifest(&w->fake, "ns/app", "win", OCIB_TYPE_DOCKER_MANIFEST, ocib_str(manifest));
    assert_int_equal(pull(w, "ns/app:win"), -1);
    assert_non_null(strstr(ocib_error_message(w->f.err), "foreign"));
}

static void test_schema_1_and_nonsense(void **state)
{
    struct world *w = *state;
    fake_manifest(&w->fake, "ns/app", "old", "application/vnd.docker.distribution.manifest.v1+json",
                  OCIB_STR("{\"schemaVersion\":1,\"fsLayers\":[]}"));
    assert_int_equal(pull(w, "ns/app:old"), -1);
    assert_non_null(strstr(ocib_error_message(w->f.err), "schema 1"));
    fake_manifest(&w->fake, "ns/app", "odd", "application/json", OCIB_STR("[]"));
    assert_int_equal(pull(w, "ns/app:odd"), -1);
    fake_manifest(&w->fake, "ns/app", "none", "application/json", OCIB_STR(""));
    assert_int_equal(pull(w, "ns/app:none"), -1);
}

/* --- mirrors --- */

static void test_mirrors_are_tried_in_order(void **state)
{
    struct world *w = *state;
    struct fake broken, empty;
    fake_start(&broken);
    fake_start(&empty);
    broken.faults[0] =
        (struct fake_fault){.start = "GET", .times = 99, .kind = FAKE_STATUS, .status = 503};
    OCIB_AUTO_FREE char *conf = ocib_format(
        "[[registry]]\nprefix = 'h.example'\nlocation = '%s'\n"
        "[[registry.mirror]]\nlocation = '%s'\n[[registry.mirror]]\nlocation = '%s/x'\n",
        w->fake.server.host, broken.server.host, empty.server.host);
    check_write(w->f.conf, conf);
    assert_int_equal(fixture_pull(&w->f, "h.example", "ns/app:1"), 0);
    check_good(w);
    assert_int_equal(server_count(&empty.server, "GET /v2/x/ns/app/manifests/1"), 1);
    assert_true(server_count(&broken.server, "GET") > 0);
    fake_stop(&broken);
    fake_stop(&empty);
}

static void test_a_damaged_mirror_is_left(void **state)
{
    struct world *w = *state;
    struct fake mirror;
    fake_start(&mirror);
    fake_image(&mirror, "ns/app", "1", "amd64", small);
    mirror.faults[0] =
        (struct fake_fault){.start = "GET /v2/ns/app/blobs", .times = 99, .kind = FAKE_CORRUPT};
    OCIB_AUTO_FREE char *text = ocib_format("%s=%s", w->fake.server.host, mirror.server.url);
    ocib_strings_push(&w->f.mirrors, text);
    assert_int_equal(pull(w, "ns/app:1"), 0);
    check_good(w);
    assert_true(server_count(&mirror.server, "GET /v2/ns/app/blobs") > 0);
    fake_stop(&mirror);
}

/* --- resolve --- */

static void test_resolve(void **state)
{
    struct world *w = *state;
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    make_index(w);
    fixture_reference(&ref, w->fake.server.host, "ns/app:1");
    struct ocib_digest expected = fake_digest(&w->fake, "ns/app", "1");
    assert_int_equal(
        ocib_registry_resolve(fixture_client(&w->f), &ref, &w->f.platform, &w->f.got, &w->f.err),
        0);
    assert_string_equal(w->f.got.digest.text, expected.text);
    assert_int_equal(server_count(&w->fake.server, "GET /v2/ns"), 0);
    ocib_reference_release(&ref);
    ocib_descriptor_release(&w->f.got);
    fixture_reference(&ref, w->fake.server.host, "ns/app:multi");
    assert_int_equal(
        ocib_registry_resolve(fixture_client(&w->f), &ref, &w->f.platform, &w->f.got, &w->f.err),
        0);
    assert_string_equal(w->f.got.digest.text, expected.text);
    assert_false(ocib_store_blob_has(w->f.store, &expected, -1));
}

/* Only the config, also of an image for another platform, and with one try. */
static void test_config(void **state)
{
    struct world *w = *state;
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    struct ocib_config config = {0};
    fixture_reference(&ref, w->fake.server.host, "ns/app:1");
    free(w->f.platform.architecture);
    w->f.platform.architecture = ocib_strdup("s390x");
    assert_int_equal(ocib_registry_config(fixture_client(&w->f), w->f.store, &ref, &w->f.platform,
                                          &config, &w->f.err),
                     0);
    assert_string_equal(config.platform.architecture, "amd64");
    assert_int_equal(server_count(&w->fake.server, "GET /v2/ns/app/blobs/"), 1);
    ocib_config_release(&config);
    ocib_reference_release(&ref);
    fixture_reference(&ref, w->fake.server.host, "ns/none:1");
    assert_int_equal(ocib_registry_config(fixture_client(&w->f), w->f.store, &ref, &w->f.platform,
                                          &config, &w->f.err),
                     -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ENOTFOUND);
}

static void test_interrupt(void **state)
{
    struct world *w = *state;
    volatile int interrupted = 1;
    w->f.options.interrupted = &interrupted;
    assert_int_equal(pull(w, "ns/app:1"), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_EINTERRUPTED);
    assert_int_equal(server_count(&w->fake.server, "GET"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {TEST(test_pull),
                                       TEST(test_a_pinned_image_that_is_here_needs_no_registry),
                                       TEST(test_missing),
                                       TEST(test_the_platform_is_chosen),
                                       TEST(test_nested_index),
                                       TEST(test_no_such_platform),
                                       TEST(test_wrong_digests),
                                       TEST(test_a_damaged_layer_is_not_kept),
                                       TEST(test_a_web_page),
                                       TEST(test_foreign_layers_are_refused),
                                       TEST(test_schema_1_and_nonsense),
                                       TEST(test_mirrors_are_tried_in_order),
                                       TEST(test_a_damaged_mirror_is_left),
                                       TEST(test_resolve),
                                       TEST(test_config),
                                       TEST(test_interrupt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
