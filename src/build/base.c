#include "build/stage.h"

#include "base/mem.h"
#include "build/copied.h"
#include "io/compress.h"
#include "oci/reference.h"
#include "registry/registry.h"
#include "rootfs/layer.h"
#include "sys/fd.h"

#include <fcntl.h>
#include <sys/stat.h>

/* The OCI name of a layer's media type; Docker's says the same of the same bytes. */
static const char *oci_layer_type(const char *media_type)
{
    return strcmp(media_type, OCIB_TYPE_DOCKER_LAYER) == 0 ? OCIB_TYPE_LAYER_GZIP : media_type;
}

int ocib_build_load_image(struct ocib_build *build, const struct ocib_digest *digest,
                          struct ocib_tree_source *out, struct ocib_error **err)
{
    struct ocib_manifest manifest = {0};
    int failed = ocib_store_manifest(build->env->store, digest, &manifest, &out->config, err);
    if (!failed && manifest.layers.len != out->config.diff_ids.len) {
        failed = ocib_error_set(err, OCIB_ECORRUPT, "image %s has %zu layers but %zu diff IDs",
                                digest->text, manifest.layers.len, out->config.diff_ids.len);
    }
    struct ocib_digest chain = {0};
    for (size_t i = 0; !failed && i < manifest.layers.len; i++) {
        struct ocib_layer *layer = ocib_vec_add(&out->layers);
        failed = ocib_digest_parse(ocib_str(out->config.diff_ids.items[i]), &layer->diff_id, err);
        ocib_chain_id_next(&chain, &layer->diff_id, &layer->chain);
        chain = layer->chain;
        ocib_descriptor_copy(&layer->blob, &manifest.layers.items[i]);
        free(layer->blob.media_type);
        layer->blob.media_type = ocib_strdup(oci_layer_type(manifest.layers.items[i].media_type));
    }
    ocib_manifest_release(&manifest);
    return failed;
}

static bool has_all_layers(struct ocib_store *store, const struct ocib_tree_source *source)
{
    for (size_t i = 0; i < source->layers.len; i++) {
        const struct ocib_descriptor *blob = &source->layers.items[i].blob;
        if (!ocib_store_blob_has(store, &blob->digest, blob->size)) {
            return false;
        }
    }
    return true;
}

/* True if the store holds the whole image for this platform; *out is then filled. */
static bool from_store(struct ocib_build *build, const char *name,
                       const struct ocib_platform *platform, struct ocib_tree_source *out)
{
    struct ocib_descriptor found = {0};
    bool usable = ocib_store_ref_get(build->env->store, name, &found, NULL) == 0 &&
                  ocib_build_load_image(build, &found.digest, out, NULL) == 0 &&
                  ocib_platform_match(platform, &out->config.platform) > 0 &&
                  has_all_layers(build->env->store, out);
    ocib_descriptor_release(&found);
    if (!usable) {
        ocib_tree_source_release(out);
        *out = (struct ocib_tree_source){0};
    }
    return usable;
}

bool ocib_build_base_config(struct ocib_build *build, const struct ocib_config_wish *wish,
                            struct ocib_config *out, struct ocib_error **err)
{
    const struct ocib_platform *platform = &ocib_plan_stage(build->plan, wish->stage)->platform;
    OCIB_AUTO(ocib_tree_source_release) struct ocib_tree_source found = {0};
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    if (!build->env->store ||
        ocib_registry_expand(build->env->registry, ocib_str(wish->name), &ref, err) < 0) {
        return false;
    }
    OCIB_AUTO_FREE char *full = ocib_reference_full(&ref);
    if (from_store(build, full, platform, &found)) {
        ocib_config_copy(out, &found.config);
        return true;
    }
    return wish->ask && ocib_registry_config(build->env->registry, build->env->store, &ref,
                                             platform, out, err) == 0;
}

bool ocib_build_stored_config(struct ocib_build *build, size_t stage, const char *name,
                              struct ocib_config *out)
{
    struct ocib_config_wish wish = {stage, name, false};
    return ocib_build_base_config(build, &wish, out, NULL);
}

