/*
 * Finding an image by what a person types. A name wins over leading digits of a digest, as "cafe"
 * may be both. Digits are looked up among the blobs, so images without a name are found too.
 */
#include "store/internal.h"

#include "base/mem.h"
#include "oci/reference.h"
#include "sys/fd.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGITS_MIN = 4, DIGITS_MAX = 64 };

static int no_image(const struct ocib_store *store, const char *text, struct ocib_error **err)
{
    ocib_error_set(err, OCIB_ENOTFOUND, "there is no image \"%s\" in the store %s", text,
                   store->root);
    return ocib_error_hint_set(err, "ocib images lists those there are");
}

static bool is_digits(const char *text)
{
    size_t len = strlen(text);
    return len >= DIGITS_MIN && len <= DIGITS_MAX && strspn(text, "0123456789abcdef") == len;
}

/* Into a zeroed descriptor if the blob is a manifest or an index: 1, 0 if it is not. */
static bool describe(struct ocib_store *store, const struct ocib_digest *digest,
                     struct ocib_descriptor *out)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO(ocib_manifest_release) struct ocib_manifest manifest = {0};
    OCIB_AUTO(ocib_index_release) struct ocib_index index = {0};
    if (ocib_store_blob_read(store, digest, OCIB_STORE_DOCUMENT_MAX, &text, NULL) < 0 ||
        !text.len || text.data[0] != '{') {
        return false;
    }
    if (ocib_manifest_parse(ocib_buf_str(&text), &manifest, NULL) == 0) {
        out->media_type = ocib_steal(&manifest.media_type);
    } else if (ocib_index_parse(ocib_buf_str(&text), &index, NULL) == 0) {
        out->media_type = ocib_steal(&index.media_type);
    } else {
        return false;
    }
    out->digest = *digest;
    out->size = (int64_t)text.len;
    return true;
}

static int find_digest(struct ocib_store *store, const char *text, const struct ocib_digest *digest,
                       struct ocib_descriptor *out, struct ocib_error **err)
{
    struct ocib_descriptor found = {0};
    if (!describe(store, digest, &found)) {
        return no_image(store, text, err);
    }
    *out = found;
    return 0;
}

static void add_once(struct ocib_descriptors *list, struct ocib_descriptor *d)
{
    for (size_t i = 0; i < list->len; i++) {
        if (ocib_digest_eq(&list->items[i].digest, &d->digest)) {
            ocib_descriptor_release(d);
            return;
        }
    }
    ocib_vec_push(list, *d);
}

/* Manifests of index.json whose config is this blob. */
static void add_by_config(struct ocib_store *store, const struct ocib_index *index,
                          const struct ocib_digest *config, struct ocib_descriptors *found)
{
    for (size_t i = 0; i < index->manifests.len; i++) {
        const struct ocib_descriptor *entry = &index->manifests.items[i];
        OCIB_AUTO(ocib_manifest_release) struct ocib_manifest manifest = {0};
        if (ocib_type_is_manifest(entry->media_type) &&
            ocib_store_manifest(store, &entry->digest, &manifest, NULL, NULL) == 0 &&
            ocib_digest_eq(&manifest.config.digest, config)) {
            struct ocib_descriptor copy = {0};
            ocib_descriptor_copy(&copy, entry);
            add_once(found, &copy);
        }
    }
}

static void add_blob(struct ocib_store *store, const struct ocib_index *index, const char *hex,
                     struct ocib_descriptors *found)
{
    struct ocib_digest digest;
    struct ocib_descriptor d = {0};
    struct stat st;
    OCIB_AUTO_FREE char *text = ocib_format("sha256:%s", hex);
    if (ocib_digest_parse(ocib_str(text), &digest, NULL) < 0 ||
        fstatat(store->blobs_fd, hex, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
        st.st_size > OCIB_STORE_DOCUMENT_MAX) {
        return;
    }
    if (describe(store, &digest, &d)) {
        add_once(found, &d);
    } else {
        add_by_config(store, index, &digest, found);
    }
}

static int scan_blobs(struct ocib_store *store, const char *digits, struct ocib_descriptors *found,
                      struct ocib_error **err)
{
    OCIB_AUTO(ocib_index_release) struct ocib_index index = {0};
    if (ocib_store_index_read(store, &index, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int fd = openat(store->blobs_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        return ocib_store_fail(err, "can't read %s/blobs/sha256", store->root);
    }
    (void)ocib_fd_steal(&fd); /* the stream's now */
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (strncmp(entry->d_name, digits, strlen(digits)) == 0) {
            add_blob(store, &index, entry->d_name, found);
        }
    }
    closedir(dir);
    return 0;
}

/* `text`: what the user typed, for messages. */
static int find_digits(struct ocib_store *store, const char *text, const char *digits,
                       struct ocib_descriptor *out, struct ocib_error **err)
{
    OCIB_AUTO(ocib_descriptors_release) struct ocib_descriptors found = {0};
    if (scan_blobs(store, digits, &found, err) < 0) {
        return -1;
    }
    if (found.len == 0) {
        return no_image(store, text, err);
    }
    if (found.len > 1) {
        ocib_error_set(err, OCIB_EUSAGE, "\"%s\" stands for %zu images of the store", digits,
                       found.len);
        return ocib_error_hint_set(err, "give more digits, as in %.20s",
                                   ocib_digest_hex(&found.items[0].digest));
    }
    *out = (struct ocib_descriptor){0};
    ocib_descriptor_copy(out, &found.items[0]);
    return 0;
}

static bool is_not_found(const struct ocib_error *err)
{
    return ocib_error_code(err) == OCIB_ENOTFOUND;
}

/* A reference with a digest names that content, whatever its tag is now. */
static int find_reference(struct ocib_store *store, const char *text, struct ocib_descriptor *out,
                          char **name, struct ocib_error **err)
{
    OCIB_AUTO(ocib_reference_release) struct ocib_reference ref = {0};
    OCIB_AUTO_ERROR struct ocib_error *failed = NULL;
    if (ocib_reference_parse(ocib_str(text), &ref, err) < 0) {
        return -1;
    }
    if (ocib_digest_is_set(&ref.digest)) {
        return find_digest(store, text, &ref.digest, out, err);
    }
    OCIB_AUTO_FREE char *full = ocib_reference_full(&ref);
    if (ocib_store_ref_get(store, full, out, &failed) < 0) {
        return is_not_found(failed) ? no_image(store, text, err)
                                    : ocib_error_move(err, ocib_steal(&failed));
    }
    if (name) {
        *name = ocib_steal(&full);
    }
    return 0;
}

int ocib_store_find(struct ocib_store *store, const char *text, struct ocib_descriptor *out,
                    char **name, struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *failed = NULL;
    struct ocib_digest digest;
    if (name) {
        *name = NULL;
    }
    if (ocib_str_starts(ocib_str(text), "sha256:")) {
        return ocib_digest_parse(ocib_str(text), &digest, err) < 0
                   ? ocib_error_code_set(err, OCIB_EUSAGE)
                   : find_digits(store, text, ocib_digest_hex(&digest), out, err);
    }
    if (strlen(text) == DIGITS_MAX && is_digits(text)) {
        return find_digits(store, text, text, out, err);
    }
    if (find_reference(store, text, out, name, &failed) == 0) {
        return 0;
    }
    return is_not_found(failed) && is_digits(text) ? find_digits(store, text, text, out, err)
                                                   : ocib_error_move(err, ocib_steal(&failed));
}
