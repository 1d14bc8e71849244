#include "dockerfile/parser.h"

#include "base/buf.h"
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

/* A word of the line: its text with quotes, and where it stands. */
struct place {
    struct ocib_str word;
    const char *at;
    struct ocib_str written; /* the same, as in the line */
};

static int read_word(struct ocib_parser *p, const struct place *place, struct ocib_heredocs *out,
                     struct ocib_error **err)
{
    struct ocib_heredoc doc = {0};
    const char *at = place->at;
    if (!read_delimiter(p, place->word, &doc)) {
        return 0;
    }
    if (out->len == HEREDOCS_MAX) {
        return ocib_parser_fail(p, err, at, "more than %d heredocs in one instruction",
                                HEREDOCS_MAX);
    }
    doc.word = ocib_parser_keep(p, ocib_str_dup(place->written), place->written.len);
    doc.span = ocib_parser_span(p, at);
    if (read_body(p, &doc, err) < 0) {
        return -1;
    }
    ocib_vec_push(out, doc);
    return 0;
}

/* "<<" or "3<<", the name comes as the next word. Not so "<<-": BuildKit takes no blank there. */
static bool is_bare_operator(struct ocib_str word)
{
    size_t i = 0;
    while (i < word.len && word.s[i] >= '0' && word.s[i] <= '9') {
        i++;
    }
    return ocib_str_is(ocib_str_sub(word, i, word.len), "<<");
}

static struct place place_of(const struct ocib_expanded *words, struct ocib_str line, size_t i)
{
    const char *at = line.s + words->starts.items[i];
    struct ocib_str word = ocib_str(words->words.items[i]);
    return (struct place){word, at, word};
}

/* "<<" and the word behind it as one, in *joined. */
static struct place join_words(struct ocib_str line, struct place operator, struct place name,
                               struct ocib_buf *joined)
{
    size_t from = (size_t)(operator.at - line.s);
    size_t to = (size_t)(name.at - line.s) + name.word.len;
    ocib_buf_add_str(joined, operator.word);
    ocib_buf_add_str(joined, name.word);
    return (struct place){ocib_buf_str(joined), operator.at, ocib_str_sub(line, from, to)};
}

/* The words of COPY are cut at blanks, so the name can't stand apart. */
static int refuse_apart(struct ocib_parser *p, struct place place, struct ocib_str name,
                        struct ocib_error **err)
{
    struct ocib_heredoc doc = {0};
    if (!read_delimiter(p, place.word, &doc)) {
        return 0;
    }
    name = ocib_str_sub(name, 0, 80);
    ocib_parser_fail(p, err, place.at, "a blank stands between << and %.*s", OCIB_STR_ARG(name));
    return ocib_error_hint_set(err, "write <<%.*s for a file whose content is given below",
                               OCIB_STR_ARG(name));
}

static int read_words(struct ocib_parser *p, const struct ocib_expanded *words, bool apart,
                      struct ocib_heredocs *out, struct ocib_error **err)
{
    for (size_t i = 0; i < words->words.len; i++) {
        OCIB_AUTO_BUF struct ocib_buf joined = {0};
        struct place place = place_of(words, p->line.text, i);
        if (is_bare_operator(place.word) && i + 1 < words->words.len) {
            struct place name = place_of(words, p->line.text, ++i);
            if (ocib_str_find(name.word, ')') >= 0) {
                continue; /* the shell's "$((1 << 2))", for which Docker wants an end */
            }
            place = join_words(p->line.text, place, name, &joined);
            if (!apart && refuse_apart(p, place, name.word, err) < 0) {
                return -1;
            }
        }
        if (read_word(p, &place, out, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_parser_read_heredocs(struct ocib_parser *p, bool apart, struct ocib_heredocs *out,
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
        result = read_words(p, &words, apart, out, err);
    }
    ocib_expanded_release(&words);
    return result;
}
