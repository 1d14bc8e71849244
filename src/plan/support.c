#include "plan/internal.h"

/* Flags whose work isn't there, and what to do meanwhile. */
static const struct {
    enum ocib_instruction_kind kind;
    const char *flag;
    const char *hint;
} unsupported[] = {
    {OCIB_INS_RUN, "security", "take the flag out: steps run in the sandbox"},
    {OCIB_INS_RUN, "device", "take the flag out: steps see no devices of the host"},
};

static bool is_off(const struct ocib_arg *flag)
{
    return flag->has_value && ocib_str_is_nocase(flag->value, "false");
}

int ocib_plan_check_supported(const struct ocib_instruction *ins, struct ocib_error **err)
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
    return 0;
}
