#include "store/internal.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* While a blob is being written the kernel is told to start on what is there already, so that
 * little is left to wait for at the end. */
enum { WRITEBACK_STEP = 8 << 20 };

static bool stat_blob(const struct ocib_store *store, const struct ocib_digest *digest,
                      struct stat *st)
{
    return ocib_digest_is_set(digest) &&
           fstatat(store->blobs_fd, ocib_digest_hex(digest), st, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(st->st_mode);
}

bool ocib_store_blob_has(struct ocib_store *store, const struct ocib_digest *digest, int64_t size)
{
    struct stat st;
    return stat_blob(store, digest, &st) && (size < 0 || st.st_size == size);
}

int ocib_store_blob_open(struct ocib_store *store, const struct ocib_digest *digest, int64_t *size,
                         struct ocib_error **err)
{
    struct stat st;
    OCIB_AUTO_FD int fd =
        ocib_digest_is_set(digest)
            ? openat(store->blobs_fd, ocib_digest_hex(digest), O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
            : -1;
    if (fd < 0 && (!ocib_digest_is_set(digest) || errno == ENOENT)) {
        return ocib_error_set(err, OCIB_ENOTFOUND, "the store %s has no blob %s", store->root,
                              digest->text);
    }
    if (fd < 0 || fstat(fd, &st) < 0) {
        return ocib_store_fail(err, "can't open blob %s/blobs/sha256/%s", store->root,
                               ocib_digest_hex(digest));
    }
    if (size) {
        *size = st.st_size;
    }
    return ocib_fd_steal(&fd);
}

static int verify(const struct ocib_store *store, const struct ocib_digest *digest,
                  const struct ocib_buf *bytes, size_t from, struct ocib_error **err)
{
    struct ocib_digest found;
    ocib_digest_of(bytes->data + from, bytes->len - from, &found);
    if (ocib_digest_eq(&found, digest)) {
        return 0;
    }
    const char *hex = ocib_digest_hex(digest);
    ocib_error_set(err, OCIB_ECORRUPT, "blob %s/blobs/sha256/%s is damaged: its content is %s",
                   store->root, hex, found.text);
    return ocib_error_hint_set(err, "remove that file: it is fetched or built again when needed");
}

int ocib_store_blob_read(struct ocib_store *store, const struct ocib_digest *digest, size_t limit,
                         struct ocib_buf *out, struct ocib_error **err)
{
    OCIB_AUTO_FD int fd = ocib_store_blob_open(store, digest, NULL, err);
    size_t from = out->len;
    if (fd < 0) {
        return -1;
    }
    if (ocib_fd_read_all(fd, limit, out) < 0) {
        if (errno == EFBIG) {
            return ocib_error_set(err, OCIB_EINPUT,
                                  "blob %s is larger than the %zu bytes allowed for a document",
                                  digest->text, limit);
        }
        return ocib_store_fail(err, "can't read blob %s/blobs/sha256/%s", store->root,
                               ocib_digest_hex(digest));
    }
    return verify(store, digest, out, from, err);
}

int ocib_store_temporary(struct ocib_store *store, char name[17], struct ocib_error **err)
{
    const struct ocib_work *own = ocib_store_own_work(store, err);
    if (!own) {
        return -1;
    }
    ocib_random_name(name);
    int fd = openat(own->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        return ocib_store_fail(err, "can't make a file in %s", own->path);
    }
    return fd;
}

/* Everything up to the rename; the mode is set here, as umask took some of it. */
static int settle(int *fd, mode_t mode, bool sync)
{
    if (fchmod(*fd, mode) < 0 || (sync && fdatasync(*fd) < 0)) {
        return -1;
    }
    return close(ocib_fd_steal(fd));
}

int ocib_store_put_file(struct ocib_store *store, const struct ocib_store_place *place,
                        struct ocib_str bytes, struct ocib_error **err)
{
    char name[17];
    OCIB_AUTO_FD int fd = ocib_store_temporary(store, name, err);
    if (fd < 0) {
        return -1;
    }
    if (ocib_fd_write_all(fd, bytes.s, bytes.len) < 0 ||
        settle(&fd, OCIB_STORE_BLOB_MODE, place->sync) < 0 ||
        (place->sync && place->first_fd && fsync(place->first_fd) < 0) ||
        renameat(store->own->fd, name, place->dir_fd, place->name) < 0) {
        ocib_store_fail(err, "can't write %s/%s", store->root, place->path);
        unlinkat(store->own->fd, name, 0);
        return -1;
    }
    return 0;
}

struct blob_writer {
    struct ocib_writer base;
    struct ocib_store *store;
    struct ocib_hasher *hasher;
    struct ocib_digest expect;
    struct ocib_tally *result;
    int64_t written;
    int64_t flushed; /* up to here writeback has been started */
    int fd;
    char name[17];
    bool failed;
};

static int blob_write(struct ocib_writer *base, const void *bytes, size_t len,
                      struct ocib_error **err)
{
    struct blob_writer *w = (struct blob_writer *)base;
    if (w->failed) {
        return ocib_error_set(err, OCIB_ESTORE, "an earlier write to the store has failed");
    }
    if (ocib_fd_write_all(w->fd, bytes, len) < 0) {
        w->failed = true;
        return ocib_store_fail(err, "can't write a blob to the store %s", w->store->root);
    }
    ocib_hasher_update(w->hasher, bytes, len);
    w->written += (int64_t)len;
    if (w->written - w->flushed >= WRITEBACK_STEP) {
        /* A request only; the fdatasync at the end tells whether all went well. */
        (void)!sync_file_range(w->fd, w->flushed, w->written - w->flushed, SYNC_FILE_RANGE_WRITE);
        w->flushed = w->written;
    }
    return 0;
}

static void discard(struct blob_writer *w)
{
    if (w->name[0]) {
        unlinkat(w->store->own->fd, w->name, 0);
        w->name[0] = '\0';
    }
}

/* What is there already, and of this size, is the same content: nothing to wait for. */
static int publish(struct blob_writer *w, const struct ocib_digest *digest, struct ocib_error **err)
{
    const char *hex = ocib_digest_hex(digest);
    if (ocib_store_blob_has(w->store, digest, w->written)) {
        discard(w);
        return 0;
    }
    if (settle(&w->fd, OCIB_STORE_BLOB_MODE, true) < 0 ||
        renameat(w->store->own->fd, w->name, w->store->blobs_fd, hex) < 0) {
        return ocib_store_fail(err, "can't write blob %s/blobs/sha256/%s", w->store->root, hex);
    }
    w->name[0] = '\0';
    return 0;
}

static int blob_finish(struct ocib_writer *base, struct ocib_error **err)
{
    struct blob_writer *w = (struct blob_writer *)base;
    struct ocib_digest digest;
    if (w->failed || !w->name[0]) {
        return ocib_error_set(err, OCIB_ESTORE, "an earlier write to the store has failed");
    }
    w->failed = true; /* nothing can follow */
    ocib_hasher_final(w->hasher, &digest);
    if (ocib_digest_is_set(&w->expect) && !ocib_digest_eq(&w->expect, &digest)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "the content of blob %s does not match: it is %s",
                              w->expect.text, digest.text);
    }
    if (publish(w, &digest, err) < 0) {
        return -1;
    }
    if (w->result) {
        *w->result = (struct ocib_tally){digest, w->written};
    }
    return 0;
}

static void blob_free(struct ocib_writer *base)
{
    struct blob_writer *w = (struct blob_writer *)base;
    discard(w);
    ocib_fd_cleanup(&w->fd);
    ocib_hasher_free(w->hasher);
    free(w);
}

struct ocib_writer *ocib_store_blob_writer(struct ocib_store *store,
                                           const struct ocib_digest *expect,
                                           struct ocib_tally *result, struct ocib_error **err)
{
    static const struct ocib_writer_ops ops = {blob_write, blob_finish, blob_free};
    struct blob_writer *w = ocib_new(struct blob_writer);
    w->base.ops = &ops;
    w->store = store;
    w->hasher = ocib_hasher_new();
    w->expect = expect ? *expect : (struct ocib_digest){0};
    w->result = result;
    w->fd = ocib_store_temporary(store, w->name, err);
    if (w->fd < 0) {
        w->name[0] = '\0';
        blob_free(&w->base);
        return NULL;
    }
    return &w->base;
}

int ocib_store_blob_put(struct ocib_store *store, struct ocib_str bytes, struct ocib_digest *digest,
                        struct ocib_error **err)
{
    ocib_digest_of(bytes.s ? bytes.s : "", bytes.len, digest);
    if (ocib_store_blob_has(store, digest, (int64_t)bytes.len)) {
        return 0;
    }
    OCIB_AUTO_FREE char *path = ocib_format("blobs/sha256/%s", ocib_digest_hex(digest));
    const struct ocib_store_place place = {store->root_fd, path, path, .sync = true};
    return ocib_store_put_file(store, &place, bytes, err);
}

static int read_manifest(struct ocib_store *store, const struct ocib_digest *digest,
                         struct ocib_manifest *out, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_store_blob_read(store, digest, OCIB_STORE_DOCUMENT_MAX, &text, err) < 0) {
        return -1;
    }
    if (ocib_manifest_parse(ocib_buf_str(&text), out, err) < 0) {
        return ocib_error_wrap(err, "%s", digest->text);
    }
    return 0;
}

static int read_config(struct ocib_store *store, const struct ocib_digest *digest,
                       struct ocib_config *out, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_store_blob_read(store, digest, OCIB_STORE_DOCUMENT_MAX, &text, err) < 0) {
        return -1;
    }
    if (ocib_config_parse(ocib_buf_str(&text), out, err) < 0) {
        return ocib_error_wrap(err, "%s", digest->text);
    }
    return 0;
}

int ocib_store_manifest(struct ocib_store *store, const struct ocib_digest *digest,
                        struct ocib_manifest *manifest, struct ocib_config *config,
                        struct ocib_error **err)
{
    OCIB_AUTO(ocib_manifest_release) struct ocib_manifest m = {0};
    OCIB_AUTO(ocib_config_release) struct ocib_config c = {0};
    if (read_manifest(store, digest, &m, err) < 0 ||
        (config && (read_config(store, &m.config.digest, &c, err) < 0 ||
                    ocib_image_check(&m, &c, err) < 0))) {
        return -1;
    }
    if (config) {
        *config = c;
        c = (struct ocib_config){0};
    }
    if (manifest) {
        *manifest = m;
        m = (struct ocib_manifest){0};
    }
    return 0;
}
