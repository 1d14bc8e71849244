#include "plan/named.h"

#include "base/mem.h"
#include "oci/reference.h"

#include <stdlib.h>
#include <string.h>

static const char image_prefix[] = "docker-image://";

static void context_release(struct ocib_named_context *context)
{
    free(context->name);
    free(context->text);
    free(context->value);
}

void ocib_named_contexts_release(struct ocib_named_contexts *contexts)
{
    for (size_t i = 0; i < contexts->len; i++) {
        context_release(&contexts->items[i]);
    }
    ocib_vec_release(contexts);
}

/* In full (freed with free()), or NULL if it can't be a reference. */
static char *full_name(struct ocib_str text, struct ocib_error **err)
{
    struct ocib_reference ref = {0};
    char *full = ocib_reference_parse(text, &ref, err) < 0 ? NULL : ocib_reference_full(&ref);
    ocib_reference_release(&ref);
    return full;
}

ptrdiff_t ocib_named_contexts_find(const struct ocib_named_contexts *contexts, struct ocib_str name)
{
    OCIB_AUTO_FREE char *full =
        contexts && contexts->len && name.len ? full_name(name, NULL) : NULL;
    for (size_t i = 0; full && i < contexts->len; i++) {
        if (strcmp(contexts->items[i].name, full) == 0) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

static int check_image(const struct ocib_named_context *context, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *full = full_name(ocib_str(context->value), err);
    return full ? 0 : ocib_error_wrap(err, "--build-context '%s'", context->text);
}

static int check_layout(const struct ocib_named_context *context, struct ocib_error **err)
{
    struct ocib_layout_source source = {0};
    int failed = ocib_layout_source_parse(context->value, &source, err);
    ocib_layout_source_release(&source);
    return failed ? ocib_error_wrap(err, "--build-context '%s'", context->text) : 0;
}

static int read_value(struct ocib_named_context *context, struct ocib_str value,
                      struct ocib_error **err)
{
    if (ocib_str_starts(value, "target:") || ocib_str_starts(value, "input:")) {
        ocib_error_set(err, OCIB_EUSAGE, "--build-context '%s': only a bake file has targets",
                       context->text);
        return ocib_error_hint_set(err, "name a folder, an image (docker-image://REF), an OCI "
                                        "layout (oci-layout://DIR), a URL or a repository");
    }
    if (!value.len) {
        return ocib_error_set(err, OCIB_EUSAGE, "--build-context '%s' has no value", context->text);
    }
    bool image = ocib_str_starts(value, image_prefix);
    bool layout = ocib_str_starts(value, OCIB_LAYOUT_PREFIX);
    context->kind = image || layout ? OCIB_NAMED_IMAGE : OCIB_NAMED_TREE;
    context->value =
        ocib_str_dup(image ? ocib_str_sub(value, sizeof(image_prefix) - 1, value.len) : value);
    if (image && strcmp(context->value, "scratch") == 0) {
        context->kind = OCIB_NAMED_SCRATCH;
        return 0;
    }
    return layout ? check_layout(context, err) : image ? check_image(context, err) : 0;
}

static int read_context(const char *text, struct ocib_named_context *out, struct ocib_error **err)
{
    struct ocib_str value = ocib_str(text);
    struct ocib_str name;
    out->text = ocib_strdup(text);
    if (ocib_str_find(value, '=') < 0) {
        ocib_error_set(err, OCIB_EUSAGE, "--build-context '%s' has no value", text);
        return ocib_error_hint_set(err, "use NAME=FOLDER, or NAME=docker-image://REF");
    }
    if (!ocib_str_cut(&value, '=', &name) || !name.len) {
        return ocib_error_set(err, OCIB_EUSAGE, "--build-context '%s' has no name", text);
    }
    out->name = full_name(name, err);
    return out->name ? read_value(out, value, err)
                     : ocib_error_wrap(err, "--build-context '%s'", text);
}

/* The last of a name counts. */
static void forget_earlier(struct ocib_named_contexts *contexts)
{
    size_t last = contexts->len - 1;
    for (size_t i = 0; i < last; i++) {
        if (strcmp(contexts->items[i].name, contexts->items[last].name) == 0) {
            context_release(&contexts->items[i]);
            contexts->items[i] = contexts->items[last];
            contexts->len--;
            return;
        }
    }
}

int ocib_named_contexts_parse(const struct ocib_strings *texts, struct ocib_named_contexts *out,
                              struct ocib_error **err)
{
    *out = (struct ocib_named_contexts){0};
    for (size_t i = 0; texts && i < texts->len; i++) {
        if (read_context(texts->items[i], ocib_vec_add(out), err) < 0) {
            return ocib_error_code_set(err, OCIB_EUSAGE);
        }
        forget_earlier(out);
    }
    return 0;
}

/* --- layouts ---------------------------------------------------------------------------------- */

void ocib_layout_source_release(struct ocib_layout_source *source)
{
    free(source->dir);
    free(source->tag);
    free(source->digest);
}

int ocib_layout_source_parse(const char *value, struct ocib_layout_source *out,
                             struct ocib_error **err)
{
    struct ocib_str rest = ocib_str(value + strlen(OCIB_LAYOUT_PREFIX));
    ptrdiff_t at = ocib_str_find(rest, '@');
    *out = (struct ocib_layout_source){0};
    if (at >= 0) {
        out->digest = ocib_str_dup(ocib_str_sub(rest, (size_t)at + 1, rest.len));
        OCIB_AUTO_FREE char *any = ocib_format("any@%s", out->digest);
        OCIB_AUTO_FREE char *full = full_name(ocib_str(any), err);
        if (!full) {
            return -1;
        }
        rest = ocib_str_sub(rest, 0, (size_t)at);
    }
    ptrdiff_t colon = ocib_str_find(rest, ':');
    if (colon >= 0) {
        out->tag = ocib_str_dup(ocib_str_sub(rest, (size_t)colon + 1, rest.len));
        rest = ocib_str_sub(rest, 0, (size_t)colon);
    }
    out->dir = ocib_str_dup(rest);
    return rest.len && (!out->tag || *out->tag)
               ? 0
               : ocib_error_set(err, OCIB_EUSAGE, "%s names no OCI layout", value);
}
