#include "oci/json.h"

#include "base/mem.h"
#include "oci/utf8.h"

/* jansson recurses once a level: the depth is known to be small before it starts. */
static int check_depth(struct ocib_str text, struct ocib_error **err)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.s[i];
        if (quoted) {
            i += c == '\\';
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        }
        if (depth > OCIB_JSON_DEPTH_MAX) {
            return ocib_error_set(err, OCIB_ECORRUPT, "nested deeper than %d levels",
                                  OCIB_JSON_DEPTH_MAX);
        }
    }
    return 0;
}

json_t *ocib_json_parse(struct ocib_str text, struct ocib_error **err)
{
    if (text.len > OCIB_JSON_SIZE_MAX) {
        ocib_error_set(err, OCIB_ECORRUPT, "%zu bytes are more than the limit of %d", text.len,
                       OCIB_JSON_SIZE_MAX);
        return NULL;
    }
    if (check_depth(text, err) < 0) {
        return NULL;
    }
    OCIB_AUTO_BUF struct ocib_buf mended = {0};
    if (!ocib_utf8_valid(text)) {
        ocib_utf8_mend(text, &mended);
        text = ocib_buf_str(&mended);
    }
    json_error_t at;
    json_t *json = json_loadb(text.s ? text.s : "", text.len, 0, &at);
    if (!json) {
        bool nul = json_error_code(&at) == json_error_null_character;
        ocib_error_set(err, OCIB_ECORRUPT, "not valid JSON at line %d, column %d: %s", at.line,
                       at.column, nul ? "NUL in a string" : at.text);
    } else if (!json_is_object(json)) {
        ocib_error_set(err, OCIB_ECORRUPT, "not a JSON object");
        json_decref(json);
        json = NULL;
    }
    return json;
}

/* The value, or NULL for absent and null. */
static const json_t *get(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

static int wrong_type(struct ocib_error **err, const char *key, const char *type)
{
    return ocib_error_set(err, OCIB_ECORRUPT, "\"%s\" is not %s", key, type);
}

int ocib_json_get_object(const json_t *object, const char *key, const json_t **out,
                         struct ocib_error **err)
{
    *out = get(object, key);
    return *out && !json_is_object(*out) ? wrong_type(err, key, "an object") : 0;
}

int ocib_json_get_list(const json_t *object, const char *key, const json_t **out,
                       struct ocib_error **err)
{
    *out = get(object, key);
    return *out && !json_is_array(*out) ? wrong_type(err, key, "a list") : 0;
}

int ocib_json_get_string(const json_t *object, const char *key, char **out, struct ocib_error **err)
{
    const json_t *value = get(object, key);
    if (!value) {
        return 0;
    }
    if (!json_is_string(value)) {
        return wrong_type(err, key, "a string");
    }
    free(*out);
    *out = ocib_strdup(json_string_value(value));
    return 0;
}

int ocib_json_get_int(const json_t *object, const char *key, int64_t *out, struct ocib_error **err)
{
    const json_t *value = get(object, key);
    if (!value) {
        return 0;
    }
    if (!json_is_integer(value)) {
        return wrong_type(err, key, "a whole number");
    }
    *out = json_integer_value(value);
    return 0;
}

int ocib_json_get_bool(const json_t *object, const char *key, bool *out, struct ocib_error **err)
{
    const json_t *value = get(object, key);
    if (!value) {
        return 0;
    }
    if (!json_is_boolean(value)) {
        return wrong_type(err, key, "true or false");
    }
    *out = json_is_true(value);
    return 0;
}

int ocib_json_get_strings(const json_t *object, const char *key, struct ocib_strings *out,
                          struct ocib_error **err)
{
    const json_t *list = get(object, key);
    if (!list) {
        return 0;
    }
    if (!json_is_array(list)) {
        return wrong_type(err, key, "a list of strings");
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        if (!json_is_string(item)) {
            return wrong_type(err, key, "a list of strings");
        }
        ocib_strings_push(out, json_string_value(item));
    }
    return 0;
}

/* jansson's objects are hash tables: the order of iteration is made ours by sorting the keys. */
static void sorted_keys(const json_t *object, struct ocib_strings *keys)
{
    /* Its iterators take a pointer to mutable for reading. */
    json_t *mutable = json_copy((json_t *)(uintptr_t)object);
    const char *key;
    json_t *value;
    json_object_foreach(mutable, key, value)
    {
        ocib_strings_push(keys, key);
    }
    json_decref(mutable);
    ocib_strings_sort(keys);
}

int ocib_json_get_set(const json_t *object, const char *key, struct ocib_strings *out,
                      struct ocib_error **err)
{
    const json_t *set = get(object, key);
    if (!set) {
        return 0;
    }
    if (!json_is_object(set)) {
        return wrong_type(err, key, "an object");
    }
    sorted_keys(set, out);
    return 0;
}

int ocib_json_get_pairs(const json_t *object, const char *key, struct ocib_strings *out,
                        struct ocib_error **err)
{
    const json_t *pairs = get(object, key);
    if (!pairs) {
        return 0;
    }
    if (!json_is_object(pairs)) {
        return wrong_type(err, key, "an object of strings");
    }
    OCIB_AUTO_STRINGS struct ocib_strings keys = {0};
    sorted_keys(pairs, &keys);
    for (size_t i = 0; i < keys.len; i++) {
        const json_t *value = json_object_get(pairs, keys.items[i]);
        if (!json_is_string(value) && !json_is_null(value)) {
            return wrong_type(err, key, "an object of strings");
        }
        const char *text = json_is_string(value) ? json_string_value(value) : "";
        ocib_strings_take(out, ocib_format("%s=%s", keys.items[i], text));
    }
    return 0;
}
