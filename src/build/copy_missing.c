#include "base/mem.h"
#include "build/copy_selection.h"

#include <errno.h>
#include <string.h>

static int note_name(void *data, const struct ocib_walk_item *item, struct ocib_error **err)
{
    ocib_strings_push(data, item->name);
    return 0;
}

static void list_names(struct ocib_selection *selection, const char *dir, struct ocib_strings *out)
{
    struct ocib_walk walk = {
        .tree = &selection->tree, .base = dir, .visit = note_name, .data = out};
    if (ocib_walk_run(&walk, NULL) < 0) {
        ocib_strings_clear(out); /* no hint, then */
    }
}

/* The name nearest to the one that is missing, in the folder where it should be. */
static void hint_nearest(struct ocib_selection *selection, const char *path,
                         struct ocib_error **err)
{
    const char *slash = strrchr(path, '/');
    OCIB_AUTO_FREE char *dir = ocib_strndup(path, slash ? (size_t)(slash - path) : 0);
    OCIB_AUTO_STRINGS struct ocib_strings names = {0};
    list_names(selection, dir, &names);
    const char *const *list = (const char *const *)ocib_strings_argv(&names);
    const char *near = ocib_str_nearest(ocib_str(slash ? slash + 1 : path), list);
    if (near) {
        ocib_error_hint_set(err, "did you mean %s%s%s?", dir, slash ? "/" : "", near);
    }
}

int ocib_selection_excluded(struct ocib_selection *selection, const char *source, const char *path,
                            struct ocib_span rule, struct ocib_error **err)
{
    struct ocib_str line = ocib_str_trim(ocib_source_line(rule.source, rule.line));
    ocib_error_at(err, OCIB_EDOCKERFILE, selection->span,
                  "%s is excluded from %s by line %u of %s: %.*s", source, selection->source.name,
                  rule.line, rule.source->name, OCIB_STR_ARG(line));
    return ocib_error_hint_set(err, "remove that line, or add the line !%s at the end", path);
}

int ocib_selection_not_found(struct ocib_selection *selection, const char *source,
                             const struct ocib_tree_path *at, struct ocib_error **err)
{
    if (at->rule.source) {
        return ocib_selection_excluded(selection, source, at->path.data, at->rule, err);
    }
    ocib_error_at(err, OCIB_EDOCKERFILE, selection->span, "%s not found in %s", source,
                  selection->source.name);
    hint_nearest(selection, at->path.data, err);
    return -1;
}

int ocib_selection_cant_resolve(struct ocib_selection *selection, const char *source,
                                const struct ocib_tree_path *at, struct ocib_error **err)
{
    enum ocib_code code = errno == ENOTDIR || errno == ELOOP ? OCIB_EDOCKERFILE : OCIB_EINPUT;
    if (errno == ENOTDIR) {
        return ocib_error_at(err, code, selection->span, "%s not found in %s: %s is not a folder",
                             source, selection->source.name, at->path.data);
    }
    ocib_error_set_errno(err, code, "can't find %s in %s", source, selection->source.name);
    return ocib_error_place_at(err, selection->span);
}

void ocib_selection_warn_no_match(struct ocib_selection *selection, const char *source)
{
    ocib_log_at(selection->source.log, OCIB_LOG_WARNING, selection->span,
                "nothing in %s matches %s%s", selection->source.name, source,
                strstr(source, "**") ? " (here, \"**\" is no more than \"*\")" : "");
}
