#include "store/fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#define HELLO "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static void test_put_and_read(void **state)
{
    struct fixture *f = *state;
    struct ocib_digest digest;
    struct stat st;
    mode_t mask = umask(077);
    put(f, "hello", &digest);
    umask(mask);
    assert_string_equal(digest.text, HELLO);
    assert_true(ocib_store_blob_has(f->store, &digest, -1));
    assert_true(ocib_store_blob_has(f->store, &digest, 5));
    assert_false(ocib_store_blob_has(f->store, &digest, 4));
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    ocib_buf_puts(&out, "say ");
    assert_int_equal(ocib_store_blob_read(f->store, &digest, 5, &out, NULL), 0);
    assert_string_equal(out.data, "say hello");
    int64_t size = 0;
    OCIB_AUTO_FD int fd = ocib_store_blob_open(f->store, &digest, &size, NULL);
    assert_int_equal(size, 5);
    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
}

static void test_absent(void **state)
{
    struct fixture *f = *state;
    struct ocib_digest digest;
    struct ocib_digest unset = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *message = ocib_format("the store %s has no blob " HELLO, f->root);
    ocib_digest_of("hello", 5, &digest);
    assert_false(ocib_store_blob_has(f->store, &digest, -1));
    assert_false(ocib_store_blob_has(f->store, &unset, -1));
    assert_int_equal(ocib_store_blob_open(f->store, &digest, NULL, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ENOTFOUND);
    assert_string_equal(message_of(err), message);
    ocib_error_clear(&err);
    assert_int_equal(ocib_store_blob_open(f->store, &unset, NULL, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ENOTFOUND);
}

static void test_damaged(void **state)
{
    struct fixture *f = *state;
    struct ocib_digest digest;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    put(f, "hello", &digest);
    OCIB_AUTO_FREE char *path = ocib_format("blobs/sha256/%s", ocib_digest_hex(&digest));
    spoil(f, path, "hellx");
    assert_int_equal(ocib_store_blob_read(f->store, &digest, 100, &out, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ECORRUPT);
    assert_non_null(strstr(message_of(err), "is damaged: its content is sha256:"));
    assert_string_equal(ocib_error_hint(err),
                        "remove that file: it is fetched or built again when needed");
    /* Of another size it counts as absent, and is put right. */
    spoil(f, path, "hell");
    put(f, "hello", &digest);
    ocib_buf_clear(&out);
    assert_int_equal(ocib_store_blob_read(f->store, &digest, 100, &out, NULL), 0);
}

static void test_too_large_for_a_document(void **state)
{
    struct fixture *f = *state;
    struct ocib_digest digest;
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    put(f, "hello", &digest);
    assert_int_equal(ocib_store_blob_read(f->store, &digest, 4, &out, &err), -1);
    assert_string_equal(message_of(err),
                        "blob " HELLO " is larger than the 4 bytes allowed for a document");
}

static void write_all(struct ocib_writer *writer, const char *text)
{
    assert_int_equal(ocib_writer_write(writer, text, strlen(text), NULL), 0);
}

static void test_writer(void **state)
{
    struct fixture *f = *state;
    struct ocib_tally tally = {0};
    struct ocib_writer *writer = ocib_store_blob_writer(f->store, NULL, &tally, NULL);
    write_all(writer, "hel");
    assert_int_equal(count_entries(f, "blobs/sha256"), 0);
    write_all(writer, "lo");
    assert_int_equal(ocib_writer_finish(writer, NULL), 0);
    ocib_writer_free(writer);
    assert_string_equal(tally.digest.text, HELLO);
    assert_int_equal(tally.bytes, 5);
    assert_true(ocib_store_blob_has(f->store, &tally.digest, 5));
    writer = ocib_store_blob_writer(f->store, &tally.digest, NULL, NULL);
    write_all(writer, "hello");
    assert_int_equal(ocib_writer_finish(writer, NULL), 0);
    ocib_writer_free(writer);
    assert_int_equal(count_entries(f, "blobs/sha256"), 1);
}

static void test_writer_without_finish_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct ocib_writer *writer = ocib_store_blob_writer(f->store, NULL, NULL, NULL);
    write_all(writer, "hello");
    ocib_writer_free(writer);
    assert_int_equal(count_entries(f, "blobs/sha256"), 0);
    ocib_store_close(f->store);
    f->store = open_store(f->root);
    assert_int_equal(count_entries(f, "ocib/work"), 0);
}

static void test_writer_with_another_digest(void **state)
{
    struct fixture *f = *state;
    struct ocib_digest expect;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    ocib_digest_of("hello", 5, &expect);
    struct ocib_writer *writer = ocib_store_blob_writer(f->store, &expect, NULL, NULL);
    write_all(writer, "hellx");
    assert_int_equal(ocib_writer_finish(writer, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ECORRUPT);
    assert_non_null(
        strstr(message_of(err), "the content of blob " HELLO " does not match: it is "));
    ocib_writer_free(writer);
    assert_int_equal(count_entries(f, "blobs/sha256"), 0);
}

static void test_manifest_and_config(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor a = put_image(f, "a");
    OCIB_AUTO(ocib_manifest_release) struct ocib_manifest manifest = {0};
    OCIB_AUTO(ocib_config_release) struct ocib_config config = {0};
    assert_int_equal(ocib_store_manifest(f->store, &a.digest, &manifest, &config, NULL), 0);
    assert_string_equal(config.author, "a");
    assert_int_equal(manifest.layers.len, 0);
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *message =
        ocib_format("%s: image manifest: \"schemaVersion\" is not 2", manifest.config.digest.text);
    assert_int_equal(ocib_store_manifest(f->store, &manifest.config.digest, NULL, NULL, &err), -1);
    assert_string_equal(message_of(err), message);
}

/* A disk without room: a file size limit stands in for it, with the signal ignored. */
static int write_on_full_disk(const struct fixture *f)
{
    struct ocib_store *store = ocib_store_open(f->root, NULL, NULL);
    const struct rlimit limit = {1 << 20, 1 << 20};
    char bytes[65536] = "";
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    signal(SIGXFSZ, SIG_IGN);
    if (!store || setrlimit(RLIMIT_FSIZE, &limit) < 0) {
        return 1;
    }
    struct ocib_writer *writer = ocib_store_blob_writer(store, NULL, NULL, NULL);
    int result = 0;
    for (int i = 0; writer && result == 0 && i < 100; i++) {
        result = ocib_writer_write(writer, bytes, sizeof(bytes), &err);
    }
    if (result == 0 || ocib_error_code(err) != OCIB_ESTORE ||
        ocib_writer_finish(writer, NULL) == 0) {
        return 2;
    }
    ocib_writer_free(writer);
    ocib_store_close(store);
    return strstr(message_of(err), f->root) ? 0 : 3;
}

static void test_failing_write_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    int before = count_entries(f, "ocib/work");
    assert_int_equal(in_child(write_on_full_disk, f), 0);
    assert_int_equal(count_entries(f, "blobs/sha256"), 0);
    assert_int_equal(count_entries(f, "ocib/work"), before);
}

/* Writes the same and other blobs without end, until it is killed. */
static int write_for_ever(const struct fixture *f)
{
    struct fixture mine = {NULL, f->root, open_store(f->root)};
    char bytes[40000];
    memset(bytes, 'x', sizeof(bytes));
    for (unsigned i = 0;; i++) {
        struct ocib_writer *writer = ocib_store_blob_writer(mine.store, NULL, NULL, NULL);
        for (unsigned j = 0; j < 5; j++) {
            memcpy(bytes, &i, sizeof(i));
            (void)!ocib_writer_write(writer, bytes, sizeof(bytes), NULL);
        }
        (void)!ocib_writer_finish(writer, NULL);
        ocib_writer_free(writer);
        OCIB_AUTO_FREE char *author = ocib_format("%d-%u", (int)getpid(), i % 7);
        OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor d = put_image(&mine, author);
        (void)!ocib_store_ref_set(mine.store, author, &d, NULL);
    }
    return 0;
}

/* Every blob holds what its name says, every ref's image can be read, no work folder is left. */
static void assert_whole(struct fixture *f)
{
    OCIB_AUTO_FREE char *blobs = in_store(f, "blobs/sha256");
    OCIB_AUTO(ocib_descriptors_release) struct ocib_descriptors all = {0};
    DIR *dir = opendir(blobs);
    assert_non_null(dir);
    const struct dirent *entry;
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        struct ocib_digest digest;
        OCIB_AUTO_BUF struct ocib_buf out = {0};
        OCIB_AUTO_FREE char *text = ocib_format("sha256:%s", entry->d_name);
        assert_int_equal(ocib_digest_parse(ocib_str(text), &digest, NULL), 0);
        assert_int_equal(ocib_store_blob_read(f->store, &digest, 1 << 20, &out, NULL), 0);
    }
    closedir(dir);
    assert_int_equal(ocib_store_refs(f->store, &all, NULL), 0);
    for (size_t i = 0; i < all.len; i++) {
        OCIB_AUTO(ocib_config_release) struct ocib_config config = {0};
        assert_int_equal(ocib_store_manifest(f->store, &all.items[i].digest, NULL, &config, NULL),
                         0);
    }
    assert_int_equal(count_entries(f, "ocib/work"), 0);
}

static void test_killed_writers(void **state)
{
    struct fixture *f = *state;
    enum { ROUNDS = 6, PROCESSES = 4 };
    for (int round = 0; round < ROUNDS; round++) {
        pid_t pids[PROCESSES];
        for (int i = 0; i < PROCESSES; i++) {
            pids[i] = fork();
            assert_true(pids[i] >= 0);
            if (pids[i] == 0) {
                _exit(write_for_ever(f));
            }
        }
        usleep(20000 + 7000 * (unsigned)round);
        for (int i = 0; i < PROCESSES; i++) {
            kill(pids[i], SIGKILL);
            waitpid(pids[i], NULL, 0);
        }
        ocib_store_close(f->store);
        f->store = open_store(f->root);
        assert_whole(f);
    }
}

struct job {
    struct fixture *f;
    int number;
    bool good;
};

static void *run_thread(void *data)
{
    struct job *job = data;
    job->good = true;
    for (int i = 0; i < 20; i++) {
        struct ocib_digest digest;
        OCIB_AUTO_BUF struct ocib_buf out = {0};
        OCIB_AUTO_FREE char *text = ocib_format("%d", i + job->number % 2);
        OCIB_AUTO_FREE char *name = ocib_format("t%d", job->number);
        struct ocib_descriptor d = {.media_type = name, .size = 1};
        job->good &= ocib_store_blob_put(job->f->store, ocib_str(text), &digest, NULL) == 0;
        job->good &= ocib_store_blob_read(job->f->store, &digest, 100, &out, NULL) == 0;
        d.digest = digest;
        job->good &= i % 5 || ocib_store_ref_set(job->f->store, name, &d, NULL) == 0;
    }
    return NULL;
}

static void test_threads(void **state)
{
    enum { THREADS = 8 };
    pthread_t threads[THREADS];
    struct job jobs[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct job){*state, i, false};
        assert_int_equal(pthread_create(&threads[i], NULL, run_thread, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_true(jobs[i].good);
    }
    OCIB_AUTO(ocib_descriptors_release) struct ocib_descriptors all = {0};
    assert_int_equal(ocib_store_refs(((struct fixture *)*state)->store, &all, NULL), 0);
    assert_int_equal(all.len, THREADS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_put_and_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_large_for_a_document, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writer_without_finish_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writer_with_another_digest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_manifest_and_config, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failing_write_leaves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_killed_writers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
