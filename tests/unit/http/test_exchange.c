#include "http/client.h"

static bool answer_hello(struct server *server, struct request *request)
{
    server_reply(request, 200, "X-One: a\r\nx-one:  b \r\n", OCIB_STR("hello"));
    return true;
}

static void test_get(void **state)
{
    struct server server;
    server_start(&server, answer_hello, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(client_get(http, &server, "/x?y=z", &response, &err), 0);
    assert_int_equal(response.status, 200);
    assert_string_equal(response.body.data, "hello");
    assert_string_equal(ocib_http_header(&response, "X-ONE", 0), "a");
    assert_string_equal(ocib_http_header(&response, "x-one", 1), "b");
    assert_null(ocib_http_header(&response, "x-one", 2));
    assert_int_equal(response.retry_after, -1);
    assert_string_equal(server.log.items[0], "GET /x?y=z");
    server_stop(&server);
}

static void test_connections_are_kept(void **state)
{
    struct server server;
    server_start(&server, answer_hello, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(client_get(http, &server, "/", &response, NULL), 0);
    }
    assert_int_equal(server_count(&server, "GET "), 5);
    assert_int_equal(server.connections, 1);
    server_stop(&server);
}

static bool answer_echo(struct server *server, struct request *request)
{
    assert_string_equal(server_header(request, "User-Agent"), "ocib/" OCIB_VERSION);
    server_reply(request, 201, "", ocib_buf_str(&request->body));
    return true;
}

struct source {
    struct ocib_str bytes;
    unsigned opened;
};

static struct ocib_reader *open_source(void *data, struct ocib_error **err)
{
    struct source *source = data;
    source->opened++;
    return ocib_reader_of_str(source->bytes);
}

static void test_streams_in_and_out(void **state)
{
    struct server server;
    server_start(&server, answer_echo, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_BUF struct ocib_buf got;
    ocib_buf_init(&got);
    size_t len = 3 * 1000 * 1000;
    OCIB_AUTO_FREE char *big = ocib_alloc(len, 1);
    for (size_t i = 0; i < len; i++) {
        big[i] = (char)(i * 7 + i / 251);
    }
    struct source source = {{big, len}, 0};
    OCIB_AUTO(ocib_writer_cleanup) struct ocib_writer *out = ocib_writer_to_buf(&got);
    struct ocib_http_request request = {.method = "PUT", .url = server.url, .out = out};
    request.body = (struct ocib_http_body){open_source, &source, (int64_t)len, {0}};
    assert_int_equal(ocib_http_exchange(http, &request, &response, NULL), 0);
    assert_int_equal(response.status, 201);
    assert_int_equal(got.len, len);
    assert_memory_equal(got.data, big, len);
    assert_int_equal(source.opened, 1);
    server_stop(&server);
}

static void test_post_without_body_says_so(void **state)
{
    struct server server;
    server_start(&server, answer_echo, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    struct ocib_http_request request = {.method = "POST", .url = server.url};
    assert_int_equal(ocib_http_exchange(http, &request, &response, NULL), 0);
    assert_int_equal(response.status, 201);
    assert_int_equal(response.body.len, 0);
    server_stop(&server);
}

/* Two servers; the first sends on to the second, which keeps what it was told. */
struct hop {
    struct server *target;
    char *authorization;
    int status;
};

static bool answer_redirect(struct server *server, struct request *request)
{
    struct hop *hop = server->data;
    OCIB_AUTO_FREE char *line = ocib_format("Location: %s/there\r\n", hop->target->url);
    server_reply(request, hop->status, line, OCIB_STR("moved"));
    return true;
}

static bool answer_there(struct server *server, struct request *request)
{
    struct hop *hop = server->data;
    free(hop->authorization);
    hop->authorization = ocib_strdup(server_header(request, "Authorization"));
    server_reply(request, 200, "", ocib_buf_str(&request->body));
    return true;
}

static void test_redirect_keeps_credentials_home(void **state)
{
    struct hop hop = {.status = 307};
    struct server first, second;
    server_start(&first, answer_redirect, &hop);
    server_start(&second, answer_there, &hop);
    hop.target = &second;
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    struct ocib_http_request request = {.method = "PUT",
                                        .url = first.url,
                                        .authorization = "Bearer secret",
                                        .body.bytes = OCIB_STR("content")};
    assert_int_equal(ocib_http_exchange(http, &request, &response, NULL), 0);
    assert_string_equal(response.body.data, "content");
    assert_null(hop.authorization);
    assert_int_equal(server_count(&second, "PUT /there"), 1);
    assert_true(ocib_str_starts(ocib_str(response.url), second.url));
    server_stop(&first);
    server_stop(&second);
}

static bool answer_redirect_home(struct server *server, struct request *request)
{
    if (strcmp(request->target, "/there") == 0) {
        return answer_there(server, request);
    }
    server_reply(request, 302, "Location: /there\r\n", OCIB_STR(""));
    return true;
}

static void test_redirect_at_home_keeps_credentials(void **state)
{
    struct hop hop = {0};
    struct server server;
    server_start(&server, answer_redirect_home, &hop);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    struct ocib_http_request request = {
        .method = "GET", .url = server.url, .authorization = "Basic abc"};
    assert_int_equal(ocib_http_exchange(http, &request, &response, NULL), 0);
    assert_string_equal(hop.authorization, "Basic abc");
    free(hop.authorization);
    server_stop(&server);
}

static bool answer_in_circles(struct server *server, struct request *request)
{
    server_reply(request, 302, "Location: /again\r\n", OCIB_STR(""));
    return true;
}

static void test_redirects_are_bounded(void **state)
{
    struct server server;
    server_start(&server, answer_in_circles, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(client_get(http, &server, "/", &response, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EREGISTRY);
    assert_non_null(strstr(ocib_error_message(err), "redirects more than 10 times"));
    server_stop(&server);
}

static bool answer_elsewhere(struct server *server, struct request *request)
{
    server_reply(request, 302, "Location: file:///etc/passwd\r\n", OCIB_STR(""));
    return true;
}

static void test_redirect_to_a_file_is_refused(void **state)
{
    struct server server;
    server_start(&server, answer_elsewhere, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(client_get(http, &server, "/", &response, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EREGISTRY);
    assert_int_equal(response.fault, OCIB_HTTP_FINAL);
    server_stop(&server);
}

static bool answer_too_long(struct server *server, struct request *request)
{
    server_reply(request, strcmp(request->target, "/bad") == 0 ? 500 : 200, "",
                 OCIB_STR("0123456789"));
    return true;
}

static void test_limit(void **state)
{
    struct server server;
    server_start(&server, answer_too_long, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_http_request request = {.method = "GET", .url = server.url, .limit = 10};
    assert_int_equal(ocib_http_exchange(http, &request, &response, &err), 0);
    request.limit = 9;
    assert_int_equal(ocib_http_exchange(http, &request, &response, &err), -1);
    OCIB_AUTO_FREE char *expected =
        ocib_format("%s sent more than the 9 bytes allowed here", server.host);
    assert_string_equal(ocib_error_message(err), expected);
    server_stop(&server);
}

static void refuse_writing_free(struct ocib_writer *writer)
{
}

static int refuse_writing(struct ocib_writer *writer, const void *bytes, size_t len,
                          struct ocib_error **err)
{
    return ocib_error_set(err, OCIB_ESTORE, "no room for %zu bytes", len);
}

static void test_error_of_the_writer_comes_through(void **state)
{
    static const struct ocib_writer_ops ops = {refuse_writing, NULL, refuse_writing_free};
    struct ocib_writer full = {&ops};
    struct server server;
    server_start(&server, answer_hello, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_http_request request = {.method = "GET", .url = server.url, .out = &full};
    assert_int_equal(ocib_http_exchange(http, &request, &response, &err), -1);
    assert_string_equal(ocib_error_message(err), "no room for 5 bytes");
    assert_int_equal(response.fault, OCIB_HTTP_FINAL);
    server_stop(&server);
}

static void test_body_that_ends_early(void **state)
{
    struct server server;
    server_start(&server, answer_echo, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct source source = {OCIB_STR("short"), 0};
    struct ocib_http_request request = {.method = "PUT", .url = server.url};
    request.body = (struct ocib_http_body){open_source, &source, 7, {0}};
    assert_int_equal(ocib_http_exchange(http, &request, &response, &err), -1);
    assert_string_equal(ocib_error_message(err), "what is to be sent ended 2 bytes early");
    server_stop(&server);
}

static bool answer_413(struct server *server, struct request *request)
{
    server_reply(request, 413, "Connection: close\r\n", OCIB_STR("too large"));
    return false;
}

static void test_early_refusal_of_a_body(void **state)
{
    struct server server;
    server_start(&server, answer_413, NULL);
    server.eager = true;
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    size_t len = 4 << 20;
    OCIB_AUTO_FREE char *big = ocib_alloc(len, 1);
    struct ocib_http_request request = {
        .method = "PUT", .url = server.url, .body.bytes = {big, len}};
    assert_int_equal(ocib_http_exchange(http, &request, &response, NULL), 0);
    assert_int_equal(response.status, 413);
    server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_connections_are_kept),
        cmocka_unit_test(test_streams_in_and_out),
        cmocka_unit_test(test_post_without_body_says_so),
        cmocka_unit_test(test_redirect_keeps_credentials_home),
        cmocka_unit_test(test_redirect_at_home_keeps_credentials),
        cmocka_unit_test(test_redirects_are_bounded),
        cmocka_unit_test(test_redirect_to_a_file_is_refused),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_error_of_the_writer_comes_through),
        cmocka_unit_test(test_body_that_ends_early),
        cmocka_unit_test(test_early_refusal_of_a_body),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
