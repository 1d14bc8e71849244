/* A store of its own for each test, in a folder that is removed afterwards. For tests only. */
#ifndef OCIB_TEST_STORE_FIXTURE_H
#define OCIB_TEST_STORE_FIXTURE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/store.h"
#include "sys/fd.h"
#include "sys/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    char *folder; /* temporary */
    char *root;   /* of the store: not there yet */
    struct ocib_store *store;
};

/* The error's text, or "" if there is none, so that a surprise is shown by the assertion. */
static inline const char *message_of(const struct ocib_error *err)
{
    return err ? ocib_error_message(err) : "";
}

static inline struct ocib_store *open_store(const char *root)
{
    struct ocib_error *err = NULL;
    struct ocib_store *store = ocib_store_open(root, NULL, &err);
    assert_string_equal(message_of(err), "");
    assert_non_null(store);
    return store;
}

static inline int setup(void **state)
{
    struct fixture *f = ocib_new(struct fixture);
    const char *place = getenv("TMPDIR");
    f->folder = ocib_format("%s/ocib-test-XXXXXX", place && *place ? place : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    OCIB_AUTO_FREE char *real = realpath(f->folder, NULL);
    f->root = ocib_format("%s/a/store", real);
    f->store = open_store(f->root);
    *state = f;
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    struct ocib_error *err = NULL;
    ocib_store_close(f->store);
    (void)!ocib_remove_tree(AT_FDCWD, f->folder, &err);
    ocib_error_free(err);
    free(f->folder);
    free(f->root);
    free(f);
    return 0;
}

static inline char *in_store(const struct fixture *f, const char *path)
{
    return ocib_format("%s/%s", f->root, path);
}

static inline bool is_there(const struct fixture *f, const char *path)
{
    OCIB_AUTO_FREE char *full = in_store(f, path);
    struct stat st;
    return lstat(full, &st) == 0;
}

/* A file of the store as text, freed with free(); NULL if it is not there. */
static inline char *content_of(const struct fixture *f, const char *path)
{
    OCIB_AUTO_FREE char *full = in_store(f, path);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_file_read(AT_FDCWD, full, 16 << 20, &text, OCIB_ESTORE, NULL) < 0) {
        return NULL;
    }
    return ocib_buf_take(&text);
}

/* Overwrites in place, as a fault of the disk would. */
static inline void spoil(const struct fixture *f, const char *path, const char *text)
{
    OCIB_AUTO_FREE char *full = in_store(f, path);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* How many entries a folder of the store has. */
static inline int count_entries(const struct fixture *f, const char *path)
{
    OCIB_AUTO_FREE char *full = in_store(f, path);
    DIR *dir = opendir(full);
    int count = 0;
    assert_non_null(dir);
    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count - 2;
}

static inline void put(struct fixture *f, const char *text, struct ocib_digest *digest)
{
    struct ocib_error *err = NULL;
    (void)!ocib_store_blob_put(f->store, ocib_str(text), digest, &err);
    assert_string_equal(message_of(err), "");
}

/* An image without layers whose config has this author; its manifest's descriptor. */
static inline struct ocib_descriptor put_image(struct fixture *f, const char *author)
{
    struct ocib_descriptor d = {.media_type = ocib_strdup(OCIB_TYPE_MANIFEST)};
    struct ocib_digest config;
    OCIB_AUTO_FREE char *text =
        ocib_format("{\"author\":\"%s\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}", author);
    put(f, text, &config);
    OCIB_AUTO_FREE char *manifest =
        ocib_format("{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_MANIFEST
                    "\",\"config\":{\"mediaType\":\"" OCIB_TYPE_CONFIG
                    "\",\"digest\":\"%s\",\"size\":%zu},\"layers\":[]}",
                    config.text, strlen(text));
    put(f, manifest, &d.digest);
    d.size = (int64_t)strlen(manifest);
    return d;
}

/* Runs in a process of its own, which ends with what `run` returns; waits, and gives that. */
static inline int in_child(int (*run)(const struct fixture *f), const struct fixture *f)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(run(f));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

#endif
