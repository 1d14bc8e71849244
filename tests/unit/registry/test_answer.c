#include "registry/fixture.h"

static void check_text(const char *body, const char *expected)
{
    OCIB_AUTO_FREE char *text = ocib_answer_text(ocib_str(body));
    if (!expected) {
        assert_null(text);
        return;
    }
    assert_non_null(text);
    assert_string_equal(text, expected);
}

static void test_texts(void **state)
{
    check_text("{\"errors\":[{\"code\":\"DENIED\",\"message\":\"no\"}]}", "no (DENIED)");
    check_text("{\"errors\":[{\"code\":\"DENIED\"},{\"message\":\"b\"}]}", "DENIED; b");
    check_text("{\"errors\":[{\"code\":\"A\",\"message\":\"\"}]}", "A");
    check_text("{\"details\":\"wrong password\"}", "wrong password");
    check_text("{\"error\":\"x\",\"message\":\"y\"}", "y");
    check_text("{\"errors\":[{\"message\":\"a\\nb\\u001b[0mc\"}]}", "a b [0mc");
    check_text("{\"errors\":3}", NULL);
    check_text("{}", NULL);
    check_text("<html>", NULL);
    check_text("", NULL);
}

static void test_long_texts_are_cut(void **state)
{
    OCIB_AUTO_BUF struct ocib_buf body;
    ocib_buf_init(&body);
    ocib_buf_puts(&body, "{\"errors\":[{\"message\":\"");
    for (int i = 0; i < 5000; i++) {
        ocib_buf_putc(&body, 'x');
    }
    ocib_buf_puts(&body, "\"}]}");
    OCIB_AUTO_FREE char *text = ocib_answer_text(ocib_buf_str(&body));
    assert_int_equal(strlen(text), 303);
    assert_true(ocib_str_ends(ocib_str(text), "x..."));
}

static void test_web_pages(void **state)
{
    struct ocib_http_response response = {0};
    ocib_buf_init(&response.body);
    assert_false(ocib_answer_is_html(&response));
    ocib_buf_puts(&response.body, "{}");
    assert_false(ocib_answer_is_html(&response));
    ocib_strings_push(&response.headers, "Content-Type: text/html; charset=utf-8");
    assert_true(ocib_answer_is_html(&response));
    ocib_http_response_release(&response);
    ocib_buf_init(&response.body);
    ocib_buf_puts(&response.body, " \n<!DOCTYPE html>");
    assert_true(ocib_answer_is_html(&response));
    ocib_http_response_release(&response);
}

static void check_code(struct ocib_session *session, int status, enum ocib_code code,
                       const char *words)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_http_response response = {.status = status};
    assert_int_equal(ocib_session_refused(session, "pull x from", &response, &err), -1);
    OCIB_AUTO_FREE char *expected =
        ocib_format("can't pull x from registry h: %s, status %d", words, status);
    check_error(err, code, expected);
}

static void test_codes(void **state)
{
    struct fixture f;
    fixture_start(&f);
    char host[] = "h", repository[] = "x";
    struct ocib_endpoint endpoint = {.host = host, .name = host, .repository = repository};
    struct ocib_session session = {.registry = fixture_client(&f), .endpoint = &endpoint};
    ocib_session_prepare(&session);
    check_code(&session, 401, OCIB_EREGISTRY, "authentication required");
    check_code(&session, 403, OCIB_EREGISTRY, "access denied");
    check_code(&session, 404, OCIB_ENOTFOUND, "not found");
    check_code(&session, 405, OCIB_EREGISTRY, "refused");
    check_code(&session, 413, OCIB_EREGISTRY, "too large for it, or for a proxy before it");
    check_code(&session, 429, OCIB_ENETWORK, "too many requests");
    check_code(&session, 500, OCIB_ENETWORK, "it has a fault");
    check_code(&session, 501, OCIB_EREGISTRY, "refused");
    ocib_session_release(&session);
    fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts), cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_web_pages), cmocka_unit_test(test_codes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
