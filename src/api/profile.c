/*
 * The format: "defaultAction", "defaultErrnoRet", "architectures" or "archMap", and "syscalls" with
 * "names" (or "name"), "action", "errnoRet", "args", and conditions in "includes" and "excludes".
 * (moby, profiles/seccomp.) What can't be had, as "listenerPath", is refused by name.
 */
#include "api/profile.h"

#include "base/mem.h"
#include "oci/json.h"
#include "sandbox/caps.h"
#include "sandbox/profile.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

static void rule_release(struct ocib_profile_rule *rule)
{
    ocib_strings_release(&rule->names);
    for (size_t i = 0; i < rule->arguments.len; i++) {
        free(rule->arguments.items[i].op);
    }
    ocib_vec_release(&rule->arguments);
}

static int get_action(const json_t *object, const char *name_key, const char *number_key,
                      struct ocib_profile_action *out, struct ocib_error **err)
{
    int64_t number = EPERM;
    const json_t *name = json_object_get(object, name_key);
    if (ocib_json_get_int(object, number_key, &number, err) < 0) {
        return -1;
    }
    if (!json_is_string(name)) {
        return ocib_error_set(err, OCIB_EUSAGE, "it has no '%s'", name_key);
    }
    *out = (struct ocib_profile_action){json_string_value(name), (unsigned)number};
    return 0;
}

/* --- conditions ------------------------------------------------------------------------------- */

/* This machine's name as Go has it. */
static bool is_arch(const char *name)
{
    static const char *const names[][2] = {
        {"amd64", "SCMP_ARCH_X86_64"},    {"arm64", "SCMP_ARCH_AARCH64"},
        {"386", "SCMP_ARCH_X86"},         {"arm", "SCMP_ARCH_ARM"},
        {"s390x", "SCMP_ARCH_S390X"},     {"ppc64le", "SCMP_ARCH_PPC64LE"},
        {"riscv64", "SCMP_ARCH_RISCV64"}, {"loong64", "SCMP_ARCH_LOONGARCH64"},
    };
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        if (strcmp(name, names[i][0]) == 0) {
            return ocib_profile_is_native(names[i][1]);
        }
    }
    return false;
}

static bool kernel_is_at_least(const char *wanted)
{
    struct utsname name;
    unsigned has[2] = {0};
    unsigned needs[2] = {0};
    if (uname(&name) < 0 || sscanf(name.release, "%u.%u", &has[0], &has[1]) != 2 ||
        sscanf(wanted, "%u.%u", &needs[0], &needs[1]) != 2) {
        return false;
    }
    return has[0] != needs[0] ? has[0] > needs[0] : has[1] >= needs[1];
}

struct condition {
    struct ocib_strings arches;
    struct ocib_strings caps;
    char *kernel;
};

static void condition_release(struct condition *condition)
{
    ocib_strings_release(&condition->arches);
    ocib_strings_release(&condition->caps);
    free(condition->kernel);
}

static int get_condition(const json_t *rule, const char *key, struct condition *out,
                         struct ocib_error **err)
{
    const json_t *object = NULL;
    if (ocib_json_get_object(rule, key, &object, err) < 0) {
        return -1;
    }
    return object && (ocib_json_get_strings(object, "arches", &out->arches, err) < 0 ||
                      ocib_json_get_strings(object, "caps", &out->caps, err) < 0 ||
                      ocib_json_get_string(object, "minKernel", &out->kernel, err) < 0)
               ? -1
               : 0;
}

static bool has_cap(uint64_t caps, const char *name)
{
    uint64_t bit;
    return ocib_caps_parse(ocib_str(name), &bit) && (caps & bit) == bit;
}

static bool any_arch(const struct condition *condition)
{
    for (size_t i = 0; i < condition->arches.len; i++) {
        if (is_arch(condition->arches.items[i])) {
            return true;
        }
    }
    return false;
}

static size_t count_caps(const struct condition *condition, uint64_t caps)
{
    size_t count = 0;
    for (size_t i = 0; i < condition->caps.len; i++) {
        count += has_cap(caps, condition->caps.items[i]);
    }
    return count;
}

/* All that "includes" names must hold, nothing of what "excludes" names. */
static int applies(const json_t *rule, uint64_t caps, bool *out, struct ocib_error **err)
{
    OCIB_AUTO(condition_release) struct condition in = {0};
    OCIB_AUTO(condition_release) struct condition ex = {0};
    if (get_condition(rule, "includes", &in, err) < 0 ||
        get_condition(rule, "excludes", &ex, err) < 0) {
        return -1;
    }
    *out = (!in.arches.len || any_arch(&in)) && count_caps(&in, caps) == in.caps.len &&
           (!in.kernel || kernel_is_at_least(in.kernel)) && !any_arch(&ex) &&
           count_caps(&ex, caps) == 0 && !(ex.kernel && kernel_is_at_least(ex.kernel));
    return 0;
}

/* --- rules ------------------------------------------------------------------------------------ */

