/*
 * The config as BuildKit writes it, byte for byte where it can say the same: keys of the document
 * and of the "config" object in BuildKit's order, lists as given, objects sorted by key.
 */
#include "oci/descriptor.h"

static void put_healthcheck(struct ocib_buf *out, const struct ocib_healthcheck *h)
{
    if (!h) {
        return;
    }
    ocib_json_put_key(out, "Healthcheck");
    ocib_buf_putc(out, '{');
    ocib_json_put_strings(out, "Test", &h->test);
    ocib_json_put_int(out, "Interval", h->interval);
    ocib_json_put_int(out, "Timeout", h->timeout);
    ocib_json_put_int(out, "StartPeriod", h->start_period);
    ocib_json_put_int(out, "StartInterval", h->start_interval);
    ocib_json_put_int(out, "Retries", h->retries);
    ocib_buf_putc(out, '}');
}

static void put_run_config(struct ocib_buf *out, const struct ocib_config *config)
{
    ocib_json_put_key(out, "config");
    ocib_buf_putc(out, '{');
    ocib_json_put_string(out, "User", config->user);
    ocib_json_put_set(out, "ExposedPorts", &config->exposed_ports);
    ocib_json_put_strings(out, "Env", &config->env);
    ocib_json_put_strings(out, "Entrypoint", &config->entrypoint);
    ocib_json_put_strings(out, "Cmd", &config->cmd);
    ocib_json_put_set(out, "Volumes", &config->volumes);
    ocib_json_put_string(out, "WorkingDir", config->working_dir);
    ocib_json_put_pairs(out, "Labels", &config->labels);
    ocib_json_put_string(out, "StopSignal", config->stop_signal);
    ocib_json_put_true(out, "ArgsEscaped", config->args_escaped);
    put_healthcheck(out, config->healthcheck);
    ocib_json_put_strings(out, "OnBuild", &config->onbuild);
    ocib_json_put_strings(out, "Shell", &config->shell);
    ocib_buf_putc(out, '}');
}

static void put_history(struct ocib_buf *out, const struct ocib_histories *list)
{
    if (!list->len) {
        return;
    }
    ocib_json_put_key(out, "history");
    ocib_buf_putc(out, '[');
    for (size_t i = 0; i < list->len; i++) {
        const struct ocib_history *h = &list->items[i];
        ocib_json_comma(out);
        ocib_buf_putc(out, '{');
        ocib_json_put_string(out, "created", h->created);
        ocib_json_put_string(out, "created_by", h->created_by);
        ocib_json_put_string(out, "author", h->author);
        ocib_json_put_string(out, "comment", h->comment);
        ocib_json_put_true(out, "empty_layer", h->empty_layer);
        ocib_buf_putc(out, '}');
    }
    ocib_buf_putc(out, ']');
}

static void put_rootfs(struct ocib_buf *out, const struct ocib_strings *diff_ids)
{
    ocib_json_put_key(out, "rootfs");
    ocib_buf_puts(out, "{\"type\":\"layers\"");
    if (diff_ids->len) {
        ocib_json_put_strings(out, "diff_ids", diff_ids);
    } else {
        ocib_buf_puts(out, ",\"diff_ids\":[]"); /* required, also of an image without layers */
    }
    ocib_buf_putc(out, '}');
}

void ocib_config_write(const struct ocib_config *config, struct ocib_buf *out)
{
    const struct ocib_platform *platform = &config->platform;
    ocib_buf_putc(out, '{');
    ocib_json_put_key(out, "architecture");
    ocib_json_put_text(out, ocib_str(platform->architecture));
    ocib_json_put_string(out, "author", config->author);
    put_run_config(out, config);
    ocib_json_put_string(out, "created", config->created);
    put_history(out, &config->history);
    ocib_json_put_key(out, "os");
    ocib_json_put_text(out, ocib_str(platform->os));
    ocib_json_put_string(out, "os.version", platform->os_version);
    put_rootfs(out, &config->diff_ids);
    ocib_json_put_string(out, "variant", platform->variant);
    ocib_buf_putc(out, '}');
}
