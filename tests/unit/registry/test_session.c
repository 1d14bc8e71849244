#include "registry/fixture.h"

/* Real registries, docker-registry with TLS and passwords among them, and skopeo as the judge. What
 * is not installed is skipped aloud. */

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

static bool is_installed(const char *program)
{
    OCIB_AUTO_FREE char *command = ocib_format("command -v %s >/dev/null", program);
    return system(command) == 0;
}

static bool is_missing(const char *program)
{
    if (!is_installed(program)) {
        print_message("skip - %s is not installed\n", program);
        return true;
    }
    return false;
}

struct real {
    struct fixture f;
    pid_t pid;
    unsigned port;
    char host[32];
};

static unsigned free_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void shell(const char *fmt, const char *a, const char *b)
{
    OCIB_AUTO_BUF struct ocib_buf command;
    ocib_buf_init(&command);
    for (const char *at = fmt; *at; at++) {
        if (at[0] == '%' && (at[1] == '1' || at[1] == '2')) {
            ocib_buf_puts(&command, *++at == '1' ? a : b);
        } else {
            ocib_buf_putc(&command, *at);
        }
    }
    if (system(command.data) != 0) {
        fail_msg("failed: %s", command.data);
    }
}

static void wait_for(const struct real *r)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)r->port)};
    for (;;) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int failed = connect(fd, (struct sockaddr *)&address, sizeof(address));
        close(fd);
        if (!failed) {
            return;
        }
        assert_int_equal(waitpid(r->pid, NULL, WNOHANG), 0);
        usleep(10000);
    }
}

