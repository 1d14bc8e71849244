#include "registry/fixture.h"

static const size_t sizes[] = {1000, 2000, 3000, 4000, 5000, 0};

struct world {
    struct fixture f;
    struct fake from;
    struct fake to;
};

static int start(void **state)
{
    struct world *w = ocib_new(struct world);
    fixture_start(&w->f);
    fake_start(&w->from);
    fake_start(&w->to);
    fake_image(&w->from, "app", "1", "amd64", sizes);
    assert_int_equal(fixture_pull(&w->f, w->from.server.host, "app:1"), 0);
    *state = w;
    return 0;
}

static int stop(void **state)
{
    struct world *w = *state;
    fixture_stop(&w->f);
    fake_stop(&w->from);
    fake_stop(&w->to);
    free(w);
    return 0;
}

static int push(struct world *w, const char *name)
{
    return fixture_push(&w->f, w->to.server.host, name);
}

static void test_push(void **state)
{
    struct world *w = *state;
    assert_int_equal(push(w, "a/b:2"), 0);
    struct ocib_digest sent = fake_digest(&w->to, "a/b", "2");
    assert_string_equal(sent.text, w->f.got.digest.text);
    assert_int_equal(ocib_map_len(w->to.blobs), 6);
    /* The manifest comes when all that it names is there. */
    const char *last = w->to.server.log.items[w->to.server.log.len - 1];
    assert_string_equal(last, "PUT /v2/a/b/manifests/2");
}

static void test_only_what_is_missing(void **state)
{
    struct world *w = *state;
    const struct ocib_buf *blob = ocib_map_at(w->from.blobs, 2);
    fake_put(w->to.blobs, ocib_map_key_at(w->from.blobs, 2), ocib_buf_str(blob));
    assert_int_equal(push(w, "a/b:2"), 0);
    assert_int_equal(server_count(&w->to.server, "POST"), 5);
}

static void test_by_digest(void **state)
{
    struct world *w = *state;
    OCIB_AUTO_FREE char *right = ocib_format("a/b@%s", w->f.got.digest.text);
    assert_int_equal(push(w, right), 0);
    OCIB_AUTO_FREE char *wrong = ocib_format("a/b@sha256:%064d", 0);
    assert_int_equal(push(w, wrong), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_EUSAGE);
}

static void test_index(void **state)
{
    struct world *w = *state;
    OCIB_AUTO_FREE char *index =
        ocib_format("{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_INDEX
                    "\",\"manifests\":[{\"mediaType\":\"" OCIB_TYPE_MANIFEST
                    "\",\"digest\":\"%s\",\"size\":%lld}]}",
                    w->f.got.digest.text, (long long)w->f.got.size);
    struct ocib_descriptor all = {.size = (int64_t)strlen(index)};
    all.media_type = ocib_strdup(OCIB_TYPE_INDEX);
    assert_int_equal(ocib_store_blob_put(w->f.store, ocib_str(index), &all.digest, NULL), 0);
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    fixture_reference(&ref, w->to.server.host, "a/b:multi");
    assert_int_equal(ocib_registry_push(fixture_client(&w->f), w->f.store, &all, &ref, &w->f.err),
                     0);
    struct ocib_digest sent = fake_digest(&w->to, "a/b", "multi");
    struct ocib_digest inner = fake_digest(&w->to, "a/b", w->f.got.digest.text);
    assert_string_equal(sent.text, all.digest.text);
    assert_string_equal(inner.text, w->f.got.digest.text);
    assert_int_equal(ocib_map_len(w->to.blobs), 6);
    ocib_descriptor_release(&all);
}

static void test_a_manifest_that_is_refused(void **state)
{
    struct world *w = *state;
    w->to.faults[0] = (struct fake_fault){
        .start = "PUT /v2/a/b/manifests",
        .times = 9,
        .kind = FAKE_STATUS,
        .status = 400,
        .body = "{\"errors\":[{\"code\":\"MANIFEST_INVALID\",\"message\":\"manifest invalid\"}]}"};
    assert_int_equal(push(w, "a/b:2"), -1);
    fixture_check_error(&w->f, &w->to.server,
                        "[5] can't push a/b:2 to registry HOST: manifest invalid "
                        "(MANIFEST_INVALID), status 400");
    w->to.faults[0].status = 201;
    w->to.faults[0].headers =
        "Docker-Content-Digest: "
        "sha256:"
        "0000000000000000000000000000000000000000000000000000000000000000\r\n";
    assert_int_equal(push(w, "a/b:2"), -1);
    assert_non_null(strstr(ocib_error_message(w->f.err), "as something else"));
}

static void test_blocked(void **state)
{
    struct world *w = *state;
    OCIB_AUTO_FREE char *conf =
        ocib_format("[[registry]]\nlocation = '%s'\nblocked = true\n", w->to.server.host);
    check_write(w->f.conf, conf);
    ocib_registry_free(w->f.registry);
    w->f.registry = NULL;
    assert_int_equal(push(w, "a/b:2"), -1);
    assert_non_null(strstr(ocib_error_message(w->f.err), "is blocked by"));
    assert_int_equal(server_count(&w->to.server, ""), 0);
}

static void test_a_blob_that_the_store_lost(void **state)
{
    struct world *w = *state;
    OCIB_AUTO_FREE char *path =
        ocib_format("%s/store/blobs/sha256/%s", w->f.dir, ocib_map_key_at(w->from.blobs, 0) + 7);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(push(w, "a/b:2"), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ENOTFOUND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {TEST(test_push),
                                       TEST(test_only_what_is_missing),
                                       TEST(test_by_digest),
                                       TEST(test_index),
                                       TEST(test_a_manifest_that_is_refused),
                                       TEST(test_blocked),
                                       TEST(test_a_blob_that_the_store_lost)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
