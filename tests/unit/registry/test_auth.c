#include "registry/fixture.h"

static const size_t sizes[] = {4000, 3000, 2000, 1000, 500, 0};

struct world {
    struct fixture f;
    struct fake fake;
};

static int start(void **state)
{
    struct world *w = ocib_new(struct world);
    fixture_start(&w->f);
    fake_start(&w->fake);
    fake_image(&w->fake, "ns/app", "1", "amd64", sizes);
    w->fake.auth = FAKE_BEARER;
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

static int pull(struct world *w)
{
    return fixture_pull(&w->f, w->fake.server.host, "ns/app:1");
}

/* Nothing that a user could read has a secret in it. */
static void check_no_secrets(struct world *w)
{
    static const char *const secrets[] = {":pw", "dXNlcjpwdw", "tok-", "idt"};
    OCIB_AUTO_FREE char *text = w->f.err ? check_error_text(w->f.err) : ocib_strdup("");
    for (size_t i = 0; i < OCIB_COUNT(secrets); i++) {
        assert_null(strstr(text, secrets[i]));
        assert_null(strstr(w->f.logged.data, secrets[i]));
    }
}

static void test_anonymous_token(void **state)
{
    struct world *w = *state;
    assert_int_equal(pull(w), 0);
    fixture_check_image(&w->f);
    /* One for the whole pull. */
    assert_int_equal(w->fake.tokens, 1);
    assert_int_equal(
        server_count(&w->fake.server, "GET /token?service=fake&scope=repository%3Ans%2Fapp%3Apull"),
        1);
    assert_int_equal(server_count(&w->fake.server, "GET /token?"), 1);
    check_no_secrets(w);
}

static void test_token_for_credentials(void **state)
{
    struct world *w = *state;
    w->fake.basic = "Basic dXNlcjpwdw==";
    fixture_log_in(&w->f, &w->fake.server);
    assert_int_equal(pull(w), 0);
    assert_int_equal(w->fake.tokens, 1);
    assert_int_equal(server_count(&w->fake.server, "GET /token?service=fake&scope=repository%3Ans"
                                                   "%2Fapp%3Apull&account=user"),
                     1);
    check_no_secrets(w);
}

static void test_tokens_that_expire_in_the_middle(void **state)
{
    struct world *w = *state;
    const char *config = ocib_map_key_at(w->fake.blobs, 5),
               *layer = ocib_map_key_at(w->fake.blobs, 3);
    OCIB_AUTO_FREE char *first = ocib_format("GET /v2/ns/app/blobs/%s", config);
    OCIB_AUTO_FREE char *second = ocib_format("GET /v2/ns/app/blobs/%s", layer);
    w->fake.faults[0] = (struct fake_fault){.start = first, .times = 1, .kind = FAKE_EXPIRE};
    w->fake.faults[1] = (struct fake_fault){.start = second, .times = 1, .kind = FAKE_EXPIRE};
    assert_int_equal(pull(w), 0);
    fixture_check_image(&w->f);
    assert_int_equal(w->fake.tokens, 3);
    /* And while sending. */
    struct fake to;
    fake_start(&to);
    to.auth = FAKE_BEARER;
    to.faults[0] = (struct fake_fault){
        .start = "PUT /v2/new/app/blobs/uploads/3", .times = 1, .kind = FAKE_EXPIRE};
    to.faults[1] =
        (struct fake_fault){.start = "PUT /v2/new/app/manifests", .times = 1, .kind = FAKE_EXPIRE};
    assert_int_equal(fixture_push(&w->f, to.server.host, "new/app:1"), 0);
    assert_int_equal(ocib_map_len(to.blobs), 6);
    assert_int_equal(to.tokens, 3);
    assert_int_equal(to.uploads_begun, 6);
    assert_int_equal(server_count(&to.server, "GET /token?service=fake&scope=repository%3Anew%2Fapp"
                                              "%3Apull%2Cpush"),
                     3);
    fake_stop(&to);
}

static void test_identity_token(void **state)
{
    struct world *w = *state;
    w->fake.basic = "nobody";
    w->fake.refresh = "idt%3D";
    OCIB_AUTO_FREE char *json =
        ocib_format("{\"auths\":{\"%s\":{\"identitytoken\":\"idt=\"}}}", w->fake.server.host);
    check_write(w->f.authfile, json);
    w->f.options.authfile = w->f.authfile;
    assert_int_equal(pull(w), 0);
    assert_int_equal(server_count(&w->fake.server, "POST /token"), 1);
    check_no_secrets(w);
}

static void test_no_credentials(void **state)
{
    struct world *w = *state;
    w->fake.basic = "Basic dXNlcjpwdw==";
    assert_int_equal(pull(w), -1);
    fixture_check_error(&w->f, &w->fake.server,
                        "[5] the token server HOST of registry HOST gives no access to ns/app "
                        "without credentials: incorrect username or password (status 401) | log "
                        "in: `podman login HOST` writes an auth file that ocib reads");
}

static void test_wrong_credentials(void **state)
{
    struct world *w = *state;
    w->fake.basic = "Basic other";
    fixture_log_in(&w->f, &w->fake.server);
    assert_int_equal(pull(w), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_EREGISTRY);
    assert_non_null(strstr(ocib_error_message(w->f.err), "refused the credentials of"));
    assert_int_equal(server_count(&w->fake.server, "GET /token"), 1);
    check_no_secrets(w);
}

static void test_basic(void **state)
{
    struct world *w = *state;
    w->fake.auth = FAKE_BASIC;
    w->fake.basic = "Basic dXNlcjpwdw==";
    fixture_log_in(&w->f, &w->fake.server);
    assert_int_equal(pull(w), 0);
    fixture_check_image(&w->f);
    fixture_forget(&w->f);
    w->fake.basic = "Basic b3RoZXI6b3RoZXI=";
    assert_int_equal(pull(w), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_EREGISTRY);
    assert_non_null(
        strstr(ocib_error_message(w->f.err), "authentication required (UNAUTHORIZED), status 401"));
    assert_non_null(strstr(ocib_error_hint(w->f.err), "auth.json don't allow it"));
    check_no_secrets(w);
}

static void test_basic_without_credentials_is_asked_once(void **state)
{
    struct world *w = *state;
    w->fake.auth = FAKE_BASIC;
    w->fake.basic = "Basic dXNlcjpwdw==";
    assert_int_equal(pull(w), -1);
    assert_non_null(strstr(ocib_error_hint(w->f.err), "no credentials for"));
    assert_int_equal(server_count(&w->fake.server, "GET /v2/ns/app/manifests/1"), 1);
}

static void test_a_token_that_is_refused_ends_it(void **state)
{
    struct world *w = *state;
    w->fake.faults[0] = (struct fake_fault){.start = "GET /v2/ns",
                                            .times = 99,
                                            .kind = FAKE_STATUS,
                                            .status = 401,
                                            .headers = "WWW-Authenticate: Basic realm=\"x\"\r\n"};
    assert_int_equal(pull(w), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_EREGISTRY);
    assert_true(server_count(&w->fake.server, "GET /v2/ns") <= 3);
}

static void test_token_servers_with_faults(void **state)
{
    static const char *const bodies[] = {"{\"token\":\"a\\r\\nX-Evil: 1\"}", "{\"token\":\"\"}",
                                         "{}", "no json", "{\"token\":\"\xc3\xa4\"}"};
    struct world *w = *state;
    struct fake realm;
    fake_start(&realm);
    OCIB_AUTO_FREE char *challenge = ocib_format(
        "WWW-Authenticate: Bearer realm=\"%s/odd\",service=\"s\"\r\n", realm.server.url);
    for (size_t i = 0; i < OCIB_COUNT(bodies); i++) {
        fixture_forget(&w->f);
        w->fake.faults[0] = (struct fake_fault){.start = "GET /v2/",
                                                .times = 99,
                                                .kind = FAKE_STATUS,
                                                .status = 401,
                                                .headers = challenge};
        realm.faults[0] = (struct fake_fault){.start = "GET /odd",
                                              .times = 99,
                                              .kind = FAKE_STATUS,
                                              .status = 200,
                                              .body = bodies[i]};
        assert_int_equal(pull(w), -1);
        assert_int_equal(ocib_error_code(w->f.err), OCIB_EREGISTRY);
        assert_non_null(strstr(ocib_error_message(w->f.err), "holds no token"));
    }
    realm.faults[0].status = 503;
    fixture_forget(&w->f);
    assert_int_equal(pull(w), -1);
    assert_int_equal(ocib_error_code(w->f.err), OCIB_ENETWORK);
    fake_stop(&realm);
}

/* A blob that is redirected to a host of storage: nothing of ours goes there, and what that host
 * asks for is not heeded. */
static void test_credentials_stay_at_home(void **state)
{
    struct world *w = *state;
    struct fake storage;
    fake_start(&storage);
    storage.faults[0] = (struct fake_fault){
        .start = "GET",
        .times = 99,
        .kind = FAKE_STATUS,
        .status = 401,
        .headers = "WWW-Authenticate: Basic realm=\"give me your password\"\r\n"};
    OCIB_AUTO_FREE char *location = ocib_format("Location: %s/b\r\n", storage.server.url);
    w->fake.basic = "Basic dXNlcjpwdw==";
    fixture_log_in(&w->f, &w->fake.server);
    w->fake.faults[0] = (struct fake_fault){.start = "GET /v2/ns/app/blobs",
                                            .times = 99,
                                            .kind = FAKE_STATUS,
                                            .status = 307,
                                            .headers = location};
    assert_int_equal(pull(w), -1);
    assert_int_equal(storage.leaks, 0);
    assert_true(server_count(&storage.server, "GET /b") > 0);
    w->fake.faults[0].times = 0;
    assert_int_equal(pull(w), 0);
    fake_stop(&storage);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {TEST(test_anonymous_token),
                                       TEST(test_token_for_credentials),
                                       TEST(test_tokens_that_expire_in_the_middle),
                                       TEST(test_identity_token),
                                       TEST(test_no_credentials),
                                       TEST(test_wrong_credentials),
                                       TEST(test_basic),
                                       TEST(test_basic_without_credentials_is_asked_once),
                                       TEST(test_a_token_that_is_refused_ends_it),
                                       TEST(test_token_servers_with_faults),
                                       TEST(test_credentials_stay_at_home)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
