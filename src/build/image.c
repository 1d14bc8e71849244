#include "build/export.h"

#include "base/mem.h"
#include "build/guard.h"

#include <jansson.h>
#include <time.h>

void ocib_built_image_release(struct ocib_built_image *image)
{
    ocib_descriptor_release(&image->manifest);
    ocib_descriptor_release(&image->config);
}

static int put_document(struct ocib_build *build, const struct ocib_buf *text,
                        const char *media_type, struct ocib_descriptor *out,
                        struct ocib_error **err)
{
    out->media_type = ocib_strdup(media_type);
    out->size = (int64_t)text->len;
    return ocib_store_blob_put(build->env->store, ocib_buf_str(text), &out->digest, err);
}

/* When the image was made: when its newest layer was, so that a build of cached steps gives the
 * same image. */
static void stamp(struct ocib_build *build, struct ocib_stage_state *state)
{
    const struct ocib_build_request *request = build->request;
    if (state->created == 0 && state->config.created) {
        return; /* nothing but the config changed: the base's time stays */
    }
    int64_t created = state->created ? state->created : (int64_t)time(NULL);
    if (request->has_epoch && created > request->epoch) {
        created = request->epoch;
    }
    free(state->config.created);
    state->config.created = ocib_time_format(created);
}

/* Which line of which Dockerfile made a layer: for reports. Kept beside the image, not in it. */
static int put_record(struct ocib_build *build, const struct ocib_stage_state *state,
                      const struct ocib_digest *manifest, struct ocib_error **err)
{
    json_t *layers = json_array();
    for (size_t i = 0; i < state->layers.len; i++) {
        const struct ocib_layer *layer = &state->layers.items[i];
        if (!layer->span.source) {
            continue;
        }
        json_array_append_new(
            layers, json_pack("{s:s, s:s, s:i, s:i, s:s}", "diffID", layer->diff_id.text, "file",
                              layer->span.source->name, "line", (int)layer->span.line, "endLine",
                              (int)layer->span.end_line, "instruction", layer->text));
    }
    json_t *object = json_pack("{s:o}", "layers", layers);
    OCIB_AUTO_FREE char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (!text) {
        return 0; /* a name that is no UTF-8: the report then goes by the history */
    }
    return ocib_store_record_put(build->env->store, "build", manifest, ocib_str(text), err);
}

int ocib_image_finish(struct ocib_build *build, struct ocib_stage_state *state,
                      struct ocib_built_image *out, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    stamp(build, state);
    ocib_config_write(&state->config, &text);
    OCIB_AUTO_GUARD struct ocib_guard guard;
    ocib_guard_init(&guard, build, state);
    if (ocib_guard_config(&guard, ocib_buf_str(&text), err) < 0) {
        return -1;
    }
    if (put_document(build, &text, OCIB_TYPE_CONFIG, &out->config, err) < 0) {
        return -1;
    }
    struct ocib_manifest manifest = {.media_type = ocib_strdup(OCIB_TYPE_MANIFEST)};
    ocib_descriptor_copy(&manifest.config, &out->config);
    for (size_t i = 0; i < state->layers.len; i++) {
        struct ocib_descriptor *layer = ocib_vec_add(&manifest.layers);
        ocib_descriptor_copy(layer, &state->layers.items[i].blob);
    }
    ocib_strings_copy(&manifest.annotations, &build->annotations.manifest);
    ocib_buf_clear(&text);
    ocib_manifest_write(&manifest, &text);
    ocib_manifest_release(&manifest);
    if (put_document(build, &text, OCIB_TYPE_MANIFEST, &out->manifest, err) < 0) {
        return -1;
    }
    ocib_strings_copy(&out->manifest.annotations, &build->annotations.descriptor);
    out->manifest.has_platform = true;
    ocib_platform_copy(&out->manifest.platform, &state->config.platform);
    return put_record(build, state, &out->manifest.digest, err);
}
