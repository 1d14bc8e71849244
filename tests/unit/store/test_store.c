#include "store/fixture.h"

#include "sys/lock.h"

#include <errno.h>

static void test_layout(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    OCIB_AUTO_FREE char *layout = content_of(f, "oci-layout");
    OCIB_AUTO_FREE char *index = content_of(f, "index.json");
    OCIB_AUTO_FREE char *version = content_of(f, "ocib/version");
    assert_string_equal(layout, "{\"imageLayoutVersion\":\"1.0.0\"}");
    assert_string_equal(index, "{\"schemaVersion\":2,\"mediaType\":\"" OCIB_TYPE_INDEX
                               "\",\"manifests\":[]}");
    assert_string_equal(version, "1\n");
    assert_true(is_there(f, "blobs/sha256"));
    assert_string_equal(ocib_store_root(f->store), f->root);
    assert_int_equal(stat(f->root, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
}

static void test_reopening_changes_nothing(void **state)
{
    struct fixture *f = *state;
    spoil(f, "index.json",
          "{\"schemaVersion\":2, \"manifests\":[]}"); /* as another tool may write it */
    ocib_store_close(f->store);
    f->store = open_store(f->root);
    OCIB_AUTO_FREE char *index = content_of(f, "index.json");
    assert_string_equal(index, "{\"schemaVersion\":2, \"manifests\":[]}");
    assert_int_equal(count_entries(f, "."), 4);
}

/* What skopeo makes: no folder "ocib", an index without media type. */
static void test_layout_of_another_tool_is_taken(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_FREE char *ours = in_store(f, "ocib");
    ocib_store_close(ocib_steal(&f->store));
    assert_int_equal(ocib_remove_tree(AT_FDCWD, ours, NULL), 0);
    spoil(f, "oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}\n");
    spoil(f, "index.json", "{\"schemaVersion\":2,\"manifests\":[]}");
    f->store = open_store(f->root);
    assert_true(is_there(f, "ocib/version"));
    OCIB_AUTO_FREE char *index = content_of(f, "index.json");
    assert_string_equal(index, "{\"schemaVersion\":2,\"manifests\":[]}");
}

static void assert_not_opened(const char *root, const char *message, const char *hint)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    assert_null(ocib_store_open(root, NULL, &err));
    assert_string_equal(message_of(err), message);
    if (hint) {
        assert_string_equal(ocib_error_hint(err), hint);
    }
}

static void test_newer_format_is_refused(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_FREE char *newer = ocib_format(
        "store %s has format 2, which a newer ocib made; this one knows format 1", f->root);
    OCIB_AUTO_FREE char *bad = ocib_format("store %s: ocib/version is not a number", f->root);
    spoil(f, "ocib/version", "2\n");
    assert_not_opened(f->root, newer, "use that ocib, or another store with --root");
    spoil(f, "ocib/version", "");
    assert_not_opened(f->root, bad, NULL);
}

static void test_other_image_layouts_are_refused(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_FREE char *message =
        ocib_format("store %s: image layout version \"2.0.0\" is not supported", f->root);
    spoil(f, "oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}");
    assert_not_opened(f->root, message, NULL);
}

static void test_folder_with_other_files_is_refused(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_FREE char *parent = ocib_format("%s/..", f->root);
    OCIB_AUTO_FREE char *real = realpath(parent, NULL);
    OCIB_AUTO_FREE char *message = ocib_format("%s is not a store: it holds \"store\"", real);
    assert_not_opened(parent, message, "give --root an empty folder, or one that is not there yet");
    assert_int_equal(count_entries(f, ".."), 1);
}

static void test_half_made_store_is_completed(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_FREE char *layout = in_store(f, "oci-layout");
    OCIB_AUTO_FREE char *index = in_store(f, "index.json");
    ocib_store_close(f->store);
    assert_int_equal(unlink(layout), 0);
    assert_int_equal(unlink(index), 0);
    f->store = open_store(f->root);
    assert_true(is_there(f, "oci-layout"));
    assert_true(is_there(f, "index.json"));
}

static int open_as_nobody(const struct fixture *f)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *message =
        ocib_format("can't make folder %s/x: Permission denied", f->folder);
    OCIB_AUTO_FREE char *root = ocib_format("%s/x/y", f->folder);
    if (setgid(65534) != 0 || setuid(65534) != 0 || ocib_store_open(root, NULL, &err)) {
        return 1;
    }
    return strcmp(message_of(err), message) != 0 ||
           !strstr(ocib_error_hint(err), "choose another place with --root");
}

static void test_no_permission(void **state)
{
    struct fixture *f = *state;
    if (getuid() != 0) {
        skip();
    }
    assert_int_equal(chmod(f->folder, 0755), 0);
    assert_int_equal(in_child(open_as_nobody, f), 0);
}

static void test_lease_is_shared(void **state)
{
    struct fixture *f = *state;
    OCIB_AUTO_FREE char *lease = in_store(f, "ocib/lease");
    struct ocib_store *other = open_store(f->root);
    struct ocib_error *err = NULL;
    assert_int_equal(ocib_lock_try(AT_FDCWD, lease, true, &err), -1);
    assert_null(err);
    ocib_store_close(other);
    assert_int_equal(ocib_lock_try(AT_FDCWD, lease, true, &err), -1);
    ocib_store_close(ocib_steal(&f->store));
    OCIB_AUTO_FD int exclusive = ocib_lock_try(AT_FDCWD, lease, true, &err);
    assert_true(exclusive >= 0);
}

static void check_default(uid_t uid, const char *expected)
{
    OCIB_AUTO_FREE char *root = ocib_store_default_root(uid);
    assert_string_equal(root, expected);
}

static void test_default_roots(void **state)
{
    setenv("HOME", "/home/x", 1);
    setenv("XDG_DATA_HOME", "relative", 1);
    unsetenv("OCIB_ROOT");
    check_default(1000, "/home/x/.local/share/ocib");
    check_default(0, "/var/lib/ocib");
    setenv("XDG_DATA_HOME", "/data", 1);
    check_default(1000, "/data/ocib");
    setenv("OCIB_ROOT", "/s", 1);
    check_default(1000, "/s");
    check_default(0, "/s");
    unsetenv("OCIB_ROOT");
    unsetenv("XDG_DATA_HOME");
    unsetenv("HOME");
    OCIB_AUTO_FREE char *nobody = ocib_store_default_root(3999999999U);
    assert_null(nobody);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_layout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reopening_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_layout_of_another_tool_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newer_format_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_image_layouts_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folder_with_other_files_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_made_store_is_completed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_permission, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lease_is_shared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_default_roots, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
