#include "report/report.h"

#include "base/mem.h"
#include "io/compress.h"

#include <jansson.h>

void ocib_image_report_release(struct ocib_image_report *report)
{
    for (size_t i = 0; i < report->len; i++) {
        free(report->items[i].instruction);
        free(report->items[i].file);
    }
    ocib_vec_release(report);
}

static json_t *read_record(struct ocib_store *store, const char *kind,
                           const struct ocib_digest *key)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_store_record_get(store, kind, key, &text, NULL) < 0) {
        return NULL;
    }
    return json_loadb(text.data, text.len, 0, NULL);
}

/* Reads the whole layer and counts; *out is the plain size. */
static int count_bytes(struct ocib_store *store, const struct ocib_digest *blob, int64_t *out,
                       struct ocib_error **err)
{
    int fd = ocib_store_blob_open(store, blob, NULL, err);
    if (fd < 0) {
        return -1;
    }
    OCIB_AUTO(ocib_reader_cleanup)
    struct ocib_reader *plain =
        ocib_decompressor_new(ocib_reader_of_fd(fd, true, blob->text), -1, err);
    if (!plain) {
        return -1;
    }
    char bytes[65536];
    ssize_t n;
    *out = 0;
    while ((n = ocib_reader_read(plain, bytes, sizeof(bytes), err)) > 0) {
        *out += n;
    }
    return n < 0 ? -1 : 0;
}

/* The plain size of a layer, remembered under its blob's digest: what a digest names never changes.
 */
static int plain_size(struct ocib_store *store, const struct ocib_digest *blob, int64_t *out,
                      struct ocib_error **err)
{
    json_t *record = read_record(store, "layer", blob);
    json_t *size = json_object_get(record, "plainSize");
    bool known = json_is_integer(size);
    *out = known ? json_integer_value(size) : 0;
    json_decref(record);
    if (known) {
        return 0;
    }
    if (count_bytes(store, blob, out, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FREE char *text = ocib_format("{\"plainSize\":%lld}", (long long)*out);
    struct ocib_error *ignored = NULL;
    if (ocib_store_record_put(store, "layer", blob, ocib_str(text), &ignored) < 0) {
        ocib_error_clear(&ignored); /* a store that can't be written can still be reported on */
    }
    return 0;
}

/* The history text of the i-th layer; "" if the history does not say. */
static const char *history_of(const struct ocib_config *config, size_t layer)
{
    size_t seen = 0;
    for (size_t i = 0; i < config->history.len; i++) {
        const struct ocib_history *entry = &config->history.items[i];
        if (!entry->empty_layer && seen++ == layer) {
            return entry->created_by ? entry->created_by : "";
        }
    }
    return "";
}

static json_t *line_of(json_t *record, const struct ocib_digest *diff_id, size_t *from)
{
    json_t *layers = json_object_get(record, "layers");
    for (size_t i = *from; i < json_array_size(layers); i++) {
        json_t *layer = json_array_get(layers, i);
        const char *text = json_string_value(json_object_get(layer, "diffID"));
        if (text && strcmp(text, diff_id->text) == 0) {
            *from = i + 1; /* the same diff ID may come again, from another line */
            return layer;
        }
    }
    return NULL;
}

static unsigned number_of(json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 && value < INT32_MAX ? (unsigned)value : 0;
}

static void describe(struct ocib_layer_report *layer, json_t *line, const char *history)
{
    const char *text = json_string_value(json_object_get(line, "instruction"));
    layer->instruction = ocib_strdup(text ? text : history);
    layer->file = ocib_strdup(json_string_value(json_object_get(line, "file")));
    layer->line = number_of(line, "line");
    layer->end_line = number_of(line, "endLine");
}

static int report_layers(struct ocib_store *store, const struct ocib_manifest *manifest,
                         const struct ocib_config *config, json_t *record,
                         struct ocib_image_report *out, struct ocib_error **err)
{
    size_t next_line = 0;
    for (size_t i = 0; i < manifest->layers.len; i++) {
        const struct ocib_descriptor *blob = &manifest->layers.items[i];
        struct ocib_layer_report *layer = ocib_vec_add(out);
        layer->digest = blob->digest;
        layer->compressed_size = blob->size;
        if (i < config->diff_ids.len &&
            ocib_digest_parse(ocib_str(config->diff_ids.items[i]), &layer->diff_id, err) < 0) {
            return -1;
        }
        describe(layer, line_of(record, &layer->diff_id, &next_line), history_of(config, i));
        if (plain_size(store, &blob->digest, &layer->size, err) < 0) {
            return -1;
        }
        out->size += layer->size;
        out->compressed_size += layer->compressed_size;
    }
    return 0;
}

int ocib_image_report(struct ocib_store *store, const struct ocib_digest *digest,
                      struct ocib_image_report *out, struct ocib_error **err)
{
    struct ocib_manifest manifest = {0};
    struct ocib_config config = {0};
    int failed = ocib_store_manifest(store, digest, &manifest, &config, err);
    if (!failed) {
        json_t *record = read_record(store, "build", digest);
        failed = report_layers(store, &manifest, &config, record, out, err);
        json_decref(record);
    }
    ocib_manifest_release(&manifest);
    ocib_config_release(&config);
    return failed;
}
