#include "context/context.h"

#include "base/mem.h"
#include "sys/fd.h"
#include "sys/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct folder {
    char path[64];
};

static void folder_make(struct folder *folder)
{
    snprintf(folder->path, sizeof(folder->path), "/tmp/ocib-context-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
}

static void folder_remove(struct folder *folder)
{
    assert_int_equal(ocib_remove_tree(AT_FDCWD, folder->path, NULL), 0);
}

static void write_file(const struct folder *folder, const char *name, const char *text)
{
    OCIB_AUTO_FREE char *path = ocib_format("%s/%s", folder->path, name);
    assert_int_equal(ocib_file_write_atomic(AT_FDCWD, path, ocib_str(text), 0644, NULL), 0);
}

static struct ocib_context *open_context(const struct folder *folder, const char *dockerfile)
{
    struct ocib_context_options options = {.path = folder->path, .dockerfile = dockerfile};
    struct ocib_context *context = ocib_context_open(&options, NULL);
    assert_non_null(context);
    return context;
}

static bool excludes(const struct ocib_context *context, const char *path)
{
    return ocib_ignore_match(ocib_context_ignore(context), ocib_str(path), false, NULL);
}

static void test_without_ignore_file(void **state)
{
    OCIB_AUTO(folder_remove) struct folder folder;
    folder_make(&folder);
    OCIB_AUTO(ocib_context_cleanup) struct ocib_context *context = open_context(&folder, NULL);
    assert_null(ocib_context_ignore(context));
    assert_non_null(ocib_context_digests(context));
    struct stat st;
    assert_int_equal(fstat(ocib_context_fd(context), &st), 0);
    assert_true(S_ISDIR(st.st_mode));
}

static void test_which_ignore_file(void **state)
{
    OCIB_AUTO(folder_remove) struct folder folder;
    folder_make(&folder);
    write_file(&folder, ".dockerignore", "common\nDockerfile\n.dockerignore\n");
    write_file(&folder, "prod.dockerignore", "own\n");
    OCIB_AUTO(ocib_context_cleanup)
    struct ocib_context *common = open_context(&folder, "Dockerfile");
    assert_true(excludes(common, "common"));
    assert_true(excludes(common, "Dockerfile"));
    OCIB_AUTO(ocib_context_cleanup) struct ocib_context *own = open_context(&folder, "prod");
    assert_true(excludes(own, "own"));
    assert_false(excludes(own, "common"));
    OCIB_AUTO_FREE char *absolute = ocib_format("%s/prod", folder.path);
    OCIB_AUTO(ocib_context_cleanup) struct ocib_context *by_path = open_context(&folder, absolute);
    assert_true(excludes(by_path, "own"));
    OCIB_AUTO(ocib_context_cleanup) struct ocib_context *in_none = open_context(&folder, "no/such");
    assert_true(excludes(in_none, "common"));
}

/* A link can't make a file outside of the context an ignore file. */
static void test_link_out(void **state)
{
    OCIB_AUTO(folder_remove) struct folder folder;
    OCIB_AUTO(folder_remove) struct folder other;
    folder_make(&folder);
    folder_make(&other);
    write_file(&other, "secret", "x");
    OCIB_AUTO_FREE char *target = ocib_format("%s/secret", other.path);
    OCIB_AUTO_FREE char *link = ocib_format("%s/.dockerignore", folder.path);
    assert_int_equal(symlink(target, link), 0);
    OCIB_AUTO(ocib_context_cleanup) struct ocib_context *context = open_context(&folder, NULL);
    assert_null(ocib_context_ignore(context));
}

static void assert_fails(const struct folder *folder, const char *name, const char *what,
                         const char *reason)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *path = ocib_format("%s%s", folder->path, name);
    struct ocib_context_options options = {.path = path};
    assert_null(ocib_context_open(&options, &err));
    assert_int_equal(ocib_error_code(err), OCIB_EINPUT);
    OCIB_AUTO_FREE char *expected = ocib_format("can't %s: %s", what, reason);
    assert_string_equal(ocib_error_message(err), expected);
}

static void test_refused(void **state)
{
    OCIB_AUTO(folder_remove) struct folder folder;
    folder_make(&folder);
    write_file(&folder, "file", "x");
    OCIB_AUTO_FREE char *file = ocib_format("open build context %s/file", folder.path);
    OCIB_AUTO_FREE char *none = ocib_format("open build context %s/none", folder.path);
    assert_fails(&folder, "/file", file, "Not a directory");
    assert_fails(&folder, "/none", none, "No such file or directory");
    OCIB_AUTO_FREE char *ignore = ocib_format("%s/.dockerignore", folder.path);
    OCIB_AUTO_FREE char *unread = ocib_format("read %s", ignore);
    assert_int_equal(mkdir(ignore, 0755), 0);
    assert_fails(&folder, "", unread, "Is a directory");
}

static void test_bad_pattern(void **state)
{
    OCIB_AUTO(folder_remove) struct folder folder;
    folder_make(&folder);
    write_file(&folder, ".dockerignore", "a\n[\n");
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_context_options options = {.path = folder.path};
    assert_null(ocib_context_open(&options, &err));
    struct ocib_error_place place;
    assert_true(ocib_error_place(err, &place));
    OCIB_AUTO_FREE char *name = ocib_format("%s/.dockerignore", folder.path);
    assert_string_equal(place.file, name);
    assert_int_equal(place.line, 2);
    assert_string_equal(place.text, "[");
}

/* Such a folder is not the user's, so an ignore file in it is a file like others. */
static void test_adopted(void **state)
{
    OCIB_AUTO(folder_remove) struct folder folder;
    folder_make(&folder);
    write_file(&folder, ".dockerignore", "a\n");
    int fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OCIB_AUTO(ocib_context_cleanup) struct ocib_context *context = ocib_context_adopt(fd);
    assert_int_equal(ocib_context_fd(context), fd);
    assert_null(ocib_context_ignore(context));
    assert_non_null(ocib_context_digests(context));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_ignore_file),
        cmocka_unit_test(test_adopted),
        cmocka_unit_test(test_which_ignore_file),
        cmocka_unit_test(test_link_out),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_bad_pattern),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
