#include "api/session.h"
#include "base/mem.h"
#include "oci/reference.h"
#include "store/store.h"

static int64_t layers_size(const struct ocib_manifest *manifest)
{
    int64_t size = 0;
    for (size_t i = 0; i < manifest->layers.len; i++) {
        size += manifest->layers.items[i].size;
    }
    return size;
}

static char *familiar(const char *full)
{
    struct ocib_reference ref = {0};
    char *name = ocib_reference_parse(ocib_str(full), &ref, NULL) == 0
                     ? ocib_reference_familiar(&ref)
                     : ocib_strdup(full);
    ocib_reference_release(&ref);
    return name;
}

int ocib_session_find(struct ocib *ocib, const char *image, struct ocib_descriptor *out,
                      char **name, struct ocib_error **err)
{
    return ocib_store_find(ocib->store, image, out, name, err);
}

static int describe(struct ocib *ocib, const struct ocib_descriptor *ref, struct ocib_image *out,
                    struct ocib_error **err)
{
    struct ocib_manifest manifest = {0};
    struct ocib_config config = {0};
    int failed = ocib_store_manifest(ocib->store, &ref->digest, &manifest, &config, err);
    if (!failed) {
        const char *full = ocib_env_get(&ref->annotations, "org.opencontainers.image.ref.name");
        *out = (struct ocib_image){
            .name = familiar(full ? full : ""),
            .digest = ocib_strdup(ref->digest.text),
            .id = ocib_strdup(manifest.config.digest.text),
            .created = ocib_strdup(config.created ? config.created : ""),
            .platform = ocib_platform_format(&config.platform),
            .size = layers_size(&manifest),
            .layers = manifest.layers.len,
        };
    }
    ocib_manifest_release(&manifest);
    ocib_config_release(&config);
    return failed;
}

int ocib_list_images(struct ocib *ocib, struct ocib_images **out, struct ocib_error **err)
{
    struct ocib_descriptors refs = {0};
    if (ocib_store_refs(ocib->store, &refs, err) < 0) {
        return -1;
    }
    struct ocib_images *images = ocib_new(struct ocib_images);
    images->items = ocib_alloc(refs.len, sizeof(*images->items));
    int failed = 0;
    for (size_t i = 0; i < refs.len && !failed; i++) {
        failed = describe(ocib, &refs.items[i], &images->items[i], err);
        images->count += !failed;
    }
    ocib_descriptors_release(&refs);
    if (failed) {
        ocib_images_free(images);
        return -1;
    }
    *out = images;
    return 0;
}

void ocib_images_free(struct ocib_images *images)
{
    for (size_t i = 0; images && i < images->count; i++) {
        free(images->items[i].name);
        free(images->items[i].digest);
        free(images->items[i].id);
        free(images->items[i].created);
        free(images->items[i].platform);
    }
    if (images) {
        free(images->items);
        free(images);
    }
}

/* The full name of a reference that must have a tag and no digest. */
static char *tag_name(const char *name, struct ocib_error **err)
{
    struct ocib_reference ref = {0};
    char *full = NULL;
    if (ocib_reference_parse(ocib_str(name), &ref, err) == 0) {
        if (ocib_digest_is_set(&ref.digest)) {
            ocib_error_set(err, OCIB_EUSAGE, "%s has a digest: a name to tag with has none", name);
        } else {
            full = ocib_reference_full(&ref);
        }
    }
    ocib_reference_release(&ref);
    return full;
}

int ocib_tag(struct ocib *ocib, const char *image, const char *name, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *full = tag_name(name, err);
    struct ocib_descriptor target = {0};
    if (!full || ocib_session_find(ocib, image, &target, NULL, err) < 0) {
        return -1;
    }
    int failed = ocib_store_ref_set(ocib->store, full, &target, err);
    ocib_descriptor_release(&target);
    return failed;
}

int ocib_untag(struct ocib *ocib, const char *name, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *full = NULL;
    struct ocib_reference ref = {0};
    if (ocib_reference_parse(ocib_str(name), &ref, err) == 0) {
        full = ocib_reference_full(&ref);
    }
    ocib_reference_release(&ref);
    return full ? ocib_store_ref_remove(ocib->store, full, err) : -1;
}

int ocib_pull(struct ocib *ocib, const char *name, const char *platform, char **digest,
              struct ocib_error **err)
{
    struct ocib_reference ref = {0};
    struct ocib_platform want = {0};
    struct ocib_descriptor pulled = {0};
    int failed = ocib_registry_expand(ocib->registry, ocib_str(name), &ref, err);
    if (!failed && platform) {
        failed = ocib_platform_parse(ocib_str(platform), &want, err);
    } else if (!failed) {
        ocib_platform_host(&want);
    }
    if (!failed) {
        OCIB_AUTO_FREE char *full = ocib_reference_full(&ref);
        failed = ocib_registry_pull(ocib->registry, ocib->store, &ref, &want, &pulled, err) ||
                 ocib_store_ref_set(ocib->store, full, &pulled, err);
        if (failed) {
            ocib_error_wrap(err, "can't pull %s", name);
            if (err && ocib_error_code(*err) == OCIB_ENOTFOUND) {
                ocib_error_code_set(err, OCIB_EREGISTRY); /* not the store's lack, the registry's */
            }
        }
    }
    if (!failed) {
        *digest = ocib_strdup(pulled.digest.text);
    }
    ocib_descriptor_release(&pulled);
    ocib_platform_release(&want);
    ocib_reference_release(&ref);
    return failed ? -1 : 0;
}

int ocib_push(struct ocib *ocib, const char *image, const char *dest, char **digest,
              struct ocib_error **err)
{
    struct ocib_descriptor found = {0};
    OCIB_AUTO_FREE char *own_name = NULL;
    struct ocib_reference ref = {0};
    int failed = ocib_session_find(ocib, image, &found, &own_name, err);
    const char *to = dest ? dest : own_name;
    if (!failed && !to) {
        ocib_error_set(err, OCIB_EUSAGE, "image %s has no name to push it under", image);
        failed = ocib_error_hint_set(err, "say where to: ocib push %s REGISTRY/NAME:TAG", image);
    }
    if (!failed) {
        failed = ocib_reference_parse(ocib_str(to), &ref, err) ||
                 ocib_registry_push(ocib->registry, ocib->store, &found, &ref, err);
        if (failed) {
            ocib_error_wrap(err, "can't push %s", to);
        }
    }
    if (!failed) {
        *digest = ocib_strdup(found.digest.text);
    }
    ocib_reference_release(&ref);
    ocib_descriptor_release(&found);
    return failed ? -1 : 0;
}