static int from_registry(struct ocib_build *build, const struct ocib_reference *ref,
                         const char *name, const struct ocib_platform *platform,
                         struct ocib_tree_source *out, struct ocib_error **err)
{
    struct ocib_descriptor pulled = {0};
    int failed =
        ocib_registry_pull(build->env->registry, build->env->store, ref, platform, &pulled, err);
    if (!failed) {
        failed = ocib_store_ref_set(build->env->store, name, &pulled, err) ||
                 ocib_build_load_image(build, &pulled.digest, out, err);
    }
    ocib_descriptor_release(&pulled);
    return failed ? -1 : 0;
}

static int from_layout(struct ocib_build *build, const char *name,
                       const struct ocib_platform *platform, struct ocib_tree_source *out,
                       struct ocib_error **err)
{
    struct ocib_digest digest;
    if (ocib_build_layout_image(build, name, platform, &digest, err) < 0 ||
        ocib_build_load_image(build, &digest, out, err) < 0) {
        return -1;
    }
    const struct ocib_platform *have = &out->config.platform;
    if (!have->os || !have->architecture || ocib_platform_match(platform, have) > 0) {
        return 0;
    }
    OCIB_AUTO_FREE char *wanted = ocib_platform_format(platform);
    OCIB_AUTO_FREE char *found = ocib_platform_format(have);
    return ocib_error_set(err, OCIB_EINPUT, "it is for %s, not for %s", found, wanted);
}

static int resolve(struct ocib_build *build, const char *name, const struct ocib_platform *platform,
                   struct ocib_tree_source *out, struct ocib_error **err)
{
    struct ocib_reference ref = {0};
    if (ocib_str_starts(ocib_str(name), OCIB_LAYOUT_PREFIX)) {
        return from_layout(build, name, platform, out, err);
    }
    if (ocib_registry_expand(build->env->registry, ocib_str(name), &ref, err) < 0) {
        return ocib_error_code_set(err, OCIB_EDOCKERFILE);
    }
    OCIB_AUTO_FREE char *full = ocib_reference_full(&ref);
    int failed = 0;
    /* What a digest names can't change, so --pull asks for nothing. */
    bool ask = build->request->pull && !ocib_digest_is_set(&ref.digest);
    if (ask || !from_store(build, full, platform, out)) {
        failed = from_registry(build, &ref, full, platform, out, err);
    }
    ocib_reference_release(&ref);
    return failed;
}

/* A name that no registry knows may be a misspelt stage: that is the better hint then. */
static void hint_stage(struct ocib_build *build, size_t stage, const char *name,
                       struct ocib_error **err)
{
    OCIB_AUTO_FREE char *hint = ocib_plan_image_hint(build->plan, stage, name);
    if (hint && !strpbrk(name, "/:@")) {
        ocib_error_hint_replace(err, hint);
    }
}

int ocib_build_image(struct ocib_build *build, size_t stage, const char *name,
                     struct ocib_span span, struct ocib_tree_source *out, struct ocib_error **err)
{
    const struct ocib_platform *platform = &ocib_plan_stage(build->plan, stage)->platform;
    struct ocib_error *cause = NULL;
    if (resolve(build, name, platform, out, &cause) == 0) {
        return 0;
    }
    ocib_error_wrap(&cause, "can't get the image %s", name);
    ocib_error_place_at(&cause, span);
    if (ocib_error_code(cause) == OCIB_ENOTFOUND || ocib_error_code(cause) == OCIB_EREGISTRY) {
        hint_stage(build, stage, name, &cause);
    }
    return ocib_error_move(err, cause);
}

/* Unpacks one layer's blob; the plain bytes must have the diff ID that the config says. */
static int unpack_blob(struct ocib_build *build, const struct ocib_layer *layer,
                       struct ocib_unpack_options *options, struct ocib_error **err)
{
    int fd = ocib_store_blob_open(build->env->store, &layer->blob.digest, NULL, err);
    if (fd < 0) {
        return -1;
    }
    struct ocib_tally plain = {0};
    struct ocib_reader *stream =
        ocib_decompressor_new(ocib_reader_of_fd(fd, true, layer->blob.digest.text), -1, err);
    if (!stream) {
        return -1;
    }
    OCIB_AUTO(ocib_tar_reader_cleanup)
    struct ocib_tar_reader *tar = ocib_tar_reader_new(ocib_reader_tee(stream, &plain), false, err);
    if (!tar) {
        return -1;
    }
    options->userxattr = ocib_sandbox_in_userns(build->env->sandbox);
    options->in_userns = options->userxattr || /* or a root that may not make devices */
                         ocib_sandbox_mode(build->env->sandbox) == OCIB_SANDBOX_CHROOT;
    options->log = build->env->log;
    if (ocib_layer_unpack(tar, options, err) < 0) {
        return -1;
    }
    if (!ocib_digest_eq(&plain.digest, &layer->diff_id)) {
        ocib_error_set(err, OCIB_ECORRUPT, "layer %s holds %s, not the %s that the image names",
                       layer->blob.digest.text, plain.digest.text, layer->diff_id.text);
        return ocib_error_hint_set(err,
                                   "the image or the store is damaged: pull it again with --pull");
    }
    return 0;
}

