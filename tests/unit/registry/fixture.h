/*
 * A store and a client in a folder of their own, with the environment out of the way. Waits between
 * tries are a millisecond.
 */
#ifndef OCIB_TESTS_REGISTRY_FIXTURE_H
#define OCIB_TESTS_REGISTRY_FIXTURE_H

#include "registry/fake.h"
#include "registry/session.h"
#include "sys/file.h"

#include <fcntl.h>
#include <sys/stat.h>

struct fixture {
    char dir[40];
    struct ocib_store *store;
    struct ocib_registry *registry;
    struct ocib_registry_options options;
    struct ocib_log log;
    struct ocib_buf logged;
    pthread_mutex_t lock;
    struct ocib_platform platform;
    struct ocib_strings mirrors;
    char *conf;
    char *authfile;
    unsigned reports;
    unsigned existed;
    struct ocib_descriptor got; /* by the last pull */
    struct ocib_error *err;
};

CHECK_HELPER void fixture_log(void *data, enum ocib_log_level level, struct ocib_span span,
                              const char *text)
{
    struct fixture *f = data;
    pthread_mutex_lock(&f->lock);
    ocib_buf_printf(&f->logged, "%s\n", text);
    pthread_mutex_unlock(&f->lock);
}

CHECK_HELPER void fixture_progress(void *data, const struct ocib_transfer *transfer)
{
    struct fixture *f = data;
    assert_true(transfer->done >= 0 && transfer->done <= transfer->total);
    f->reports++;
    f->existed += transfer->exists;
}

CHECK_HELPER void fixture_start(struct fixture *f)
{
    *f = (struct fixture){.dir = "/tmp/ocib-registry-XXXXXX"};
    assert_non_null(mkdtemp(f->dir));
    setenv("HOME", f->dir, 1);
    setenv("XDG_RUNTIME_DIR", f->dir, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("DOCKER_CONFIG");
    unsetenv("REGISTRY_AUTH_FILE");
    unsetenv("CONTAINERS_REGISTRIES_CONF");
    pthread_mutex_init(&f->lock, NULL);
    ocib_buf_init(&f->logged);
    f->conf = ocib_format("%s/registries.conf", f->dir);
    f->authfile = ocib_format("%s/auth.json", f->dir);
    check_write(f->conf, "");
    f->log = (struct ocib_log){fixture_log, f};
    OCIB_AUTO_FREE char *root = ocib_format("%s/store", f->dir);
    f->store = ocib_store_open(root, &f->log, NULL);
    assert_non_null(f->store);
    assert_int_equal(ocib_platform_parse(OCIB_STR("linux/amd64"), &f->platform, NULL), 0);
    f->options = (struct ocib_registry_options){.tls_verify = true,
                                                .conf = f->conf,
                                                .mirrors = &f->mirrors,
                                                .uid = getuid(),
                                                .log = &f->log,
                                                .progress = fixture_progress,
                                                .data = f};
}

/* The client, made when first needed: options may be changed before. */
CHECK_HELPER struct ocib_registry *fixture_client(struct fixture *f)
{
    if (!f->registry) {
        struct ocib_http_options http = {.backoff_ms = 1};
        f->registry = ocib_registry_new_with(&f->options, &http, &f->err);
    }
    assert_non_null(f->registry);
    return f->registry;
}

/* Forgets the client, with its tokens, and the last result and error. */
CHECK_HELPER void fixture_forget(struct fixture *f)
{
    ocib_registry_free(f->registry);
    f->registry = NULL;
    ocib_descriptor_release(&f->got);
    f->got = (struct ocib_descriptor){0};
    ocib_error_clear(&f->err);
}

CHECK_HELPER void fixture_stop(struct fixture *f)
{
    fixture_forget(f);
    ocib_store_close(f->store);
    assert_int_equal(ocib_remove_tree(AT_FDCWD, f->dir, NULL), 0);
    ocib_platform_release(&f->platform);
    ocib_strings_release(&f->mirrors);
    ocib_buf_release(&f->logged);
    free(f->conf);
    free(f->authfile);
    pthread_mutex_destroy(&f->lock);
}

CHECK_HELPER void fixture_reference(struct ocib_reference *out, const char *host, const char *name)
{
    OCIB_AUTO_FREE char *full = ocib_format("%s/%s", host, name);
    assert_int_equal(ocib_reference_parse(ocib_str(full), out, NULL), 0);
}

CHECK_HELPER int fixture_pull(struct fixture *f, const char *host, const char *name)
{
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    fixture_reference(&ref, host, name);
    ocib_error_clear(&f->err);
    ocib_descriptor_release(&f->got);
    f->got = (struct ocib_descriptor){0};
    return ocib_registry_pull(fixture_client(f), f->store, &ref, &f->platform, &f->got, &f->err);
}

/* Pushes what was pulled last. */
CHECK_HELPER int fixture_push(struct fixture *f, const char *host, const char *name)
{
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    fixture_reference(&ref, host, name);
    ocib_error_clear(&f->err);
    return ocib_registry_push(fixture_client(f), f->store, &f->got, &ref, &f->err);
}

/* Every blob of the pulled image is in the store, and is what its digest says. */
CHECK_HELPER void fixture_check_image(struct fixture *f)
{
    struct ocib_manifest manifest = {0};
    struct ocib_config config = {0};
    assert_int_equal(ocib_store_manifest(f->store, &f->got.digest, &manifest, &config, &f->err), 0);
    for (size_t i = 0; i < manifest.layers.len; i++) {
        OCIB_AUTO_BUF struct ocib_buf bytes;
        ocib_buf_init(&bytes);
        const struct ocib_descriptor *layer = &manifest.layers.items[i];
        assert_int_equal(ocib_store_blob_read(f->store, &layer->digest, 64 << 20, &bytes, &f->err),
                         0);
        assert_int_equal(bytes.len, layer->size);
    }
    ocib_manifest_release(&manifest);
    ocib_config_release(&config);
}

/* The error's whole text, "HOST" in place of the server's address. */
CHECK_HELPER void fixture_check_error(struct fixture *f, const struct server *server,
                                      const char *expected)
{
    assert_non_null(f->err);
    OCIB_AUTO_FREE char *text = check_error_text(f->err);
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    for (const char *at = text; *at;) {
        if (server && strncmp(at, server->host, strlen(server->host)) == 0) {
            ocib_buf_puts(&out, "HOST");
            at += strlen(server->host);
        } else {
            ocib_buf_putc(&out, *at++);
        }
    }
    assert_string_equal(out.data, expected);
}

/* An auth file with user:pw (dXNlcjpwdw==) for a host. */
CHECK_HELPER void fixture_log_in(struct fixture *f, const struct server *server)
{
    OCIB_AUTO_FREE char *json =
        ocib_format("{\"auths\":{\"%s\":{\"auth\":\"dXNlcjpwdw==\"}}}", server->host);
    check_write(f->authfile, json);
    f->options.authfile = f->authfile;
}

#endif
