#include "base/mem.h"
#include "build/stage.h"
#include "registry/document.h"
#include "sys/fd.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/*
 * An image of an OCI layout on this machine (image-spec, image-layout.md), taken into the store:
 * all of it is verified on the way. It gets no name there.
 */

enum { DOCUMENT_MAX = 16 << 20, DEEPEST = 4 /* indexes in indexes */ };

struct layout {
    struct ocib_build *build;
    struct ocib_layout_source source;
    int fd;
};

static void layout_release(struct layout *layout)
{
    ocib_layout_source_release(&layout->source);
    ocib_fd_cleanup(&layout->fd);
}

static int open_layout(struct layout *layout, const char *value, struct ocib_error **err)
{
    if (ocib_layout_source_parse(value, &layout->source, err) < 0) {
        return -1;
    }
    layout->fd = open(layout->source.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return layout->fd < 0 ? ocib_error_set_errno(err, OCIB_EINPUT, "can't open the OCI layout %s",
                                                 layout->source.dir)
                          : 0;
}

/* --- which image ------------------------------------------------------------------------------ */

static bool has_tag(const struct ocib_descriptor *entry, const char *tag)
{
    const char *name = ocib_env_get(&entry->annotations, "org.opencontainers.image.ref.name");
    struct ocib_str text = ocib_str(name ? name : "");
    ptrdiff_t colon = ocib_str_rfind(text, ':');
    return ocib_str_is(text, tag) ||
           (colon >= 0 && ocib_str_is(ocib_str_sub(text, (size_t)colon + 1, text.len), tag));
}

static const struct ocib_descriptor *find_entry(const struct layout *layout,
                                                const struct ocib_index *index)
{
    const struct ocib_layout_source *source = &layout->source;
    const char *tag = source->tag ? source->tag : "latest";
    for (size_t i = 0; i < index->manifests.len; i++) {
        const struct ocib_descriptor *entry = &index->manifests.items[i];
        bool same =
            source->digest ? strcmp(entry->digest.text, source->digest) == 0 : has_tag(entry, tag);
        if (same) {
            return entry;
        }
    }
    /* What is there alone needs no name. */
    return !source->tag && !source->digest && index->manifests.len == 1 ? index->manifests.items
                                                                        : NULL;
}

static int read_index(struct layout *layout, struct ocib_descriptor *out, struct ocib_error **err)
{
    const struct ocib_layout_source *source = &layout->source;
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    struct ocib_index index = {0};
    ocib_buf_init(&text);
    if (ocib_file_read(layout->fd, "index.json", DOCUMENT_MAX, &text, OCIB_EINPUT, err) < 0 ||
        ocib_index_parse(ocib_buf_str(&text), &index, err) < 0) {
        return ocib_error_wrap(err, "the OCI layout %s", source->dir);
    }
    const struct ocib_descriptor *entry = find_entry(layout, &index);
    if (entry) {
        ocib_descriptor_copy(out, entry);
    } else if (source->digest) {
        ocib_error_set(err, OCIB_EINPUT, "the OCI layout %s has no image %s", source->dir,
                       source->digest);
    } else {
        ocib_error_set(err, OCIB_EINPUT, "the OCI layout %s has no image with the tag %s",
                       source->dir, source->tag ? source->tag : "latest");
        ocib_error_hint_set(err,
                            "see org.opencontainers.image.ref.name in its index.json, or "
                            "name the digest: oci-layout://%s@sha256:...",
                            source->dir);
    }
    ocib_index_release(&index);
    return entry ? 0 : -1;
}

/* --- its blobs -------------------------------------------------------------------------------- */

/* Takes a blob into the store, if it is not there. */
static int take_blob(struct layout *layout, const struct ocib_descriptor *blob,
                     struct ocib_error **err)
{
    struct ocib_store *store = layout->build->env->store;
    struct ocib_tally tally = {0};
    if (ocib_store_blob_has(store, &blob->digest, blob->size)) {
        return 0;
    }
    OCIB_AUTO_FREE char *path = ocib_format("blobs/sha256/%s", ocib_digest_hex(&blob->digest));
    int fd = openat(layout->fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return ocib_error_set_errno(err, OCIB_EINPUT, "can't read %s of the OCI layout %s", path,
                                    layout->source.dir);
    }
    OCIB_AUTO(ocib_reader_cleanup)
    struct ocib_reader *from =
        ocib_reader_verify(ocib_reader_of_fd(fd, true, path), &blob->digest, blob->size, path);
    OCIB_AUTO(ocib_writer_cleanup)
    struct ocib_writer *to = ocib_store_blob_writer(store, &blob->digest, &tally, err);
    return !to || ocib_stream_copy(from, to, err) < 0 || ocib_writer_finish(to, err) < 0
               ? ocib_error_wrap(err, "the OCI layout %s", layout->source.dir)
               : 0;
}

/* Replaces an index in *at by what it has for the platform. */
static int descend(struct layout *layout, const struct ocib_platform *platform,
                   struct ocib_descriptor *at, struct ocib_error **err)
{
    for (unsigned depth = 0; ocib_type_is_index(at->media_type); depth++) {
        OCIB_AUTO_BUF struct ocib_buf text = {0};
        struct ocib_index index = {0};
        ocib_buf_init(&text);
        if (depth == DEEPEST) {
            return ocib_error_set(err, OCIB_EINPUT, "the OCI layout %s has too many indexes",
                                  layout->source.dir);
        }
        if (take_blob(layout, at, err) < 0 ||
            ocib_store_blob_read(layout->build->env->store, &at->digest, DOCUMENT_MAX, &text, err) <
                0 ||
            ocib_index_parse(ocib_buf_str(&text), &index, err) < 0) {
            return -1;
        }
        const struct ocib_descriptor *chosen =
            ocib_index_choose(&index, platform, layout->source.dir, err);
        if (chosen) {
            struct ocib_descriptor next = {0};
            ocib_descriptor_copy(&next, chosen);
            ocib_descriptor_release(at);
            *at = next;
        }
        ocib_index_release(&index);
        if (!chosen) {
            return -1;
        }
    }
    return 0;
}

static int take_image(struct layout *layout, const struct ocib_descriptor *at,
                      struct ocib_error **err)
{
    struct ocib_manifest manifest = {0};
    if (take_blob(layout, at, err) < 0 ||
        ocib_store_manifest(layout->build->env->store, &at->digest, &manifest, NULL, err) < 0) {
        return -1;
    }
    int failed = take_blob(layout, &manifest.config, err);
    for (size_t i = 0; !failed && i < manifest.layers.len; i++) {
        failed = ocib_build_check_interrupt(layout->build, err) ||
                 take_blob(layout, &manifest.layers.items[i], err);
    }
    ocib_manifest_release(&manifest);
    return failed ? -1 : 0;
}

int ocib_build_layout_image(struct ocib_build *build, const char *value,
                            const struct ocib_platform *platform, struct ocib_digest *out,
                            struct ocib_error **err)
{
    OCIB_AUTO(layout_release) struct layout layout = {.build = build, .fd = -1};
    struct ocib_descriptor at = {0};
    int failed = open_layout(&layout, value, err) || read_index(&layout, &at, err) ||
                 descend(&layout, platform, &at, err) || take_image(&layout, &at, err);
    *out = at.digest;
    ocib_descriptor_release(&at);
    if (failed && err && ocib_error_code(*err) != OCIB_ESTORE &&
        ocib_error_code(*err) != OCIB_EINTERRUPTED) {
        ocib_error_code_set(err, OCIB_EINPUT); /* the layout is the user's */
    }
    return failed ? -1 : 0;
}
