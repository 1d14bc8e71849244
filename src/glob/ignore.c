#include "glob/ignore.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"
#include "glob/match.h"
#include "glob/program.h"
#include "glob/regex.h"

#include <string.h>

/* Go's bufio.Scanner, which Docker reads the file with, takes no longer line. */
enum { LINE_MAX_BYTES = 64 * 1024 };

/* How a pattern is matched: moby takes a regular expression only where it needs one, and the other
 * kinds differ from it in corners ("**.go" is any path that ends with ".go"). */
enum rule_kind {
    RULE_EXACT,
    RULE_PREFIX, /* "text**": begins with text */
    RULE_SUFFIX, /* "**text": ends with text; "**" and "/text": or is text */
    RULE_REGEX,
};

struct rule {
    enum rule_kind kind;
    bool include; /* "!" */
    char *pattern;
    struct ocib_str text; /* of `pattern`: without the "**" of a prefix or suffix */
    struct ocib_regex regex;
    struct ocib_span span;
};

struct ocib_ignore {
    struct ocib_source *source;
    OCIB_VEC(struct rule);
};

void ocib_ignore_free(struct ocib_ignore *ignore)
{
    if (!ignore) {
        return;
    }
    for (size_t i = 0; i < ignore->len; i++) {
        free(ignore->items[i].pattern);
        ocib_regex_release(&ignore->items[i].regex);
    }
    ocib_vec_release(ignore);
    ocib_source_free(ignore->source);
    free(ignore);
}

/* --- reading a line ------------------------------------------------------------------------ */

