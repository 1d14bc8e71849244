#include "check/internal.h"

/* COPY and ADD of what the ignore file leaves out. */

/* A path of the context without ".", "..", and slashes that say nothing. */
static char *clean_path(const char *path)
{
    struct ocib_str rest = ocib_str(path);
    struct ocib_str name;
    struct ocib_buf out = {0};
    ocib_buf_init(&out);
    while (ocib_str_cut(&rest, '/', &name)) {
        if (ocib_str_is(name, "..")) {
            ptrdiff_t slash = ocib_str_rfind(ocib_buf_str(&out), '/');
            out.len = slash < 0 ? 0 : (size_t)slash;
            out.data[out.len] = '\0';
        } else if (name.len && !ocib_str_is(name, ".")) {
            ocib_buf_puts(&out, out.len ? "/" : "");
            ocib_buf_add_str(&out, name);
        }
    }
    return ocib_buf_take(&out);
}

/* Unless a line with "!" may bring back something in it. */
void ocib_check_ignored(struct ocib_checker *c, const struct ocib_instruction *ins,
                        const char *source)
{
    const struct ocib_ignore *ignore = c->options->ignore;
    OCIB_AUTO_FREE char *path = clean_path(source);
    struct ocib_span rule = {0};
    if (!path[0] || !ocib_ignore_match(ignore, ocib_str(path), false, &rule) ||
        ocib_ignore_may_include_below(ignore, ocib_str(path))) {
        return;
    }
    ocib_check_report(c, OCIB_RULE_COPY_IGNORED_FILE, ins->span,
                      "%s takes '%s', which line %u of the ignore file leaves out",
                      ocib_instruction_name(ins->kind), source, rule.line);
}
