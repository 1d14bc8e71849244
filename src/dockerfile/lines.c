#include "dockerfile/parser.h"

#include "base/buf.h"
#include "dockerfile/directive.h"

#include <stdarg.h>
#include <stdio.h>

struct ocib_str ocib_parser_keep(struct ocib_parser *p, char *text, size_t len)
{
    ocib_strings_take(&p->file->texts, text);
    return (struct ocib_str){text, len};
}

struct ocib_str ocib_parser_raw_line(const struct ocib_parser *p, unsigned line)
{
    const struct ocib_source *source = p->file->source;
    size_t from = source->line_starts[line - 1];
    size_t to = line < source->line_count ? source->line_starts[line] : source->len;
    return (struct ocib_str){source->text + from, to - from};
}

/* A line of the file without its line break, and the first one without its byte order mark. */
static struct ocib_str read_line(const struct ocib_parser *p, unsigned number)
{
    struct ocib_str line = ocib_parser_raw_line(p, number);
    while (line.len && (line.s[line.len - 1] == '\n' || line.s[line.len - 1] == '\r')) {
        line.len--;
    }
    if (number == 1 && ocib_str_starts(line, "\xef\xbb\xbf")) {
        line = ocib_str_sub(line, 3, line.len);
    }
    return line;
}

static struct ocib_str skip_space(struct ocib_str line)
{
    while (line.len && ocib_is_space(line.s[0])) {
        line = ocib_str_sub(line, 1, line.len);
    }
    return line;
}

static bool is_comment(struct ocib_str line)
{
    line = skip_space(line);
    return line.len && line.s[0] == '#';
}

/*
 * Takes the escape character off a line that goes on in the next one: the last character but for
 * blanks, unless another one stands before it.
 */
static bool cut_continuation(struct ocib_str *line, char escape)
{
    size_t len = line->len;
    while (len && (line->s[len - 1] == ' ' || line->s[len - 1] == '\t')) {
        len--;
    }
    if (len == 0 || line->s[len - 1] != escape || (len > 1 && line->s[len - 2] == escape)) {
        return false;
    }
    line->len = len - 1;
    return true;
}

static void line_reset(struct ocib_line *line, unsigned first)
{
    line->text = OCIB_STR("");
    line->pieces.len = 0;
    line->first = first;
    line->last = first;
}

/* Adds a part of the file to the line; `joined` gets its bytes as soon as there are two. */
static void line_add(struct ocib_parser *p, struct ocib_str part, struct ocib_buf *joined)
{
    struct ocib_line *line = &p->line;
    struct ocib_line_piece piece = {line->text.len, (size_t)(part.s - p->file->source->text)};
    if (line->pieces.len == 0) {
        line->text = part;
    } else {
        if (joined->len == 0) {
            ocib_buf_add_str(joined, line->text);
        }
        ocib_buf_add_str(joined, part);
        line->text = ocib_buf_str(joined);
    }
    ocib_vec_push(&line->pieces, piece);
}

/* Follows continuation lines: comments and empty lines among them are passed over. */
static void read_continuations(struct ocib_parser *p, struct ocib_buf *joined)
{
    unsigned empty = 0;
    bool more = true;
    while (more && p->next <= p->line_count) {
        struct ocib_str part = read_line(p, p->next++);
        p->line.last = p->next - 1;
        if (is_comment(part)) {
            continue;
        }
        if (skip_space(part).len == 0) {
            empty = empty ? empty : p->line.last;
            continue;
        }
        more = cut_continuation(&part, p->file->escape);
        line_add(p, part, joined);
    }
    if (empty) {
        struct ocib_span span = {p->file->source, empty, 1, empty};
        ocib_vec_push(&p->file->empty_lines, span);
        ocib_log_at(p->log, OCIB_LOG_DEBUG, span,
                    "an empty line inside a continued instruction; it is passed over");
    }
}

