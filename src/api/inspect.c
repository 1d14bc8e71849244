#include "api/session.h"
#include "base/mem.h"
#include "oci/reference.h"
#include "report/report.h"
#include "store/store.h"

#include <jansson.h>

/* An image of the store, read whole. */
struct image {
    struct ocib_descriptor target;
    struct ocib_manifest manifest;
    struct ocib_config config;
    char *name;
};

static void image_release(struct image *image)
{
    ocib_descriptor_release(&image->target);
    ocib_manifest_release(&image->manifest);
    ocib_config_release(&image->config);
    free(image->name);
}

static int load(struct ocib *ocib, const char *text, struct image *out, struct ocib_error **err)
{
    return ocib_session_find(ocib, text, &out->target, &out->name, err) ||
                   ocib_store_manifest(ocib->store, &out->target.digest, &out->manifest,
                                       &out->config, err)
               ? -1
               : 0;
}

/* --- inspect -------------------------------------------------------------------------------------
 */

/* Every ref that points to the image, as docker shows them in RepoTags. */
static int repo_tags(struct ocib *ocib, const struct ocib_digest *digest, json_t *out,
                     struct ocib_error **err)
{
    struct ocib_descriptors refs = {0};
    if (ocib_store_refs(ocib->store, &refs, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < refs.len; i++) {
        const char *full =
            ocib_env_get(&refs.items[i].annotations, "org.opencontainers.image.ref.name");
        struct ocib_reference ref = {0};
        if (full && ocib_digest_eq(&refs.items[i].digest, digest) &&
            ocib_reference_parse(ocib_str(full), &ref, NULL) == 0) {
            OCIB_AUTO_FREE char *name = ocib_reference_familiar(&ref);
            json_array_append_new(out, json_string(name));
        }
        ocib_reference_release(&ref);
    }
    ocib_descriptors_release(&refs);
    return 0;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    json_object_set_new(object, key, json_string(text ? text : ""));
}

static json_t *layers_json(const struct ocib_manifest *manifest)
{
    json_t *list = json_array();
    for (size_t i = 0; i < manifest->layers.len; i++) {
        const struct ocib_descriptor *layer = &manifest->layers.items[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:I}", "MediaType", layer->media_type, "Digest",
                                        layer->digest.text, "Size", (json_int_t)layer->size));
    }
    return list;
}

/* The config's JSON has the names of the image-spec; docker's inspect wants some of them another
 * way. */
static json_t *inspect_json(const struct image *image, json_t *tags)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_config_write(&image->config, &text);
    json_t *config = json_loadb(text.data, text.len, 0, NULL);
    json_t *object = json_object();
    int64_t size = 0;
    for (size_t i = 0; i < image->manifest.layers.len; i++) {
        size += image->manifest.layers.items[i].size;
    }
    set_text(object, "Id", image->manifest.config.digest.text);
    set_text(object, "Digest", image->target.digest.text);
    json_object_set(object, "RepoTags", tags);
    set_text(object, "Created", image->config.created);
    set_text(object, "Author", image->config.author);
    set_text(object, "Architecture", image->config.platform.architecture);
    if (image->config.platform.variant) {
        set_text(object, "Variant", image->config.platform.variant);
    }
    set_text(object, "Os", image->config.platform.os);
    json_object_set_new(object, "Size", json_integer((json_int_t)size));
    json_t *inner = json_object_get(config, "config");
    json_object_set_new(object, "Config", inner ? json_incref(inner) : json_object());
    json_t *diff_ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids");
    json_object_set_new(
        object, "RootFS",
        json_pack("{s:s, s:O}", "Type", "layers", "Layers", diff_ids ? diff_ids : json_null()));
    json_object_set_new(object, "Layers", layers_json(&image->manifest));
    json_decref(config);
    return object;
}

