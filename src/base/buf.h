/*
 * A growing byte buffer. `data` is always ended by a NUL that `len` does not count, so it can be
 * used as a C string when it holds text; it is never NULL after ocib_buf_init(). A zeroed struct is
 * valid and empty, but its data is NULL. The caller owns the struct; ocib_buf_release() frees what
 * it holds, ocib_buf_take() hands it over.
 */
#ifndef OCIB_BASE_BUF_H
#define OCIB_BASE_BUF_H

#include "base/cleanup.h"
#include "base/str.h"

#include <stddef.h>

struct ocib_buf {
    char *data;
    size_t len;
    size_t size;
};

void ocib_buf_init(struct ocib_buf *buf);
void ocib_buf_release(struct ocib_buf *buf);
#define OCIB_AUTO_BUF OCIB_AUTO(ocib_buf_release)

/* Makes room for `more` bytes after `len` and returns where they go. */
char *ocib_buf_reserve(struct ocib_buf *buf, size_t more);
void ocib_buf_add(struct ocib_buf *buf, const void *bytes, size_t len);
void ocib_buf_add_str(struct ocib_buf *buf, struct ocib_str str);
void ocib_buf_puts(struct ocib_buf *buf, const char *text);
void ocib_buf_putc(struct ocib_buf *buf, char c);
void ocib_buf_printf(struct ocib_buf *buf, const char *fmt, ...) OCIB_PRINTF(2, 3);
/* Empties the buffer and keeps its memory. */
void ocib_buf_clear(struct ocib_buf *buf);
/* The content as a slice; valid until the buffer changes. */
struct ocib_str ocib_buf_str(const struct ocib_buf *buf);
/* Hands the content over as a NUL-ended string (never NULL), to be freed with free(). */
char *ocib_buf_take(struct ocib_buf *buf);

/* Lexically cleaned absolute path: "a//b/../c/" → "/a/c" (freed with free()); links are not looked
 * at. */
char *ocib_path_clean(struct ocib_str path);

#endif