int ocib_build_apply(struct ocib_build *build, const struct ocib_layer *layer, int tree_fd,
                     struct ocib_error **err)
{
    const struct ocib_strings none = {0};
    struct ocib_unpack_options options = {
        .dest_fd = tree_fd, .lowers = &none, .work_fd = -1, .flat = true};
    return unpack_blob(build, layer, &options, err) < 0
               ? ocib_error_wrap(err, "can't unpack layer %s", layer->blob.digest.text)
               : 0;
}

/* To work/fs, as a layer by itself. */
static int unpack_alone(struct ocib_build *build, const struct ocib_layer *layer,
                        const struct ocib_strings *lowers, struct ocib_work *work,
                        struct ocib_error **err)
{
    OCIB_AUTO_FD int dest = -1;
    if (mkdirat(work->fd, "fs", 0755) < 0 ||
        (dest = openat(work->fd, "fs", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't make a folder in %s", work->path);
    }
    struct ocib_unpack_options options = {
        .dest_fd = dest, .lowers = lowers, .work_fd = work->fd, .work_path = work->path};
    return unpack_blob(build, layer, &options, err);
}

static int unpack_layer(struct ocib_build *build, const struct ocib_layer *layer,
                        const struct ocib_strings *lowers, struct ocib_error **err)
{
    OCIB_AUTO(ocib_work_release) struct ocib_work work = {.fd = -1, .lock_fd = -1};
    if (ocib_store_work_new(build->env->store, &work, err) < 0 ||
        unpack_alone(build, layer, lowers, &work, err) < 0) {
        return ocib_error_wrap(err, "can't unpack layer %s", layer->blob.digest.text);
    }
    return ocib_store_layer_commit(build->env->store, &layer->chain, &work, "fs", err);
}

static char *unpacked_path(struct ocib_build *build, const struct ocib_layer *layer,
                           const struct ocib_strings *lowers, struct ocib_error **err)
{
    struct ocib_store *store = build->env->store;
    char *path = ocib_store_layer_path(store, &layer->chain);
    if (path || ocib_build_check_interrupt(build, err) < 0) {
        return path;
    }
    OCIB_AUTO_FD int lock = ocib_store_layer_lock(store, &layer->chain, err);
    if (lock < 0) {
        return NULL;
    }
    path = ocib_store_layer_path(store, &layer->chain); /* another process may have been faster */
    if (!path && unpack_layer(build, layer, lowers, err) == 0) {
        path = ocib_store_layer_path(store, &layer->chain);
        if (!path) {
            ocib_error_set(err, OCIB_ESTORE, "unpacked layer %s is gone", layer->chain.text);
        }
    }
    return path;
}

int ocib_build_unpack(struct ocib_build *build, const struct ocib_layers *layers,
                      struct ocib_strings *paths, struct ocib_error **err)
{
    for (size_t i = 0; i < layers->len; i++) {
        char *path = unpacked_path(build, &layers->items[i], paths, err);
        if (!path) {
            return -1;
        }
        ocib_strings_take(paths, path);
    }
    return 0;
}

int ocib_build_view(struct ocib_build *build, const struct ocib_layers *layers,
                    struct ocib_work *work, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings paths = {0};
    bool copies;
    if (ocib_build_copies(build, &copies, err) < 0) {
        return -1;
    }
    if (copies) {
        return ocib_copied_view(build, layers, work, err);
    }
    if (ocib_build_unpack(build, layers, &paths, err) < 0 ||
        ocib_store_work_new(build->env->store, work, err) < 0) {
        return -1;
    }
    return ocib_layers_view(&paths, work->fd, work->path,
                            ocib_sandbox_in_userns(build->env->sandbox), err);
}
