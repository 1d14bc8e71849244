#include "http/client.h"

static bool answer_number(struct server *server, struct request *request)
{
    OCIB_AUTO_FREE char *text = ocib_format("you asked %s", request->target);
    server_reply(request, 200, "", ocib_str(text));
    return true;
}

struct worker {
    struct ocib_http *http;
    struct server *server;
    unsigned number;
    bool right;
};

static void *work(void *data)
{
    struct worker *worker = data;
    worker->right = true;
    for (unsigned i = 0; i < 50; i++) {
        OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
        OCIB_AUTO_FREE char *path = ocib_format("/%u/%u", worker->number, i);
        OCIB_AUTO_FREE char *expected = ocib_format("you asked %s", path);
        worker->right = worker->right &&
                        !client_get(worker->http, worker->server, path, &response, NULL) &&
                        strcmp(response.body.data, expected) == 0;
    }
    return NULL;
}

static void test_many_threads_share_one_client(void **state)
{
    struct server server;
    server_start(&server, answer_number, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    struct worker workers[4];
    pthread_t threads[4];
    for (unsigned i = 0; i < 4; i++) {
        workers[i] = (struct worker){http, &server, i, false};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(workers[i].right);
    }
    assert_int_equal(server_count(&server, "GET"), 200);
    assert_true(server.connections <= 4);
    server_stop(&server);
}

static void test_free_accepts_null(void **state)
{
    ocib_http_free(NULL);
}

static void test_dates(void **state)
{
    assert_int_equal(ocib_http_date("Thu, 02 Jan 2020 03:04:05 GMT"), 1577934245);
    assert_int_equal(ocib_http_date("yesterday"), -1);
    assert_int_equal(ocib_http_date(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_many_threads_share_one_client),
                                       cmocka_unit_test(test_free_accepts_null),
                                       cmocka_unit_test(test_dates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
