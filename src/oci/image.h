/*
 * The documents of an image: descriptor, manifest, index, and config, as OCI image-spec 1.1 and
 * Docker's schema 2 have them. Readers accept both; they bound size and depth (limits in json.h,
 * manifest.c, index.c, config_read.c), reject documents that a builder can't trust (no digest,
 * negative size, diff IDs that don't fit the layers), and keep what they don't know only where
 * said. Writers produce compact JSON with keys in a fixed order: the same document, the same bytes.
 *
 * Ownership: structs own all that they point to; `_release` frees what is inside, the struct itself
 * is the caller's storage. A zeroed struct is valid.
 */
#ifndef OCIB_OCI_IMAGE_H
#define OCIB_OCI_IMAGE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/vec.h"
#include "io/digest.h"
#include "oci/platform.h"

#include <stdbool.h>
#include <stdint.h>

#define OCIB_TYPE_MANIFEST        "application/vnd.oci.image.manifest.v1+json"
#define OCIB_TYPE_INDEX           "application/vnd.oci.image.index.v1+json"
#define OCIB_TYPE_CONFIG          "application/vnd.oci.image.config.v1+json"
#define OCIB_TYPE_LAYER           "application/vnd.oci.image.layer.v1.tar"
#define OCIB_TYPE_LAYER_GZIP      "application/vnd.oci.image.layer.v1.tar+gzip"
#define OCIB_TYPE_LAYER_ZSTD      "application/vnd.oci.image.layer.v1.tar+zstd"
#define OCIB_TYPE_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define OCIB_TYPE_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define OCIB_TYPE_DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define OCIB_TYPE_DOCKER_LAYER    "application/vnd.docker.image.rootfs.diff.tar.gzip"

/* Classes of media types, whichever vendor's. */
bool ocib_type_is_manifest(const char *media_type);
bool ocib_type_is_index(const char *media_type);
bool ocib_type_is_layer(const char *media_type);

struct ocib_descriptor {
    char *media_type;
    struct ocib_digest digest;
    int64_t size; /* bytes */
    bool has_platform;
    struct ocib_platform platform;
    struct ocib_strings annotations; /* "key=value" */
};
void ocib_descriptor_release(struct ocib_descriptor *d);
/* Deep copy into a zeroed struct. */
void ocib_descriptor_copy(struct ocib_descriptor *out, const struct ocib_descriptor *d);

struct ocib_descriptors {
    OCIB_VEC(struct ocib_descriptor);
};
void ocib_descriptors_release(struct ocib_descriptors *list);

struct ocib_manifest {
    char *media_type;
    struct ocib_descriptor config;
    struct ocib_descriptors layers; /* lowest first */
    struct ocib_strings annotations;
};
int ocib_manifest_parse(struct ocib_str json, struct ocib_manifest *out,
                        struct ocib_error **err) OCIB_MUST;
void ocib_manifest_write(const struct ocib_manifest *manifest, struct ocib_buf *out);
void ocib_manifest_release(struct ocib_manifest *manifest);

struct ocib_index {
    char *media_type;
    struct ocib_descriptors manifests;
    struct ocib_strings annotations;
};
int ocib_index_parse(struct ocib_str json, struct ocib_index *out,
                     struct ocib_error **err) OCIB_MUST;
void ocib_index_write(const struct ocib_index *index, struct ocib_buf *out);
void ocib_index_release(struct ocib_index *index);

/* HEALTHCHECK (Docker's addition to the config). Times in nanoseconds, 0 where not given. */
struct ocib_healthcheck {
    struct ocib_strings test; /* ["NONE"], ["CMD", ...] or ["CMD-SHELL", text] */
    int64_t interval;
    int64_t timeout;
    int64_t start_period;
    int64_t start_interval;
    int retries;
};

struct ocib_history {
    char *created; /* RFC 3339, or NULL */
    char *created_by;
    char *author;
    char *comment;
    bool empty_layer;
};
struct ocib_histories {
    OCIB_VEC(struct ocib_history);
};

struct ocib_config {
    char *created; /* RFC 3339, or NULL */
    char *author;
    struct ocib_platform platform;
    /* The "config" object. Strings may be NULL and lists empty where not given. */
    char *user;
    char *working_dir;
    char *stop_signal;
    struct ocib_strings env; /* "NAME=value" */
    bool has_entrypoint;     /* an empty list is not the same as none */
    bool has_cmd;
    struct ocib_strings entrypoint;
    struct ocib_strings cmd;
    bool args_escaped;                 /* kept from a base */
    struct ocib_strings exposed_ports; /* "8000/tcp" */
    struct ocib_strings volumes;
    struct ocib_strings labels; /* "key=value" */
    struct ocib_strings shell;
    struct ocib_strings onbuild;
    struct ocib_healthcheck *healthcheck; /* NULL: none given */
    /* rootfs and history */
    struct ocib_strings diff_ids; /* lowest first */
    struct ocib_histories history;
};
int ocib_config_parse(struct ocib_str json, struct ocib_config *out,
                      struct ocib_error **err) OCIB_MUST;
/*
 * Readers drop what is not listed above ("container_config", "docker_version", "os.features", …),
 * as BuildKit does; JSON null counts as absent. Writers replace bytes that are not UTF-8 (in ENV or
 * LABEL values, say) by U+FFFD, as Go's encoder does. Objects (labels, ports, volumes) are written
 * sorted by key, so their order in the struct does not matter, and of equal keys the last counts.
 * Like BuildKit, the writer leaves out an empty Entrypoint or Cmd: for what reads an image it means
 * the same as none. A label's key can't hold "=".
 */
void ocib_config_write(const struct ocib_config *config, struct ocib_buf *out);
/* Deep copy into a zeroed struct. */
void ocib_config_copy(struct ocib_config *out, const struct ocib_config *config);
void ocib_config_release(struct ocib_config *config);
struct ocib_history *ocib_config_add_history(struct ocib_config *config);
struct ocib_healthcheck *ocib_healthcheck_dup(const struct ocib_healthcheck *h);
void ocib_healthcheck_free(struct ocib_healthcheck *h);

/* That a manifest lists as many layers as its config has diff IDs; OCIB_ECORRUPT if not. */
int ocib_image_check(const struct ocib_manifest *manifest, const struct ocib_config *config,
                     struct ocib_error **err) OCIB_MUST;

/*
 * The chain ID of the lowest `count` layers (image-spec, config.md, "Layer ChainID"): that of one
 * layer is its diff ID, that of more is sha256(chain below + " " + diff ID). Count 0 gives an unset
 * digest.
 */
int ocib_chain_id(const struct ocib_strings *diff_ids, size_t count, struct ocib_digest *out,
                  struct ocib_error **err) OCIB_MUST;
/* The next link: parent may be unset. */
void ocib_chain_id_next(const struct ocib_digest *parent, const struct ocib_digest *diff_id,
                        struct ocib_digest *out);

/* Time as RFC 3339 in UTC, "2024-01-02T03:04:05Z" (freed with free()). */
char *ocib_time_format(int64_t seconds);

#endif
