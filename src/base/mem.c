#include "base/mem.h"

#include "base/checked.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void out_of_memory(void)
{
    static const char text[] = "ocib: out of memory\n";
    if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0) {
        _exit(9);
    }
    _exit(9);
}

void *ocib_alloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p) {
        out_of_memory();
    }
    return p;
}

void *ocib_resize(void *p, size_t count, size_t size)
{
    size_t bytes;
    if (!ocib_mul(count, size, &bytes)) {
        out_of_memory();
    }
    void *q = realloc(p, bytes ? bytes : 1);
    if (!q) {
        out_of_memory();
    }
    return q;
}

char *ocib_strdup(const char *s)
{
    return s ? ocib_strndup(s, strlen(s)) : NULL;
}

char *ocib_strndup(const char *s, size_t len)
{
    char *copy = ocib_alloc(len + 1, 1);
    if (len) {
        memcpy(copy, s, len);
    }
    return copy;
}

char *ocib_format(const char *fmt, ...)
{
    va_list ap;
    char *text = NULL;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0) {
        out_of_memory();
    }
    return text;
}