static bool is_space(uint32_t c)
{
    return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

/* Blanks are Unicode's, as for Go's strings.TrimSpace. */
static struct ocib_str trim(struct ocib_str text)
{
    struct ocib_str rest = text;
    while (rest.len && is_space(ocib_rune_take(&rest))) {
        text = rest;
    }
    size_t end = 0;
    for (rest = text; rest.len;) {
        if (!is_space(ocib_rune_take(&rest))) {
            end = text.len - rest.len;
        }
    }
    return ocib_str_sub(text, 0, end);
}

/* Takes the last component off, unless there is none or it is "..", which can't be undone. */
static bool drop_last(struct ocib_buf *path, size_t root)
{
    struct ocib_str kept = ocib_str_sub(ocib_buf_str(path), root, path->len);
    ptrdiff_t slash = ocib_str_rfind(kept, '/');
    struct ocib_str last = ocib_str_sub(kept, (size_t)(slash + 1), kept.len);
    if (kept.len == 0 || ocib_str_is(last, "..")) {
        return false;
    }
    path->len = root + (slash < 0 ? 0 : (size_t)slash);
    path->data[path->len] = '\0';
    return true;
}

/* Go's filepath.Clean, by the text alone. */
static void clean(struct ocib_str path, struct ocib_buf *out)
{
    size_t root = ocib_str_starts(path, "/");
    ocib_buf_clear(out);
    ocib_buf_add(out, "/", root);
    struct ocib_str part;
    while (ocib_str_cut(&path, '/', &part)) {
        bool up = ocib_str_is(part, "..");
        if (part.len == 0 || ocib_str_is(part, ".") || (up && (drop_last(out, root) || root))) {
            continue;
        }
        if (out->len > root) {
            ocib_buf_putc(out, '/');
        }
        ocib_buf_add_str(out, part);
    }
    if (out->len == 0) {
        ocib_buf_putc(out, '.');
    }
}

/* The pattern of a line, cleaned, with its "!"; empty if the line has none. */
static void read_pattern(struct ocib_str line, struct ocib_buf *out)
{
    ocib_buf_clear(out);
    line = trim(line);
    if (line.len == 0) {
        return;
    }
    bool include = line.s[0] == '!';
    line = trim(ocib_str_sub(line, include, line.len));
    OCIB_AUTO_BUF struct ocib_buf cleaned = {0};
    if (line.len) {
        clean(line, &cleaned);
    }
    struct ocib_str pattern = ocib_buf_str(&cleaned);
    if (pattern.len > 1 && pattern.s[0] == '/') {
        pattern = ocib_str_sub(pattern, 1, pattern.len);
    }
    OCIB_AUTO_BUF struct ocib_buf marked = {0};
    ocib_buf_add(&marked, "!", include);
    ocib_buf_add_str(&marked, pattern);
    /* The matcher trims and cleans what the reader gives it once more, now with the "!": so "!/" is
     * a lone "!", and "/!a" is "!a". */
    clean(trim(ocib_buf_str(&marked)), out);
}

/* --- compiling ----------------------------------------------------------------------------- */

/* The translation of a pattern: the regular expression, and which kind of match suffices. */
struct translation {
    struct ocib_str rest;
    struct ocib_buf regex;
    enum rule_kind kind;
};

static bool next_is(const struct translation *to, char c)
{
    return to->rest.len && to->rest.s[0] == c;
}

static void skip_byte(struct translation *to)
{
    to->rest = ocib_str_sub(to->rest, 1, to->rest.len);
}

/* Behind the first "*" of "**". */
static void translate_any_folders(struct translation *to, bool first)
{
    skip_byte(to);
    if (next_is(to, '/')) {
        skip_byte(to);
    }
    if (to->rest.len) {
        ocib_buf_puts(&to->regex, "(.*/)?");
        to->kind = RULE_REGEX;
    } else if (to->kind == RULE_EXACT) {
        to->kind = RULE_PREFIX;
    } else {
        ocib_buf_puts(&to->regex, ".*");
        to->kind = RULE_REGEX;
    }
    if (first) {
        to->kind = RULE_SUFFIX;
    }
}

static void translate_one(struct translation *to, bool first)
{
    struct ocib_str before = to->rest;
    uint32_t c = ocib_rune_take(&to->rest);
    struct ocib_str as_is = ocib_str_sub(before, 0, before.len - to->rest.len);
    if (c == '*' && next_is(to, '*')) {
        translate_any_folders(to, first);
    } else if (c == '*' || c == '?') {
        ocib_buf_puts(&to->regex, c == '*' ? "[^/]*" : "[^/]");
        to->kind = RULE_REGEX;
    } else if (c < 0x80 && strchr(".+()$", (int)c)) {
        /* "|" and braces are meant to be escaped too, but Docker's table of them has no room for
         * characters beyond 63: "a|b*" is an alternative. */
        ocib_buf_printf(&to->regex, "\\%c", (char)c);
    } else if (c == '\\') {
        /* Well-formed patterns have a character behind a backslash. */
        before = to->rest;
        ocib_rune_take(&to->rest);
        ocib_buf_putc(&to->regex, '\\');
        ocib_buf_add_str(&to->regex, ocib_str_sub(before, 0, before.len - to->rest.len));
        to->kind = RULE_REGEX;
    } else {
        ocib_buf_add_str(&to->regex, as_is);
        to->kind = c == '[' || c == ']' ? RULE_REGEX : to->kind;
    }
}

static bool compile_rule(struct rule *rule, const char **why)
{
    struct ocib_str pattern = rule->text;
    if (!ocib_glob_valid(pattern)) {
        *why = "an unclosed \"[\", an empty class, or a backslash at the end";
        return false;
    }
    struct translation to = {.rest = pattern};
    while (to.rest.len) {
        translate_one(&to, to.rest.len == pattern.len);
    }
    OCIB_AUTO_BUF struct ocib_buf regex = to.regex;
    rule->kind = to.kind;
    if (to.kind == RULE_PREFIX) {
        rule->text = ocib_str_sub(pattern, 0, pattern.len - 2);
    } else if (to.kind == RULE_SUFFIX) {
        rule->text = ocib_str_sub(pattern, 2, pattern.len);
    }
    return to.kind != RULE_REGEX || ocib_regex_compile(ocib_buf_str(&regex), &rule->regex, why);
}

static int refuse(struct ocib_span span, struct ocib_str pattern, const char *why,
                  struct ocib_error **err)
{
    enum ocib_code code = span.source ? OCIB_EINPUT : OCIB_EDOCKERFILE;
    ocib_error_at(err, code, span, "bad pattern \"%.*s\": %s", OCIB_STR_ARG(pattern), why);
    return ocib_error_hint_set(err,
                               "put a backslash before a *, ?, [ or \\ that is meant as it is");
}

static int add_rule(struct ocib_ignore *ignore, struct ocib_str pattern, struct ocib_span span,
                    struct ocib_error **err)
{
    bool include = pattern.s[0] == '!';
    struct ocib_str text = ocib_str_sub(pattern, include, pattern.len);
    if (text.len == 0) {
        return refuse(span, pattern, "\"!\" needs a pattern behind it", err);
    }
    struct rule *rule = ocib_vec_add(ignore);
    rule->include = include;
    rule->span = span;
    rule->pattern = ocib_str_dup(text);
    rule->text = (struct ocib_str){rule->pattern, text.len};
    const char *why;
    return compile_rule(rule, &why) ? 0 : refuse(span, text, why, err);
}

static int read_line(struct ocib_ignore *ignore, unsigned number, struct ocib_str line,
                     struct ocib_error **err)
{
    struct ocib_str bare = line;
    if (number == 1 && ocib_str_starts(bare, "\xEF\xBB\xBF")) {
        bare = ocib_str_sub(bare, 3, bare.len);
    }
    size_t column = 1 + (size_t)(trim(bare).s - line.s);
    struct ocib_span span = {ignore->source, number, (unsigned)column, number};
    if (line.len >= LINE_MAX_BYTES) {
        span.column = 1;
        return ocib_error_at(err, OCIB_EINPUT, span, "line is longer than %d bytes",
                             LINE_MAX_BYTES - 1);
    }
    if (ocib_str_starts(bare, "#")) {
        return 0;
    }
    OCIB_AUTO_BUF struct ocib_buf pattern = {0};
    read_pattern(bare, &pattern);
    return pattern.len ? add_rule(ignore, ocib_buf_str(&pattern), span, err) : 0;
}

struct ocib_ignore *ocib_ignore_parse(const char *name, struct ocib_str text,
                                      struct ocib_error **err)
{
    OCIB_AUTO(ocib_ignore_cleanup) struct ocib_ignore *ignore = ocib_new(struct ocib_ignore);
    ignore->source = ocib_source_new(name, text);
    for (unsigned line = 1; line <= ignore->source->line_count; line++) {
        if (read_line(ignore, line, ocib_source_line(ignore->source, line), err) < 0) {
            return NULL;
        }
    }
    return ocib_steal(&ignore);
}

struct ocib_ignore *ocib_ignore_of_patterns(const struct ocib_strings *patterns,
                                            struct ocib_error **err)
{
    OCIB_AUTO(ocib_ignore_cleanup) struct ocib_ignore *ignore = ocib_new(struct ocib_ignore);
    OCIB_AUTO_BUF struct ocib_buf pattern = {0};
    for (size_t i = 0; i < patterns->len; i++) {
        struct ocib_str text = trim(ocib_str(patterns->items[i]));
        if (!text.len) {
            continue;
        }
        clean(text, &pattern);
        if (add_rule(ignore, ocib_buf_str(&pattern), (struct ocib_span){0}, err) < 0) {
            return NULL;
        }
    }
    return ocib_steal(&ignore);
}

/* --- matching ------------------------------------------------------------------------------ */

static bool ends_with(struct ocib_str text, struct ocib_str end)
{
    return text.len >= end.len &&
           (end.len == 0 || memcmp(text.s + text.len - end.len, end.s, end.len) == 0);
}

static bool starts_with(struct ocib_str text, struct ocib_str start)
{
    return text.len >= start.len && (start.len == 0 || memcmp(text.s, start.s, start.len) == 0);
}

static bool rule_matches(const struct rule *rule, struct ocib_str path)
{
    switch (rule->kind) {
    case RULE_EXACT:
        return ocib_str_eq(path, rule->text);
    case RULE_PREFIX:
        return starts_with(path, rule->text);
    case RULE_SUFFIX:
        return ends_with(path, rule->text) ||
               (ocib_str_starts(rule->text, "/") &&
                ocib_str_eq(path, ocib_str_sub(rule->text, 1, rule->text.len)));
    case RULE_REGEX:
        return ocib_regex_match(&rule->regex, path);
    }
    return false;
}

size_t ocib_ignore_rules(const struct ocib_ignore *ignore)
{
    return ignore->len;
}

struct ocib_span ocib_ignore_rule_span(const struct ocib_ignore *ignore, ptrdiff_t rule)
{
    return rule < 0 ? (struct ocib_span){0} : ignore->items[rule].span;
}

struct ocib_ignored ocib_ignore_match_in(const struct ocib_ignore *ignore, const bool *parent,
                                         struct ocib_str path, bool *matched)
{
    struct ocib_ignored result = {.rule = -1};
    for (size_t i = 0; i < ignore->len; i++) {
        const struct rule *rule = &ignore->items[i];
        /* A rule that would change nothing isn't tried, and then doesn't count as matched for what
         * is below either: moby's matcher does so, and it shows. */
        bool match = parent[i] || (rule->include == result.excluded && rule_matches(rule, path));
        if (match) {
            result.excluded = !rule->include;
            result.rule = (ptrdiff_t)i;
        }
        if (matched) {
            matched[i] = match;
        }
    }
    return result;
}

/* Matches the path's folders from the top, then the path. */
struct ocib_ignored ocib_ignore_match_path(const struct ocib_ignore *ignore, struct ocib_str path,
                                           bool *matched)
{
    OCIB_AUTO_FREE bool *results = ocib_alloc(2 * ignore->len + 1, sizeof(bool));
    bool *parent = results;
    bool *current = results + ignore->len;
    struct ocib_ignored ignored = {.rule = -1};
    for (size_t end = 1; end <= path.len; end++) {
        if (end < path.len && path.s[end] != '/') {
            continue;
        }
        ignored = ocib_ignore_match_in(ignore, parent, ocib_str_sub(path, 0, end), current);
        bool *swap = parent;
        parent = current;
        current = swap;
    }
    if (matched && ignore->len) {
        memcpy(matched, parent, ignore->len * sizeof(bool));
    }
    return ignored;
}

bool ocib_ignore_match(const struct ocib_ignore *ignore, struct ocib_str path, bool is_dir,
                       struct ocib_span *rule)
{
    struct ocib_ignored ignored = ocib_ignore_match_path(ignore, path, NULL);
    if (rule) {
        *rule = ocib_ignore_rule_span(ignore, ignored.rule);
    }
    return ignored.excluded;
}

/* `below` is the folder and a slash. */
static bool may_match_below(const struct rule *rule, struct ocib_str below)
{
    switch (rule->kind) {
    case RULE_EXACT:
        return starts_with(rule->text, below);
    case RULE_PREFIX:
        return starts_with(rule->text, below) || starts_with(below, rule->text);
    case RULE_SUFFIX:
        return true;
    case RULE_REGEX:
        return ocib_regex_may_continue(&rule->regex, below);
    }
    return true;
}

bool ocib_ignore_may_include_after(const struct ocib_ignore *ignore, struct ocib_str dir,
                                   ptrdiff_t rule)
{
    OCIB_AUTO_BUF struct ocib_buf below = {0};
    ocib_buf_add_str(&below, dir);
    if (dir.len) {
        ocib_buf_putc(&below, '/');
    }
    /* What is below matches the deciding rule too; only a later "!" can turn that. */
    for (size_t i = (size_t)(rule + 1); i < ignore->len; i++) {
        const struct rule *candidate = &ignore->items[i];
        if (candidate->include && may_match_below(candidate, ocib_buf_str(&below))) {
            return true;
        }
    }
    return false;
}

bool ocib_ignore_may_include_below(const struct ocib_ignore *ignore, struct ocib_str dir)
{
    return ocib_ignore_may_include_after(ignore, dir,
                                         ocib_ignore_match_path(ignore, dir, NULL).rule);
}
