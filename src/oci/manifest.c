#include "oci/descriptor.h"

#include "base/mem.h"

/* Docker's own limit is 127, the kernel's overlay 500: more is an attack or a mistake. */
enum { LAYERS_MAX = 1000 };

static int refuse_schema1(struct ocib_error **err)
{
    ocib_error_set(err, OCIB_EINPUT, "this is Docker's manifest schema 1, which is not supported");
    return ocib_error_hint_set(
        err, "push the image anew with a current tool: registries and Docker dropped schema 1");
}

static bool is_schema1(const json_t *json, int64_t version, const char *media_type)
{
    return version == 1 || json_object_get(json, "fsLayers") ||
           (media_type && ocib_str_starts(ocib_str(media_type),
                                          "application/vnd.docker.distribution.manifest.v1+"));
}

static int check_foreign(const json_t *json, const char *const *foreign, struct ocib_error **err)
{
    for (; *foreign; foreign++) {
        if (json_object_get(json, *foreign)) {
            return ocib_error_set(err, OCIB_ECORRUPT,
                                  "\"%s\" makes it ambiguous what kind of document this is",
                                  *foreign);
        }
    }
    return 0;
}

int ocib_document_check(const json_t *json, const struct ocib_document_kind *kind,
                        char **media_type, struct ocib_error **err)
{
    int64_t version = 0;
    if (ocib_json_get_int(json, "schemaVersion", &version, err) < 0 ||
        ocib_json_get_string(json, "mediaType", media_type, err) < 0) {
        return -1;
    }
    if (is_schema1(json, version, *media_type)) {
        return refuse_schema1(err);
    }
    if (version != 2) {
        return ocib_error_set(err, OCIB_ECORRUPT, "\"schemaVersion\" is not 2");
    }
    if (!*media_type) {
        *media_type = ocib_strdup(kind->fallback);
    }
    if (!kind->is_type(*media_type)) {
        return ocib_error_set(err, OCIB_EINPUT, "media type \"%.100s\" is not supported here",
                              *media_type);
    }
    return check_foreign(json, kind->foreign, err);
}

void ocib_manifest_release(struct ocib_manifest *manifest)
{
    free(manifest->media_type);
    ocib_descriptor_release(&manifest->config);
    ocib_descriptors_release(&manifest->layers);
    ocib_strings_release(&manifest->annotations);
    *manifest = (struct ocib_manifest){0};
}

static int read_config(const json_t *json, struct ocib_descriptor *out, struct ocib_error **err)
{
    const json_t *config;
    if (ocib_json_get_object(json, "config", &config, err) < 0) {
        return -1;
    }
    if (!config) {
        return ocib_error_set(err, OCIB_ECORRUPT, "there is no \"config\"");
    }
    if (ocib_descriptor_read(config, out, err) < 0) {
        return ocib_error_wrap(err, "\"config\"");
    }
    return 0;
}

static int read_manifest(struct ocib_str text, struct ocib_manifest *out, struct ocib_error **err)
{
    static const char *const foreign[] = {"manifests", NULL};
    static const struct ocib_document_kind kind = {ocib_type_is_manifest, OCIB_TYPE_MANIFEST,
                                                   foreign};
    OCIB_AUTO_JSON json_t *json = ocib_json_parse(text, err);
    if (!json || ocib_document_check(json, &kind, &out->media_type, err) < 0 ||
        read_config(json, &out->config, err) < 0 ||
        ocib_descriptors_read(json, "layers", LAYERS_MAX, &out->layers, err) < 0) {
        return -1;
    }
    return ocib_json_get_pairs(json, "annotations", &out->annotations, err);
}

int ocib_manifest_parse(struct ocib_str json, struct ocib_manifest *out, struct ocib_error **err)
{
    struct ocib_manifest manifest = {0};
    if (read_manifest(json, &manifest, err) < 0) {
        ocib_manifest_release(&manifest);
        return ocib_error_wrap(err, "image manifest");
    }
    *out = manifest;
    return 0;
}

void ocib_manifest_write(const struct ocib_manifest *manifest, struct ocib_buf *out)
{
    ocib_buf_puts(out, "{\"schemaVersion\":2");
    ocib_json_put_string(out, "mediaType", manifest->media_type);
    ocib_json_put_key(out, "config");
    ocib_descriptor_put(out, &manifest->config);
    ocib_descriptors_put(out, "layers", &manifest->layers);
    ocib_json_put_pairs(out, "annotations", &manifest->annotations);
    ocib_buf_putc(out, '}');
}
