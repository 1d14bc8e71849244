/*
 * Refs are the entries of index.json with an annotation for their name. Entries without one, or
 * with annotations of others, are other tools': kept as they are.
 */
#include "store/internal.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/lock.h"

#include <unistd.h>

/* What `ctr image import` and `docker load` name an image by. */
#define CONTAINERD_ANNOTATION "io.containerd.image.name"

const char *ocib_store_ref_name(const struct ocib_descriptor *d)
{
    return ocib_env_get(&d->annotations, OCIB_STORE_ANNOTATION);
}

int ocib_store_index_read(struct ocib_store *store, struct ocib_index *out, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_file_read(store->root_fd, "index.json", OCIB_STORE_DOCUMENT_MAX, &text, OCIB_ESTORE,
                       err) < 0) {
        ocib_error_code_set(err, OCIB_ESTORE);
        return ocib_error_wrap(err, "store %s", store->root);
    }
    if (ocib_index_parse(ocib_buf_str(&text), out, err) < 0) {
        return ocib_error_wrap(err, "store %s: index.json", store->root);
    }
    return 0;
}

static int write_index(struct ocib_store *store, const struct ocib_index *index,
                       struct ocib_error **err)
{
    /* The names of the blobs that it speaks of must be on the disk before it is. In this order the
     * disk's journal is mostly written once for both. */
    const struct ocib_store_place place = {store->root_fd, "index.json", "index.json", .sync = true,
                                           .first_fd = store->blobs_fd};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    ocib_index_write(index, &text);
    if (text.len > OCIB_STORE_DOCUMENT_MAX) {
        ocib_error_set(err, OCIB_ESTORE, "store %s: there are too many images for one index.json",
                       store->root);
        return ocib_error_hint_set(err, "remove some names, or use another store with --root");
    }
    if (ocib_store_put_file(store, &place, ocib_buf_str(&text), err) < 0) {
        return -1;
    }
    return fsync(store->root_fd) < 0 ? ocib_store_fail(err, "can't write %s", store->root) : 0;
}

int ocib_store_index_make(struct ocib_store *store, struct ocib_error **err)
{
    if (faccessat(store->root_fd, "index.json", F_OK, 0) == 0) {
        return 0;
    }
    char media_type[] = OCIB_TYPE_INDEX;
    return write_index(store, &(struct ocib_index){.media_type = media_type}, err);
}

/* Changes under the lock: whoever waits for it reads what the one before has written. */
static int lock_index(struct ocib_store *store, struct ocib_index *index, struct ocib_error **err)
{
    OCIB_AUTO_FD int lock = ocib_lock(store->ours_fd, OCIB_STORE_INDEX_LOCK, true, err);
    if (lock < 0) {
        return ocib_error_wrap(err, "store %s", store->root);
    }
    return ocib_store_index_read(store, index, err) < 0 ? -1 : ocib_fd_steal(&lock);
}

/* Takes every entry of this name out; how many there were. */
static size_t drop_name(struct ocib_descriptors *list, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->len; i++) {
        const char *other = ocib_store_ref_name(&list->items[i]);
        if (other && strcmp(other, name) == 0) {
            ocib_descriptor_release(&list->items[i]);
        } else {
            list->items[kept++] = list->items[i];
        }
    }
    size_t dropped = list->len - kept;
    list->len = kept;
    return dropped;
}

/* An entry that index.json could not be read with again would cost all the others. */
static int check_entry(const char *name, const struct ocib_descriptor *target,
                       struct ocib_error **err)
{
    if (!*name || !target->media_type || !ocib_digest_is_set(&target->digest) || target->size < 0) {
        return ocib_error_set(err, OCIB_EINTERNAL, "image \"%s\" has no whole descriptor", name);
    }
    return 0;
}

int ocib_store_ref_set(struct ocib_store *store, const char *name,
                       const struct ocib_descriptor *target, struct ocib_error **err)
{
    OCIB_AUTO(ocib_index_release) struct ocib_index index = {0};
    OCIB_AUTO_FD int lock =
        check_entry(name, target, err) < 0 ? -1 : lock_index(store, &index, err);
    if (lock < 0) {
        return -1;
    }
    drop_name(&index.manifests, name);
    struct ocib_descriptor *entry = ocib_vec_add(&index.manifests);
    ocib_descriptor_copy(entry, target);
    ocib_env_set(&entry->annotations, CONTAINERD_ANNOTATION, name);
    ocib_env_set(&entry->annotations, OCIB_STORE_ANNOTATION, name);
    return write_index(store, &index, err);
}

static int no_image(const struct ocib_store *store, const char *name, struct ocib_error **err)
{
    ocib_error_set(err, OCIB_ENOTFOUND, "there is no image \"%s\" in the store %s", name,
                   store->root);
    return ocib_error_hint_set(err, "ocib images lists those there are");
}

int ocib_store_ref_remove(struct ocib_store *store, const char *name, struct ocib_error **err)
{
    OCIB_AUTO(ocib_index_release) struct ocib_index index = {0};
    OCIB_AUTO_FD int lock = lock_index(store, &index, err);
    if (lock < 0) {
        return -1;
    }
    return drop_name(&index.manifests, name) ? write_index(store, &index, err)
                                             : no_image(store, name, err);
}

int ocib_store_ref_get(struct ocib_store *store, const char *name, struct ocib_descriptor *out,
                       struct ocib_error **err)
{
    OCIB_AUTO(ocib_index_release) struct ocib_index index = {0};
    if (ocib_store_index_read(store, &index, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < index.manifests.len; i++) {
        const char *other = ocib_store_ref_name(&index.manifests.items[i]);
        if (other && strcmp(other, name) == 0) {
            *out = (struct ocib_descriptor){0};
            ocib_descriptor_copy(out, &index.manifests.items[i]);
            return 0;
        }
    }
    return no_image(store, name, err);
}

static int compare_refs(const void *a, const void *b)
{
    return strcmp(ocib_store_ref_name(a), ocib_store_ref_name(b));
}

int ocib_store_refs(struct ocib_store *store, struct ocib_descriptors *out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_index_release) struct ocib_index index = {0};
    if (ocib_store_index_read(store, &index, err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < index.manifests.len; i++) {
        if (ocib_store_ref_name(&index.manifests.items[i])) {
            ocib_descriptor_copy(ocib_vec_add(out), &index.manifests.items[i]);
        }
    }
    if (out->len) {
        qsort(out->items, out->len, sizeof(*out->items), compare_refs);
    }
    return 0;
}
