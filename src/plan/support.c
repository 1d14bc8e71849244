#include "plan/internal.h"

/* Flags whose work isn't there, and what to do meanwhile. */
static const struct {
    enum ocib_instruction_kind kind;
    const char *flag;
    const char *hint;
} unsupported[] = {
    {OCIB_INS_RUN, "device", "take the flag out: steps see no devices of the host"},
};

static bool is_off(const struct ocib_arg *flag)
{
    return flag->has_value && ocib_str_is_nocase(flag->value, "false");
}

/* As BuildKit's entitlements, with its names. */
static int check_entitlement(const struct ocib_instruction *ins, const char *name,
                             const char *value, const char *entitlement, struct ocib_error **err)
{
    const struct ocib_arg *flag = ocib_instruction_flag(ins, name);
    if (!flag || !ocib_str_is(flag->value, value)) {
        return 0;
    }
    ocib_error_at(err, OCIB_EUSAGE, flag->span, "%s is not allowed: RUN --%s=%s needs it",
                  entitlement, name, value);
    return ocib_error_hint_set(err, "if you trust this Dockerfile, build it with --allow %s",
                               entitlement);
}

static int check_granted(const struct ocib_entitlements *granted,
                         const struct ocib_instruction *ins, struct ocib_error **err)
{
    if (ins->kind != OCIB_INS_RUN) {
        return 0;
    }
    if (!granted->host_network &&
        check_entitlement(ins, "network", "host", "network.host", err) < 0) {
        return -1;
    }
    return granted->insecure
               ? 0
               : check_entitlement(ins, "security", "insecure", "security.insecure", err);
}

int ocib_plan_check_supported(const struct ocib_plan *plan, const struct ocib_instruction *ins,
                              struct ocib_error **err)
{
    for (size_t i = 0; i < OCIB_COUNT(unsupported); i++) {
        if (unsupported[i].kind != ins->kind) {
            continue;
        }
        const struct ocib_arg *flag = ocib_instruction_flag(ins, unsupported[i].flag);
        if (flag && !is_off(flag)) {
            ocib_error_at(err, OCIB_EDOCKERFILE, flag->span, "%s --%s is not supported yet",
                          ocib_instruction_name(ins->kind), unsupported[i].flag);
            return ocib_error_hint_set(err, "%s", unsupported[i].hint);
        }
    }
    return check_granted(&plan->granted, ins, err);
}
