#include "oci/descriptor.h"

/* The index.json of a store lists every image in it; a multi-platform image has some dozens. */
enum { MANIFESTS_MAX = 20000 };

void ocib_index_release(struct ocib_index *index)
{
    free(index->media_type);
    ocib_descriptors_release(&index->manifests);
    ocib_strings_release(&index->annotations);
    *index = (struct ocib_index){0};
}

static int read_index(struct ocib_str text, struct ocib_index *out, struct ocib_error **err)
{
    static const char *const foreign[] = {"config", "layers", NULL};
    static const struct ocib_document_kind kind = {ocib_type_is_index, OCIB_TYPE_INDEX, foreign};
    OCIB_AUTO_JSON json_t *json = ocib_json_parse(text, err);
    if (!json || ocib_document_check(json, &kind, &out->media_type, err) < 0 ||
        ocib_descriptors_read(json, "manifests", MANIFESTS_MAX, &out->manifests, err) < 0) {
        return -1;
    }
    return ocib_json_get_pairs(json, "annotations", &out->annotations, err);
}

int ocib_index_parse(struct ocib_str json, struct ocib_index *out, struct ocib_error **err)
{
    struct ocib_index index = {0};
    if (read_index(json, &index, err) < 0) {
        ocib_index_release(&index);
        return ocib_error_wrap(err, "image index");
    }
    *out = index;
    return 0;
}

void ocib_index_write(const struct ocib_index *index, struct ocib_buf *out)
{
    ocib_buf_puts(out, "{\"schemaVersion\":2");
    ocib_json_put_string(out, "mediaType", index->media_type);
    ocib_descriptors_put(out, "manifests", &index->manifests);
    ocib_json_put_pairs(out, "annotations", &index->annotations);
    ocib_buf_putc(out, '}');
}
