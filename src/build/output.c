#include "build/output.h"

#include "base/mem.h"

static const struct {
    const char *name;
    enum ocib_output_kind kind;
} kinds[] = {
    {"image", OCIB_OUTPUT_IMAGE},         {"oci", OCIB_OUTPUT_OCI},
    {"docker", OCIB_OUTPUT_DOCKER},       {"tar", OCIB_OUTPUT_TAR},
    {"local", OCIB_OUTPUT_LOCAL},         {"registry", OCIB_OUTPUT_REGISTRY},
    {"cacheonly", OCIB_OUTPUT_CACHEONLY},
};

static int parse_kind(struct ocib_str value, struct ocib_output *out, struct ocib_error **err)
{
    const char *names[OCIB_COUNT(kinds) + 1] = {NULL};
    for (size_t i = 0; i < OCIB_COUNT(kinds); i++) {
        names[i] = kinds[i].name;
        if (ocib_str_is(value, kinds[i].name)) {
            out->kind = kinds[i].kind;
            return 0;
        }
    }
    ocib_error_set(err, OCIB_EUSAGE, "--output: unknown type '%.*s'", OCIB_STR_ARG(value));
    const char *near = ocib_str_nearest(value, names);
    return near ? ocib_error_hint_set(err, "did you mean type=%s?", near)
                : ocib_error_hint_set(
                      err, "types are image, oci, docker, tar, local, registry, cacheonly");
}

static int parse_bool(struct ocib_str key, struct ocib_str value, bool *out,
                      struct ocib_error **err)
{
    if (ocib_str_is(value, "true") || ocib_str_is(value, "1")) {
        *out = true;
        return 0;
    }
    if (ocib_str_is(value, "false") || ocib_str_is(value, "0")) {
        *out = false;
        return 0;
    }
    return ocib_error_set(err, OCIB_EUSAGE, "--output: %.*s takes true or false, not '%.*s'",
                          OCIB_STR_ARG(key), OCIB_STR_ARG(value));
}

static int parse_compression(struct ocib_str key, struct ocib_str value, struct ocib_output *out,
                             struct ocib_error **err)
{
    uint64_t level;
    out->has_compression = true;
    if (ocib_str_is(key, "compression")) {
        return ocib_compression_parse(value, &out->compress.kind, err);
    }
    if (!ocib_str_uint(value, 22, &level) || level == 0) {
        return ocib_error_set(err, OCIB_EUSAGE,
                              "--output: compression-level takes a number from 1 to 22, not '%.*s'",
                              OCIB_STR_ARG(value));
    }
    out->compress.level = (int)level;
    return 0;
}

static int parse_field(struct ocib_str field, struct ocib_output *out, struct ocib_error **err)
{
    ptrdiff_t eq = ocib_str_find(field, '=');
    if (eq < 0) {
        return ocib_error_set(err, OCIB_EUSAGE, "--output: '%.*s' is not key=value",
                              OCIB_STR_ARG(field));
    }
    struct ocib_str key = ocib_str_trim(ocib_str_sub(field, 0, (size_t)eq));
    struct ocib_str value = ocib_str_sub(field, (size_t)eq + 1, field.len);
    if (ocib_str_is(key, "type")) {
        return parse_kind(value, out, err);
    }
    if (ocib_str_is(key, "dest")) {
        free(out->dest);
        out->dest = ocib_str_dup(value);
        return 0;
    }
    if (ocib_str_is(key, "name")) {
        free(out->name);
        out->name = ocib_str_dup(value);
        return 0;
    }
    if (ocib_str_is(key, "push")) {
        return parse_bool(key, value, &out->push, err);
    }
    if (ocib_str_is(key, "tar")) {
        bool tar = true;
        int failed = parse_bool(key, value, &tar, err);
        out->folder = !tar;
        return failed;
    }
    if (ocib_str_is(key, "compression") || ocib_str_is(key, "compression-level")) {
        return parse_compression(key, value, out, err);
    }
    ocib_error_set(err, OCIB_EUSAGE, "--output: the key '%.*s' is not supported",
                   OCIB_STR_ARG(key));
    return ocib_error_hint_set(
        err, "supported keys are type, dest, name, push, tar, compression, compression-level");
}

