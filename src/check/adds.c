#include "check/internal.h"

/* ADD of what is neither remote nor an archive. */

static bool is_archive_name(struct ocib_str name)
{
    static const char *const endings[] = {".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst",
                                          ".gz",  ".bz2", ".xz",  ".zst",  ".tlz", ".lzma"};
    for (size_t i = 0; i < OCIB_COUNT(endings); i++) {
        if (name.len >= strlen(endings[i]) &&
            ocib_str_is_nocase(ocib_str_sub(name, name.len - strlen(endings[i]), name.len),
                               endings[i])) {
            return true;
        }
    }
    return false;
}

/* What a variable or a wildcard stands for, and what a name without an ending is, isn't known. */
static bool may_be_meant(struct ocib_str source)
{
    bool remote = memmem(source.s, source.len, "://", 3) || ocib_str_starts(source, "git@");
    bool open = ocib_str_find(source, '$') >= 0 || ocib_str_ends(source, "*");
    return remote || open || is_archive_name(source);
}

static bool could_be_copy(const struct ocib_instruction *add)
{
    static const char *const own[] = {"checksum", "keep-git-dir", "unpack"};
    for (size_t i = 0; i < OCIB_COUNT(own); i++) {
        if (ocib_instruction_flag(add, own[i])) {
            return false;
        }
    }
    for (size_t i = 0; i + 1 < add->args.len; i++) {
        if (may_be_meant(add->args.items[i].text)) {
            return false;
        }
    }
    return true;
}

static void check_stage(struct ocib_checker *c, const struct ocib_stage_range *range)
{
    for (size_t i = range->first; i < range->end; i++) {
        const struct ocib_instruction *ins = &c->options->file->instructions.items[i];
        if (ins->kind == OCIB_INS_ADD && could_be_copy(ins)) {
            ocib_check_report(c, OCIB_RULE_ADD_INSTEAD_OF_COPY, ins->span,
                              "nothing of this ADD is remote or an archive: COPY does the same");
        }
    }
}

void ocib_check_adds(struct ocib_checker *c)
{
    struct ocib_stage_range range = {0};
    for (size_t i = 0; ocib_check_next_stage(c->options->file, &range); i++) {
        if (!c->options->plan || c->options->all_stages ||
            ocib_check_is_needed(c->options->plan, i)) {
            check_stage(c, &range);
        }
    }
}
