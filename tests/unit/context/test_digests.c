#include "context/digests.h"

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

/* A file's ctime can't be set, so "two seconds ago" can't be made by waiting less than that: the
 * stat that is handed in says so instead. */
#define LONG_AGO 1000

struct setup {
    char path[64];
    char *cache;
    int fd;
};

static void setup_make(struct setup *setup)
{
    snprintf(setup->path, sizeof(setup->path), "/tmp/ocib-digests-XXXXXX");
    assert_non_null(mkdtemp(setup->path));
    setup->fd = open(setup->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    setup->cache = ocib_format("%s/cache", setup->path);
}

static void setup_remove(struct setup *setup)
{
    ocib_fd_cleanup(&setup->fd);
    free(setup->cache);
    assert_int_equal(ocib_remove_tree(AT_FDCWD, setup->path, NULL), 0);
}

static struct stat write_file(const struct setup *setup, const char *name, const char *text)
{
    assert_int_equal(ocib_file_write_atomic(setup->fd, name, ocib_str(text), 0644, NULL), 0);
    struct stat st;
    assert_int_equal(fstatat(setup->fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
    st.st_ctim.tv_sec = LONG_AGO;
    return st;
}

static void assert_digest(struct ocib_digests *digests, const struct setup *setup, const char *name,
                          const struct stat *st, const char *text)
{
    struct ocib_digest got;
    struct ocib_digest expected;
    ocib_digest_of(text, strlen(text), &expected);
    assert_int_equal(ocib_digests_file(digests, setup->fd, name, st, &got, NULL), 0);
    assert_string_equal(got.text, expected.text);
}

static void test_remembered_in_the_process(void **state)
{
    OCIB_AUTO(setup_remove) struct setup setup;
    setup_make(&setup);
    struct stat st = write_file(&setup, "a", "hello");
    OCIB_AUTO(ocib_digests_cleanup) struct ocib_digests *digests = ocib_digests_new(NULL);
    assert_digest(digests, &setup, "a", &st, "hello");
    assert_digest(digests, &setup, "a", &st, "hello");
    assert_int_equal(ocib_digests_count(digests).read, 1);
    assert_int_equal(ocib_digests_count(digests).known, 1);
    assert_digest(NULL, &setup, "a", &st, "hello");
}

static void test_recent_files_are_read_again(void **state)
{
    OCIB_AUTO(setup_remove) struct setup setup;
    setup_make(&setup);
    struct stat st = write_file(&setup, "a", "hello");
    assert_int_equal(fstatat(setup.fd, "a", &st, 0), 0);
    st.st_ctim.tv_sec += 1000; /* whatever the clock says meanwhile */
    OCIB_AUTO(ocib_digests_cleanup) struct ocib_digests *digests = ocib_digests_new(NULL);
    assert_digest(digests, &setup, "a", &st, "hello");
    assert_digest(digests, &setup, "a", &st, "hello");
    assert_int_equal(ocib_digests_count(digests).read, 2);
    assert_int_equal(ocib_digests_count(digests).known, 0);
}

/* Each part of what a digest is remembered by. */
static void test_any_difference_counts(void **state)
{
    OCIB_AUTO(setup_remove) struct setup setup;
    setup_make(&setup);
    struct stat st = write_file(&setup, "a", "hello");
    OCIB_AUTO(ocib_digests_cleanup) struct ocib_digests *digests = ocib_digests_new(NULL);
    assert_digest(digests, &setup, "a", &st, "hello");
    struct stat other = st;
    other.st_ctim.tv_sec--;
    assert_digest(digests, &setup, "a", &other, "hello");
    other.st_ctim.tv_nsec ^= 1;
    assert_digest(digests, &setup, "a", &other, "hello");
    other.st_dev++;
    assert_digest(digests, &setup, "a", &other, "hello");
    other.st_ino++;
    assert_digest(digests, &setup, "a", &other, "hello");
    assert_int_equal(ocib_digests_count(digests).read, 5);
    struct stat changed = write_file(&setup, "a", "HELLO");
    assert_digest(digests, &setup, "a", &changed, "HELLO");
}

static void test_remembered_in_the_file(void **state)
{
    OCIB_AUTO(setup_remove) struct setup setup;
    setup_make(&setup);
    struct stat a = write_file(&setup, "a", "hello");
    struct stat b = write_file(&setup, "b", "");
    struct ocib_digests *first = ocib_digests_new(setup.cache);
    assert_digest(first, &setup, "a", &a, "hello");
    assert_digest(first, &setup, "b", &b, "");
    ocib_digests_free(first);
    OCIB_AUTO(ocib_digests_cleanup) struct ocib_digests *second = ocib_digests_new(setup.cache);
    assert_int_equal(ocib_digests_count(second).known, 2);
    assert_int_equal(unlinkat(setup.fd, "a", 0), 0); /* it isn't even opened */
    assert_digest(second, &setup, "a", &a, "hello");
    assert_int_equal(ocib_digests_count(second).read, 0);
}

static void test_broken_files_count_as_empty(void **state)
{
    OCIB_AUTO(setup_remove) struct setup setup;
    setup_make(&setup);
    struct stat st = write_file(&setup, "a", "hello");
    struct ocib_digests *first = ocib_digests_new(setup.cache);
    assert_digest(first, &setup, "a", &st, "hello");
    ocib_digests_free(first);
    OCIB_AUTO_BUF struct ocib_buf whole = {0};
    assert_int_equal(ocib_file_read(AT_FDCWD, setup.cache, 1 << 20, &whole, OCIB_EINPUT, NULL), 0);
    for (size_t i = 0; i < whole.len; i++) {
        OCIB_AUTO_FREE char *bytes = ocib_strndup(whole.data, whole.len);
        memcpy(bytes, whole.data, whole.len);
        bytes[i] ^= 4;
        struct ocib_str text = {bytes, i % 2 ? whole.len : i};
        assert_int_equal(ocib_file_write_atomic(AT_FDCWD, setup.cache, text, 0600, NULL), 0);
        OCIB_AUTO(ocib_digests_cleanup)
        struct ocib_digests *digests = ocib_digests_new(setup.cache);
        assert_int_equal(ocib_digests_count(digests).known, 0);
    }
}

static void test_many(void **state)
{
    OCIB_AUTO(setup_remove) struct setup setup;
    setup_make(&setup);
    struct stat st = write_file(&setup, "a", "hello");
    ino_t first = st.st_ino;
    OCIB_AUTO(ocib_digests_cleanup) struct ocib_digests *digests = ocib_digests_new(NULL);
    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            st.st_ino = first + i;
            assert_digest(digests, &setup, "a", &st, "hello");
        }
        assert_int_equal(ocib_digests_count(digests).known, 5000);
        assert_int_equal(ocib_digests_count(digests).read, 5000);
    }
}

static void assert_fails(const struct setup *setup, const char *name, const struct stat *st,
                         const char *message)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_digest digest;
    assert_int_equal(ocib_digests_file(NULL, setup->fd, name, st, &digest, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_EINPUT);
    assert_string_equal(ocib_error_message(err), message);
    assert_non_null(ocib_error_hint(err));
}

static void test_failures(void **state)
{
    OCIB_AUTO(setup_remove) struct setup setup;
    setup_make(&setup);
    struct stat st = write_file(&setup, "a", "hello");
    static const char changed[] = "a changed while the build was reading it";
    write_file(&setup, "a", "hello!");
    assert_fails(&setup, "a", &st, changed);
    assert_int_equal(unlinkat(setup.fd, "a", 0), 0);
    assert_fails(&setup, "a", &st, changed);
    assert_int_equal(symlinkat("/etc/passwd", setup.fd, "a"), 0);
    assert_fails(&setup, "a", &st, changed);
    assert_int_equal(unlinkat(setup.fd, "a", 0), 0);
    assert_int_equal(mkfifoat(setup.fd, "a", 0644), 0);
    assert_fails(&setup, "a", &st, changed);
}

static void test_unreadable(void **state)
{
    if (geteuid() == 0) {
        skip(); /* root reads all */
    }
    OCIB_AUTO(setup_remove) struct setup setup;
    setup_make(&setup);
    struct stat st = write_file(&setup, "a", "hello");
    assert_int_equal(fchmodat(setup.fd, "a", 0, 0), 0);
    assert_fails(&setup, "a", &st, "can't read a: Permission denied");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remembered_in_the_process),
        cmocka_unit_test(test_recent_files_are_read_again),
        cmocka_unit_test(test_any_difference_counts),
        cmocka_unit_test(test_remembered_in_the_file),
        cmocka_unit_test(test_broken_files_count_as_empty),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_unreadable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