bool ocib_parser_next_line(struct ocib_parser *p)
{
    while (p->next <= p->line_count) {
        struct ocib_str part = read_line(p, p->next++);
        if (is_comment(part)) {
            continue;
        }
        part = skip_space(part);
        line_reset(&p->line, p->next - 1);
        bool more = cut_continuation(&part, p->file->escape);
        if (part.len == 0 && !more) {
            continue;
        }
        line_add(p, part, NULL);
        OCIB_AUTO_BUF struct ocib_buf joined = {0};
        if (more) {
            read_continuations(p, &joined);
        }
        if (joined.data) {
            size_t len = joined.len;
            p->line.text = ocib_parser_keep(p, ocib_buf_take(&joined), len);
        }
        if (ocib_str_trim(p->line.text).len) {
            return true;
        }
    }
    return false;
}

/* The offset in the file of an offset in the logical line. */
static size_t file_offset(const struct ocib_line *line, size_t at)
{
    size_t low = 0;
    size_t high = line->pieces.len;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (line->pieces.items[middle].at <= at) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return line->pieces.items[low].offset + (at - line->pieces.items[low].at);
}

static unsigned line_of(const struct ocib_source *source, size_t offset)
{
    unsigned low = 0;
    unsigned high = source->line_count;
    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        if (source->line_starts[middle] <= offset) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low + 1;
}

struct ocib_span ocib_parser_span(const struct ocib_parser *p, const char *at)
{
    if (p->fixed.source) {
        return p->fixed;
    }
    const struct ocib_source *source = p->file->source;
    size_t offset = file_offset(&p->line, (size_t)(at - p->line.text.s));
    unsigned line = line_of(source, offset);
    unsigned column = (unsigned)(offset - source->line_starts[line - 1]) + 1;
    return (struct ocib_span){source, line, column, p->line.last};
}

int ocib_parser_fail(const struct ocib_parser *p, struct ocib_error **err, const char *at,
                     const char *fmt, ...)
{
    OCIB_AUTO_FREE char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    return ocib_error_at(err, OCIB_EDOCKERFILE, ocib_parser_span(p, at), "%s", n < 0 ? fmt : text);
}

/* ---- directives ---- */

struct directive {
    struct ocib_str name;
    struct ocib_str value;
};

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* "# name = value" */
static bool parse_directive(struct ocib_str line, struct directive *out)
{
    line = skip_space(line);
    if (line.len == 0 || line.s[0] != '#') {
        return false;
    }
    line = skip_space(ocib_str_sub(line, 1, line.len));
    size_t n = 0;
    while (n < line.len && is_alnum(line.s[n])) {
        n++;
    }
    struct ocib_str rest = skip_space(ocib_str_sub(line, n, line.len));
    if (n == 0 || (line.s[0] >= '0' && line.s[0] <= '9') || rest.len == 0 || rest.s[0] != '=') {
        return false;
    }
    out->name = ocib_str_sub(line, 0, n);
    out->value = ocib_str_trim(ocib_str_sub(rest, 1, rest.len));
    return out->value.len > 0;
}

/* The repository of an image name: without tag and digest, and without Docker Hub's host. */
static struct ocib_str frontend_repository(struct ocib_str image)
{
    ptrdiff_t at = ocib_str_find(image, '@');
    image = ocib_str_sub(image, 0, at < 0 ? image.len : (size_t)at);
    ptrdiff_t slash = ocib_str_rfind(image, '/');
    ptrdiff_t colon = ocib_str_rfind(image, ':');
    image = ocib_str_sub(image, 0, colon > slash ? (size_t)colon : image.len);
    static const char *const hosts[] = {"docker.io/", "index.docker.io/", "registry-1.docker.io/"};
    for (size_t i = 0; i < OCIB_COUNT(hosts); i++) {
        if (ocib_str_starts(image, hosts[i])) {
            return ocib_str_sub(image, strlen(hosts[i]), image.len);
        }
    }
    return image;
}

