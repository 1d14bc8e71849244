#include "registry/endpoint.h"

#include "base/mem.h"

#include <string.h>

void ocib_endpoints_release(struct ocib_endpoints *list)
{
    for (size_t i = 0; i < list->len; i++) {
        free(list->items[i].host);
        free(list->items[i].name);
        free(list->items[i].repository);
    }
    ocib_vec_release(list);
}

void ocib_mirrors_release(struct ocib_mirrors *list)
{
    for (size_t i = 0; i < list->len; i++) {
        free(list->items[i].registry);
        free(list->items[i].location);
    }
    ocib_vec_release(list);
}

int ocib_mirrors_add(struct ocib_mirrors *list, const char *text, struct ocib_error **err)
{
    struct ocib_str rest = ocib_str(text), registry;
    if (ocib_str_find(rest, '=') <= 0) {
        return ocib_error_set(err, OCIB_EUSAGE, "--mirror is HOST=URL, not '%s'", text);
    }
    ocib_str_cut(&rest, '=', &registry);
    const char *scheme = NULL;
    if (ocib_str_starts(rest, "http://")) {
        scheme = "http";
    } else if (ocib_str_starts(rest, "https://")) {
        scheme = "https";
    }
    struct ocib_str location = ocib_str_sub(rest, scheme ? strlen(scheme) + 3 : 0, rest.len);
    while (ocib_str_ends(location, "/")) {
        location.len--;
    }
    bool bad = location.len == 0 || location.s[0] == '/';
    for (size_t i = 0; i < location.len; i++) {
        unsigned char c = (unsigned char)location.s[i];
        bad = bad || c <= ' ' || c >= 0x7f || strchr("@?#\\\"", c);
    }
    if (bad) {
        /* The address is not shown: it may have a password in it. */
        return ocib_error_set(err, OCIB_EUSAGE,
                              "--mirror for '%.*s' has no address of the form http[s]://host/path",
                              OCIB_STR_ARG(registry));
    }
    struct ocib_mirror *mirror = ocib_vec_add(list);
    *mirror = (struct ocib_mirror){ocib_str_dup(registry), ocib_str_dup(location), scheme};
    return 0;
}

static void set_host(struct ocib_endpoint *endpoint, char *host)
{
    bool hub = strcmp(host, "docker.io") == 0 || strcmp(host, "index.docker.io") == 0 ||
               strcmp(host, "registry-1.docker.io") == 0;
    endpoint->name = hub ? ocib_strdup("docker.io") : ocib_strdup(host);
    endpoint->host = hub ? ocib_strdup("registry-1.docker.io") : ocib_strdup(host);
    free(host);
}

static struct ocib_endpoint *add(struct ocib_endpoints *out, const struct ocib_reference *ref,
                                 const char *from, const char *to)
{
    struct ocib_endpoint *endpoint = ocib_vec_add(out);
    char *host = NULL;
    ocib_conf_rewrite(ref, from, to, &host, &endpoint->repository);
    set_host(endpoint, host);
    return endpoint;
}

static bool is_used(const struct ocib_conf_registry *entry, const struct ocib_conf_mirror *mirror,
                    const struct ocib_reference *ref)
{
    bool by_digest = ocib_digest_is_set(&ref->digest);
    if (entry->mirror_by_digest_only) {
        return by_digest;
    }
    return mirror->use == OCIB_MIRROR_ALL || (mirror->use == OCIB_MIRROR_DIGESTS) == by_digest;
}

static void add_mirrors(const struct ocib_conf_registry *entry, const struct ocib_mirrors *mirrors,
                        const struct ocib_reference *ref, struct ocib_endpoints *out)
{
    for (size_t i = 0; i < mirrors->len; i++) {
        const struct ocib_mirror *mirror = &mirrors->items[i];
        if (strcmp(mirror->registry, ref->registry) == 0) {
            struct ocib_endpoint *endpoint = add(out, ref, ref->registry, mirror->location);
            endpoint->scheme = mirror->scheme;
            endpoint->mirror = true;
        }
    }
    for (size_t i = 0; entry && i < entry->mirrors.len; i++) {
        const struct ocib_conf_mirror *mirror = &entry->mirrors.items[i];
        if (is_used(entry, mirror, ref)) {
            struct ocib_endpoint *endpoint = add(out, ref, entry->prefix, mirror->location);
            endpoint->insecure = mirror->insecure;
            endpoint->mirror = true;
        }
    }
}

int ocib_endpoints_find(const struct ocib_conf *conf, const struct ocib_mirrors *mirrors,
                        const struct ocib_reference *ref, bool write, struct ocib_endpoints *out,
                        struct ocib_error **err)
{
    const struct ocib_conf_registry *entry = ocib_conf_find(conf, ref);
    if (entry && entry->blocked) {
        OCIB_AUTO_FREE char *name = ocib_reference_familiar(ref);
        return ocib_error_set(err, OCIB_EREGISTRY, "%s is blocked by %s", name, entry->place);
    }
    if (!write) {
        add_mirrors(entry, mirrors, ref, out);
    }
    bool rewrites = entry && !write;
    struct ocib_endpoint *itself =
        add(out, ref, rewrites ? entry->prefix : ref->registry, rewrites ? entry->location : "");
    itself->insecure = entry && entry->insecure;
    return 0;
}
