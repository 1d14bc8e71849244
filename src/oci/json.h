/*
 * JSON for the documents of this part. Reading goes through jansson, bounded in size and depth
 * before it allocates anything; writing is ours, so that the bytes are those that Go's encoder
 * gives: compact, "<", ">" and "&" escaped, no other choice left open.
 *
 * Getters take an object and a key. A key that is absent or null leaves the output alone, as Go's
 * decoder does; a value of another type fails with OCIB_ECORRUPT, the message naming the key.
 */
#ifndef OCIB_OCI_JSON_H
#define OCIB_OCI_JSON_H

#include "base/buf.h"
#include "base/error.h"
#include "base/vec.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    OCIB_JSON_SIZE_MAX = 4 << 20, /* bytes of a document */
    OCIB_JSON_DEPTH_MAX = 64,     /* objects and arrays in each other */
};

static inline void ocib_json_cleanup(json_t **json)
{
    json_decref(*json);
}
#define OCIB_AUTO_JSON OCIB_AUTO(ocib_json_cleanup)

/*
 * A document that is one object. Bytes that are not UTF-8 become U+FFFD first, as Go reads them;
 * NUL is refused. The caller owns the result (json_decref).
 */
json_t *ocib_json_parse(struct ocib_str text, struct ocib_error **err) OCIB_MUST;

/* *out is borrowed from the object; NULL if the key is absent or null. */
int ocib_json_get_object(const json_t *object, const char *key, const json_t **out,
                         struct ocib_error **err) OCIB_MUST;
int ocib_json_get_list(const json_t *object, const char *key, const json_t **out,
                       struct ocib_error **err) OCIB_MUST;

/* *out is replaced (and freed) if the key is there. */
int ocib_json_get_string(const json_t *object, const char *key, char **out,
                         struct ocib_error **err) OCIB_MUST;
int ocib_json_get_int(const json_t *object, const char *key, int64_t *out,
                      struct ocib_error **err) OCIB_MUST;
int ocib_json_get_bool(const json_t *object, const char *key, bool *out,
                       struct ocib_error **err) OCIB_MUST;
/* A list of strings, appended to *out. */
int ocib_json_get_strings(const json_t *object, const char *key, struct ocib_strings *out,
                          struct ocib_error **err) OCIB_MUST;
/* The keys of an object whose values mean nothing ({"8000/tcp": {}}). */
int ocib_json_get_set(const json_t *object, const char *key, struct ocib_strings *out,
                      struct ocib_error **err) OCIB_MUST;
/* An object of strings as "key=value"; sorted by key, so that reading depends on the bytes only. */
int ocib_json_get_pairs(const json_t *object, const char *key, struct ocib_strings *out,
                        struct ocib_error **err) OCIB_MUST;

/*
 * Writing. Each call puts a comma first where one is due. Members with a NULL string, a zero, or an
 * empty list are left out ("omitempty").
 */
void ocib_json_comma(struct ocib_buf *out);
void ocib_json_put_key(struct ocib_buf *out, const char *key);
/* A quoted string; bytes that are not UTF-8 become U+FFFD. */
void ocib_json_put_text(struct ocib_buf *out, struct ocib_str text);
void ocib_json_put_string(struct ocib_buf *out, const char *key, const char *value);
void ocib_json_put_int(struct ocib_buf *out, const char *key, int64_t value);
void ocib_json_put_true(struct ocib_buf *out, const char *key, bool value);
void ocib_json_put_strings(struct ocib_buf *out, const char *key, const struct ocib_strings *list);
/* Sorted by key; of equal keys the last counts. */
void ocib_json_put_set(struct ocib_buf *out, const char *key, const struct ocib_strings *list);
void ocib_json_put_pairs(struct ocib_buf *out, const char *key, const struct ocib_strings *list);

#endif
