#include "cache/cache.h"

#include "base/mem.h"

#include <jansson.h>
#include <string.h>

/* Changes when the meaning of a key's fields changes: older records are then not found. */
static const char format[] = "ocib step 1";
static const char record_kind[] = "step";

void ocib_cache_key_begin(struct ocib_cache_key *key, const char *kind,
                          const struct ocib_digest *parent)
{
    key->hasher = ocib_hasher_new();
    ocib_cache_key_text(key, format);
    ocib_cache_key_text(key, kind);
    ocib_cache_key_text(key, parent->text);
}

void ocib_cache_key_text(struct ocib_cache_key *key, const char *text)
{
    ocib_hasher_field(key->hasher, text ? OCIB_STR("s") : OCIB_STR("n"));
    if (text) {
        ocib_hasher_field(key->hasher, ocib_str(text));
    }
}

void ocib_cache_key_number(struct ocib_cache_key *key, int64_t number)
{
    OCIB_AUTO_FREE char *text = ocib_format("%lld", (long long)number);
    ocib_hasher_field(key->hasher, ocib_str(text));
}

void ocib_cache_key_list(struct ocib_cache_key *key, const struct ocib_strings *list)
{
    ocib_cache_key_number(key, (int64_t)list->len);
    for (size_t i = 0; i < list->len; i++) {
        ocib_hasher_field(key->hasher, ocib_str(list->items[i]));
    }
}

void ocib_cache_key_end(struct ocib_cache_key *key, struct ocib_digest *out)
{
    ocib_hasher_final(key->hasher, out);
    ocib_cache_key_release(key);
}

void ocib_cache_key_release(struct ocib_cache_key *key)
{
    ocib_hasher_free(key->hasher);
    key->hasher = NULL;
}

void ocib_cache_entry_release(struct ocib_cache_entry *entry)
{
    free(entry->media_type);
    *entry = (struct ocib_cache_entry){0};
}

static bool read_digest(json_t *object, const char *name, struct ocib_digest *out)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && ocib_digest_parse(ocib_str(text), out, NULL) == 0;
}

static bool read_entry(json_t *object, struct ocib_cache_entry *out)
{
    const char *media_type = json_string_value(json_object_get(object, "mediaType"));
    json_t *size = json_object_get(object, "size");
    json_t *plain = json_object_get(object, "plainSize");
    json_t *created = json_object_get(object, "created");
    if (!media_type || !json_is_integer(size) || !json_is_integer(plain) ||
        !json_is_integer(created) || !read_digest(object, "diffID", &out->diff_id) ||
        !read_digest(object, "blob", &out->blob)) {
        return false;
    }
    out->size = json_integer_value(size);
    out->plain = json_integer_value(plain);
    out->created = json_integer_value(created);
    out->media_type = ocib_strdup(media_type);
    return true;
}

bool ocib_cache_get(struct ocib_store *store, const struct ocib_digest *key,
                    struct ocib_cache_entry *out)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    *out = (struct ocib_cache_entry){0};
    if (ocib_store_record_get(store, record_kind, key, &text, NULL) < 0) {
        return false;
    }
    json_t *object = json_loadb(text.data, text.len, 0, NULL);
    bool usable =
        object && read_entry(object, out) && ocib_store_blob_has(store, &out->blob, out->size);
    json_decref(object);
    if (!usable) {
        ocib_cache_entry_release(out);
    }
    return usable;
}

int ocib_cache_put(struct ocib_store *store, const struct ocib_digest *key,
                   const struct ocib_cache_entry *entry, struct ocib_error **err)
{
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:I}", "diffID", entry->diff_id.text, "blob",
                  entry->blob.text, "mediaType", entry->media_type, "size", (json_int_t)entry->size,
                  "plainSize", (json_int_t)entry->plain, "created", (json_int_t)entry->created);
    OCIB_AUTO_FREE char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (!text) {
        return ocib_error_set(err, OCIB_EINTERNAL, "can't write a cache record");
    }
    return ocib_store_record_put(store, record_kind, key, ocib_str(text), err);
}
