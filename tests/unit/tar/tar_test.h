/* What the tests of tar share: archives made block by block, and read back as text. */
#ifndef OCIB_TESTS_UNIT_TAR_TAR_TEST_H
#define OCIB_TESTS_UNIT_TAR_TAR_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tar/format.h"
#include "tar/tar.h"

#include <sys/sysmacros.h>

static inline void assert_error(struct ocib_error **err, enum ocib_code code, const char *part)
{
    assert_non_null(*err);
    if (!strstr(ocib_error_message(*err), part)) {
        fail_msg("\"%s\" is not in \"%s\"", part, ocib_error_message(*err));
    }
    assert_int_equal(ocib_error_code(*err), code);
    ocib_error_clear(err);
}

static inline void pad(struct ocib_buf *tar)
{
    while (tar->len % OCIB_TAR_BLOCK) {
        ocib_buf_putc(tar, '\0');
    }
}

/* A header with its checksum. */
static inline struct ocib_tar_block header(char type, const char *name, size_t size)
{
    struct ocib_tar_block block = {0};
    memcpy(block.name, name, strlen(name) < 100 ? strlen(name) : 100);
    memcpy(block.mode, "0000644", 8);
    memcpy(block.uid, "0000000", 8);
    memcpy(block.gid, "0000000", 8);
    char digits[32];
    snprintf(digits, sizeof(digits), "%011zo", size);
    memcpy(block.size, digits, sizeof(block.size));
    memcpy(block.mtime, "00000001750", 12);
    memcpy(block.magic, "ustar", 6);
    memcpy(block.version, "00", 2);
    block.type = type;
    return block;
}

static inline void add_block(struct ocib_buf *tar, struct ocib_tar_block *block)
{
    char sum[16];
    snprintf(sum, sizeof(sum), "%06o", ocib_tar_checksum(block));
    memcpy(block->checksum, sum, 7);
    block->checksum[7] = ' ';
    ocib_buf_add(tar, block, sizeof(*block));
}

/* A header and its content. */
static inline void add(struct ocib_buf *tar, char type, const char *name, const char *content)
{
    struct ocib_tar_block block = header(type, name, strlen(content));
    add_block(tar, &block);
    ocib_buf_puts(tar, content);
    pad(tar);
}

/* A PAX record, "length key=value\n". */
static inline void add_record(struct ocib_buf *records, const char *text)
{
    size_t len = strlen(text) + 2;
    len += len + 1 < 10 ? 1 : len + 2 < 100 ? 2 : len + 3 < 1000 ? 3 : 4;
    ocib_buf_printf(records, "%zu %s\n", len, text);
}

static inline void end(struct ocib_buf *tar)
{
    static const char zeros[2 * OCIB_TAR_BLOCK];
    ocib_buf_add(tar, zeros, sizeof(zeros));
}

/* "mode uid:gid size mtime path > link | attributes = content" a line; 0 or -1. */
static inline int read_text(struct ocib_str bytes, struct ocib_buf *text, struct ocib_error **err)
{
    OCIB_AUTO(ocib_tar_reader_cleanup)
    struct ocib_tar_reader *tar = ocib_tar_reader_new(ocib_reader_of_str(bytes), false, err);
    struct ocib_tar_entry e;
    int more;
    ocib_buf_clear(text);
    while ((more = ocib_tar_reader_next(tar, &e, err)) > 0) {
        ocib_buf_printf(text, "%o %u:%u %lld %lld.%ld %s", e.mode, e.uid, e.gid, (long long)e.size,
                        (long long)e.mtime, e.mtime_nsec, e.path);
        ocib_buf_printf(text, "%s%s", e.linkname ? e.is_hardlink ? " >> " : " > " : "",
                        e.linkname ? e.linkname : "");
        for (size_t i = 0; i < e.xattrs->len; i++) {
            ocib_buf_printf(text, " %s=%s", e.xattrs->items[i].name, e.xattrs->items[i].value.data);
        }
        char bytes_of[7]; /* small: pieces are put together */
        ssize_t n;
        ocib_buf_puts(text, e.size ? " = " : "");
        while ((n = ocib_tar_reader_data(tar, bytes_of, sizeof(bytes_of), err)) > 0) {
            for (ssize_t i = 0; i < n; i++) {
                ocib_buf_putc(text, bytes_of[i] ? bytes_of[i] : '.');
            }
        }
        if (n < 0) {
            return -1;
        }
        ocib_buf_putc(text, '\n');
    }
    return more;
}

static inline void assert_reads(const struct ocib_buf *tar, const char *wanted)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (read_text(ocib_buf_str(tar), &text, &err) < 0) {
        fail_msg("%s", ocib_error_message(err));
    }
    if (strcmp(text.data, wanted) != 0) {
        fail_msg("got:\n%swanted:\n%s", text.data, wanted);
    }
}

static inline void assert_bad(const struct ocib_buf *tar, const char *part)
{
    struct ocib_error *err = NULL;
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    assert_int_equal(read_text(ocib_buf_str(tar), &text, &err), -1);
    assert_error(&err, OCIB_ECORRUPT, part);
}

#endif
