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
    {OCIB_INS_COPY, "link", "take the flag out: the result holds the same files"},
    {OCIB_INS_COPY, "parents", "copy each folder by its own COPY"},
    {OCIB_INS_COPY, "exclude", "list what is to stay out in the .dockerignore file"},
    {OCIB_INS_ADD, "link", "take the flag out: the result holds the same files"},
    {OCIB_INS_ADD, "exclude", "list what is to stay out in the .dockerignore file"},
    {OCIB_INS_ADD, "checksum", "download the file by RUN, and check it there"},
    {OCIB_INS_ADD, "keep-git-dir", "clone the repository by RUN git clone"},
    {OCIB_INS_ADD, "unpack", "leave the flag out to unpack, or use COPY to not unpack"},
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
        bool unpack = flag && ins->kind == OCIB_INS_ADD && ocib_str_is(flag->text, "unpack");
        if (flag && (unpack || !is_off(flag))) {
            ocib_error_at(err, OCIB_EDOCKERFILE, flag->span, "%s --%s is not supported yet",
                          ocib_instruction_name(ins->kind), unsupported[i].flag);
            return ocib_error_hint_set(err, "%s", unsupported[i].hint);
        }
    }
    return 0;
}

static bool is_git(struct ocib_str source)
{
    return ocib_str_starts(source, "git@") || ocib_str_starts(source, "git://") ||
           ocib_str_starts(source, "ssh://");
}

int ocib_plan_check_source(struct ocib_str source, struct ocib_span span, struct ocib_error **err)
{
    if (is_git(source)) {
        ocib_error_at(err, OCIB_EDOCKERFILE, span, "ADD of a git repository is not supported yet");
        return ocib_error_hint_set(err, "clone the repository by RUN git clone");
    }
    if (ocib_str_starts(source, "http://") || ocib_str_starts(source, "https://")) {
        ocib_error_at(err, OCIB_EDOCKERFILE, span, "ADD of a URL is not supported yet");
        return ocib_error_hint_set(err, "download the file by RUN, with curl or wget");
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

/* What ADD names can be seen before variables have values, in most files. */
static int check_add(const struct ocib_instruction *ins, struct ocib_error **err)
{
    for (size_t i = 0; i + 1 < ins->args.len; i++) {
        const struct ocib_arg *arg = &ins->args.items[i];
        if (ocib_plan_check_source(arg->text, arg->span, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_plan_check_supported(const struct ocib_instruction *ins, struct ocib_error **err)
{
    if (check_flags(ins, err) < 0) {
        return -1;
    }
    if (ins->kind == OCIB_INS_RUN) {
        return check_script(ins, err);
    }
    return ins->kind == OCIB_INS_ADD ? check_add(ins, err) : 0;
}