/* `more`: further settings of the configuration, "TLS" in them for the lines of certificates. */
static void real_start(struct real *r, const char *tls, const char *auth)
{
    fixture_start(&r->f);
    r->port = free_port();
    snprintf(r->host, sizeof(r->host), "127.0.0.1:%u", r->port);
    OCIB_AUTO_FREE char *config = ocib_format("%s/config.yml", r->f.dir);
    OCIB_AUTO_FREE char *text = ocib_format("version: 0.1\n"
                                            "log: {level: error, accesslog: {disabled: true}}\n"
                                            "storage: {filesystem: {rootdirectory: %s/reg}}\n"
                                            "http:\n  addr: %s\n%s%s",
                                            r->f.dir, r->host, tls, auth);
    check_write(config, text);
    char name[] = "docker-registry", serve[] = "serve";
    char *argv[] = {name, serve, config, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    assert_int_equal(posix_spawnp(&r->pid, name, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    wait_for(r);
}

static void real_stop(struct real *r)
{
    kill(r->pid, SIGTERM);
    waitpid(r->pid, NULL, 0);
    fixture_stop(&r->f);
}

/* Into the store, from a registry in memory. */
static void get_image(struct real *r)
{
    static const size_t sizes[] = {100000, 20, 3000000, 0};
    struct fake from;
    fake_start(&from);
    fake_image(&from, "app", "1", "amd64", sizes);
    assert_int_equal(fixture_pull(&r->f, from.server.host, "app:1"), 0);
    fake_stop(&from);
}

static void check_round_trip(struct real *r)
{
    struct ocib_digest digest = r->f.got.digest;
    if (fixture_push(&r->f, r->host, "ns/app:1")) {
        fail_msg("%s", ocib_error_message(r->f.err));
    }
    assert_int_equal(fixture_pull(&r->f, r->host, "ns/app:1"), 0);
    assert_string_equal(r->f.got.digest.text, digest.text);
    fixture_check_image(&r->f);
}

static void test_plain_registry_and_skopeo(void **state)
{
    if (is_missing("docker-registry")) {
        skip();
    }
    struct real r;
    real_start(&r, "", "");
    get_image(&r);
    check_round_trip(&r);
    assert_int_equal(fixture_pull(&r.f, r.host, "ns/app:2"), -1);
    assert_int_equal(ocib_error_code(r.f.err), OCIB_ENOTFOUND);
    if (!is_missing("skopeo")) {
        assert_int_equal(fixture_pull(&r.f, r.host, "ns/app:1"), 0);
        shell("test \"$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "
              "docker://%1/ns/app:1)\" = %2",
              r.host, r.f.got.digest.text);
        shell("skopeo copy -q --src-tls-verify=false --dest-tls-verify=false "
              "--preserve-digests docker://%1/ns/app:1 docker://%1/by/skopeo:1",
              r.host, "");
        struct ocib_digest digest = r.f.got.digest;
        assert_int_equal(fixture_pull(&r.f, r.host, "by/skopeo:1"), 0);
        assert_string_equal(r.f.got.digest.text, digest.text);
    }
    real_stop(&r);
}

static void test_tls_and_password(void **state)
{
    if (is_missing("docker-registry") || is_missing("openssl")) {
        skip();
    }
    char dir[] = "/tmp/ocib-tls-XXXXXX";
    assert_non_null(mkdtemp(dir));
    shell("cd %1 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
          "-keyout key -out cert -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 "
          "2>/dev/null",
          dir, "");
    /* user:pw, by bcrypt. */
    OCIB_AUTO_FREE char *passwords = ocib_format("%s/pass", dir);
    check_write(passwords, "user:$2b$05$abcdefghijklmnopqrstuuHIrMEWpUCQe2YqFR3sXwQ75u4od..9q\n");
    OCIB_AUTO_FREE char *tls =
        ocib_format("  tls: {certificate: %s/cert, key: %s/key}\n", dir, dir);
    OCIB_AUTO_FREE char *auth = ocib_format("auth: {htpasswd: {realm: x, path: %s/pass}}\n", dir);
    OCIB_AUTO_FREE char *cert = ocib_format("%s/cert", dir);
    struct real r;
    real_start(&r, tls, auth);
    get_image(&r);
    /* Not trusted; not logged in; all well; not verified. */
    assert_int_equal(fixture_push(&r.f, r.host, "ns/app:1"), -1);
    assert_int_equal(ocib_error_code(r.f.err), OCIB_EREGISTRY);
    assert_non_null(strstr(ocib_error_message(r.f.err), "can't trust the certificate of registry"));
    assert_non_null(strstr(ocib_error_hint(r.f.err), "--registry-ca"));
    r.f.options.ca_file = cert;
    fixture_forget(&r.f);
    get_image(&r);
    assert_int_equal(fixture_push(&r.f, r.host, "ns/app:1"), -1);
    assert_non_null(strstr(ocib_error_message(r.f.err), "authentication required"));
    struct server here = {0};
    snprintf(here.host, sizeof(here.host), "%s", r.host);
    fixture_log_in(&r.f, &here);
    fixture_forget(&r.f);
    get_image(&r);
    check_round_trip(&r);
    r.f.options.ca_file = NULL;
    r.f.options.tls_verify = false;
    fixture_forget(&r.f);
    get_image(&r);
    check_round_trip(&r);
    real_stop(&r);
    shell("rm -r %1", dir, "");
}

static void test_two_ways_to_a_host(void **state)
{
    struct fixture f;
    fixture_start(&f);
    struct fake fake;
    fake_start(&fake);
    static const size_t sizes[] = {10, 0};
    fake_image(&fake, "app", "1", "amd64", sizes);
    /* Loopback: TLS is tried, then plain HTTP, and only at the first time. */
    assert_int_equal(fixture_pull(&f, fake.server.host, "app:1"), 0);
    assert_int_equal(server_count(&fake.server, "GET /v2/"),
                     1 + server_count(&fake.server, "GET /v2/app/"));
    assert_int_equal(fixture_pull(&f, fake.server.host, "app:1"), 0);
    /* Told to speak TLS it stays with that. */
    fixture_forget(&f);
    OCIB_AUTO_FREE char *mirror = ocib_format("h.invalid=https://%s", fake.server.host);
    ocib_strings_push(&f.mirrors, mirror);
    unsigned before = server_count(&fake.server, "");
    assert_int_equal(fixture_pull(&f, "h.invalid", "app:1"), -1);
    assert_int_equal(server_count(&fake.server, ""), before);
    assert_int_equal(ocib_error_code(f.err), OCIB_ENETWORK);
    fake_stop(&fake);
    fixture_stop(&f);
}

static void test_unreachable(void **state)
{
    struct fixture f;
    fixture_start(&f);
    OCIB_AUTO_FREE char *host = ocib_format("127.0.0.1:%u", free_port());
    assert_int_equal(fixture_pull(&f, host, "app:1"), -1);
    OCIB_AUTO_FREE char *expected =
        ocib_format("can't reach registry %s: connection refused", host);
    check_error(f.err, OCIB_ENETWORK, expected);
    assert_non_null(ocib_error_hint(f.err));
    fixture_stop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_ways_to_a_host), cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_plain_registry_and_skopeo), cmocka_unit_test(test_tls_and_password)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
