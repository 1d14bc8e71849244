#include "oci/descriptor.h"

#include "base/mem.h"

#include <ctype.h>

enum {
    LAYERS_MAX = 1000,
    HISTORY_MAX = 10000,
};

/*
 * Go's readers refuse a config with a time that is not RFC 3339, so one must not be passed on.
 * Ranges of day and hour are left to them.
 */
static bool is_time(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00";
    for (size_t i = 0; form[i]; i++, text++) {
        if (form[i] == '0' ? !isdigit((unsigned char)*text) : *text != form[i]) {
            return false;
        }
    }
    if (*text == '.') {
        size_t digits = strspn(text + 1, "0123456789");
        text += digits ? 1 + digits : 0;
    }
    if (*text == '+' || *text == '-') {
        return strlen(text) == 6 && text[3] == ':' && strspn(text + 1, "0123456789") == 2 &&
               strspn(text + 4, "0123456789") == 2;
    }
    return strcmp(text, "Z") == 0;
}

static int get_time(const json_t *json, const char *key, char **out, struct ocib_error **err)
{
    if (ocib_json_get_string(json, key, out, err) < 0) {
        return -1;
    }
    if (*out && !is_time(*out)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "\"%s\" is \"%.60s\", not a time as in RFC 3339",
                              key, *out);
    }
    return 0;
}

static int read_healthcheck(const json_t *json, struct ocib_healthcheck *out,
                            struct ocib_error **err)
{
    int64_t retries = 0;
    if (ocib_json_get_strings(json, "Test", &out->test, err) < 0 ||
        ocib_json_get_int(json, "Interval", &out->interval, err) < 0 ||
        ocib_json_get_int(json, "Timeout", &out->timeout, err) < 0 ||
        ocib_json_get_int(json, "StartPeriod", &out->start_period, err) < 0 ||
        ocib_json_get_int(json, "StartInterval", &out->start_interval, err) < 0 ||
        ocib_json_get_int(json, "Retries", &retries, err) < 0) {
        return -1;
    }
    if (retries < 0 || retries > INT32_MAX) {
        return ocib_error_set(err, OCIB_ECORRUPT, "\"Retries\" is out of range");
    }
    out->retries = (int)retries;
    return 0;
}

static int get_healthcheck(const json_t *json, struct ocib_config *out, struct ocib_error **err)
{
    const json_t *healthcheck;
    if (ocib_json_get_object(json, "Healthcheck", &healthcheck, err) < 0) {
        return -1;
    }
    if (!healthcheck) {
        return 0;
    }
    out->healthcheck = ocib_new(struct ocib_healthcheck);
    if (read_healthcheck(healthcheck, out->healthcheck, err) < 0) {
        return ocib_error_wrap(err, "\"Healthcheck\"");
    }
    return 0;
}

static bool has(const json_t *json, const char *key)
{
    return json_is_array(json_object_get(json, key));
}

static int read_run_config(const json_t *json, struct ocib_config *out, struct ocib_error **err)
{
    out->has_entrypoint = has(json, "Entrypoint");
    out->has_cmd = has(json, "Cmd");
    if (ocib_json_get_string(json, "User", &out->user, err) < 0 ||
        ocib_json_get_string(json, "WorkingDir", &out->working_dir, err) < 0 ||
        ocib_json_get_string(json, "StopSignal", &out->stop_signal, err) < 0 ||
        ocib_json_get_strings(json, "Env", &out->env, err) < 0 ||
        ocib_json_get_strings(json, "Entrypoint", &out->entrypoint, err) < 0 ||
        ocib_json_get_strings(json, "Cmd", &out->cmd, err) < 0 ||
        ocib_json_get_bool(json, "ArgsEscaped", &out->args_escaped, err) < 0 ||
        ocib_json_get_set(json, "ExposedPorts", &out->exposed_ports, err) < 0 ||
        ocib_json_get_set(json, "Volumes", &out->volumes, err) < 0 ||
        ocib_json_get_pairs(json, "Labels", &out->labels, err) < 0 ||
        ocib_json_get_strings(json, "Shell", &out->shell, err) < 0 ||
        ocib_json_get_strings(json, "OnBuild", &out->onbuild, err) < 0) {
        return -1;
    }
    return get_healthcheck(json, out, err);
}

static int get_run_config(const json_t *json, struct ocib_config *out, struct ocib_error **err)
{
    const json_t *config;
    if (ocib_json_get_object(json, "config", &config, err) < 0) {
        return -1;
    }
    if (config && read_run_config(config, out, err) < 0) {
        return ocib_error_wrap(err, "\"config\"");
    }
    return 0;
}

