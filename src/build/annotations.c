#include "build/annotations.h"

#include "base/mem.h"

/* A TYPE, perhaps with [PLATFORM], taken apart. */
struct target {
    struct ocib_str type;
    struct ocib_str platform;
    bool has_platform;
};

static bool split_target(struct ocib_str text, struct target *out)
{
    ptrdiff_t open = ocib_str_find(text, '[');
    *out = (struct target){.type = text};
    if (open < 0) {
        return true;
    }
    out->type = ocib_str_sub(text, 0, (size_t)open);
    out->platform = ocib_str_sub(text, (size_t)open + 1, text.len - 1);
    out->has_platform = true;
    return ocib_str_ends(text, "]") && out->platform.len > 0;
}

/* Is the platform the one that is built? */
static int check_platform(const char *text, const struct target *target,
                          const struct ocib_platform *platform, struct ocib_error **err)
{
    struct ocib_platform wanted = {0};
    int failed = ocib_platform_parse(target->platform, &wanted, err);
    bool same = !failed && ocib_platform_match(&wanted, platform) > 0;
    ocib_platform_release(&wanted);
    if (failed) {
        ocib_error_code_set(err, OCIB_EUSAGE);
        return ocib_error_wrap(err, "--annotation '%s'", text);
    }
    if (same) {
        return 0;
    }
    OCIB_AUTO_FREE char *built = ocib_platform_format(platform);
    ocib_error_set(err, OCIB_EUSAGE, "--annotation '%s': the platform %.*s is not built", text,
                   OCIB_STR_ARG(target->platform));
    return ocib_error_hint_set(err, "the build is for %s", built);
}

/* The list that a type names. */
static struct ocib_strings *find_list(const char *text, const struct target *target,
                                      struct ocib_annotations *out, struct ocib_error **err)
{
    if (ocib_str_is(target->type, "manifest")) {
        return &out->manifest;
    }
    if (ocib_str_is(target->type, "manifest-descriptor")) {
        return &out->descriptor;
    }
    bool index =
        ocib_str_is(target->type, "index") || ocib_str_is(target->type, "index-descriptor");
    ocib_error_set(err, OCIB_EUSAGE, "--annotation '%s': %s '%.*s'", text,
                   index ? "the build makes no index to put on an annotation of type"
                         : "unknown type",
                   OCIB_STR_ARG(target->type));
    ocib_error_hint_set(err, "types are manifest and manifest-descriptor");
    return NULL;
}

static int add(const char *text, struct ocib_str type, const char *key,
               const struct ocib_platform *platform, struct ocib_annotations *out,
               struct ocib_error **err)
{
    struct target target;
    if (!split_target(type, &target)) {
        return ocib_error_set(err, OCIB_EUSAGE, "--annotation '%s': bad type '%.*s'", text,
                              OCIB_STR_ARG(type));
    }
    struct ocib_strings *list = find_list(text, &target, out, err);
    if (!list || (target.has_platform && check_platform(text, &target, platform, err) < 0)) {
        return -1;
    }
    ocib_env_set(list, key, strchr(text, '=') + 1);
    return 0;
}

static int parse(const char *text, const struct ocib_platform *platform,
                 struct ocib_annotations *out, struct ocib_error **err)
{
    struct ocib_str key = ocib_str(text);
    ptrdiff_t equals = ocib_str_find(key, '=');
    key = ocib_str_sub(key, 0, equals < 0 ? 0 : (size_t)equals);
    ptrdiff_t colon = ocib_str_find(key, ':');
    struct ocib_str types = colon < 0 ? OCIB_STR("manifest") : ocib_str_sub(key, 0, (size_t)colon);
    OCIB_AUTO_FREE char *name = ocib_str_dup(ocib_str_sub(key, (size_t)(colon + 1), key.len));
    if (!*name) {
        ocib_error_set(err, OCIB_EUSAGE, "--annotation '%s' has no %s", text,
                       equals < 0 ? "value" : "key");
        return ocib_error_hint_set(err, "use KEY=VALUE, or manifest:KEY=VALUE");
    }
    struct ocib_str type;
    if (!types.len) {
        return add(text, types, name, platform, out, err);
    }
    while (ocib_str_cut(&types, ',', &type)) {
        if (add(text, type, name, platform, out, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_annotations_parse(const struct ocib_strings *texts, const struct ocib_platform *platform,
                           struct ocib_annotations *out, struct ocib_error **err)
{
    *out = (struct ocib_annotations){0};
    for (size_t i = 0; texts && i < texts->len; i++) {
        if (parse(texts->items[i], platform, out, err) < 0) {
            return -1;
        }
    }
    return 0;
}

void ocib_annotations_release(struct ocib_annotations *annotations)
{
    ocib_strings_release(&annotations->manifest);
    ocib_strings_release(&annotations->descriptor);
}
