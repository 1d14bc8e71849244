/*
 * Golden cases: each <folder>/<case>.Dockerfile has a <case>.expected beside it that holds the
 * exact text to come of it. With OCIB_GOLDEN_UPDATE=1 in the environment the expected files are
 * written anew; what changed in them is then to be read before it is committed.
 */
#ifndef OCIB_TEST_GOLDEN_H
#define OCIB_TEST_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/vec.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static inline void golden_read(const char *path, struct ocib_buf *out)
{
    char part[4096];
    size_t n;
    ocib_buf_init(out);
    FILE *file = fopen(path, "rb");
    if (!file) {
        fail_msg("can't open %s", path);
    }
    while ((n = fread(part, 1, sizeof(part), file)) > 0) {
        ocib_buf_add(out, part, n);
    }
    fclose(file);
}

/* An error as the user sees it: place, message, source line, hint. */
static inline void golden_error(const struct ocib_error *err, struct ocib_buf *out)
{
    struct ocib_error_place place;
    if (ocib_error_place(err, &place)) {
        ocib_buf_printf(out, "%s:%u:%u: error: %s\n", place.file, place.line, place.column,
                        ocib_error_message(err));
        ocib_buf_printf(out, "  %u | %s\n", place.line, place.text);
    } else {
        ocib_buf_printf(out, "error: %s\n", ocib_error_message(err));
    }
    if (ocib_error_hint(err)) {
        ocib_buf_printf(out, "hint: %s\n", ocib_error_hint(err));
    }
}

static inline void golden_compare(const char *path, const struct ocib_buf *got)
{
    if (getenv("OCIB_GOLDEN_UPDATE")) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(got->data, 1, got->len, file), got->len);
        assert_int_equal(fclose(file), 0);
        return;
    }
    OCIB_AUTO_BUF struct ocib_buf want = {0};
    golden_read(path, &want);
    if (strcmp(want.data, got->data) != 0) {
        fail_msg("%s\n--- expected\n%s--- got\n%s", path, want.data, got->data);
    }
}

/* Calls `check` with the name, path and text of each case, and compares what it makes of it. */
static inline size_t golden_each(const char *folder,
                                 void (*check)(const char *name, struct ocib_str text,
                                               struct ocib_buf *out))
{
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        struct ocib_str name = ocib_str(entry->d_name);
        if (!ocib_str_ends(name, ".Dockerfile")) {
            continue;
        }
        OCIB_AUTO_FREE char *path = ocib_format("%s/%s", folder, entry->d_name);
        OCIB_AUTO_FREE char *expected = ocib_format(
            "%s/%.*s.expected", folder, (int)(name.len - strlen(".Dockerfile")), entry->d_name);
        OCIB_AUTO_BUF struct ocib_buf text = {0};
        OCIB_AUTO_BUF struct ocib_buf got = {0};
        ocib_buf_init(&got);
        golden_read(path, &text);
        check(entry->d_name, ocib_buf_str(&text), &got);
        golden_compare(expected, &got);
        count++;
    }
    closedir(dir);
    return count;
}

#endif
