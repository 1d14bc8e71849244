#include "plan/internal.h"

#define MINIMUM INT64_C(1000000) /* Docker takes no interval below 1 ms */

static int read_interval(const struct ocib_instruction *ins, const char *name, int64_t *out,
                         struct ocib_error **err)
{
    const struct ocib_arg *flag = ocib_instruction_flag(ins, name);
    *out = 0;
    if (!flag || flag->value.len == 0) {
        return 0;
    }
    if (!ocib_go_parse_duration(flag->value, out)) {
        ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span, "--%s: '%.*s' is no duration", name,
                      OCIB_STR_ARG(flag->value));
        return ocib_error_hint_set(err, "write a number and a unit, such as 30s, 1m30s or 500ms");
    }
    if (*out != 0 && *out < MINIMUM) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span, "--%s: %.*s is less than 1ms",
                             name, OCIB_STR_ARG(flag->value));
    }
    return 0;
}

static int read_retries(const struct ocib_instruction *ins, int *out, struct ocib_error **err)
{
    const struct ocib_arg *flag = ocib_instruction_flag(ins, "retries");
    uint64_t value = 0;
    if (flag && flag->value.len && !ocib_str_uint(flag->value, INT32_MAX, &value)) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, flag->value_span,
                             "--retries: '%.*s' is no number of times", OCIB_STR_ARG(flag->value));
    }
    *out = (int)value;
    return 0;
}

static int read_times(const struct ocib_instruction *ins, struct ocib_healthcheck *check,
                      struct ocib_error **err)
{
    if (read_interval(ins, "interval", &check->interval, err) < 0 ||
        read_interval(ins, "timeout", &check->timeout, err) < 0 ||
        read_interval(ins, "start-period", &check->start_period, err) < 0 ||
        read_interval(ins, "start-interval", &check->start_interval, err) < 0) {
        return -1;
    }
    return read_retries(ins, &check->retries, err);
}

int ocib_plan_check_health(const struct ocib_instruction *ins, struct ocib_error **err)
{
    struct ocib_healthcheck check = {0};
    if (ins->kind != OCIB_INS_HEALTHCHECK || ocib_str_is_nocase(ins->args.items[0].text, "NONE")) {
        return 0;
    }
    return read_times(ins, &check, err);
}

static char *history_text(const struct ocib_healthcheck *check)
{
    struct ocib_buf text = {0};
    ocib_buf_puts(&text, "HEALTHCHECK &{");
    ocib_go_quote_list(&text, &check->test, 0);
    const int64_t times[] = {check->interval, check->timeout, check->start_period,
                             check->start_interval};
    for (size_t i = 0; i < OCIB_COUNT(times); i++) {
        ocib_buf_puts(&text, " \"");
        ocib_go_duration(&text, times[i]);
        ocib_buf_putc(&text, '"');
    }
    ocib_buf_putc(&text, ' ');
    ocib_go_quote_rune(&text, check->retries);
    ocib_buf_putc(&text, '}');
    return ocib_buf_take(&text);
}

int ocib_stage_healthcheck(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                           struct ocib_error **err)
{
    struct ocib_healthcheck *check = ocib_new(struct ocib_healthcheck);
    ocib_healthcheck_free(b->config->healthcheck);
    b->config->healthcheck = check;
    if (ocib_str_is_nocase(ins->args.items[0].text, "NONE")) {
        ocib_strings_push(&check->test, "NONE");
        if (ins->flags.len) {
            ocib_log_at(b->plan->log, OCIB_LOG_WARNING, ins->flags.items[0].span,
                        "flags mean nothing to HEALTHCHECK NONE");
        }
    } else {
        if (read_times(ins, check, err) < 0) {
            return -1;
        }
        ocib_strings_push(&check->test, ins->json ? "CMD" : "CMD-SHELL");
        for (size_t i = 1; i < ins->args.len; i++) {
            ocib_strings_push_str(&check->test, ins->args.items[i].text);
        }
    }
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, history_text(check));
    return 0;
}
