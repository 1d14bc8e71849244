#include "check/internal.h"

/* COPY and ADD of what the ignore file leaves out. */

/* Unless a line with "!" may bring back something in it. */
void ocib_check_ignored(struct ocib_checker *c, const struct ocib_instruction *ins,
                        const char *source)
{
    const struct ocib_ignore *ignore = c->options->ignore;
    OCIB_AUTO_FREE char *clean = ocib_path_clean(ocib_str(source));
    struct ocib_str path = ocib_str(clean + 1); /* of the context */
    struct ocib_span rule = {0};
    if (!path.len || !ocib_ignore_match(ignore, path, false, &rule) ||
        ocib_ignore_may_include_below(ignore, path)) {
        return;
    }
    ocib_check_report(c, OCIB_RULE_COPY_IGNORED_FILE, ins->span,
                      "%s takes '%s', which line %u of the ignore file leaves out",
                      ocib_instruction_name(ins->kind), source, rule.line);
}
