#include "build/export.h"

#include "base/mem.h"
#include "oci/reference.h"
#include "rootfs/layer.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "tar/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- names ---------------------------------------------------------------------------------------
 */

/* The full references of an output: the tags, and its own name=. */
static int output_names(const struct ocib_build *build, const struct ocib_output *output,
                        struct ocib_strings *out, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings names = {0};
    ocib_strings_copy(&names, build->request->tags);
    if (output->name) {
        ocib_strings_push(&names, output->name);
    }
    for (size_t i = 0; i < names.len; i++) {
        struct ocib_reference ref = {0};
        if (ocib_reference_parse(ocib_str(names.items[i]), &ref, err) < 0) {
            return -1;
        }
        char *full = ocib_reference_full(&ref);
        ocib_reference_release(&ref);
        if (ocib_strings_has(out, full)) {
            free(full);
        } else {
            ocib_strings_take(out, full);
        }
    }
    return 0;
}

/* --- type=image, type=registry
 * -------------------------------------------------------------------------- */

static int store_names(struct ocib_build *build, const struct ocib_built_image *image,
                       const struct ocib_strings *names, struct ocib_error **err)
{
    for (size_t i = 0; i < names->len; i++) {
        if (ocib_store_ref_set(build->env->store, names->items[i], &image->manifest, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int push_names(struct ocib_build *build, const struct ocib_built_image *image,
                      const struct ocib_strings *names, struct ocib_error **err)
{
    if (names->len == 0) {
        ocib_error_set(err, OCIB_EUSAGE, "there is no name to push the image under");
        return ocib_error_hint_set(err, "name it with -t REGISTRY/NAME:TAG");
    }
    for (size_t i = 0; i < names->len; i++) {
        struct ocib_reference ref = {0};
        int failed = ocib_reference_parse(ocib_str(names->items[i]), &ref, err) ||
                     ocib_registry_push(build->env->registry, build->env->store, &image->manifest,
                                        &ref, err);
        ocib_reference_release(&ref);
        if (failed) {
            return ocib_error_wrap(err, "can't push %s", names->items[i]);
        }
    }
    return 0;
}

/* --- type=tar, type=local
 * --------------------------------------------------------------------------------- */

/*
 * The file that an output goes to: under a temporary name until it is whole, so that a failure
 * leaves what was there before. Devices, pipes and standard output are written to directly.
 */
struct dest {
    const char *path;
    char *temporary; /* NULL: written to directly */
    int fd;          /* handed over to the stream */
};

static void dest_release(struct dest *dest)
{
    if (dest->temporary) {
        unlink(dest->temporary);
        free(dest->temporary);
    }
    ocib_fd_cleanup(&dest->fd);
}

static int dest_open(struct dest *dest, struct ocib_error **err)
{
    struct stat st;
    bool is_stdout = strcmp(dest->path, "-") == 0;
    if (is_stdout) {
        dest->fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    } else if (stat(dest->path, &st) == 0 && !S_ISREG(st.st_mode)) {
        dest->fd = open(dest->path, O_WRONLY | O_CLOEXEC);
    } else {
        char random[17];
        ocib_random_name(random);
        char *temporary = ocib_format("%s.%s", dest->path, random);
        dest->fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (dest->fd >= 0) {
            dest->temporary = ocib_steal(&temporary);
        }
        free(temporary);
    }
    if (dest->fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't write %s",
                                    is_stdout ? "to standard output" : dest->path);
    }
    return 0;
}

static int dest_publish(struct dest *dest, struct ocib_error **err)
{
    if (dest->temporary && rename(dest->temporary, dest->path) < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't write %s", dest->path);
    }
    free(ocib_steal(&dest->temporary));
    return 0;
}

static int write_tree_tar(struct ocib_build *build, int root_fd, const char *dest,
                          struct ocib_error **err)
{
    OCIB_AUTO(dest_release) struct dest file = {.path = dest, .fd = -1};
    if (dest_open(&file, err) < 0) {
        return -1;
    }
    OCIB_AUTO(ocib_tar_writer_cleanup)
    struct ocib_tar_writer *tar =
        ocib_tar_writer_new(ocib_writer_to_fd(ocib_fd_steal(&file.fd), true, dest), err);
    if (!tar ||
        ocib_tree_write(root_fd, build->request->has_epoch, build->request->epoch, tar, err) < 0) {
        return -1;
    }
    return ocib_tar_writer_finish(tar, err) || dest_publish(&file, err) ? -1 : 0;
}

static int write_tree_folder(int root_fd, const char *dest, struct ocib_error **err)
{
    if (ocib_mkdirs(dest, 0755, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int fd = open(dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't open %s", dest);
    }
    return ocib_tree_copy(root_fd, fd, err);
}

static int export_tree(struct ocib_build *build, struct ocib_stage_state *state,
                       const struct ocib_output *output, struct ocib_error **err)
{
    OCIB_AUTO(ocib_work_release) struct ocib_work work = {.fd = -1, .lock_fd = -1};
    OCIB_AUTO_FD int root = ocib_build_view(build, &state->layers, &work, err);
    if (root < 0) {
        return -1;
    }
    int failed = output->kind == OCIB_OUTPUT_TAR ? write_tree_tar(build, root, output->dest, err)
                                                 : write_tree_folder(root, output->dest, err);
    ocib_fd_cleanup(&root); /* unmounts before the work folder goes */
    return failed;
}

/* --- type=oci, type=docker
 * ----------------------------------------------------------------------------------- */

/* An OCI layout being written, as a tar or as a folder. */
struct layout {
    struct ocib_build *build;
    const struct ocib_output *output;
    struct ocib_tar_writer *tar; /* NULL: a folder */
    int dir_fd;
    int64_t time; /* of the entries */
};

static int add_dir(struct layout *layout, const char *path, struct ocib_error **err)
{
    if (!layout->tar) {
        if (mkdirat(layout->dir_fd, path, 0755) < 0 && errno != EEXIST) {
            return ocib_error_set_errno(err, OCIB_ESTORE, "can't make folder %s", path);
        }
        return 0;
    }
    struct ocib_tar_entry entry = {.path = path, .mode = S_IFDIR | 0755, .mtime = layout->time};
    return ocib_tar_writer_entry(layout->tar, &entry, err);
}

static int add_bytes(struct layout *layout, const char *path, struct ocib_str bytes,
                     struct ocib_error **err)
{
    if (!layout->tar) {
        return ocib_file_write_atomic(layout->dir_fd, path, bytes, 0644, err);
    }
    struct ocib_tar_entry entry = {
        .path = path, .mode = S_IFREG | 0644, .size = (int64_t)bytes.len, .mtime = layout->time};
    return ocib_tar_writer_entry(layout->tar, &entry, err) ||
                   ocib_tar_writer_data(layout->tar, bytes.s, bytes.len, err)
               ? -1
               : 0;
}

static int copy_to_file(struct layout *layout, const char *path, struct ocib_reader *blob,
                        struct ocib_error **err)
{
    int fd = openat(layout->dir_fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't write %s", path);
    }
    OCIB_AUTO(ocib_writer_cleanup) struct ocib_writer *to = ocib_writer_to_fd(fd, true, path);
    return ocib_stream_copy(blob, to, err) < 0 ? -1 : ocib_writer_finish(to, err);
}

static int copy_to_tar(struct layout *layout, const char *path, int64_t size,
                       struct ocib_reader *blob, struct ocib_error **err)
{
    struct ocib_tar_entry entry = {
        .path = path, .mode = S_IFREG | 0644, .size = size, .mtime = layout->time};
    char bytes[65536];
    ssize_t n;
    if (ocib_tar_writer_entry(layout->tar, &entry, err) < 0) {
        return -1;
    }
    while ((n = ocib_reader_read(blob, bytes, sizeof(bytes), err)) > 0) {
        if (ocib_tar_writer_data(layout->tar, bytes, (size_t)n, err) < 0) {
            return -1;
        }
    }
    return n < 0 ? -1 : 0;
}

static char *blob_path(const struct ocib_digest *digest)
{
    return ocib_format("blobs/sha256/%s", ocib_digest_hex(digest));
}

/* A blob of the store, verified while it is copied. */
static int add_blob(struct layout *layout, const struct ocib_descriptor *blob,
                    struct ocib_error **err)
{
    OCIB_AUTO_FREE char *path = blob_path(&blob->digest);
    int fd = ocib_store_blob_open(layout->build->env->store, &blob->digest, NULL, err);
    if (fd < 0) {
        return -1;
    }
    OCIB_AUTO(ocib_reader_cleanup)
    struct ocib_reader *reader = ocib_reader_verify(ocib_reader_of_fd(fd, true, blob->digest.text),
                                                    &blob->digest, blob->size, blob->digest.text);
    return layout->tar ? copy_to_tar(layout, path, blob->size, reader, err)
                       : copy_to_file(layout, path, reader, err);
}

static const char *docker_type(const char *media_type)
{
    if (strcmp(media_type, OCIB_TYPE_LAYER_GZIP) == 0) {
        return OCIB_TYPE_DOCKER_LAYER;
    }
    if (strcmp(media_type, OCIB_TYPE_LAYER) == 0) {
        return "application/vnd.docker.image.rootfs.diff.tar";
    }
    if (strcmp(media_type, OCIB_TYPE_LAYER_ZSTD) == 0) {
        return "application/vnd.docker.image.rootfs.diff.tar.zstd";
    }
    return media_type;
}

/* The manifest as the output wants it: the store's, or with Docker's media types. */
static int make_manifest(struct layout *layout, const struct ocib_built_image *image,
                         struct ocib_manifest *manifest, struct ocib_buf *text,
                         struct ocib_error **err)
{
    if (ocib_store_blob_read(layout->build->env->store, &image->manifest.digest, 4 << 20, text,
                             err) < 0 ||
        ocib_manifest_parse(ocib_buf_str(text), manifest, err) < 0) {
        return -1;
    }
    if (layout->output->kind != OCIB_OUTPUT_DOCKER) {
        return 0;
    }
    free(manifest->media_type);
    manifest->media_type = ocib_strdup(OCIB_TYPE_DOCKER_MANIFEST);
    free(manifest->config.media_type);
    manifest->config.media_type = ocib_strdup(OCIB_TYPE_DOCKER_CONFIG);
    for (size_t i = 0; i < manifest->layers.len; i++) {
        char **type = &manifest->layers.items[i].media_type;
        const char *other = docker_type(*type);
        if (other != *type) {
            free(*type);
            *type = ocib_strdup(other);
        }
    }
    ocib_buf_clear(text);
    ocib_manifest_write(manifest, text);
    return 0;
}

static int add_manifest(struct layout *layout, const struct ocib_buf *text,
                        struct ocib_descriptor *out, struct ocib_error **err)
{
    ocib_digest_of(text->data, text->len, &out->digest);
    out->size = (int64_t)text->len;
    OCIB_AUTO_FREE char *path = blob_path(&out->digest);
    return add_bytes(layout, path, ocib_buf_str(text), err);
}

/* index.json: the manifest once a name, as docker buildx and containerd name it. */
static int add_index(struct layout *layout, const struct ocib_descriptor *manifest,
                     const struct ocib_strings *names, struct ocib_error **err)
{
    struct ocib_index index = {.media_type = ocib_strdup(OCIB_TYPE_INDEX)};
    for (size_t i = 0; i < (names->len ? names->len : 1); i++) {
        struct ocib_descriptor *entry = ocib_vec_add(&index.manifests);
        ocib_descriptor_copy(entry, manifest);
        struct ocib_reference ref = {0};
        if (i < names->len && ocib_reference_parse(ocib_str(names->items[i]), &ref, NULL) == 0) {
            ocib_env_set(&entry->annotations, "io.containerd.image.name", names->items[i]);
            ocib_env_set(&entry->annotations, "org.opencontainers.image.ref.name",
                         ref.tag ? ref.tag : "latest");
        }
        ocib_reference_release(&ref);
    }
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_index_write(&index, &text);
    ocib_index_release(&index);
    return add_bytes(layout, "index.json", ocib_buf_str(&text), err);
}

/* manifest.json, which docker load and podman load read for the tags. */
static int add_docker_index(struct layout *layout, const struct ocib_manifest *manifest,
                            const struct ocib_strings *names, struct ocib_error **err)
{
    json_t *layers = json_array();
    json_t *tags = json_array();
    for (size_t i = 0; i < manifest->layers.len; i++) {
        OCIB_AUTO_FREE char *path = blob_path(&manifest->layers.items[i].digest);
        json_array_append_new(layers, json_string(path));
    }
    for (size_t i = 0; i < names->len; i++) {
        struct ocib_reference ref = {0};
        if (ocib_reference_parse(ocib_str(names->items[i]), &ref, NULL) == 0) {
            OCIB_AUTO_FREE char *familiar = ocib_reference_familiar(&ref);
            json_array_append_new(tags, json_string(familiar));
        }
        ocib_reference_release(&ref);
    }
    OCIB_AUTO_FREE char *config = blob_path(&manifest->config.digest);
    json_t *document =
        json_pack("[{s:s, s:o, s:o}]", "Config", config, "RepoTags", tags, "Layers", layers);
    OCIB_AUTO_FREE char *text = document ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);
    if (!text) {
        return ocib_error_set(err, OCIB_EINTERNAL, "can't write manifest.json");
    }
    return add_bytes(layout, "manifest.json", ocib_str(text), err);
}

static int add_layers(struct layout *layout, const struct ocib_manifest *manifest,
                      struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings done = {0};
    for (size_t i = 0; i < manifest->layers.len; i++) {
        const struct ocib_descriptor *layer = &manifest->layers.items[i];
        if (ocib_strings_has(&done, layer->digest.text)) {
            continue;
        }
        ocib_strings_push(&done, layer->digest.text);
        if (ocib_build_check_interrupt(layout->build, err) < 0 ||
            add_blob(layout, layer, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int write_layout(struct layout *layout, const struct ocib_built_image *image,
                        const struct ocib_strings *names, struct ocib_error **err)
{
    struct ocib_manifest manifest = {0};
    struct ocib_descriptor top = {0};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_descriptor_copy(&top, &image->manifest);
    int failed = make_manifest(layout, image, &manifest, &text, err);
    if (!failed) {
        free(top.media_type);
        top.media_type = ocib_strdup(manifest.media_type);
        failed =
            add_dir(layout, "blobs", err) || add_dir(layout, "blobs/sha256", err) ||
            add_layers(layout, &manifest, err) || add_blob(layout, &manifest.config, err) ||
            add_manifest(layout, &text, &top, err) || add_index(layout, &top, names, err) ||
            add_docker_index(layout, &manifest, names, err) ||
            add_bytes(layout, "oci-layout", OCIB_STR("{\"imageLayoutVersion\":\"1.0.0\"}"), err);
    }
    ocib_manifest_release(&manifest);
    ocib_descriptor_release(&top);
    return failed ? -1 : 0;
}

static int export_layout_folder(struct layout *layout, const struct ocib_built_image *image,
                                const struct ocib_strings *names, struct ocib_error **err)
{
    const char *dest = layout->output->dest;
    if (ocib_mkdirs(dest, 0755, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int dir = open(dest, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        return ocib_error_set_errno(err, OCIB_ESTORE, "can't open %s", dest);
    }
    layout->dir_fd = dir;
    return write_layout(layout, image, names, err);
}

static int export_layout_tar(struct layout *layout, const struct ocib_built_image *image,
                             const struct ocib_strings *names, struct ocib_error **err)
{
    OCIB_AUTO(dest_release) struct dest file = {.path = layout->output->dest, .fd = -1};
    if (dest_open(&file, err) < 0) {
        return -1;
    }
    OCIB_AUTO(ocib_tar_writer_cleanup)
    struct ocib_tar_writer *tar =
        ocib_tar_writer_new(ocib_writer_to_fd(ocib_fd_steal(&file.fd), true, file.path), err);
    if (!tar) {
        return -1;
    }
    layout->tar = tar;
    return write_layout(layout, image, names, err) || ocib_tar_writer_finish(tar, err) ||
                   dest_publish(&file, err)
               ? -1
               : 0;
}

/* --- all outputs
 * --------------------------------------------------------------------------------------------- */

static int export_one(struct ocib_build *build, struct ocib_stage_state *state,
                      const struct ocib_built_image *image, const struct ocib_output *output,
                      struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings names = {0};
    if (output_names(build, output, &names, err) < 0) {
        return -1;
    }
    struct layout layout = {.build = build, .output = output, .dir_fd = -1};
    switch (output->kind) {
    case OCIB_OUTPUT_CACHEONLY:
        return 0;
    case OCIB_OUTPUT_IMAGE:
        if (store_names(build, image, &names, err) < 0) {
            return -1;
        }
        return output->push ? push_names(build, image, &names, err) : 0;
    case OCIB_OUTPUT_REGISTRY:
        return push_names(build, image, &names, err);
    case OCIB_OUTPUT_TAR:
    case OCIB_OUTPUT_LOCAL:
        return export_tree(build, state, output, err);
    case OCIB_OUTPUT_OCI:
    case OCIB_OUTPUT_DOCKER:
        return output->folder ? export_layout_folder(&layout, image, &names, err)
                              : export_layout_tar(&layout, image, &names, err);
    }
    return ocib_error_set(err, OCIB_EINTERNAL, "unknown kind of output");
}

int ocib_export(struct ocib_build *build, struct ocib_stage_state *state,
                const struct ocib_built_image *image, struct ocib_error **err)
{
    for (size_t i = 0; i < build->outputs.len; i++) {
        if (export_one(build, state, image, &build->outputs.items[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}
