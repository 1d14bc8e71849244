#include "http/client.h"
#include "http/retry.h"

#include <time.h>

/* Answers of one server, one after the other; the last stays. 0 closes the connection. */
struct plan {
    const int *statuses;
    size_t count;
    const char *headers;
    size_t at;
};

static bool answer_planned(struct server *server, struct request *request)
{
    struct plan *plan = server->data;
    int status = plan->statuses[plan->at];
    plan->at += plan->at + 1 < plan->count;
    if (status == 0) {
        return false;
    }
    server_reply(request, status, status == 200 ? "" : plan->headers, OCIB_STR("body"));
    return true;
}

struct outcome {
    int result;
    int status;
    unsigned asked;
    enum ocib_code code;
    char message[200];
};

static struct outcome ask(struct ocib_http *http, struct plan *plan)
{
    struct server server;
    struct outcome outcome = {0};
    server_start(&server, answer_planned, plan);
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_http_request request = {.method = "GET", .url = server.url};
    outcome.result = ocib_http_request(http, &request, &response, &err);
    outcome.status = response.status;
    outcome.asked = server_count(&server, "GET");
    outcome.code = ocib_error_code(err);
    snprintf(outcome.message, sizeof(outcome.message), "%s", err ? ocib_error_message(err) : "");
    server_stop(&server);
    return outcome;
}

static void test_faults_that_pass(void **state)
{
    static const int statuses[] = {503, 0, 429, 500, 200};
    struct plan plan = {statuses, 5, "", 0};
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    struct outcome outcome = ask(http, &plan);
    assert_int_equal(outcome.result, 0);
    assert_int_equal(outcome.status, 200);
    assert_int_equal(outcome.asked, 5);
}

static void test_the_number_of_tries_is_bounded(void **state)
{
    static const int statuses[] = {503};
    struct plan plan = {statuses, 1, "", 0};
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    struct outcome outcome = ask(http, &plan);
    assert_int_equal(outcome.result, 0);
    assert_int_equal(outcome.status, 503);
    assert_int_equal(outcome.asked, 6);
    static const int closing[] = {0};
    plan = (struct plan){closing, 1, "", 0};
    outcome = ask(http, &plan);
    assert_int_equal(outcome.result, -1);
    assert_int_equal(outcome.code, OCIB_ENETWORK);
    assert_int_equal(outcome.asked, 6);
}

static void test_final_answers_are_not_asked_again(void **state)
{
    static const int finals[] = {400, 401, 403, 404, 413, 501, 505};
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    for (size_t i = 0; i < OCIB_COUNT(finals); i++) {
        struct plan plan = {&finals[i], 1, "", 0};
        struct outcome outcome = ask(http, &plan);
        assert_int_equal(outcome.status, finals[i]);
        assert_int_equal(outcome.asked, 1);
    }
}

static void test_retry_after_is_honoured(void **state)
{
    static const int statuses[] = {429, 200};
    struct plan plan = {statuses, 2, "Retry-After: 1\r\n", 0};
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    struct outcome outcome = ask(http, &plan);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_int_equal(outcome.status, 200);
    /* Never sooner than told, however fast or slow this machine is. */
    int64_t waited =
        (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000;
    assert_true(waited >= 990);
}

static void test_retry_after_nothing(void **state)
{
    static const int statuses[] = {429, 503, 200};
    struct plan plan = {statuses, 3, "Retry-After: 0\r\n", 0};
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    assert_int_equal(ask(http, &plan).status, 200);
}

static void test_too_long_a_wait_is_refused(void **state)
{
    static const int statuses[] = {429, 200};
    struct plan plan = {statuses, 2, "Retry-After: 86400\r\n", 0};
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    struct outcome outcome = ask(http, &plan);
    assert_int_equal(outcome.result, -1);
    assert_int_equal(outcome.code, OCIB_ENETWORK);
    assert_int_equal(outcome.asked, 1);
    assert_non_null(strstr(outcome.message, "answered 429 and wants no request for 86400 s"));
}

static void test_an_interrupt_ends_the_wait(void **state)
{
    volatile int interrupted = 0;
    OCIB_AUTO(ocib_http_cleanup)
    struct ocib_http *http = ocib_http_new(
        &(struct ocib_http_options){.interrupted = &interrupted, .backoff_ms = 1000 * 1000});
    struct ocib_retry retry;
    ocib_retry_init(&retry, http, 0);
    struct ocib_http_response response = {.status = 503, .retry_after = -1};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    interrupted = 1;
    assert_false(ocib_retry_again(&retry, &response, &err));
    assert_int_equal(ocib_error_code(err), OCIB_EINTERRUPTED);
}

static void test_progress_begins_anew(void **state)
{
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    struct ocib_retry retry;
    ocib_retry_init(&retry, http, 2);
    struct ocib_http_response response = {.fault = OCIB_HTTP_BROKEN, .retry_after = -1};
    assert_true(ocib_retry_again(&retry, &response, NULL));
    assert_false(ocib_retry_again(&retry, &response, NULL));
    ocib_retry_progress(&retry);
    assert_true(ocib_retry_again(&retry, &response, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_faults_that_pass),
                                       cmocka_unit_test(test_the_number_of_tries_is_bounded),
                                       cmocka_unit_test(test_final_answers_are_not_asked_again),
                                       cmocka_unit_test(test_retry_after_is_honoured),
                                       cmocka_unit_test(test_retry_after_nothing),
                                       cmocka_unit_test(test_too_long_a_wait_is_refused),
                                       cmocka_unit_test(test_an_interrupt_ends_the_wait),
                                       cmocka_unit_test(test_progress_begins_anew)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