static int read_syntax(struct ocib_parser *p, struct ocib_str value, struct ocib_error **err)
{
    /* Words behind the image would be arguments of a front end's own. */
    struct ocib_str image = value;
    struct ocib_str rest = value;
    ocib_cut_word(&rest, &image);
    struct ocib_str repository = frontend_repository(image);
    if (!ocib_str_is(repository, "docker/dockerfile") &&
        !ocib_str_is(repository, "docker/dockerfile-upstream")) {
        ocib_parser_fail(p, err, value.s, "the front end '%.*s' can't be used",
                         OCIB_STR_ARG(value));
        return ocib_error_hint_set(err, "ocib reads the language of docker/dockerfile itself; take "
                                        "the syntax line out if the file needs no more");
    }
    p->file->syntax = ocib_str_dup(value);
    ocib_log_at(p->log, OCIB_LOG_DEBUG, ocib_parser_span(p, value.s),
                "the built-in front end stands for %s", p->file->syntax);
    return 0;
}

static int read_escape(struct ocib_parser *p, struct ocib_str value, struct ocib_error **err)
{
    if (value.len != 1 || (value.s[0] != '\\' && value.s[0] != '`')) {
        ocib_parser_fail(p, err, value.s, "the escape character can't be '%.*s'",
                         OCIB_STR_ARG(value));
        return ocib_error_hint_set(err, "use \\ or `");
    }
    p->file->escape = value.s[0];
    return 0;
}

static int read_check(struct ocib_parser *p, struct ocib_str value, struct ocib_error **err)
{
    struct ocib_check_directive *check = &p->file->check;
    struct ocib_error *cause = NULL;
    const char *wrong = NULL;
    if (ocib_check_directive_read(value, check, &wrong, &cause) < 0) {
        ocib_error_place_at(&cause, ocib_parser_span(p, wrong));
        return ocib_error_move(err, cause);
    }
    return 0;
}

static const struct known_directive {
    const char *name;
    int (*read)(struct ocib_parser *p, struct ocib_str value, struct ocib_error **err);
} known[] = {{"syntax", read_syntax}, {"escape", read_escape}, {"check", read_check}};

/* The index of a line's directive in `known`; their number if it is none of them. */
static size_t find_directive(struct ocib_str text, struct directive *out)
{
    size_t i = parse_directive(text, out) ? 0 : OCIB_COUNT(known);
    while (i < OCIB_COUNT(known) && !ocib_str_is_nocase(out->name, known[i].name)) {
        i++;
    }
    return i;
}

/* A directive that is misspelt is a comment, which nobody would notice. */
static void warn_misspelt(const struct ocib_parser *p, const struct directive *directive)
{
    static const char *const names[] = {"syntax", "escape", "check", NULL};
    const char *nearest = ocib_str_nearest(directive->name, names);
    if (nearest) {
        struct ocib_span span = {p->file->source, p->next, 1, p->next};
        ocib_log_at(p->log, OCIB_LOG_WARNING, span,
                    "there is no directive '%.*s', so this is a comment; did you mean '%s'?",
                    OCIB_STR_ARG(ocib_str_sub(directive->name, 0, 80)), nearest);
    }
}

int ocib_parser_read_directives(struct ocib_parser *p, struct ocib_error **err)
{
    unsigned seen = 0;
    /* The first line that is no directive ends them. */
    while (p->next <= p->line_count) {
        struct ocib_str text = read_line(p, p->next);
        struct directive directive = {0};
        size_t i = find_directive(text, &directive);
        if (i == OCIB_COUNT(known)) {
            if (directive.value.len) {
                warn_misspelt(p, &directive);
            }
            return 0;
        }
        line_reset(&p->line, p->next++);
        line_add(p, text, NULL);
        if (seen & 1u << i) {
            return ocib_parser_fail(p, err, directive.name.s, "a second '%s' directive",
                                    known[i].name);
        }
        seen |= 1u << i;
        if (known[i].read(p, directive.value, err) < 0) {
            return -1;
        }
    }
    return 0;
}
