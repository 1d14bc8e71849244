#include "http/client.h"

/* A loopback port that nobody listens on: bound, but never made to listen. */
static int closed_port(char *url, size_t size)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(url, size, "http://127.0.0.1:%d/v2/", ntohs(address.sin_port));
    return fd;
}

static void expect(struct ocib_http *http, const struct ocib_http_request *request,
                   enum ocib_http_fault fault, enum ocib_code code, const char *message)
{
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_http_exchange(http, request, &response, &err), -1);
    if (message) {
        assert_string_equal(ocib_error_message(err), message);
    }
    assert_int_equal(response.fault, fault);
    assert_int_equal(ocib_error_code(err), code);
}

static void test_refused(void **state)
{
    char url[64];
    int fd = closed_port(url, sizeof(url));
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    struct ocib_http_request request = {.method = "GET", .url = url, .peer = "registry x"};
    expect(http, &request, OCIB_HTTP_UNREACHABLE, OCIB_ENETWORK,
           "can't reach registry x: connection refused");
    close(fd);
}

static void test_unknown_host(void **state)
{
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    struct ocib_http_request request = {.method = "GET", .url = "http://no-such-host.invalid/"};
    expect(http, &request, OCIB_HTTP_UNREACHABLE, OCIB_ENETWORK,
           "can't reach no-such-host.invalid: its host name is unknown");
}

static bool answer_half(struct server *server, struct request *request)
{
    static const char half[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
    server_write(request->fd, half, sizeof(half) - 1);
    return false;
}

static bool answer_nothing(struct server *server, struct request *request)
{
    return false;
}

static bool answer_reset(struct server *server, struct request *request)
{
    answer_half(server, request);
    server_reset(request);
    return false;
}

static bool answer_silence(struct server *server, struct request *request)
{
    server_stall(request);
    return false;
}

static bool answer_other_protocol(struct server *server, struct request *request)
{
    server_write(request->fd, "220 mail.example ESMTP\r\n", 24);
    return false;
}

static void with_server(bool (*handle)(struct server *server, struct request *request),
                        struct ocib_http *http, enum ocib_http_fault fault, const char *message)
{
    struct server server;
    server_start(&server, handle, NULL);
    struct ocib_http_request request = {.method = "GET", .url = server.url, .peer = "registry x"};
    enum ocib_code code = fault == OCIB_HTTP_BROKEN ? OCIB_ENETWORK : OCIB_EREGISTRY;
    expect(http, &request, fault, code, message);
    server_stop(&server);
}

static void test_truncated(void **state)
{
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    with_server(answer_half, http, OCIB_HTTP_BROKEN,
                "the connection to registry x ended before its answer did");
    with_server(answer_nothing, http, OCIB_HTTP_BROKEN,
                "the connection to registry x ended before its answer did");
}

static void test_reset(void **state)
{
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    with_server(answer_reset, http, OCIB_HTTP_BROKEN, NULL);
}

static void test_silence(void **state)
{
    OCIB_AUTO(ocib_http_cleanup)
    struct ocib_http *http = ocib_http_new(&(struct ocib_http_options){.stall_ms = 50});
    with_server(answer_silence, http, OCIB_HTTP_BROKEN,
                "registry x went silent: no byte for 0.05 s");
}

static void test_not_http(void **state)
{
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    with_server(answer_other_protocol, http, OCIB_HTTP_FINAL,
                "what registry x answers is not HTTP");
}

static void test_not_tls(void **state)
{
    struct server server;
    server_start(&server, answer_other_protocol, NULL);
    OCIB_AUTO(ocib_http_cleanup) struct ocib_http *http = client_new();
    OCIB_AUTO_FREE char *url = ocib_format("https://%s/", server.host);
    struct ocib_http_request request = {.method = "GET", .url = url};
    OCIB_AUTO_RESPONSE struct ocib_http_response response = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_http_exchange(http, &request, &response, &err), -1);
    assert_true(response.fault == OCIB_HTTP_NOT_TLS || response.fault == OCIB_HTTP_BROKEN);
    server_stop(&server);
}

static bool interrupt(struct server *server, struct request *request)
{
    *(volatile int *)server->data = 1;
    server_stall(request);
    return false;
}

static void test_interrupt(void **state)
{
    volatile int interrupted = 0;
    OCIB_AUTO(ocib_http_cleanup)
    struct ocib_http *http =
        ocib_http_new(&(struct ocib_http_options){.interrupted = &interrupted});
    struct server server;
    server_start(&server, interrupt, (void *)(uintptr_t)&interrupted);
    struct ocib_http_request request = {.method = "GET", .url = server.url};
    expect(http, &request, OCIB_HTTP_FINAL, OCIB_EINTERRUPTED, "interrupted");
    /* Nothing more is asked. */
    expect(http, &request, OCIB_HTTP_FINAL, OCIB_EINTERRUPTED, "interrupted");
    assert_int_equal(server_count(&server, "GET"), 1);
    server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),   cmocka_unit_test(test_unknown_host),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_reset),
        cmocka_unit_test(test_silence),   cmocka_unit_test(test_not_http),
        cmocka_unit_test(test_not_tls),   cmocka_unit_test(test_interrupt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
