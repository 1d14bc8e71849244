#include "registry/fixture.h"

static const char pem[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";

static void test_files_of_a_host(void **state)
{
    struct fixture f;
    fixture_start(&f);
    OCIB_AUTO_FREE char *dir = ocib_format("%s/.config/containers/certs.d/h.example:5000", f.dir);
    OCIB_AUTO_FREE char *ca = ocib_format("%s/ca.crt", dir);
    OCIB_AUTO_FREE char *cert = ocib_format("%s/client.cert", dir);
    OCIB_AUTO_FREE char *key = ocib_format("%s/client.key", dir);
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO(ocib_certs_release) struct ocib_certs certs = {0};
    assert_int_equal(ocib_mkdirs(dir, 0700, NULL), 0);
    check_write(ca, pem);
    assert_int_equal(ocib_certs_load("h.example:5000", OCIB_STR("first\n"), getuid(), &certs, NULL),
                     0);
    OCIB_AUTO_FREE char *expected = ocib_format("first\n%s\n", pem);
    assert_string_equal(certs.ca_pem.data, expected);
    assert_null(certs.client_cert);
    ocib_certs_release(&certs);

    check_write(cert, pem);
    assert_int_equal(ocib_certs_load("h.example:5000", OCIB_STR(""), getuid(), &certs, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EUSAGE);
    assert_non_null(strstr(ocib_error_message(err), "client.key"));
    ocib_certs_release(&certs);
    check_write(key, pem);
    assert_int_equal(ocib_certs_load("h.example:5000", OCIB_STR(""), getuid(), &certs, NULL), 0);
    assert_string_equal(certs.client_cert, cert);
    assert_string_equal(certs.client_key, key);
    ocib_certs_release(&certs);
    /* Another port is another host. */
    assert_int_equal(ocib_certs_load("h.example:5001", OCIB_STR(""), getuid(), &certs, NULL), 0);
    assert_int_equal(certs.ca_pem.len, 0);
    fixture_stop(&f);
}

static void test_wrong_files(void **state)
{
    struct fixture f;
    fixture_start(&f);
    OCIB_AUTO_FREE char *path = ocib_format("%s/ca.pem", f.dir);
    OCIB_AUTO_BUF struct ocib_buf out;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    ocib_buf_init(&out);
    assert_int_equal(ocib_certs_read_ca("/nonexistent", &out, &err), -1);
    check_error(err, OCIB_EUSAGE, "there is no certificate file /nonexistent");
    ocib_error_clear(&err);
    check_write(path, "DER or so");
    assert_int_equal(ocib_certs_read_ca(path, &out, &err), -1);
    assert_non_null(strstr(ocib_error_message(err), "holds no certificate in PEM form"));
    fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_files_of_a_host),
                                       cmocka_unit_test(test_wrong_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
