#include "cache/cache.h"

#include "base/mem.h"
#include "sys/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

static const struct ocib_digest none = {""};

/* The key of one list of texts; each case is one kind of confusion that a key must not fall for. */
static struct ocib_digest key_of(const char *kind, const char *const *texts)
{
    struct ocib_cache_key key;
    struct ocib_digest out;
    ocib_cache_key_begin(&key, kind, &none);
    for (size_t i = 0; texts[i]; i++) {
        ocib_cache_key_text(&key, texts[i]);
    }
    ocib_cache_key_end(&key, &out);
    return out;
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void assert_differ(struct ocib_digest a, struct ocib_digest b)
{
    assert_false(ocib_digest_eq(&a, &b));
}

static void test_same_fields_same_key(void **state)
{
    struct ocib_digest a = key_of("run", TEXTS("sh", "-c", "true"));
    struct ocib_digest b = key_of("run", TEXTS("sh", "-c", "true"));
    assert_true(ocib_digest_eq(&a, &b));
}

static void test_fields_do_not_run_together(void **state)
{
    assert_differ(key_of("run", TEXTS("ab", "c")), key_of("run", TEXTS("a", "bc")));
    assert_differ(key_of("run", TEXTS("a-b")), key_of("run", TEXTS("a", "b")));
    assert_differ(key_of("run", TEXTS("a", "")), key_of("run", TEXTS("a")));
    assert_differ(key_of("runa", TEXTS("b")), key_of("run", TEXTS("ab")));
    assert_differ(key_of("run", TEXTS("a")), key_of("copy", TEXTS("a")));
}

static void test_null_differs_from_empty(void **state)
{
    struct ocib_cache_key a, b;
    struct ocib_digest with_null, with_empty;
    ocib_cache_key_begin(&a, "copy", &none);
    ocib_cache_key_text(&a, NULL);
    ocib_cache_key_end(&a, &with_null);
    ocib_cache_key_begin(&b, "copy", &none);
    ocib_cache_key_text(&b, "");
    ocib_cache_key_end(&b, &with_empty);
    assert_differ(with_null, with_empty);
}

static void test_lists_keep_their_borders(void **state)
{
    OCIB_AUTO_STRINGS struct ocib_strings one = {0}, two = {0}, empty = {0};
    ocib_strings_push(&one, "a");
    ocib_strings_push(&two, "a");
    ocib_strings_push(&two, "b");
    struct ocib_cache_key a, b;
    struct ocib_digest first, second;
    ocib_cache_key_begin(&a, "run", &none);
    ocib_cache_key_list(&a, &two);
    ocib_cache_key_list(&a, &empty);
    ocib_cache_key_end(&a, &first);
    struct ocib_strings rest = {0};
    ocib_strings_push(&rest, "b");
    ocib_cache_key_begin(&b, "run", &none);
    ocib_cache_key_list(&b, &one);
    ocib_cache_key_list(&b, &rest);
    ocib_cache_key_end(&b, &second);
    ocib_strings_release(&rest);
    assert_differ(first, second);
}

static void test_parent_is_in_the_key(void **state)
{
    struct ocib_digest parent;
    ocib_digest_of("tree", 4, &parent);
    struct ocib_cache_key a, b;
    struct ocib_digest below, nothing;
    ocib_cache_key_begin(&a, "run", &parent);
    ocib_cache_key_end(&a, &below);
    ocib_cache_key_begin(&b, "run", &none);
    ocib_cache_key_end(&b, &nothing);
    assert_differ(below, nothing);
}

/* --- records -------------------------------------------------------------------------------------
 */

struct fixture {
    char dir[64];
    struct ocib_store *store;
    struct ocib_digest key;
    struct ocib_cache_entry entry;
};

static int setup(void **state)
{
    struct fixture *f = ocib_new(struct fixture);
    struct ocib_error *err = NULL;
    snprintf(f->dir, sizeof(f->dir), "/tmp/ocib-cache-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->store = ocib_store_open(f->dir, NULL, &err);
    assert_non_null(f->store);
    ocib_digest_of("key", 3, &f->key);
    ocib_digest_of("diff", 4, &f->entry.diff_id);
    assert_int_equal(ocib_store_blob_put(f->store, OCIB_STR("blob"), &f->entry.blob, &err), 0);
    f->entry.media_type = ocib_strdup(OCIB_TYPE_LAYER_GZIP);
    f->entry.size = 4;
    f->entry.plain = 1024;
    f->entry.created = 1700000000;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    ocib_store_close(f->store);
    ocib_cache_entry_release(&f->entry);
    int failed = ocib_remove_tree(AT_FDCWD, f->dir, NULL);
    free(f);
    return failed;
}

static void test_record_round_trip(void **state)
{
    struct fixture *f = *state;
    struct ocib_cache_entry got;
    assert_false(ocib_cache_get(f->store, &f->key, &got));
    assert_int_equal(ocib_cache_put(f->store, &f->key, &f->entry, NULL), 0);
    assert_true(ocib_cache_get(f->store, &f->key, &got));
    assert_string_equal(got.diff_id.text, f->entry.diff_id.text);
    assert_string_equal(got.blob.text, f->entry.blob.text);
    assert_string_equal(got.media_type, f->entry.media_type);
    assert_int_equal(got.size, 4);
    assert_int_equal(got.plain, 1024);
    assert_int_equal(got.created, 1700000000);
    ocib_cache_entry_release(&got);
}

static void test_record_without_its_blob_is_no_hit(void **state)
{
    struct fixture *f = *state;
    struct ocib_cache_entry got;
    ocib_digest_of("gone", 4, &f->entry.blob);
    assert_int_equal(ocib_cache_put(f->store, &f->key, &f->entry, NULL), 0);
    assert_false(ocib_cache_get(f->store, &f->key, &got));
}

static void test_blob_of_another_size_is_no_hit(void **state)
{
    struct fixture *f = *state;
    struct ocib_cache_entry got;
    f->entry.size = 5;
    assert_int_equal(ocib_cache_put(f->store, &f->key, &f->entry, NULL), 0);
    assert_false(ocib_cache_get(f->store, &f->key, &got));
}

static void test_broken_record_is_no_hit(void **state)
{
    static const char *const broken[] = {"", "{", "[]", "{\"diffID\":\"sha256:1\"}", "\"\\u0000\""};
    struct fixture *f = *state;
    for (size_t i = 0; i < OCIB_COUNT(broken); i++) {
        struct ocib_cache_entry got;
        assert_int_equal(
            ocib_store_record_put(f->store, "step", &f->key, ocib_str(broken[i]), NULL), 0);
        assert_false(ocib_cache_get(f->store, &f->key, &got));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_fields_same_key),
        cmocka_unit_test(test_fields_do_not_run_together),
        cmocka_unit_test(test_null_differs_from_empty),
        cmocka_unit_test(test_lists_keep_their_borders),
        cmocka_unit_test(test_parent_is_in_the_key),
        cmocka_unit_test_setup_teardown(test_record_round_trip, setup, teardown),
        cmocka_unit_test_setup_teardown(test_record_without_its_blob_is_no_hit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blob_of_another_size_is_no_hit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_record_is_no_hit, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
