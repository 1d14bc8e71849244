#include "plan/internal.h"

/* Flags whose work isn't there, and what to do meanwhile. */
static const struct {
    enum ocib_instruction_kind kind;
    const char *flag;
    const char *hint;
} unsupported[] = {
    {OCIB_INS_RUN, "mount", "use COPY --from for files of other stages, and plain RUN for caches"},
    {OCIB_INS_RUN, "security", "take the flag out: steps run in the sandbox"},
    {OCIB_INS_RUN, "device", "take the flag out: steps see no devices of the host"},
};

static bool is_off(const struct ocib_arg *flag)
{
    return flag->has_value && ocib_str_is_nocase(flag->value, "false");
}

static int check_flags(const struct ocib_instruction *ins, struct ocib_error **err)
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

static int check_script(const struct ocib_instruction *ins, struct ocib_error **err)
{
    if (ins->heredocs.len != 1 || !ocib_str_eq(ins->rest, ins->heredocs.items[0].word)) {
        return 0;
    }
    const struct ocib_heredoc *doc = &ins->heredocs.items[0];
    struct ocib_str text = doc->content;
    while (doc->chomp && ocib_str_starts(text, "\t")) {
        text = ocib_str_sub(text, 1, text.len);
    }
    if (!ocib_str_starts(text, "#!")) {
        return 0;
    }
    ocib_error_at(err, OCIB_EDOCKERFILE, doc->content_span,
                  "a RUN heredoc with an interpreter line is not supported yet");
    return ocib_error_hint_set(err, "pass the text to the interpreter: RUN python3 <<%.*s",
                               OCIB_STR_ARG(doc->name));
}

int ocib_plan_check_supported(const struct ocib_instruction *ins, struct ocib_error **err)
{
    if (check_flags(ins, err) < 0) {
        return -1;
    }
    return ins->kind == OCIB_INS_RUN ? check_script(ins, err) : 0;
}
