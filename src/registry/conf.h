/*
 * registries.conf, version 2 (containers-registries.conf(5)): mirrors, rewriting by prefix,
 * insecure and blocked registries, aliases of short names. Unknown keys are warned of; what is no
 * TOML, has the wrong type or contradicts itself is refused with file, line and column.
 *
 * Short names mean docker.io, as in a Dockerfile; "unqualified-search-registries" does not change
 * that, and "short-name-mode" has nothing to choose from.
 */
#ifndef OCIB_REGISTRY_CONF_H
#define OCIB_REGISTRY_CONF_H

#include "base/error.h"
#include "base/log.h"
#include "base/span.h"
#include "base/vec.h"
#include "oci/reference.h"

#include <stdbool.h>
#include <sys/types.h>

/* For which references a mirror is asked ("pull-from-mirror"). */
enum ocib_mirror_use { OCIB_MIRROR_ALL, OCIB_MIRROR_DIGESTS, OCIB_MIRROR_TAGS };

struct ocib_conf_mirror {
    char *location; /* "host[:port][/path]" */
    bool insecure;
    enum ocib_mirror_use use;
    bool use_given;
};

struct ocib_conf_registry {
    char *prefix;   /* "host[:port][/path]" or "*.host" */
    char *location; /* the same form; "" after a "*.host" prefix: no rewriting */
    bool insecure;
    bool blocked;
    bool mirror_by_digest_only;
    char *place; /* "file:line", for messages */
    struct {
        OCIB_VEC(struct ocib_conf_mirror);
    } mirrors;
};

struct ocib_conf {
    OCIB_VEC(struct ocib_conf_registry);
    struct ocib_strings aliases; /* "name=full/reference", as ocib_env_get reads it */
};

void ocib_conf_release(struct ocib_conf *conf);

/* Adds one file's settings: entries with an equal prefix and equal aliases are replaced. */
int ocib_conf_add(struct ocib_conf *conf, const struct ocib_source *source,
                  const struct ocib_log *log, struct ocib_error **err) OCIB_MUST;

/*
 * Reads `path`, which must exist; if it is NULL, $CONTAINERS_REGISTRIES_CONF, else the user's or
 * the system's file and both folders registries.conf.d.
 */
int ocib_conf_load(struct ocib_conf *conf, const char *path, uid_t uid, const struct ocib_log *log,
                   struct ocib_error **err) OCIB_MUST;

/* The entry with the longest prefix that fits, or NULL. */
const struct ocib_conf_registry *ocib_conf_find(const struct ocib_conf *conf,
                                                const struct ocib_reference *ref);

/*
 * Where an image lies under another location: `from` (the matching prefix of "registry/repository")
 * replaced by `to`; host and repository are freed with free(). An empty `to` changes nothing.
 */
void ocib_conf_rewrite(const struct ocib_reference *ref, const char *from, const char *to,
                       char **host, char **repository);

#endif
