/*
 * Registries: references to endpoints, authentication, pull and push. (OCI distribution-spec 1.1,
 * Docker registry v2 token authentication, containers-registries.conf(5), containers-auth.json(5),
 * Docker's config.json.)
 *
 * Thread rule: one struct may be used by several threads at once.
 */
#ifndef OCIB_REGISTRY_REGISTRY_H
#define OCIB_REGISTRY_REGISTRY_H

#include "base/error.h"
#include "base/log.h"
#include "oci/image.h"
#include "oci/reference.h"
#include "store/store.h"

#include <stdbool.h>

struct ocib_transfer {
    const char *action; /* "pull", "push" */
    const char *digest; /* of the blob */
    int64_t done;       /* bytes so far */
    int64_t total;      /* bytes */
    bool exists;        /* nothing to send or fetch */
};

struct ocib_registry_options {
    bool tls_verify; /* false: --tls-verify=false, plain HTTP and bad certificates are accepted */
    const char *ca_file;  /* --registry-ca; NULL: the system's */
    const char *authfile; /* --authfile; NULL: the usual places */
    const char
        *conf; /* registries.conf; NULL: $CONTAINERS_REGISTRIES_CONF, the user's, the system's */
    const struct ocib_strings *mirrors; /* --mirror "HOST=URL"; may be NULL */
    uid_t uid; /* the user outside any namespace that ocib made: root's or the user's own files */
    const struct ocib_log *log;
    /* Called from any thread, one call at a time. May be NULL. */
    void (*progress)(void *data, const struct ocib_transfer *transfer);
    void *data;
    const volatile int
        *interrupted;    /* becomes non-zero: give up with OCIB_EINTERRUPTED. May be NULL. */
    unsigned connect_ms; /* for each connection to be made; 0: the client's (http/http.h) */
};

struct ocib_registry;
/* Reads registries.conf, --registry-ca and mirrors: OCIB_EUSAGE, with the place, if one is wrong.
 * Hosts and auth files are not touched yet. The options' strings are not needed any more. */
struct ocib_registry *ocib_registry_new(const struct ocib_registry_options *options,
                                        struct ocib_error **err) OCIB_MUST;
void ocib_registry_free(struct ocib_registry *registry);
OCIB_DEFINE_CLEANUP(ocib_registry, struct ocib_registry, ocib_registry_free)

/*
 * What a user or a Dockerfile wrote, as a reference: as ocib_reference_parse(), but a short name
 * that registries.conf has an alias for ([aliases]) is taken as that; tag and digest are kept.
 * Pull, resolve and push take references as they are.
 */
int ocib_registry_expand(const struct ocib_registry *registry, struct ocib_str text,
                         struct ocib_reference *out, struct ocib_error **err) OCIB_MUST;

/*
 * Fetches the image for a platform into the store: manifest, config, layers (several at once, each
 * verified by digest while it streams; what the store has is not fetched). *out: the manifest of
 * the platform. Does not set a ref. If a mirror fails, the next is tried. Errors: OCIB_EREGISTRY
 * (denied), OCIB_ENOTFOUND (no such image, or not for this platform: the message lists those there
 * are), OCIB_ENETWORK, OCIB_ECORRUPT, OCIB_ESTORE.
 */
int ocib_registry_pull(struct ocib_registry *registry, struct ocib_store *store,
                       const struct ocib_reference *ref, const struct ocib_platform *platform,
                       struct ocib_descriptor *out, struct ocib_error **err) OCIB_MUST;

/* Only asks which manifest a reference stands for now (HEAD, or GET and the platform's entry). */
int ocib_registry_resolve(struct ocib_registry *registry, const struct ocib_reference *ref,
                          const struct ocib_platform *platform, struct ocib_descriptor *out,
                          struct ocib_error **err) OCIB_MUST;

/*
 * Fetches only the config of the image that a pull for the platform would take, or, if it is there
 * for one platform alone, of that one. Each endpoint is asked once: for what can do without. The
 * config stays in the store until garbage is collected. `out` is zeroed storage of the caller.
 */
int ocib_registry_config(struct ocib_registry *registry, struct ocib_store *store,
                         const struct ocib_reference *ref, const struct ocib_platform *platform,
                         struct ocib_config *out, struct ocib_error **err) OCIB_MUST;

/*
 * Sends an image of the store: blobs that the registry lacks (HEAD first), config, then the
 * manifest under the reference's tag (or digest). `manifest` may be an index; its manifests are
 * sent first. Errors: OCIB_EREGISTRY (denied, refused), OCIB_ENETWORK (after the tries: pushing
 * again sends only what is missing), OCIB_ESTORE, OCIB_ECORRUPT, OCIB_EINTERRUPTED.
 */
int ocib_registry_push(struct ocib_registry *registry, struct ocib_store *store,
                       const struct ocib_descriptor *manifest, const struct ocib_reference *ref,
                       struct ocib_error **err) OCIB_MUST;

#endif
