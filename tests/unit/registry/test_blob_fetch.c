#include "registry/fixture.h"

static const size_t sizes[] = {300000, 0};

struct world {
    struct fixture f;
    struct fake fake;
};

static int start(void **state)
{
    struct world *w = ocib_new(struct world);
    fixture_start(&w->f);
    fake_start(&w->fake);
    fake_image(&w->fake, "app", "1", "amd64", sizes);
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

/* The address of the layer, as faults name it. */
static const char *layer(struct world *w, char *room, size_t size)
{
    const char *digest = ocib_map_key_at(w->fake.blobs, 0);
    snprintf(room, size, "GET /v2/app/blobs/%s", digest);
    return room;
}

/* Pulls with a fault; the requests for the layer are counted. */
static unsigned pull_with(struct world *w, struct fake_fault fault, int expected)
{
    char room[200];
    fault.start = layer(w, room, sizeof(room));
    w->fake.faults[0] = fault;
    assert_int_equal(fixture_pull(&w->f, w->fake.server.host, "app:1"), expected);
    if (expected == 0) {
        fixture_check_image(&w->f);
    }
    return server_count(&w->fake.server, room);
}

static void test_truncation_is_taken_up(void **state)
{
    struct world *w = *state;
    struct fake_fault fault = {.times = 3, .kind = FAKE_TRUNCATE, .bytes = 70000};
    assert_int_equal(pull_with(w, fault, 0), 4);
}

static void test_reset_is_taken_up(void **state)
{
    struct world *w = *state;
    struct fake_fault fault = {.times = 2, .kind = FAKE_RESET, .bytes = 100};
    assert_int_equal(pull_with(w, fault, 0), 3);
}

static void test_a_server_without_ranges(void **state)
{
    struct world *w = *state;
    w->fake.no_range = true;
    struct fake_fault fault = {.times = 2, .kind = FAKE_TRUNCATE, .bytes = 200000};
    assert_int_equal(pull_with(w, fault, 0), 3);
}

static void test_busy_registry(void **state)
{
    struct world *w = *state;
    struct fake_fault fault = {
        .times = 3, .kind = FAKE_STATUS, .status = 429, .headers = "Retry-After: 0\r\n"};
    assert_int_equal(pull_with(w, fault, 0), 4);
}

static void test_a_fault_that_stays(void **state)
{
    struct world *w = *state;
    struct fake_fault fault = {.times = 99, .kind = FAKE_STATUS, .status = 503};
    assert_int_equal(pull_with(w, fault, -1), 6);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ENETWORK);
    assert_non_null(strstr(ocib_error_message(w->f.err), "it has a fault, status 503"));
    fixture_forget(&w->f);
    fault = (struct fake_fault){.times = 99, .kind = FAKE_TRUNCATE, .bytes = 10};
    assert_int_equal(pull_with(w, fault, -1), 12);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ENETWORK);
    assert_non_null(strstr(ocib_error_message(w->f.err), "ended before its answer did"));
}

static void test_forbidden_is_final(void **state)
{
    struct world *w = *state;
    struct fake_fault fault = {
        .times = 99,
        .kind = FAKE_STATUS,
        .status = 403,
        .body = "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"bad\\u001b[31m\\nthing\"}]}"};
    assert_int_equal(pull_with(w, fault, -1), 1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_EREGISTRY);
    /* What the registry says is on one line, without escapes of a terminal. */
    assert_non_null(strstr(ocib_error_message(w->f.err), "bad [31m thing (DENIED), status 403"));
    assert_non_null(strstr(ocib_error_hint(w->f.err), "podman login"));
}

static void test_a_shorter_blob(void **state)
{
    struct world *w = *state;
    struct fake_fault fault = {.times = 1, .kind = FAKE_STATUS, .status = 200, .body = "short"};
    assert_int_equal(pull_with(w, fault, -1), 1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ECORRUPT);
    assert_non_null(strstr(ocib_error_message(w->f.err), "sent 5 bytes for blob"));
}

static void test_a_longer_blob(void **state)
{
    struct world *w = *state;
    struct ocib_buf *blob = ocib_map_at(w->fake.blobs, 0);
    ocib_buf_puts(blob, "and more");
    assert_int_equal(pull_with(w, (struct fake_fault){0}, -1), 1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ECORRUPT);
    assert_non_null(strstr(ocib_error_message(w->f.err), "sends more for blob"));
}

static void test_another_part_than_asked_for(void **state)
{
    struct world *w = *state;
    char room[200];
    layer(w, room, sizeof(room));
    w->fake.faults[0] =
        (struct fake_fault){.start = room, .times = 1, .kind = FAKE_TRUNCATE, .bytes = 1000};
    w->fake.faults[1] = (struct fake_fault){.start = room,
                                            .times = 1,
                                            .kind = FAKE_STATUS,
                                            .status = 206,
                                            .headers = "Content-Range: bytes 5-9/300000\r\n",
                                            .body = "wrong"};
    assert_int_equal(fixture_pull(&w->f, w->fake.server.host, "app:1"), -1);
    assert_non_null(strstr(ocib_error_message(w->f.err), "another part of blob"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {TEST(test_truncation_is_taken_up),
                                       TEST(test_reset_is_taken_up),
                                       TEST(test_a_server_without_ranges),
                                       TEST(test_busy_registry),
                                       TEST(test_a_fault_that_stays),
                                       TEST(test_forbidden_is_final),
                                       TEST(test_a_shorter_blob),
                                       TEST(test_a_longer_blob),
                                       TEST(test_another_part_than_asked_for)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