int ocib_inspect(struct ocib *ocib, const char *text, char **json, struct ocib_error **err)
{
    OCIB_AUTO(image_release) struct image image = {0};
    if (load(ocib, text, &image, err) < 0) {
        return -1;
    }
    json_t *tags = json_array();
    if (repo_tags(ocib, &image.target.digest, tags, err) < 0) {
        json_decref(tags);
        return -1;
    }
    json_t *list = json_array();
    json_array_append_new(list, inspect_json(&image, tags));
    json_decref(tags);
    *json = json_dumps(list, JSON_INDENT(4));
    json_decref(list);
    return *json ? 0 : ocib_error_set(err, OCIB_EINTERNAL, "can't write the image's description");
}

/* --- history
 * ---------------------------------------------------------------------------------------- */

int ocib_image_history(struct ocib *ocib, const char *text, struct ocib_history_list **out,
                       struct ocib_error **err)
{
    OCIB_AUTO(image_release) struct image image = {0};
    if (load(ocib, text, &image, err) < 0) {
        return -1;
    }
    struct ocib_history_list *list = ocib_new(struct ocib_history_list);
    list->count = image.config.history.len;
    list->items = ocib_alloc(list->count, sizeof(*list->items));
    size_t layer = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct ocib_history *entry = &image.config.history.items[i];
        bool has_layer = !entry->empty_layer && layer < image.manifest.layers.len;
        list->items[i] = (struct ocib_history_entry){
            .created = ocib_strdup(entry->created ? entry->created : ""),
            .created_by = ocib_strdup(entry->created_by ? entry->created_by : ""),
            .comment = ocib_strdup(entry->comment ? entry->comment : ""),
            .empty_layer = entry->empty_layer,
            .size = has_layer ? image.manifest.layers.items[layer].size : 0,
        };
        layer += has_layer;
    }
    *out = list;
    return 0;
}

void ocib_history_free(struct ocib_history_list *history)
{
    for (size_t i = 0; history && i < history->count; i++) {
        free(history->items[i].created);
        free(history->items[i].created_by);
        free(history->items[i].comment);
    }
    if (history) {
        free(history->items);
        free(history);
    }
}

/* --- report
 * ----------------------------------------------------------------------------------------- */

static struct ocib_report *make_report(const struct image *image, struct ocib_image_report *from)
{
    struct ocib_reference ref = {0};
    struct ocib_report *report = ocib_new(struct ocib_report);
    bool named = image->name && ocib_reference_parse(ocib_str(image->name), &ref, NULL) == 0;
    report->name = named ? ocib_reference_familiar(&ref) : ocib_strdup("");
    ocib_reference_release(&ref);
    report->digest = ocib_strdup(image->target.digest.text);
    report->platform = ocib_platform_format(&image->config.platform);
    report->count = from->len;
    report->size = from->size;
    report->compressed_size = from->compressed_size;
    report->layers = ocib_alloc(from->len, sizeof(*report->layers));
    for (size_t i = 0; i < from->len; i++) {
        struct ocib_layer_report *layer = &from->items[i];
        report->layers[i] = (struct ocib_report_layer){
            .digest = ocib_strdup(layer->digest.text),
            .diff_id = ocib_strdup(layer->diff_id.text),
            .instruction = ocib_steal(&layer->instruction),
            .file = layer->file ? ocib_steal(&layer->file) : ocib_strdup(""),
            .line = layer->line,
            .end_line = layer->end_line,
            .size = layer->size,
            .compressed_size = layer->compressed_size,
        };
    }
    return report;
}

int ocib_report(struct ocib *ocib, const char *text, struct ocib_report **out,
                struct ocib_error **err)
{
    OCIB_AUTO(image_release) struct image image = {0};
    struct ocib_image_report sizes = {0};
    if (load(ocib, text, &image, err) < 0) {
        return -1;
    }
    int failed = ocib_image_report(ocib->store, &image.target.digest, &sizes, err);
    if (!failed) {
        *out = make_report(&image, &sizes);
    }
    ocib_image_report_release(&sizes);
    return failed;
}

void ocib_report_free(struct ocib_report *report)
{
    for (size_t i = 0; report && i < report->count; i++) {
        free(report->layers[i].digest);
        free(report->layers[i].diff_id);
        free(report->layers[i].instruction);
        free(report->layers[i].file);
    }
    if (report) {
        free(report->layers);
        free(report->name);
        free(report->digest);
        free(report->platform);
        free(report);
    }
}
