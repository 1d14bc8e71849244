#include "oci/image.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* sha256 of "a", "b", "c", and the chain IDs by sha256sum. */
#define A   "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
#define B   "sha256:3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d"
#define C   "sha256:2e7d2c03a9507ae265ecf5b5356885a53393a2029d241394997265a1a25aefc6"
#define AB  "sha256:51c0c8ace48498d6f5fee6b0592cc06f2da0f3cbe09c5a34a97dce85c3889676"
#define ABC "sha256:2fce7f8ce91bcf0a1428b36e1024639fdbd9469eea762dba98aa749631885106"

static void test_chain_ids(void **state)
{
    OCIB_AUTO_STRINGS struct ocib_strings ids = {0};
    ocib_strings_push(&ids, A);
    ocib_strings_push(&ids, B);
    ocib_strings_push(&ids, C);
    static const char *const chains[] = {"", A, AB, ABC};
    for (size_t i = 0; i < OCIB_COUNT(chains); i++) {
        struct ocib_digest chain;
        assert_int_equal(ocib_chain_id(&ids, i, &chain, NULL), 0);
        assert_string_equal(chain.text, chains[i]);
    }
}

static void test_chain_id_of_what_is_not_there(void **state)
{
    OCIB_AUTO_STRINGS struct ocib_strings ids = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_digest chain;
    ocib_strings_push(&ids, A);
    assert_int_equal(ocib_chain_id(&ids, 2, &chain, &err), -1);
    assert_string_equal(ocib_error_message(err), "chain ID of 2 layers: there are only 1");
    ocib_error_clear(&err);
    ocib_strings_push(&ids, "md5:1");
    assert_int_equal(ocib_chain_id(&ids, 2, &chain, &err), -1);
    assert_string_equal(ocib_error_message(err),
                        "diff ID of layer 1: digest \"md5:1\" is not a sha256 digest");
}

static void test_times(void **state)
{
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},         {1704164645, "2024-01-02T03:04:05Z"},
        {-1, "1969-12-31T23:59:59Z"},        {INT64_MIN, "0000-01-01T00:00:00Z"},
        {INT64_MAX, "9999-12-31T23:59:59Z"},
    };
    for (size_t i = 0; i < OCIB_COUNT(cases); i++) {
        OCIB_AUTO_FREE char *text = ocib_time_format(cases[i].seconds);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_copies_are_their_own(void **state)
{
    OCIB_AUTO(ocib_config_release) struct ocib_config config = {0};
    config.user = ocib_strdup("u");
    config.has_cmd = true;
    config.healthcheck = ocib_new(struct ocib_healthcheck);
    config.healthcheck->retries = 4;
    ocib_strings_push(&config.healthcheck->test, "NONE");
    ocib_config_add_history(&config)->created_by = ocib_strdup("x");
    struct ocib_config copy = {0};
    ocib_config_copy(&copy, &config);
    ocib_config_release(&copy);
    ocib_config_copy(&copy, &config);
    ocib_config_release(&config);
    assert_string_equal(copy.user, "u");
    assert_true(copy.has_cmd);
    assert_string_equal(copy.healthcheck->test.items[0], "NONE");
    assert_int_equal(copy.healthcheck->retries, 4);
    assert_string_equal(copy.history.items[0].created_by, "x");
    ocib_config_release(&copy);
    assert_null(ocib_healthcheck_dup(NULL));
    ocib_healthcheck_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain_ids),
        cmocka_unit_test(test_chain_id_of_what_is_not_there),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_copies_are_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
