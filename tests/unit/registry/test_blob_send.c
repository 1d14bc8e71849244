#include "registry/fixture.h"

static const size_t sizes[] = {9000000, 0};

/* An image that was pulled from one registry and is pushed to another, which has nothing. */
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

static void check_arrived(struct world *w)
{
    assert_null(w->f.err);
    assert_int_equal(ocib_map_len(w->to.blobs), 2);
    struct ocib_digest sent = fake_digest(&w->to, "new/app", "2");
    assert_string_equal(sent.text, w->f.got.digest.text);
}

static int push_with(struct world *w, struct fake_fault fault)
{
    w->to.faults[0] = fault;
    return fixture_push(&w->f, w->to.server.host, "new/app:2");
}

static void test_in_one_piece(void **state)
{
    struct world *w = *state;
    assert_int_equal(push_with(w, (struct fake_fault){0}), 0);
    check_arrived(w);
    assert_int_equal(server_count(&w->to.server, "PATCH"), 0);
    assert_int_equal(server_count(&w->to.server, "PUT /v2/new/app/blobs/uploads/"), 2);
    /* Again: nothing is sent. */
    assert_int_equal(push_with(w, (struct fake_fault){0}), 0);
    assert_int_equal(server_count(&w->to.server, "POST"), 2);
}

static void test_faults_that_pass(void **state)
{
    static const struct fake_fault faults[] = {
        {"PUT /v2/new/app/blobs", 2, FAKE_STATUS, 503, 0, NULL, NULL},
        {"POST /v2/new/app/blobs", 2, FAKE_STATUS, 429, 0, "Retry-After: 0\r\n", NULL},
        {"HEAD /v2/new/app/blobs", 2, FAKE_STATUS, 500, 0, NULL, NULL},
        {"PUT /v2/new/app/blobs", 1, FAKE_STATUS, 404, 0, NULL,
         "{\"errors\":[{\"code\":\"BLOB_UPLOAD_UNKNOWN\",\"message\":\"x\"}]}"},
        {"PUT /v2/new/app/manifests", 2, FAKE_STATUS, 502, 0, NULL, NULL}};
    struct world *w = *state;
    for (size_t i = 0; i < OCIB_COUNT(faults); i++) {
        fake_stop(&w->to);
        fake_start(&w->to);
        fixture_forget(&w->f);
        assert_int_equal(fixture_pull(&w->f, w->from.server.host, "app:1"), 0);
        assert_int_equal(push_with(w, faults[i]), 0);
        check_arrived(w);
        assert_int_equal(w->to.faults[0].times, 0);
    }
}

static void test_an_answer_that_is_lost(void **state)
{
    struct world *w = *state;
    /* The blob has arrived, only nobody said so: it is not sent a second time. */
    struct fake_fault fault = {
        .start = "PUT /v2/new/app/blobs/uploads/1", .times = 1, .kind = FAKE_DEAF};
    assert_int_equal(push_with(w, fault), 0);
    check_arrived(w);
    assert_int_equal(server_count(&w->to.server, "PUT /v2/new/app/blobs/uploads/"), 2);
}

static void test_too_large_goes_in_chunks(void **state)
{
    struct world *w = *state;
    w->to.most_body = 3000000;
    assert_int_equal(push_with(w, (struct fake_fault){0}), 0);
    check_arrived(w);
    /* 8 MiB and 4 MiB are too large, 2 MiB is not: 9,000,000 bytes in five. */
    assert_int_equal(server_count(&w->to.server, "PATCH"), 2 + 5);
}

static void test_a_chunk_that_is_lost(void **state)
{
    struct world *w = *state;
    w->to.most_body = 3000000;
    w->to.faults[1] = (struct fake_fault){
        .start = "PATCH /v2/new/app/blobs/uploads/4", .times = 2, .kind = FAKE_DEAF};
    w->to.faults[2] = (struct fake_fault){.start = "PATCH /v2/new/app/blobs/uploads/4",
                                          .times = 1,
                                          .kind = FAKE_STATUS,
                                          .status = 503};
    assert_int_equal(push_with(w, (struct fake_fault){0}), 0);
    check_arrived(w);
    assert_int_equal(server_count(&w->to.server, "GET /v2/new/app/blobs/uploads/4"), 3);
    assert_int_equal(server_count(&w->to.server, "PATCH /v2/new/app/blobs/uploads/4"), 5 + 1);
}

