#include "oci/descriptor.h"

#include "base/mem.h"

#include <inttypes.h>

static bool is_one_of(const char *media_type, const char *const *types, size_t count)
{
    for (size_t i = 0; media_type && i < count; i++) {
        if (strcmp(media_type, types[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool ocib_type_is_manifest(const char *media_type)
{
    static const char *const types[] = {OCIB_TYPE_MANIFEST, OCIB_TYPE_DOCKER_MANIFEST};
    return is_one_of(media_type, types, OCIB_COUNT(types));
}

bool ocib_type_is_index(const char *media_type)
{
    static const char *const types[] = {OCIB_TYPE_INDEX, OCIB_TYPE_DOCKER_LIST};
    return is_one_of(media_type, types, OCIB_COUNT(types));
}

bool ocib_type_is_layer(const char *media_type)
{
    /* "foreign" and "nondistributable" layers only differ in where they may be fetched from. */
    static const char *const types[] = {
        OCIB_TYPE_LAYER,
        OCIB_TYPE_LAYER_GZIP,
        OCIB_TYPE_LAYER_ZSTD,
        OCIB_TYPE_DOCKER_LAYER,
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.zstd",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
    };
    return is_one_of(media_type, types, OCIB_COUNT(types));
}

void ocib_descriptor_release(struct ocib_descriptor *d)
{
    free(d->media_type);
    ocib_platform_release(&d->platform);
    ocib_strings_release(&d->annotations);
    *d = (struct ocib_descriptor){0};
}

void ocib_descriptor_copy(struct ocib_descriptor *out, const struct ocib_descriptor *d)
{
    out->media_type = ocib_strdup(d->media_type);
    out->digest = d->digest;
    out->size = d->size;
    out->has_platform = d->has_platform;
    ocib_platform_copy(&out->platform, &d->platform);
    ocib_strings_copy(&out->annotations, &d->annotations);
}

void ocib_descriptors_release(struct ocib_descriptors *list)
{
    for (size_t i = 0; i < list->len; i++) {
        ocib_descriptor_release(&list->items[i]);
    }
    ocib_vec_release(list);
}

int ocib_platform_read(const json_t *json, struct ocib_platform *out, struct ocib_error **err)
{
    if (ocib_json_get_string(json, "architecture", &out->architecture, err) < 0 ||
        ocib_json_get_string(json, "os", &out->os, err) < 0 ||
        ocib_json_get_string(json, "os.version", &out->os_version, err) < 0 ||
        ocib_json_get_string(json, "variant", &out->variant, err) < 0) {
        return -1;
    }
    return 0;
}

static int read_platform(const json_t *json, struct ocib_descriptor *out, struct ocib_error **err)
{
    const json_t *platform;
    if (ocib_json_get_object(json, "platform", &platform, err) < 0) {
        return -1;
    }
    out->has_platform = platform != NULL;
    if (platform && ocib_platform_read(platform, &out->platform, err) < 0) {
        return ocib_error_wrap(err, "\"platform\"");
    }
    return 0;
}

static int read_digest(const json_t *json, struct ocib_descriptor *out, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *digest = NULL;
    if (ocib_json_get_string(json, "digest", &digest, err) < 0) {
        return -1;
    }
    if (!digest) {
        return ocib_error_set(err, OCIB_ECORRUPT, "there is no \"digest\"");
    }
    return ocib_digest_parse(ocib_str(digest), &out->digest, err);
}

static int read_size(const json_t *json, struct ocib_descriptor *out, struct ocib_error **err)
{
    out->size = -1;
    if (ocib_json_get_int(json, "size", &out->size, err) < 0) {
        return -1;
    }
    if (out->size < 0) {
        return ocib_error_set(err, OCIB_ECORRUPT, "\"size\" is %s",
                              json_object_get(json, "size") ? "negative" : "missing");
    }
    return 0;
}

int ocib_descriptor_read(const json_t *json, struct ocib_descriptor *out, struct ocib_error **err)
{
    if (!json_is_object(json)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "not a descriptor");
    }
    if (ocib_json_get_string(json, "mediaType", &out->media_type, err) < 0 ||
        read_digest(json, out, err) < 0 || read_size(json, out, err) < 0 ||
        read_platform(json, out, err) < 0 ||
        ocib_json_get_pairs(json, "annotations", &out->annotations, err) < 0) {
        return -1;
    }
    if (!out->media_type) {
        return ocib_error_set(err, OCIB_ECORRUPT, "there is no \"mediaType\"");
    }
    return 0;
}

int ocib_descriptors_read(const json_t *json, const char *key, size_t most,
                          struct ocib_descriptors *out, struct ocib_error **err)
{
    const json_t *list;
    if (ocib_json_get_list(json, key, &list, err) < 0) {
        return -1;
    }
    if (json_array_size(list) > most) {
        return ocib_error_set(err, OCIB_ECORRUPT,
                              "%zu entries in \"%s\" are more than the %zu allowed",
                              json_array_size(list), key, most);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (ocib_descriptor_read(json_array_get(list, i), ocib_vec_add(out), err) < 0) {
            return ocib_error_wrap(err, "\"%s\"[%zu]", key, i);
        }
    }
    return 0;
}

static void put_platform(struct ocib_buf *out, const struct ocib_platform *platform)
{
    ocib_json_put_key(out, "platform");
    ocib_buf_putc(out, '{');
    ocib_json_put_key(out, "architecture");
    ocib_json_put_text(out, ocib_str(platform->architecture));
    ocib_json_put_key(out, "os");
    ocib_json_put_text(out, ocib_str(platform->os));
    ocib_json_put_string(out, "os.version", platform->os_version);
    ocib_json_put_string(out, "variant", platform->variant);
    ocib_buf_putc(out, '}');
}

void ocib_descriptor_put(struct ocib_buf *out, const struct ocib_descriptor *d)
{
    ocib_json_comma(out);
    ocib_buf_putc(out, '{');
    ocib_json_put_key(out, "mediaType");
    ocib_json_put_text(out, ocib_str(d->media_type));
    ocib_json_put_key(out, "digest");
    ocib_json_put_text(out, ocib_str(d->digest.text));
    ocib_json_put_key(out, "size");
    ocib_buf_printf(out, "%" PRId64, d->size);
    ocib_json_put_pairs(out, "annotations", &d->annotations);
    if (d->has_platform) {
        put_platform(out, &d->platform);
    }
    ocib_buf_putc(out, '}');
}

void ocib_descriptors_put(struct ocib_buf *out, const char *key,
                          const struct ocib_descriptors *list)
{
    ocib_json_put_key(out, key);
    ocib_buf_putc(out, '[');
    for (size_t i = 0; i < list->len; i++) {
        ocib_descriptor_put(out, &list->items[i]);
    }
    ocib_buf_putc(out, ']');
}