static int check(struct ocib_output *out, const char *text, struct ocib_error **err)
{
    if (out->dest && !*out->dest) {
        return ocib_error_set(err, OCIB_EUSAGE, "--output %s: dest= is empty", text);
    }
    if (out->kind == OCIB_OUTPUT_LOCAL && (!out->dest || strcmp(out->dest, "-") == 0)) {
        return ocib_error_set(err, OCIB_EUSAGE, "--output %s: type=local needs dest=DIR", text);
    }
    bool tar = out->kind == OCIB_OUTPUT_OCI || out->kind == OCIB_OUTPUT_DOCKER ||
               out->kind == OCIB_OUTPUT_TAR;
    if (tar && !out->dest) {
        if (out->folder) {
            return ocib_error_set(err, OCIB_EUSAGE, "--output %s: tar=false needs dest=DIR", text);
        }
        if (out->kind == OCIB_OUTPUT_DOCKER) {
            out->kind = OCIB_OUTPUT_IMAGE; /* without dest, buildx loads it: here, into the store */
            return 0;
        }
        out->dest = ocib_strdup("-");
    }
    if (!tar && out->folder) {
        return ocib_error_set(err, OCIB_EUSAGE,
                              "--output %s: tar=false goes with type=oci or docker", text);
    }
    if (out->push && out->kind != OCIB_OUTPUT_IMAGE) {
        return ocib_error_set(err, OCIB_EUSAGE, "--output %s: push goes with type=image", text);
    }
    return 0;
}

static int parse_output(const char *text, struct ocib_output *out, struct ocib_error **err)
{
    out->compress.kind = OCIB_COMPRESSION_GZIP;
    if (strcmp(text, "-") == 0) {
        *out = (struct ocib_output){.kind = OCIB_OUTPUT_TAR, .dest = ocib_strdup("-")};
        return 0;
    }
    if (!strchr(text, '=')) {
        *out = (struct ocib_output){.kind = OCIB_OUTPUT_LOCAL, .dest = ocib_strdup(text)};
        return *text ? 0 : ocib_error_set(err, OCIB_EUSAGE, "--output: an empty path");
    }
    bool typed = false;
    struct ocib_str rest = ocib_str(text), field;
    while (ocib_str_cut(&rest, ',', &field)) {
        typed |= ocib_str_starts(field, "type=");
        if (parse_field(field, out, err) < 0) {
            return -1;
        }
    }
    if (!typed) {
        return ocib_error_set(err, OCIB_EUSAGE, "--output %s: type= is missing", text);
    }
    return check(out, text, err);
}

int ocib_outputs_parse(const struct ocib_strings *texts, struct ocib_outputs *out,
                       struct ocib_error **err)
{
    for (size_t i = 0; i < texts->len; i++) {
        if (parse_output(texts->items[i], ocib_vec_add(out), err) < 0) {
            return -1;
        }
    }
    if (texts->len == 0) {
        ocib_vec_add(out)->kind = OCIB_OUTPUT_IMAGE;
    }
    return 0;
}

int ocib_outputs_compression(const struct ocib_outputs *outputs, struct ocib_compress_options *out,
                             struct ocib_error **err)
{
    bool chosen = false;
    *out = (struct ocib_compress_options){OCIB_COMPRESSION_GZIP, 0};
    for (size_t i = 0; i < outputs->len; i++) {
        const struct ocib_output *output = &outputs->items[i];
        if (!output->has_compression) {
            continue;
        }
        if (chosen &&
            (out->kind != output->compress.kind || out->level != output->compress.level)) {
            ocib_error_set(
                err, OCIB_EUSAGE,
                "--output: the outputs ask for different compressions of the same layers");
            return ocib_error_hint_set(err,
                                       "build once for each: the second time all steps are cached");
        }
        *out = output->compress;
        chosen = true;
    }
    return 0;
}

void ocib_outputs_release(struct ocib_outputs *outputs)
{
    for (size_t i = 0; i < outputs->len; i++) {
        free(outputs->items[i].dest);
        free(outputs->items[i].name);
    }
    ocib_vec_release(outputs);
}
