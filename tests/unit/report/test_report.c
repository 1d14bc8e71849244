#include "report/report.h"

#include "base/mem.h"
#include "io/compress.h"
#include "sys/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char dir[64];
    struct ocib_store *store;
    struct ocib_digest manifest;
    struct ocib_digest diff_ids[2];
    int64_t packed[2];
};

/* A gzip layer of `size` zero bytes. */
static void add_layer(struct fixture *f, size_t i, size_t size, struct ocib_manifest *manifest)
{
    struct ocib_error *err = NULL;
    struct ocib_tally plain = {0}, packed = {0};
    struct ocib_compress_options gzip = {OCIB_COMPRESSION_GZIP, 0};
    struct ocib_writer *blob = ocib_store_blob_writer(f->store, NULL, &packed, &err);
    struct ocib_writer *stream = ocib_writer_tee(ocib_compressor_new(blob, &gzip, &err), &plain);
    OCIB_AUTO_FREE char *zeros = ocib_alloc(size, 1);
    assert_int_equal(ocib_writer_write(stream, zeros, size, &err), 0);
    assert_int_equal(ocib_writer_finish(stream, &err), 0);
    ocib_writer_free(stream);
    struct ocib_descriptor *layer = ocib_vec_add(&manifest->layers);
    layer->media_type = ocib_strdup(OCIB_TYPE_LAYER_GZIP);
    layer->digest = packed.digest;
    layer->size = packed.bytes;
    f->diff_ids[i] = plain.digest;
    f->packed[i] = packed.bytes;
}

static void add_history(struct ocib_config *config, const char *text, bool empty)
{
    struct ocib_history *entry = ocib_config_add_history(config);
    entry->created_by = ocib_strdup(text);
    entry->empty_layer = empty;
}

static void put_image(struct fixture *f)
{
    struct ocib_error *err = NULL;
    struct ocib_manifest manifest = {.media_type = ocib_strdup(OCIB_TYPE_MANIFEST)};
    struct ocib_config config = {0};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    add_layer(f, 0, 1024, &manifest);
    add_layer(f, 1, 100000, &manifest);
    ocib_platform_host(&config.platform);
    for (size_t i = 0; i < 2; i++) {
        ocib_strings_push(&config.diff_ids, f->diff_ids[i].text);
    }
    add_history(&config, "the base", false);
    add_history(&config, "ENV A=b", true);
    add_history(&config, "RUN /bin/sh -c make", false);
    ocib_config_write(&config, &text);
    manifest.config.media_type = ocib_strdup(OCIB_TYPE_CONFIG);
    manifest.config.size = (int64_t)text.len;
    assert_int_equal(
        ocib_store_blob_put(f->store, ocib_buf_str(&text), &manifest.config.digest, &err), 0);
    ocib_buf_clear(&text);
    ocib_manifest_write(&manifest, &text);
    assert_int_equal(ocib_store_blob_put(f->store, ocib_buf_str(&text), &f->manifest, &err), 0);
    ocib_manifest_release(&manifest);
    ocib_config_release(&config);
}

static int setup(void **state)
{
    struct fixture *f = ocib_new(struct fixture);
    snprintf(f->dir, sizeof(f->dir), "/tmp/ocib-report-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->store = ocib_store_open(f->dir, NULL, NULL);
    assert_non_null(f->store);
    put_image(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    ocib_store_close(f->store);
    int failed = ocib_remove_tree(AT_FDCWD, f->dir, NULL);
    free(f);
    return failed;
}

static void test_sizes_and_history(void **state)
{
    struct fixture *f = *state;
    struct ocib_image_report report = {0};
    assert_int_equal(ocib_image_report(f->store, &f->manifest, &report, NULL), 0);
    assert_int_equal(report.len, 2);
    assert_int_equal(report.items[0].size, 1024);
    assert_int_equal(report.items[1].size, 100000);
    assert_int_equal(report.items[1].compressed_size, f->packed[1]);
    assert_int_equal(report.size, 101024);
    assert_int_equal(report.compressed_size, f->packed[0] + f->packed[1]);
    assert_string_equal(report.items[0].instruction, "the base");
    assert_string_equal(report.items[1].instruction, "RUN /bin/sh -c make");
    assert_null(report.items[1].file);
    ocib_image_report_release(&report);
}

static void test_lines_of_our_own_builds(void **state)
{
    struct fixture *f = *state;
    struct ocib_image_report report = {0};
    OCIB_AUTO_FREE char *record =
        ocib_format("{\"layers\":[{\"diffID\":\"%s\",\"file\":\"app/Dockerfile\",\"line\":7,"
                    "\"endLine\":9,\"instruction\":\"RUN make\"}]}",
                    f->diff_ids[1].text);
    assert_int_equal(ocib_store_record_put(f->store, "build", &f->manifest, ocib_str(record), NULL),
                     0);
    assert_int_equal(ocib_image_report(f->store, &f->manifest, &report, NULL), 0);
    assert_int_equal(report.items[0].line, 0);
    assert_string_equal(report.items[1].file, "app/Dockerfile");
    assert_int_equal(report.items[1].line, 7);
    assert_int_equal(report.items[1].end_line, 9);
    assert_string_equal(report.items[1].instruction, "RUN make");
    ocib_image_report_release(&report);
}

static void test_plain_size_is_remembered(void **state)
{
    struct fixture *f = *state;
    struct ocib_image_report report = {0};
    OCIB_AUTO_BUF struct ocib_buf record = {0};
    assert_int_equal(ocib_image_report(f->store, &f->manifest, &report, NULL), 0);
    assert_int_equal(
        ocib_store_record_get(f->store, "layer", &report.items[1].digest, &record, NULL), 0);
    assert_string_equal(record.data, "{\"plainSize\":100000}");
    ocib_image_report_release(&report);
}

static void test_missing_layer_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct ocib_image_report report = {0};
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *blobs = ocib_format("%s/blobs", f->dir);
    assert_int_equal(ocib_remove_tree(AT_FDCWD, blobs, NULL), 0);
    assert_int_equal(ocib_image_report(f->store, &f->manifest, &report, &err), -1);
    assert_int_equal(ocib_error_code(err), OCIB_ENOTFOUND);
    ocib_image_report_release(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sizes_and_history, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_of_our_own_builds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_plain_size_is_remembered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_layer_is_an_error, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
