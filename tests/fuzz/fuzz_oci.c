/*
 * The readers of image documents and of names. The first byte says which. What a reader accepts,
 * the writer must write so that it reads the same again: the second writing has the bytes of the
 * first.
 */
#include "oci/image.h"
#include "oci/platform.h"
#include "oci/reference.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void must_be_same(struct ocib_buf *first, struct ocib_buf *second)
{
    must(ocib_str_eq(ocib_buf_str(first), ocib_buf_str(second)));
    ocib_buf_release(first);
    ocib_buf_release(second);
}

static void fuzz_manifest(struct ocib_str text, struct ocib_error **err)
{
    struct ocib_manifest manifest = {0};
    struct ocib_manifest again = {0};
    struct ocib_buf first = {0};
    struct ocib_buf second = {0};
    if (ocib_manifest_parse(text, &manifest, err) < 0) {
        return;
    }
    ocib_manifest_write(&manifest, &first);
    must(ocib_manifest_parse(ocib_buf_str(&first), &again, err) == 0);
    ocib_manifest_write(&again, &second);
    must(again.layers.len == manifest.layers.len);
    must_be_same(&first, &second);
    ocib_manifest_release(&manifest);
    ocib_manifest_release(&again);
}

static void fuzz_index(struct ocib_str text, struct ocib_error **err)
{
    struct ocib_index index = {0};
    struct ocib_index again = {0};
    struct ocib_buf first = {0};
    struct ocib_buf second = {0};
    if (ocib_index_parse(text, &index, err) < 0) {
        return;
    }
    ocib_index_write(&index, &first);
    must(ocib_index_parse(ocib_buf_str(&first), &again, err) == 0);
    ocib_index_write(&again, &second);
    must(again.manifests.len == index.manifests.len);
    must_be_same(&first, &second);
    ocib_index_release(&index);
    ocib_index_release(&again);
}

static void fuzz_config(struct ocib_str text, struct ocib_error **err)
{
    struct ocib_config config = {0};
    struct ocib_config copy = {0};
    struct ocib_config again = {0};
    struct ocib_digest chain;
    struct ocib_buf first = {0};
    struct ocib_buf second = {0};
    if (ocib_config_parse(text, &config, err) < 0) {
        return;
    }
    ocib_config_copy(&copy, &config);
    must(ocib_chain_id(&config.diff_ids, config.diff_ids.len, &chain, err) == 0);
    ocib_config_release(&config);
    ocib_config_write(&copy, &first);
    must(ocib_config_parse(ocib_buf_str(&first), &again, err) == 0);
    ocib_config_write(&again, &second);
    must(again.env.len == copy.env.len && again.history.len == copy.history.len);
    must_be_same(&first, &second);
    ocib_config_release(&copy);
    ocib_config_release(&again);
}

static void fuzz_reference(struct ocib_str text, struct ocib_error **err)
{
    struct ocib_reference ref = {0};
    struct ocib_reference again = {0};
    if (ocib_reference_parse(text, &ref, err) < 0) {
        return;
    }
    char *full = ocib_reference_full(&ref);
    char *familiar = ocib_reference_familiar(&ref);
    must(ocib_reference_parse(ocib_str(familiar), &again, err) == 0);
    char *same = ocib_reference_full(&again);
    must(strcmp(full, same) == 0);
    free(full);
    free(familiar);
    free(same);
    ocib_reference_release(&ref);
    ocib_reference_release(&again);
}

static void fuzz_platform(struct ocib_str text, struct ocib_error **err)
{
    struct ocib_platform platform = {0};
    struct ocib_platform again = {0};
    if (ocib_platform_parse(text, &platform, err) < 0) {
        return;
    }
    char *form = ocib_platform_format(&platform);
    must(ocib_platform_parse(ocib_str(form), &again, err) == 0);
    must(ocib_platform_match(&platform, &again) > 0);
    free(form);
    ocib_platform_release(&platform);
    ocib_platform_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct ocib_str, struct ocib_error **) = {
        fuzz_manifest, fuzz_index, fuzz_config, fuzz_reference, fuzz_platform};
    if (size == 0) {
        return 0;
    }
    struct ocib_error *err = NULL;
    struct ocib_str text = {(const char *)data + 1, size - 1};
    readers[data[0] % (sizeof(readers) / sizeof(readers[0]))](text, &err);
    must(!err || ocib_error_message(err)[0]);
    ocib_error_free(err);
    return 0;
}