static int get_diff_ids(const json_t *json, struct ocib_config *out, struct ocib_error **err)
{
    const json_t *rootfs;
    OCIB_AUTO_FREE char *type = NULL;
    if (ocib_json_get_object(json, "rootfs", &rootfs, err) < 0) {
        return -1;
    }
    if (!rootfs) {
        return ocib_error_set(err, OCIB_ECORRUPT, "there is no \"rootfs\"");
    }
    if (ocib_json_get_string(rootfs, "type", &type, err) < 0 ||
        ocib_json_get_strings(rootfs, "diff_ids", &out->diff_ids, err) < 0) {
        return ocib_error_wrap(err, "\"rootfs\"");
    }
    if (type && strcmp(type, "layers") != 0) {
        return ocib_error_set(err, OCIB_EINPUT, "\"rootfs\" is of type \"%.60s\", not \"layers\"",
                              type);
    }
    if (out->diff_ids.len > LAYERS_MAX) {
        return ocib_error_set(err, OCIB_ECORRUPT, "%zu layers are more than the %d allowed",
                              out->diff_ids.len, LAYERS_MAX);
    }
    for (size_t i = 0; i < out->diff_ids.len; i++) {
        struct ocib_digest digest;
        if (ocib_digest_parse(ocib_str(out->diff_ids.items[i]), &digest, err) < 0) {
            return ocib_error_wrap(err, "\"diff_ids\"[%zu]", i);
        }
    }
    return 0;
}

static int read_history(const json_t *json, struct ocib_history *out, struct ocib_error **err)
{
    if (!json_is_object(json)) {
        return ocib_error_set(err, OCIB_ECORRUPT, "not an object");
    }
    if (get_time(json, "created", &out->created, err) < 0 ||
        ocib_json_get_string(json, "created_by", &out->created_by, err) < 0 ||
        ocib_json_get_string(json, "author", &out->author, err) < 0 ||
        ocib_json_get_string(json, "comment", &out->comment, err) < 0) {
        return -1;
    }
    return ocib_json_get_bool(json, "empty_layer", &out->empty_layer, err);
}

/*
 * A history that tells of more layers than there are is refused, as Docker does; one that tells of
 * fewer, or none at all, is what many tools write.
 */
static int check_history(const struct ocib_config *config, struct ocib_error **err)
{
    size_t layers = 0;
    for (size_t i = 0; i < config->history.len; i++) {
        layers += !config->history.items[i].empty_layer;
    }
    if (layers > config->diff_ids.len) {
        return ocib_error_set(err, OCIB_ECORRUPT,
                              "the history tells of %zu layers, but there are only %zu diff IDs",
                              layers, config->diff_ids.len);
    }
    return 0;
}

static int get_history(const json_t *json, struct ocib_config *out, struct ocib_error **err)
{
    const json_t *list;
    if (ocib_json_get_list(json, "history", &list, err) < 0) {
        return -1;
    }
    if (json_array_size(list) > HISTORY_MAX) {
        return ocib_error_set(err, OCIB_ECORRUPT,
                              "%zu history entries are more than the %d allowed",
                              json_array_size(list), HISTORY_MAX);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (read_history(json_array_get(list, i), ocib_config_add_history(out), err) < 0) {
            return ocib_error_wrap(err, "\"history\"[%zu]", i);
        }
    }
    return check_history(out, err);
}

static int read_config(struct ocib_str text, struct ocib_config *out, struct ocib_error **err)
{
    OCIB_AUTO_JSON json_t *json = ocib_json_parse(text, err);
    if (!json || get_time(json, "created", &out->created, err) < 0 ||
        ocib_json_get_string(json, "author", &out->author, err) < 0 ||
        ocib_platform_read(json, &out->platform, err) < 0 || get_run_config(json, out, err) < 0 ||
        get_diff_ids(json, out, err) < 0) {
        return -1;
    }
    return get_history(json, out, err);
}

int ocib_config_parse(struct ocib_str json, struct ocib_config *out, struct ocib_error **err)
{
    struct ocib_config config = {0};
    if (read_config(json, &config, err) < 0) {
        ocib_config_release(&config);
        return ocib_error_wrap(err, "image config");
    }
    *out = config;
    return 0;
}

int ocib_image_check(const struct ocib_manifest *manifest, const struct ocib_config *config,
                     struct ocib_error **err)
{
    if (manifest->layers.len != config->diff_ids.len) {
        return ocib_error_set(err, OCIB_ECORRUPT,
                              "the image manifest lists %zu layers, its config %zu diff IDs",
                              manifest->layers.len, config->diff_ids.len);
    }
    return 0;
}
