#include "dockerfile/parser.h"

#include "dockerfile/expand.h"

/* Each needs lines of its own, so this is no limit but for hostile files. */
enum { HEREDOCS_MAX = 1000 };

static struct ocib_expand_options raw_options(size_t *budget)
{
    return (struct ocib_expand_options){
        .escape = '\\',
        .raw_quotes = true,
        .raw_escapes = true,
        .keep_unset = true,
        .budget = budget,
    };
}

/* Takes "<<", "<<-" or a file descriptor's "3<<" off a word; false if it is none of them. */
static bool cut_operator(struct ocib_str *word, bool *chomp)
{
    size_t i = 0;
    while (i < word->len && word->s[i] >= '0' && word->s[i] <= '9') {
        i++;
    }
    if (!ocib_str_starts(ocib_str_sub(*word, i, word->len), "<<")) {
        return false;
    }
    *word = ocib_str_sub(*word, i + 2, word->len);
    *chomp = ocib_str_starts(*word, "-");
    *word = ocib_str_sub(*word, *chomp ? 1 : 0, word->len);
    return word->len > 0 && ocib_str_find(*word, '<') < 0;
}

/* The delimiter of a word, "<<'EOF'" for one; false if it is no heredoc. */
static bool read_delimiter(struct ocib_parser *p, struct ocib_str word, struct ocib_heredoc *out)
{
    struct ocib_str raw = word;
    if (!cut_operator(&raw, &out->chomp)) {
        return false;
    }
    size_t budget = OCIB_EXPAND_MAX;
    struct ocib_expand_options options = raw_options(&budget);
    options.raw_quotes = false;
    options.raw_escapes = false;
    struct ocib_expanded plain = {0};
    bool good = ocib_expand(raw, &options, &plain, NULL) == 0 && plain.words.len == 1;
    if (good) {
        char *name = ocib_strdup(plain.words.items[0]);
        out->name = ocib_parser_keep(p, name, strlen(name));
        /* Quotes or escapes anywhere in the delimiter leave the body as it is. */
        out->expand = ocib_str_eq(out->name, raw);
    }
    ocib_expanded_release(&plain);
    return good;
}

static struct ocib_str without_break(struct ocib_str line)
{
    while (line.len && (line.s[line.len - 1] == '\n' || line.s[line.len - 1] == '\r')) {
        line.len--;
    }
    return line;
}

static struct ocib_str without_tabs(struct ocib_str line)
{
    while (line.len && line.s[0] == '\t') {
        line = ocib_str_sub(line, 1, line.len);
    }
    return line;
}

/* The lines up to the delimiter's. */
static int read_body(struct ocib_parser *p, struct ocib_heredoc *doc, struct ocib_error **err)
{
    unsigned first = p->next;
    const struct ocib_source *source = p->file->source;
    doc->content_span = p->fixed.source ? p->fixed : (struct ocib_span){source, first, 1, first};
    doc->content = (struct ocib_str){source->text + source->len, 0};
    if (first <= p->line_count) {
        doc->content.s = ocib_parser_raw_line(p, first).s;
    }
    while (p->next <= p->line_count) {
        struct ocib_str line = ocib_parser_raw_line(p, p->next++);
        p->line.last = p->next - 1;
        struct ocib_str end = without_break(line);
        if (ocib_str_eq(doc->chomp ? without_tabs(end) : end, doc->name)) {
            if (!p->fixed.source) {
                doc->content_span.end_line = p->line.last;
            }
            return 0;
        }
        doc->content.len += line.len;
    }
    ocib_error_at(err, OCIB_EDOCKERFILE, doc->span, "the heredoc '%.*s' has no end",
                  OCIB_STR_ARG(doc->name));
    return ocib_error_hint_set(err, "end it with a line that holds nothing but %.*s",
                               OCIB_STR_ARG(doc->name));
}

static int read_word(struct ocib_parser *p, struct ocib_str word, const char *at,
                     struct ocib_heredocs *out, struct ocib_error **err)
{
    struct ocib_heredoc doc = {0};
    if (!read_delimiter(p, word, &doc)) {
        return 0;
    }
    if (out->len == HEREDOCS_MAX) {
        return ocib_parser_fail(p, err, at, "more than %d heredocs in one instruction",
                                HEREDOCS_MAX);
    }
    char *copy = ocib_str_dup(word);
    doc.word = ocib_parser_keep(p, copy, word.len);
    doc.span = ocib_parser_span(p, at);
    if (read_body(p, &doc, err) < 0) {
        return -1;
    }
    ocib_vec_push(out, doc);
    return 0;
}

int ocib_parser_read_heredocs(struct ocib_parser *p, struct ocib_heredocs *out,
                              struct ocib_error **err)
{
    struct ocib_str text = p->line.text;
    if (!memmem(text.s, text.len, "<<", 2)) {
        return 0;
    }
    size_t budget = SIZE_MAX;
    struct ocib_expand_options options = raw_options(&budget);
    struct ocib_expanded words = {0};
    int result = 0;
    /* A line that is no words, such as one with a lone quote, has no heredocs; the shell will
     * say what it thinks of it. */
    if (ocib_expand(text, &options, &words, NULL) == 0) {
        for (size_t i = 0; i < words.words.len && result == 0; i++) {
            result = read_word(p, ocib_str(words.words.items[i]), text.s + words.starts.items[i],
                               out, err);
        }
    }
    ocib_expanded_release(&words);
    return result;
}
