#include "oci/json.h"
#include "oci/utf8.h"

#include <inttypes.h>

void ocib_json_comma(struct ocib_buf *out)
{
    char last = out->len ? out->data[out->len - 1] : '[';
    if (last != '{' && last != '[' && last != ':') {
        ocib_buf_putc(out, ',');
    }
}

static void put_ascii(struct ocib_buf *out, char c)
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    if (c == '"' || c == '\\') {
        ocib_buf_printf(out, "\\%c", c);
    } else if ((size_t)c < sizeof(letters) && letters[(size_t)c]) {
        ocib_buf_printf(out, "\\%c", letters[(size_t)c]);
    } else if (c < 0x20 || c == '<' || c == '>' || c == '&') {
        ocib_buf_printf(out, "\\u%04x", (unsigned)c);
    } else {
        ocib_buf_putc(out, c);
    }
}

/* Go also escapes the two line separators that JavaScript takes for line breaks. */
static bool is_line_separator(const char *s, size_t len)
{
    return len == 3 && memcmp(s, "\xe2\x80", 2) == 0 && (s[2] == '\xa8' || s[2] == '\xa9');
}

void ocib_json_put_text(struct ocib_buf *out, struct ocib_str text)
{
    ocib_buf_putc(out, '"');
    for (size_t i = 0; i < text.len;) {
        size_t len = ocib_utf8_char(ocib_str_sub(text, i, text.len));
        const char *s = text.s + i;
        if (len == 0) {
            ocib_buf_puts(out, OCIB_UTF8_REPLACEMENT);
        } else if (len == 1) {
            put_ascii(out, *s);
        } else if (is_line_separator(s, len)) {
            ocib_buf_puts(out, s[2] == '\xa8' ? "\\u2028" : "\\u2029");
        } else {
            ocib_buf_add(out, s, len);
        }
        i += len ? len : 1;
    }
    ocib_buf_putc(out, '"');
}

void ocib_json_put_key(struct ocib_buf *out, const char *key)
{
    ocib_json_comma(out);
    ocib_json_put_text(out, ocib_str(key));
    ocib_buf_putc(out, ':');
}

void ocib_json_put_string(struct ocib_buf *out, const char *key, const char *value)
{
    if (value && *value) {
        ocib_json_put_key(out, key);
        ocib_json_put_text(out, ocib_str(value));
    }
}

void ocib_json_put_int(struct ocib_buf *out, const char *key, int64_t value)
{
    if (value) {
        ocib_json_put_key(out, key);
        ocib_buf_printf(out, "%" PRId64, value);
    }
}

void ocib_json_put_true(struct ocib_buf *out, const char *key, bool value)
{
    if (value) {
        ocib_json_put_key(out, key);
        ocib_buf_puts(out, "true");
    }
}

void ocib_json_put_strings(struct ocib_buf *out, const char *key, const struct ocib_strings *list)
{
    if (!list->len) {
        return;
    }
    ocib_json_put_key(out, key);
    ocib_buf_putc(out, '[');
    for (size_t i = 0; i < list->len; i++) {
        ocib_json_comma(out);
        ocib_json_put_text(out, ocib_str(list->items[i]));
    }
    ocib_buf_putc(out, ']');
}

struct pair {
    struct ocib_str key;
    struct ocib_str value;
    size_t at;
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a;
    const struct pair *y = b;
    size_t least = x->key.len < y->key.len ? x->key.len : y->key.len;
    int order = least ? memcmp(x->key.s, y->key.s, least) : 0;
    if (!order && x->key.len != y->key.len) {
        order = x->key.len < y->key.len ? -1 : 1;
    }
    return order ? order : (x->at > y->at) - (x->at < y->at);
}

static struct pair *sorted_pairs(const struct ocib_strings *list, bool values)
{
    struct pair *pairs = ocib_alloc(list->len, sizeof(*pairs));
    for (size_t i = 0; i < list->len; i++) {
        struct ocib_str whole = ocib_str(list->items[i]);
        ptrdiff_t equals = values ? ocib_str_find(whole, '=') : -1;
        size_t end = equals < 0 ? whole.len : (size_t)equals;
        pairs[i] =
            (struct pair){ocib_str_sub(whole, 0, end), ocib_str_sub(whole, end + 1, whole.len), i};
    }
    qsort(pairs, list->len, sizeof(*pairs), compare_pairs);
    return pairs;
}

static void put_sorted(struct ocib_buf *out, const char *key, const struct ocib_strings *list,
                       bool values)
{
    if (!list->len) {
        return;
    }
    OCIB_AUTO_FREE struct pair *pairs = sorted_pairs(list, values);
    ocib_json_put_key(out, key);
    ocib_buf_putc(out, '{');
    for (size_t i = 0; i < list->len; i++) {
        if (i + 1 < list->len && ocib_str_eq(pairs[i].key, pairs[i + 1].key)) {
            continue;
        }
        ocib_json_comma(out);
        ocib_json_put_text(out, pairs[i].key);
        ocib_buf_putc(out, ':');
        if (values) {
            ocib_json_put_text(out, pairs[i].value);
        } else {
            ocib_buf_puts(out, "{}");
        }
    }
    ocib_buf_putc(out, '}');
}

void ocib_json_put_set(struct ocib_buf *out, const char *key, const struct ocib_strings *list)
{
    put_sorted(out, key, list, false);
}

void ocib_json_put_pairs(struct ocib_buf *out, const char *key, const struct ocib_strings *list)
{
    put_sorted(out, key, list, true);
}
