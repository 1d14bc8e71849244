#include "base/buf.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>

void ocib_buf_init(struct ocib_buf *buf)
{
    *buf = (struct ocib_buf){0};
    ocib_buf_reserve(buf, 0)[0] = '\0';
}

void ocib_buf_release(struct ocib_buf *buf)
{
    free(buf->data);
    *buf = (struct ocib_buf){0};
}

char *ocib_buf_reserve(struct ocib_buf *buf, size_t more)
{
    size_t need = buf->len + more + 1;
    if (need < more || need > buf->size) {
        size_t size = buf->size < 64 ? 64 : buf->size + buf->size / 2;
        if (size < need) {
            size = need;
        }
        buf->data = ocib_resize(buf->data, size, need < more ? (size_t)-1 : 1);
        buf->size = size;
    }
    return buf->data + buf->len;
}

void ocib_buf_add(struct ocib_buf *buf, const void *bytes, size_t len)
{
    char *at = ocib_buf_reserve(buf, len);
    if (len) {
        memcpy(at, bytes, len);
    }
    buf->len += len;
    buf->data[buf->len] = '\0';
}

void ocib_buf_add_str(struct ocib_buf *buf, struct ocib_str str)
{
    ocib_buf_add(buf, str.s, str.len);
}

void ocib_buf_puts(struct ocib_buf *buf, const char *text)
{
    ocib_buf_add(buf, text, strlen(text));
}

void ocib_buf_putc(struct ocib_buf *buf, char c)
{
    ocib_buf_add(buf, &c, 1);
}

void ocib_buf_printf(struct ocib_buf *buf, const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    char none[1]; /* gcc with sanitizers takes NULL for a mistake */
    int n = vsnprintf(none, 0, fmt, ap);
    va_end(ap);
    if (n >= 0) {
        char *at = ocib_buf_reserve(buf, (size_t)n);
        vsnprintf(at, (size_t)n + 1, fmt, again);
        buf->len += (size_t)n;
    }
    va_end(again);
}

void ocib_buf_clear(struct ocib_buf *buf)
{
    buf->len = 0;
    ocib_buf_reserve(buf, 0)[0] = '\0';
}

struct ocib_str ocib_buf_str(const struct ocib_buf *buf)
{
    return (struct ocib_str){buf->data, buf->len};
}

char *ocib_buf_take(struct ocib_buf *buf)
{
    ocib_buf_reserve(buf, 0)[0] = '\0';
    char *data = buf->data;
    *buf = (struct ocib_buf){0};
    return data;
}

char *ocib_path_clean(struct ocib_str path)
{
    struct ocib_buf out;
    ocib_buf_init(&out);
    struct ocib_str part;
    while (ocib_str_cut(&path, '/', &part)) {
        if (part.len == 0 || ocib_str_is(part, ".")) {
            continue;
        }
        if (ocib_str_is(part, "..")) {
            ptrdiff_t slash = ocib_str_rfind(ocib_buf_str(&out), '/');
            out.len = slash < 0 ? 0 : (size_t)slash;
            out.data[out.len] = '\0';
            continue;
        }
        ocib_buf_putc(&out, '/');
        ocib_buf_add_str(&out, part);
    }
    if (out.len == 0) {
        ocib_buf_putc(&out, '/');
    }
    return ocib_buf_take(&out);
}
