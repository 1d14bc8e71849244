#include "plan/internal.h"

void ocib_scope_release(struct ocib_scope *scope)
{
    for (size_t i = 0; i < scope->len; i++) {
        free(scope->items[i].name);
        free(scope->items[i].value);
    }
    ocib_vec_release(scope);
    ocib_map_free(scope->index);
    scope->index = NULL;
}

static struct ocib_var *find(const struct ocib_scope *scope, struct ocib_str name)
{
    /* The map holds 1 + the index, since it can't hold NULL. */
    uintptr_t at = scope->index ? (uintptr_t)ocib_map_get(scope->index, name) : 0;
    return at ? &scope->items[at - 1] : NULL;
}

void ocib_scope_set(struct ocib_scope *scope, struct ocib_str name, const char *value)
{
    struct ocib_var *var = find(scope, name);
    if (!var) {
        var = ocib_vec_add(scope);
        var->name = ocib_str_dup(name);
        if (!scope->index) {
            scope->index = ocib_map_new(NULL);
        }
        ocib_map_set(scope->index, name, (void *)(uintptr_t)scope->len);
    }
    if (value) {
        free(var->value);
        var->value = ocib_strdup(value);
    }
}

const char *ocib_scope_get(const struct ocib_scope *scope, struct ocib_str name)
{
    const struct ocib_var *var = find(scope, name);
    return var ? var->value : NULL;
}

bool ocib_scope_has(const struct ocib_scope *scope, struct ocib_str name)
{
    return find(scope, name) != NULL;
}

void ocib_scope_add_list(struct ocib_scope *scope, const struct ocib_strings *list)
{
    for (size_t i = 0; i < list->len; i++) {
        struct ocib_str entry = ocib_str(list->items[i]);
        ptrdiff_t equals = ocib_str_find(entry, '=');
        if (equals < 0) {
            ocib_scope_set(scope, entry, NULL);
        } else {
            ocib_scope_set(scope, ocib_str_sub(entry, 0, (size_t)equals), entry.s + equals + 1);
        }
    }
}

void ocib_scope_export(const struct ocib_scope *scope, struct ocib_strings *out)
{
    for (size_t i = 0; i < scope->len; i++) {
        const struct ocib_var *var = &scope->items[i];
        if (var->value) {
            ocib_strings_take(out, ocib_format("%s=%s", var->name, var->value));
        }
    }
}

size_t ocib_scope_bytes(const struct ocib_scope *scope)
{
    size_t bytes = 0;
    for (size_t i = 0; i < scope->len; i++) {
        const struct ocib_var *var = &scope->items[i];
        bytes += strlen(var->name) + (var->value ? strlen(var->value) : 0) + 32;
    }
    return bytes;
}

static const char *lookup(const void *data, struct ocib_str name)
{
    return ocib_scope_get(data, name);
}

/* Names for a hint are looked for among this many, and are no longer than this: it bounds the time
 * that a warning takes. */
enum { NEAREST_AMONG = 64, NEAREST_BYTES = 32 };

static void warn_unset(const struct ocib_words *words, const struct ocib_strings *unset,
                       struct ocib_span span)
{
    const char *names[NEAREST_AMONG + 1] = {0};
    if (!words->log || unset->len == 0) {
        return;
    }
    size_t count = 0;
    for (size_t i = 0; i < words->scope->len && i < NEAREST_AMONG; i++) {
        if (strlen(words->scope->items[i].name) <= NEAREST_BYTES) {
            names[count++] = words->scope->items[i].name;
        }
    }
    for (size_t i = 0; i < unset->len; i++) {
        /* Among the shortest names each is near to any other. */
        struct ocib_str name = ocib_str(unset->items[i]);
        bool may = name.len > 2 && name.len <= NEAREST_BYTES;
        const char *nearest = may ? ocib_str_nearest(name, names) : NULL;
        if (nearest && strcmp(nearest, unset->items[i]) != 0) {
            ocib_log_at(words->log, OCIB_LOG_DEBUG, span,
                        "the variable '%s' is not set here; did you mean '%s'?", unset->items[i],
                        nearest);
        } else {
            ocib_log_at(words->log, OCIB_LOG_DEBUG, span, "the variable '%s' is not set here",
                        unset->items[i]);
        }
    }
}

/* The line of a heredoc's body in which an offset lies. A trigger's body has no line of its own. */
static struct ocib_span line_in(const struct ocib_arg *body, size_t offset)
{
    struct ocib_span span = body->span;
    struct ocib_str before = ocib_str_sub(body->text, 0, offset);
    for (size_t i = 0; i < before.len && span.line < span.end_line; i++) {
        span.line += before.s[i] == '\n';
    }
    return span;
}

static int expand(const struct ocib_words *words, const struct ocib_arg *arg, bool body,
                  struct ocib_expanded *out, struct ocib_error **err)
{
    struct ocib_expand_options options = {
        .escape = body ? '\\' : words->escape,
        .plain_quotes = body,
        .lookup = lookup,
        .data = words->scope,
        .budget = words->budget,
    };
    if (ocib_expand(arg->text, &options, out, err) < 0) {
        return ocib_error_place_at(err, body ? line_in(arg, out->failed_at) : arg->span);
    }
    warn_unset(words, &out->unset, arg->span);
    return 0;
}

static char *expand_text(const struct ocib_words *words, struct ocib_str text,
                         struct ocib_span span, bool body, struct ocib_error **err)
{
    struct ocib_expanded expanded = {0};
    char *result = NULL;
    struct ocib_arg arg = {.text = text, .span = span};
    if (expand(words, &arg, body, &expanded, err) == 0) {
        result = ocib_steal(&expanded.text);
    }
    ocib_expanded_release(&expanded);
    return result;
}

char *ocib_words_expand_at(const struct ocib_words *words, struct ocib_str text,
                           struct ocib_span span, struct ocib_error **err)
{
    return expand_text(words, text, span, false, err);
}

char *ocib_words_expand(const struct ocib_words *words, const struct ocib_arg *arg,
                        struct ocib_error **err)
{
    return expand_text(words, arg->text, arg->span, false, err);
}

char *ocib_words_expand_body(const struct ocib_words *words, struct ocib_str text,
                             struct ocib_span span, struct ocib_error **err)
{
    return expand_text(words, text, span, true, err);
}

int ocib_words_split(const struct ocib_words *words, const struct ocib_arg *arg,
                     struct ocib_strings *out, struct ocib_error **err)
{
    struct ocib_expanded expanded = {0};
    int result = expand(words, arg, false, &expanded, err);
    if (result == 0) {
        ocib_strings_copy(out, &expanded.words);
    }
    ocib_expanded_release(&expanded);
    return result;
}
