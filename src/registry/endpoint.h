/*
 * From a reference to the places that are asked for it: mirrors first, then the location itself
 * (containers-registries.conf(5), --mirror). Mirrors and rewriting are for reading only.
 */
#ifndef OCIB_REGISTRY_ENDPOINT_H
#define OCIB_REGISTRY_ENDPOINT_H

#include "base/error.h"
#include "base/vec.h"
#include "oci/reference.h"
#include "registry/conf.h"

#include <stdbool.h>

struct ocib_endpoint {
    char *host;         /* as asked: "registry-1.docker.io" */
    char *name;         /* as in auth files and messages: "docker.io" */
    char *repository;   /* there */
    const char *scheme; /* "http" or "https" if told; NULL: to be found out */
    bool insecure;
    bool mirror;
};
struct ocib_endpoints {
    OCIB_VEC(struct ocib_endpoint);
};
void ocib_endpoints_release(struct ocib_endpoints *list);

/* One --mirror. */
struct ocib_mirror {
    char *registry; /* whose images */
    char *location; /* "host[:port][/path]" */
    const char *scheme;
};
struct ocib_mirrors {
    OCIB_VEC(struct ocib_mirror);
};
void ocib_mirrors_release(struct ocib_mirrors *list);
/* Adds "HOST=URL"; OCIB_EUSAGE if it is none. A URL without scheme is taken as a host. */
int ocib_mirrors_add(struct ocib_mirrors *list, const char *text,
                     struct ocib_error **err) OCIB_MUST;

/* Never empty on success. OCIB_EREGISTRY if the registry is blocked. */
int ocib_endpoints_find(const struct ocib_conf *conf, const struct ocib_mirrors *mirrors,
                        const struct ocib_reference *ref, bool write, struct ocib_endpoints *out,
                        struct ocib_error **err) OCIB_MUST;

#endif