static void test_a_proxy_that_takes_nothing(void **state)
{
    struct world *w = *state;
    w->to.most_body = 100;
    assert_int_equal(push_with(w, (struct fake_fault){0}), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_EREGISTRY);
    assert_non_null(strstr(ocib_error_message(w->f.err), "it sent a web page, status 413"));
}

static void test_refusals(void **state)
{
    struct world *w = *state;
    struct fake_fault fault = {
        .start = "POST /v2/new/app/blobs",
        .times = 99,
        .kind = FAKE_STATUS,
        .status = 404,
        .body = "{\"errors\":[{\"code\":\"NAME_UNKNOWN\",\"message\":\"repository not known\"}]}"};
    assert_int_equal(push_with(w, fault), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_EREGISTRY);
    assert_non_null(strstr(ocib_error_message(w->f.err), "repository not known (NAME_UNKNOWN)"));
    assert_int_equal(server_count(&w->to.server, "POST"), 1);
    fault.start = "HEAD /v2/new/app/blobs";
    fault.status = 403;
    assert_int_equal(push_with(w, fault), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_EREGISTRY);
    assert_non_null(strstr(ocib_error_hint(w->f.err), "podman login"));
}

static void test_faults_that_stay(void **state)
{
    struct world *w = *state;
    struct fake_fault fault = {
        .start = "PUT /v2/new/app/blobs", .times = 99, .kind = FAKE_STATUS, .status = 500};
    assert_int_equal(push_with(w, fault), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ENETWORK);
    assert_int_equal(server_count(&w->to.server, "PUT"), 6);
    /* Later it goes on where it was. */
    w->to.faults[0].times = 0;
    assert_int_equal(push_with(w, (struct fake_fault){0}), 0);
    check_arrived(w);
}

static void test_no_location(void **state)
{
    struct world *w = *state;
    struct fake_fault fault = {
        .start = "POST /v2/new/app/blobs", .times = 1, .kind = FAKE_STATUS, .status = 202};
    assert_int_equal(push_with(w, fault), -1);
    assert_non_null(strstr(ocib_error_message(w->f.err), "says not where to send blob"));
}

/* Uploads that go on at another host get no credentials there. */
static void test_upload_elsewhere(void **state)
{
    struct world *w = *state;
    struct fake other;
    fake_start(&other);
    fixture_log_in(&w->f, &w->to.server);
    fixture_forget(&w->f);
    assert_int_equal(fixture_pull(&w->f, w->from.server.host, "app:1"), 0);
    w->to.auth = FAKE_BASIC;
    w->to.basic = "Basic dXNlcjpwdw==";
    fake_put(other.uploads, "/v2/x/blobs/uploads/1", OCIB_STR(""));
    OCIB_AUTO_FREE char *headers =
        ocib_format("Location: %s/v2/x/blobs/uploads/1?_state=a%%3D\r\n", other.server.url);
    struct fake_fault fault = {.start = "POST /v2/new/app/blobs",
                               .times = 1,
                               .kind = FAKE_STATUS,
                               .status = 202,
                               .headers = headers};
    assert_int_equal(push_with(w, fault), 0);
    assert_int_equal(server_count(&other.server, "PUT"), 1);
    assert_int_equal(other.leaks, 0);
    fake_stop(&other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {TEST(test_in_one_piece),
                                       TEST(test_faults_that_pass),
                                       TEST(test_an_answer_that_is_lost),
                                       TEST(test_too_large_goes_in_chunks),
                                       TEST(test_a_chunk_that_is_lost),
                                       TEST(test_a_proxy_that_takes_nothing),
                                       TEST(test_refusals),
                                       TEST(test_faults_that_stay),
                                       TEST(test_no_location),
                                       TEST(test_upload_elsewhere)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
