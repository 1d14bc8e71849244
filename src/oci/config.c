#include "oci/image.h"

#include "base/mem.h"

#include <stdio.h>
#include <time.h>

static void history_release(struct ocib_history *history)
{
    free(history->created);
    free(history->created_by);
    free(history->author);
    free(history->comment);
}

static void history_copy(struct ocib_history *out, const struct ocib_history *history)
{
    out->created = ocib_strdup(history->created);
    out->created_by = ocib_strdup(history->created_by);
    out->author = ocib_strdup(history->author);
    out->comment = ocib_strdup(history->comment);
    out->empty_layer = history->empty_layer;
}

struct ocib_history *ocib_config_add_history(struct ocib_config *config)
{
    return ocib_vec_add(&config->history);
}

struct ocib_healthcheck *ocib_healthcheck_dup(const struct ocib_healthcheck *h)
{
    if (!h) {
        return NULL;
    }
    struct ocib_healthcheck *copy = ocib_new(struct ocib_healthcheck);
    *copy = *h;
    copy->test = (struct ocib_strings){0};
    ocib_strings_copy(&copy->test, &h->test);
    return copy;
}

void ocib_healthcheck_free(struct ocib_healthcheck *h)
{
    if (h) {
        ocib_strings_release(&h->test);
        free(h);
    }
}

static void release_run_config(struct ocib_config *config)
{
    free(config->user);
    free(config->working_dir);
    free(config->stop_signal);
    ocib_strings_release(&config->env);
    ocib_strings_release(&config->entrypoint);
    ocib_strings_release(&config->cmd);
    ocib_strings_release(&config->exposed_ports);
    ocib_strings_release(&config->volumes);
    ocib_strings_release(&config->labels);
    ocib_strings_release(&config->shell);
    ocib_strings_release(&config->onbuild);
    ocib_healthcheck_free(config->healthcheck);
}

void ocib_config_release(struct ocib_config *config)
{
    free(config->created);
    free(config->author);
    ocib_platform_release(&config->platform);
    release_run_config(config);
    ocib_strings_release(&config->diff_ids);
    for (size_t i = 0; i < config->history.len; i++) {
        history_release(&config->history.items[i]);
    }
    ocib_vec_release(&config->history);
    *config = (struct ocib_config){0};
}

static void copy_run_config(struct ocib_config *out, const struct ocib_config *config)
{
    out->user = ocib_strdup(config->user);
    out->working_dir = ocib_strdup(config->working_dir);
    out->stop_signal = ocib_strdup(config->stop_signal);
    ocib_strings_copy(&out->env, &config->env);
    out->has_entrypoint = config->has_entrypoint;
    out->has_cmd = config->has_cmd;
    ocib_strings_copy(&out->entrypoint, &config->entrypoint);
    ocib_strings_copy(&out->cmd, &config->cmd);
    out->args_escaped = config->args_escaped;
    ocib_strings_copy(&out->exposed_ports, &config->exposed_ports);
    ocib_strings_copy(&out->volumes, &config->volumes);
    ocib_strings_copy(&out->labels, &config->labels);
    ocib_strings_copy(&out->shell, &config->shell);
    ocib_strings_copy(&out->onbuild, &config->onbuild);
    out->healthcheck = ocib_healthcheck_dup(config->healthcheck);
}

void ocib_config_copy(struct ocib_config *out, const struct ocib_config *config)
{
    out->created = ocib_strdup(config->created);
    out->author = ocib_strdup(config->author);
    ocib_platform_copy(&out->platform, &config->platform);
    copy_run_config(out, config);
    ocib_strings_copy(&out->diff_ids, &config->diff_ids);
    for (size_t i = 0; i < config->history.len; i++) {
        history_copy(ocib_config_add_history(out), &config->history.items[i]);
    }
}

void ocib_chain_id_next(const struct ocib_digest *parent, const struct ocib_digest *diff_id,
                        struct ocib_digest *out)
{
    if (!ocib_digest_is_set(parent)) {
        *out = *diff_id;
        return;
    }
    OCIB_AUTO_FREE char *link = ocib_format("%s %s", parent->text, diff_id->text);
    ocib_digest_of(link, strlen(link), out);
}

int ocib_chain_id(const struct ocib_strings *diff_ids, size_t count, struct ocib_digest *out,
                  struct ocib_error **err)
{
    struct ocib_digest chain = {0};
    for (size_t i = 0; i < count && i < diff_ids->len; i++) {
        struct ocib_digest diff_id;
        if (ocib_digest_parse(ocib_str(diff_ids->items[i]), &diff_id, err) < 0) {
            return ocib_error_wrap(err, "diff ID of layer %zu", i);
        }
        ocib_chain_id_next(&chain, &diff_id, &chain);
    }
    if (count > diff_ids->len) {
        return ocib_error_set(err, OCIB_ECORRUPT, "chain ID of %zu layers: there are only %zu",
                              count, diff_ids->len);
    }
    *out = chain;
    return 0;
}

char *ocib_time_format(int64_t seconds)
{
    /* RFC 3339 has years of four digits; Go refuses others. */
    const int64_t first = -62167219200; /* 0000-01-01T00:00:00Z */
    const int64_t last = 253402300799;  /* 9999-12-31T23:59:59Z */
    time_t when = (time_t)(seconds < first ? first : seconds > last ? last : seconds);
    struct tm utc = {0};
    gmtime_r(&when, &utc);
    return ocib_format("%04d-%02d-%02dT%02d:%02d:%02dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                       utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}
