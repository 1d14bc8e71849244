#include "http/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_exchanges_have_their_functions(void **state)
{
    struct ocib_curl curl = {0};
    assert_int_equal(ocib_curl_load(&curl, NULL), 0);
    assert_string_equal(curl.easy_strerror(CURLE_OK), "No error");
    CURL *easy = curl.easy_init();
    assert_non_null(easy);
    assert_int_equal(curl.easy_setopt(easy, CURLOPT_NOSIGNAL, 1L), CURLE_OK);
    curl.easy_cleanup(easy);
}

static void test_texts_have_theirs(void **state)
{
    struct ocib_curl_text curl = {0};
    assert_int_equal(ocib_curl_text_load(&curl, NULL), 0);
    assert_int_equal(curl.getdate("Thu, 01 Jan 1970 00:01:00 GMT", NULL), 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exchanges_have_their_functions),
                                       cmocka_unit_test(test_texts_have_theirs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
