/*
 * Records: "<digest of the document>\n<document>". They are not synced, as nobody should wait for
 * the disk after each step; what a power loss left of one does not match its digest, and counts as
 * absent.
 */
#include "store/internal.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/file.h"

#include <errno.h>
#include <sys/stat.h>

enum { RECORD_MAX = 64 << 20 };

static int check_kind(const char *kind, const struct ocib_digest *key, struct ocib_error **err)
{
    size_t good = strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (!good || kind[good] || !ocib_digest_is_set(key)) {
        return ocib_error_set(err, OCIB_EINTERNAL, "bad kind \"%s\" or key \"%s\" of a record",
                              kind, key->text);
    }
    return 0;
}

static char *record_path(const char *kind, const struct ocib_digest *key)
{
    const char *hex = ocib_digest_hex(key);
    return ocib_format("ocib/records/%s/%.2s/%s", kind, hex, hex);
}

static int no_record(const struct ocib_store *store, const char *path, struct ocib_error **err)
{
    return ocib_error_set(err, OCIB_ENOTFOUND, "there is no record %s/%s", store->root, path);
}

static bool is_whole(const struct ocib_buf *text)
{
    const size_t head = OCIB_DIGEST_SIZE; /* the digest and its line break */
    struct ocib_digest digest;
    if (text->len < head || text->data[head - 1] != '\n') {
        return false;
    }
    ocib_digest_of(text->data + head, text->len - head, &digest);
    return memcmp(text->data, digest.text, head - 1) == 0;
}

int ocib_store_record_get(struct ocib_store *store, const char *kind, const struct ocib_digest *key,
                          struct ocib_buf *out, struct ocib_error **err)
{
    if (check_kind(kind, key, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FREE char *path = record_path(kind, key);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_file_read(store->root_fd, path, RECORD_MAX, &text, OCIB_ESTORE, err) < 0) {
        return ocib_error_wrap(err, "store %s", store->root);
    }
    if (!is_whole(&text)) {
        ocib_log(store->log, OCIB_LOG_DEBUG, "record %s/%s is damaged and counts as absent",
                 store->root, path);
        return no_record(store, path, err);
    }
    ocib_buf_add(out, text.data + OCIB_DIGEST_SIZE, text.len - OCIB_DIGEST_SIZE);
    return 0;
}

static int make_folders(const struct ocib_store *store, const char *path, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *part = ocib_strdup(path);
    for (char *slash = strchr(part, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(store->root_fd, part, OCIB_STORE_DIR_MODE) < 0 && errno != EEXIST) {
            return ocib_store_fail(err, "can't make folder %s/%s", store->root, part);
        }
        *slash = '/';
    }
    return 0;
}

int ocib_store_record_put(struct ocib_store *store, const char *kind, const struct ocib_digest *key,
                          struct ocib_str document, struct ocib_error **err)
{
    if (check_kind(kind, key, err) < 0) {
        return -1;
    }
    if (document.len > RECORD_MAX - OCIB_DIGEST_SIZE) {
        return ocib_error_set(err, OCIB_ESTORE, "a record of %zu bytes is too large", document.len);
    }
    OCIB_AUTO_FREE char *path = record_path(kind, key);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    struct ocib_digest digest;
    ocib_digest_of(document.s ? document.s : "", document.len, &digest);
    ocib_buf_printf(&text, "%s\n", digest.text);
    ocib_buf_add_str(&text, document);
    const struct ocib_store_place place = {store->root_fd, path, path};
    if (make_folders(store, path, err) < 0) {
        return -1;
    }
    return ocib_store_put_file(store, &place, ocib_buf_str(&text), err);
}