static int get_argument(const json_t *from, struct ocib_profile_rule *rule, struct ocib_error **err)
{
    int64_t index = 0;
    struct ocib_profile_argument *argument = ocib_vec_add(&rule->arguments);
    argument->op = ocib_strdup("");
    if (!json_is_object(from) || ocib_json_get_int(from, "index", &index, err) < 0 ||
        ocib_json_get_string(from, "op", &argument->op, err) < 0) {
        return ocib_error_set(err, OCIB_EUSAGE, "an argument is no object");
    }
    argument->index = index < 0 || index > 99 ? 99 : (unsigned)index;
    argument->value = (uint64_t)json_integer_value(json_object_get(from, "value"));
    argument->value_two = (uint64_t)json_integer_value(json_object_get(from, "valueTwo"));
    return 0;
}

static int get_rule(const json_t *from, struct ocib_profile_rule *rule, struct ocib_error **err)
{
    const json_t *list = NULL;
    OCIB_AUTO_FREE char *name = NULL;
    if (get_action(from, "action", "errnoRet", &rule->action, err) < 0 ||
        ocib_json_get_strings(from, "names", &rule->names, err) < 0 ||
        ocib_json_get_string(from, "name", &name, err) < 0 ||
        ocib_json_get_list(from, "args", &list, err) < 0) {
        return -1;
    }
    if (name) {
        ocib_strings_push(&rule->names, name);
    }
    for (size_t i = 0; list && i < json_array_size(list); i++) {
        if (get_argument(json_array_get(list, i), rule, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int add_rule(struct ocib_profile *profile, const json_t *from, uint64_t caps,
                    struct ocib_error **err)
{
    bool wanted = false;
    OCIB_AUTO(rule_release) struct ocib_profile_rule rule = {0};
    if (!json_is_object(from)) {
        return ocib_error_set(err, OCIB_EUSAGE, "a rule is no object");
    }
    if (applies(from, caps, &wanted, err) < 0) {
        return -1;
    }
    if (!wanted) {
        return 0;
    }
    return get_rule(from, &rule, err) < 0 ? -1 : ocib_profile_add(profile, &rule, err);
}

static int add_names(struct ocib_profile *profile, const struct ocib_strings *names,
                     struct ocib_error **err)
{
    for (size_t i = 0; i < names->len; i++) {
        if (ocib_profile_arch(profile, names->items[i], err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Only the entry of this machine's architecture counts. */
static int add_arches(struct ocib_profile *profile, const json_t *root, struct ocib_error **err)
{
    const json_t *map = NULL;
    OCIB_AUTO_STRINGS struct ocib_strings names = {0};
    if (ocib_json_get_strings(root, "architectures", &names, err) < 0 ||
        ocib_json_get_list(root, "archMap", &map, err) < 0) {
        return -1;
    }
    for (size_t i = 0; map && i < json_array_size(map); i++) {
        const json_t *entry = json_array_get(map, i);
        const char *name = json_string_value(json_object_get(entry, "architecture"));
        if (name && ocib_profile_is_native(name) &&
            ocib_json_get_strings(entry, "subArchitectures", &names, err) < 0) {
            return -1;
        }
    }
    return add_names(profile, &names, err);
}

static int refuse_unsupported(const json_t *root, struct ocib_error **err)
{
    static const char *const keys[] = {"listenerPath", "listenerMetadata"};
    for (size_t i = 0; i < OCIB_COUNT(keys); i++) {
        if (json_object_get(root, keys[i])) {
            return ocib_error_set(err, OCIB_EUSAGE, "'%s' is not supported", keys[i]);
        }
    }
    const json_t *flags = json_object_get(root, "flags");
    return json_array_size(flags) == 0
               ? 0
               : ocib_error_set(err, OCIB_EUSAGE, "'flags' are not supported");
}

static int compile(const json_t *root, uint64_t caps, struct ocib_buf *out, struct ocib_error **err)
{
    struct ocib_profile_action otherwise;
    const json_t *rules = NULL;
    if (refuse_unsupported(root, err) < 0 ||
        get_action(root, "defaultAction", "defaultErrnoRet", &otherwise, err) < 0 ||
        ocib_json_get_list(root, "syscalls", &rules, err) < 0) {
        return -1;
    }
    OCIB_AUTO(ocib_profile_cleanup)
    struct ocib_profile *profile = ocib_profile_new(&otherwise, err);
    if (!profile || add_arches(profile, root, err) < 0) {
        return -1;
    }
    for (size_t i = 0; rules && i < json_array_size(rules); i++) {
        if (add_rule(profile, json_array_get(rules, i), caps, err) < 0) {
            return -1;
        }
    }
    return ocib_profile_build(profile, out, err);
}

int ocib_profile_read(const char *path, uint64_t caps, struct ocib_buf *out,
                      struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_file_read(AT_FDCWD, path, OCIB_JSON_SIZE_MAX, &text, OCIB_EINPUT, err) < 0) {
        return ocib_error_wrap(err, "--security-opt seccomp");
    }
    OCIB_AUTO_JSON json_t *root = ocib_json_parse(ocib_buf_str(&text), err);
    if (!root || compile(root, caps, out, err) < 0) {
        ocib_error_wrap(err, "the seccomp profile %s", path);
        return ocib_error_code_set(err, OCIB_EUSAGE);
    }
    return 0;
}
