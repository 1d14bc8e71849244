#include "store/fixture.h"

#include <signal.h>

static void set(struct ocib_store *store, const char *name, const struct ocib_descriptor *d)
{
    struct ocib_error *err = NULL;
    (void)!ocib_store_ref_set(store, name, d, &err);
    assert_string_equal(message_of(err), "");
}

static void assert_ref(struct fixture *f, const char *name, const struct ocib_descriptor *d)
{
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor found = {0};
    assert_int_equal(ocib_store_ref_get(f->store, name, &found, NULL), 0);
    assert_string_equal(found.digest.text, d->digest.text);
    assert_int_equal(found.size, d->size);
    assert_string_equal(ocib_env_get(&found.annotations, "org.opencontainers.image.ref.name"),
                        name);
    assert_string_equal(ocib_env_get(&found.annotations, "io.containerd.image.name"), name);
}

static void test_names(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor a = put_image(f, "a");
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor b = put_image(f, "b");
    ocib_strings_push(&b.annotations, "org.opencontainers.image.ref.name=other");
    ocib_strings_push(&b.annotations, "kept=1");
    set(f->store, "docker.io/library/x:2", &a);
    set(f->store, "docker.io/library/x:1", &a);
    set(f->store, "docker.io/library/x:2", &b);
    assert_ref(f, "docker.io/library/x:1", &a);
    assert_ref(f, "docker.io/library/x:2", &b);
    OCIB_AUTO(ocib_descriptors_release) struct ocib_descriptors all = {0};
    assert_int_equal(ocib_store_refs(f->store, &all, NULL), 0);
    assert_int_equal(all.len, 2);
    assert_string_equal(all.items[0].digest.text, a.digest.text);
    assert_string_equal(ocib_env_get(&all.items[1].annotations, "kept"), "1");
    assert_int_equal(ocib_store_ref_remove(f->store, "docker.io/library/x:2", NULL), 0);
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_int_equal(ocib_store_ref_remove(f->store, "docker.io/library/x:2", &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ENOTFOUND);
    assert_ref(f, "docker.io/library/x:1", &a);
}

static void test_half_a_descriptor_is_refused(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor a = put_image(f, "a");
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    a.digest = (struct ocib_digest){0};
    assert_int_equal(ocib_store_ref_set(f->store, "n", &a, &err), -1);
    assert_string_equal(message_of(err), "image \"n\" has no whole descriptor");
    assert_int_equal(ocib_error_code(err), OCIB_EINTERNAL);
    OCIB_AUTO(ocib_descriptors_release) struct ocib_descriptors all = {0};
    assert_int_equal(ocib_store_refs(f->store, &all, NULL), 0);
    assert_int_equal(all.len, 0);
}

static void test_message_for_a_missing_name(void **state)
{
    struct fixture *f = *state;
    struct ocib_descriptor found;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *message =
        ocib_format("there is no image \"x:1\" in the store %s", f->root);
    assert_int_equal(ocib_store_ref_get(f->store, "x:1", &found, &err), -1);
    assert_string_equal(message_of(err), message);
    assert_string_equal(ocib_error_hint(err), "ocib images lists those there are");
}

static void test_entries_of_other_tools_stay(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor a = put_image(f, "a");
    OCIB_AUTO_FREE char *foreign =
        ocib_format("{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"m\",\"digest\":\"%s\","
                    "\"size\":1,\"annotations\":{\"k\":\"v\"}}]}",
                    a.digest.text);
    spoil(f, "index.json", foreign);
    set(f->store, "n", &a);
    assert_int_equal(ocib_store_ref_remove(f->store, "n", NULL), 0);
    OCIB_AUTO_FREE char *index = content_of(f, "index.json");
    assert_non_null(strstr(index, "\"annotations\":{\"k\":\"v\"}"));
    OCIB_AUTO(ocib_descriptors_release) struct ocib_descriptors all = {0};
    assert_int_equal(ocib_store_refs(f->store, &all, NULL), 0);
    assert_int_equal(all.len, 0);
}

static void test_damaged_index(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor a = put_image(f, "a");
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    spoil(f, "index.json", "{");
    assert_int_equal(ocib_store_ref_set(f->store, "n", &a, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ECORRUPT);
    assert_non_null(strstr(message_of(err), "index.json: image index: not valid JSON at line 1"));
    OCIB_AUTO_FREE char *index = content_of(f, "index.json");
    assert_string_equal(index, "{");
}

/* Each process sets names of its own, while a reader finds a whole index at every moment. */
enum { PROCESSES = 8, NAMES = 12 };

static int set_names(const struct fixture *f, int process)
{
    struct fixture mine = {NULL, f->root, open_store(f->root)};
    for (int i = 0; i < NAMES; i++) {
        OCIB_AUTO_FREE char *author = ocib_format("%d", i); /* the same blobs in all */
        OCIB_AUTO(ocib_descriptor_release) struct ocib_descriptor d = put_image(&mine, author);
        OCIB_AUTO_FREE char *name = ocib_format("docker.io/library/p%d:%d", process, i);
        set(mine.store, name, &d);
    }
    ocib_store_close(mine.store);
    return 0;
}

static int running(const pid_t *pids, bool *failed)
{
    int count = 0;
    for (int i = 0; i < PROCESSES; i++) {
        siginfo_t info = {0};
        assert_int_equal(waitid(P_PID, (id_t)pids[i], &info, WEXITED | WNOHANG | WNOWAIT), 0);
        count += info.si_pid == 0;
        *failed |= info.si_pid && (info.si_code != CLD_EXITED || info.si_status != 0);
    }
    return count;
}

static void test_many_processes(void **state)
{
    struct fixture *f = *state;
    pid_t pids[PROCESSES];
    bool failed = false;
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            _exit(set_names(f, i));
        }
    }
    while (running(pids, &failed)) {
        OCIB_AUTO(ocib_descriptors_release) struct ocib_descriptors all = {0};
        assert_int_equal(ocib_store_refs(f->store, &all, NULL), 0);
        usleep(1000);
    }
    for (int i = 0; i < PROCESSES; i++) {
        waitpid(pids[i], NULL, 0);
    }
    assert_false(failed);
    OCIB_AUTO(ocib_descriptors_release) struct ocib_descriptors all = {0};
    assert_int_equal(ocib_store_refs(f->store, &all, NULL), 0);
    assert_int_equal(all.len, PROCESSES * NAMES);
    assert_int_equal(count_entries(f, "blobs/sha256"), 2 * NAMES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_a_descriptor_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_message_for_a_missing_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_entries_of_other_tools_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damaged_index, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_processes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
