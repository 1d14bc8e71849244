#include "registry/registry.h"

#include "base/mem.h"
#include "registry/session.h"

#include <string.h>

static void host_free(void *data)
{
    struct ocib_host *host = data;
    free(host->name);
    free(host->base);
    ocib_certs_release(&host->certs);
    ocib_challenge_release(&host->challenge);
    free(host);
}

static void token_free(void *data)
{
    struct ocib_token *token = data;
    ocib_secret_free(token->value);
    free(token);
}

static void credentials_free(void *data)
{
    ocib_credentials_release(data);
    free(data);
}

static int read_options(struct ocib_registry *registry, const struct ocib_registry_options *options,
                        struct ocib_error **err)
{
    ocib_buf_init(&registry->ca_pem);
    if (options->ca_file && ocib_certs_read_ca(options->ca_file, &registry->ca_pem, err)) {
        return -1;
    }
    for (size_t i = 0; options->mirrors && i < options->mirrors->len; i++) {
        if (ocib_mirrors_add(&registry->mirrors, options->mirrors->items[i], err)) {
            return -1;
        }
    }
    return ocib_conf_load(&registry->conf, options->conf, options->uid, options->log, err);
}

struct ocib_registry *ocib_registry_new_with(const struct ocib_registry_options *options,
                                             const struct ocib_http_options *http,
                                             struct ocib_error **err)
{
    struct ocib_registry *registry = ocib_new(struct ocib_registry);
    registry->log = options->log;
    registry->interrupted = options->interrupted;
    registry->progress = options->progress;
    registry->data = options->data;
    registry->tls_verify = options->tls_verify;
    registry->authfile = ocib_strdup(options->authfile);
    registry->uid = options->uid;
    pthread_mutex_init(&registry->host_lock, NULL);
    pthread_mutex_init(&registry->auth_lock, NULL);
    pthread_mutex_init(&registry->progress_lock, NULL);
    registry->hosts = ocib_map_new(host_free);
    registry->tokens = ocib_map_new(token_free);
    registry->credentials = ocib_map_new(credentials_free);
    struct ocib_http_options own = http ? *http : (struct ocib_http_options){0};
    own.log = options->log;
    own.interrupted = options->interrupted;
    own.connect_ms = options->connect_ms ? options->connect_ms : own.connect_ms;
    registry->http = ocib_http_new(&own);
    if (read_options(registry, options, err)) {
        ocib_registry_free(registry);
        return NULL;
    }
    return registry;
}

struct ocib_registry *ocib_registry_new(const struct ocib_registry_options *options,
                                        struct ocib_error **err)
{
    return ocib_registry_new_with(options, NULL, err);
}

void ocib_registry_free(struct ocib_registry *registry)
{
    if (!registry) {
        return;
    }
    ocib_http_free(registry->http);
    ocib_map_free(registry->hosts);
    ocib_map_free(registry->tokens);
    ocib_map_free(registry->credentials);
    ocib_conf_release(&registry->conf);
    ocib_mirrors_release(&registry->mirrors);
    ocib_buf_release(&registry->ca_pem);
    free(registry->authfile);
    pthread_mutex_destroy(&registry->host_lock);
    pthread_mutex_destroy(&registry->auth_lock);
    pthread_mutex_destroy(&registry->progress_lock);
    free(registry);
}

void ocib_registry_report(struct ocib_registry *registry, const struct ocib_transfer *transfer)
{
    if (registry->progress) {
        pthread_mutex_lock(&registry->progress_lock);
        registry->progress(registry->data, transfer);
        pthread_mutex_unlock(&registry->progress_lock);
    }
}

/* "a/b" of "a/b:tag@digest", if that names no registry: the part that aliases are for. */
static struct ocib_str short_part(struct ocib_str text)
{
    ptrdiff_t at = ocib_str_find(text, '@');
    struct ocib_str name = at < 0 ? text : ocib_str_sub(text, 0, (size_t)at);
    ptrdiff_t slash = ocib_str_find(name, '/');
    struct ocib_str first = ocib_str_sub(name, 0, slash < 0 ? 0 : (size_t)slash);
    if (ocib_str_find(first, '.') >= 0 || ocib_str_find(first, ':') >= 0 ||
        ocib_str_is(first, "localhost")) {
        return (struct ocib_str){0};
    }
    ptrdiff_t tag = ocib_str_find(name, ':');
    return tag < 0 ? name : ocib_str_sub(name, 0, (size_t)tag);
}

int ocib_registry_expand(const struct ocib_registry *registry, struct ocib_str text,
                         struct ocib_reference *out, struct ocib_error **err)
{
    struct ocib_str name = short_part(text);
    OCIB_AUTO_FREE char *key = ocib_str_dup(name);
    const char *alias = *key ? ocib_env_get(&registry->conf.aliases, key) : NULL;
    if (!alias || !*alias) {
        return ocib_reference_parse(text, out, err);
    }
    OCIB_AUTO_FREE char *full =
        ocib_format("%s%.*s", alias, (int)(text.len - name.len), text.s + name.len);
    if (ocib_reference_parse(ocib_str(full), out, err)) {
        return ocib_error_wrap(err, "alias of '%s' in registries.conf", key);
    }
    return 0;
}
