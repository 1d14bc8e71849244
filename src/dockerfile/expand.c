#include "dockerfile/expand.h"

#include "base/buf.h"
#include "base/checked.h"
#include "base/mem.h"
#include "dockerfile/pattern.h"

/* ${A:-${B:-…}}: each level is one call, and copies what is inside once more. */
enum { DEPTH_MAX = 32 };

enum { SHOWN_MAX = 80 }; /* of a word in a message */

enum { NO_STOP = -1 };

struct scan {
    struct ocib_str in;
    size_t at;
    const struct ocib_expand_options *options;
    size_t *budget;
    unsigned depth;
    size_t mark; /* where the outermost variable or quote begins that is being read */
    struct ocib_expanded *out;
    struct ocib_error **err;
};

/* The words of a text, while it is read. Without `list`, words are not collected. */
struct words {
    struct ocib_expanded *list;
    struct ocib_buf word;
    size_t start;
};

static int peek(const struct scan *s)
{
    return s->at < s->in.len ? (unsigned char)s->in.s[s->at] : NO_STOP;
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* What a message shows of the text: the part that can't be read, up to the end of its line. */
static struct ocib_str shown(const struct scan *s)
{
    struct ocib_str text = ocib_str_sub(s->in, s->mark, s->mark + SHOWN_MAX);
    ptrdiff_t end = ocib_str_find(text, '\n');
    return end < 0 ? text : ocib_str_sub(text, 0, (size_t)end);
}

static int fail(struct scan *s, const char *what)
{
    return ocib_error_set(s->err, OCIB_EDOCKERFILE, "%s in '%.*s'", what, OCIB_STR_ARG(shown(s)));
}

static int missing_brace(struct scan *s)
{
    return fail(s, "missing '}'");
}

/* Charges what an expansion produces, so that variables that double each other come to an end. */
static int charge(struct scan *s, size_t bytes)
{
    if (bytes > *s->budget) {
        *s->budget = 0;
        return ocib_error_set(s->err, OCIB_EDOCKERFILE, "the variables expand to too much text");
    }
    *s->budget -= bytes;
    return 0;
}

/* A match takes time in proportion to value × pattern: that is charged too. */
static int charge_match(struct scan *s, size_t value, size_t pattern)
{
    enum { STEPS_A_BYTE = 8 };
    size_t steps;
    return charge(s, ocib_mul(value, pattern, &steps) ? value + steps / STEPS_A_BYTE : SIZE_MAX);
}

static int put_value(struct scan *s, const char *value, struct ocib_buf *out)
{
    size_t len = strlen(value);
    if (charge(s, len) < 0) {
        return -1;
    }
    ocib_buf_add(out, value, len);
    return 0;
}

static void words_add(struct words *words, char c, size_t start)
{
    if (words->list) {
        if (words->word.len == 0) {
            words->start = start;
        }
        ocib_buf_putc(&words->word, c);
    }
}

static void words_end(struct words *words)
{
    if (words->list && words->word.len) {
        ocib_strings_push_str(&words->list->words, ocib_buf_str(&words->word));
        ocib_vec_push(&words->list->starts, words->start);
        ocib_buf_clear(&words->word);
    }
}

/* A piece of the result. */
struct piece {
    struct ocib_str text;
    bool quoted;  /* its blanks don't cut words */
    size_t start; /* where it comes from in the input */
};

static int add(struct scan *s, struct words *words, struct ocib_buf *out, struct piece piece)
{
    if (charge(s, piece.text.len) < 0) {
        return -1;
    }
    ocib_buf_add_str(out, piece.text);
    for (size_t i = 0; words->list && i < piece.text.len; i++) {
        if (!piece.quoted && is_blank(piece.text.s[i])) {
            words_end(words);
        } else {
            words_add(words, piece.text.s[i], piece.start);
        }
    }
    return 0;
}

static const char *lookup(const struct scan *s, struct ocib_str name)
{
    return s->options->lookup ? s->options->lookup(s->options->data, name) : NULL;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_name(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_';
}

/* A name, a number, or one of the shell's special parameters; empty if there is none. */
static struct ocib_str read_name(struct scan *s)
{
    size_t from = s->at;
    int first = peek(s);
    if (is_digit(first)) {
        while (is_digit(peek(s))) {
            s->at++;
        }
    } else if (first != NO_STOP && first != '\0' && strchr("@*#?-$!", first)) {
        s->at++;
    } else {
        while (is_name(peek(s))) {
            s->at++;
        }
    }
    return ocib_str_sub(s->in, from, s->at);
}

static void note_unset(struct scan *s, struct ocib_str name)
{
    OCIB_AUTO_FREE char *copy = ocib_str_dup(name);
    if (s->out->unset.len < 16 && !ocib_strings_has(&s->out->unset, copy)) {
        ocib_strings_push(&s->out->unset, copy);
    }
}

static int expand_until(struct scan *s, int stop, bool raw_escapes, struct words *words,
                        struct ocib_buf *out);

/* The word of a modifier, up to `stop`. */
static int read_operand(struct scan *s, int stop, bool raw_escapes, struct ocib_buf *out)
{
    struct words none = {0};
    if (++s->depth > DEPTH_MAX) {
        return fail(s, "variables are nested too deep");
    }
    int result = expand_until(s, stop, raw_escapes, &none, out);
    s->depth--;
    return result;
}

/* ${name:-word} and the like, after the modifier. */
static int expand_default(struct scan *s, struct ocib_str name, int modifier, bool empty_is_unset,
                          struct ocib_buf *out)
{
    OCIB_AUTO_BUF struct ocib_buf word = {0};
    if (read_operand(s, '}', false, &word) < 0) {
        return -1;
    }
    const char *value = lookup(s, name);
    bool set = value && !(empty_is_unset && value[0] == '\0');
    if (!value && s->options->keep_unset) {
        ocib_buf_printf(out, "${%.*s%s%c%s}", OCIB_STR_ARG(name), empty_is_unset ? ":" : "",
                        modifier, word.data ? word.data : "");
        return 0;
    }
    if (modifier == '?' && !set) {
        const char *why = value ? "is not allowed to be empty" : "is not allowed to be unset";
        return ocib_error_set(s->err, OCIB_EDOCKERFILE, "%.*s: %s", OCIB_STR_ARG(name),
                              word.len ? word.data : why);
    }
    if (modifier == '+' ? set : (modifier == '-' && !set)) {
        ocib_buf_add(out, word.data, word.len);
        return charge(s, word.len);
    }
    return modifier == '+' ? 0 : put_value(s, value, out);
}

/* ${name#pattern}, ${name%pattern}, and the doubled ones. */
static int expand_trim(struct scan *s, struct ocib_str name, int modifier, struct ocib_buf *out)
{
    bool longest = peek(s) == modifier;
    s->at += longest;
    OCIB_AUTO_BUF struct ocib_buf pattern = {0};
    if (read_operand(s, '}', true, &pattern) < 0) {
        return -1;
    }
    const char *value = lookup(s, name);
    if (!value && s->options->keep_unset) {
        ocib_buf_printf(out, "${%.*s%c%s%s}", OCIB_STR_ARG(name), modifier,
                        longest ? (char[]){(char)modifier, '\0'} : "",
                        pattern.data ? pattern.data : "");
        return 0;
    }
    struct ocib_str text = value ? ocib_str(value) : OCIB_STR("");
    if (charge_match(s, text.len, pattern.len) < 0) {
        return -1;
    }
    struct ocib_pattern how = {ocib_buf_str(&pattern), longest};
    return modifier == '#' ? ocib_pattern_trim_prefix(&how, text, out, s->err)
                           : ocib_pattern_trim_suffix(&how, text, out, s->err);
}

/* ${name/pattern/with} and ${name//pattern/with}, after the first slash. Escapes in either stay as
 * they are: those of the pattern are its own, those of the replacement BuildKit keeps. */
static int expand_replace(struct scan *s, struct ocib_str name, struct ocib_buf *out)
{
    bool all = peek(s) == '/';
    s->at += all;
    OCIB_AUTO_BUF struct ocib_buf pattern = {0};
    OCIB_AUTO_BUF struct ocib_buf with = {0};
    if (read_operand(s, '/', true, &pattern) < 0 || read_operand(s, '}', true, &with) < 0) {
        return -1;
    }
    const char *value = lookup(s, name);
    if (!value && s->options->keep_unset) {
        ocib_buf_printf(out, "${%.*s%s%s/%s}", OCIB_STR_ARG(name), all ? "//" : "/",
                        pattern.data ? pattern.data : "", with.data ? with.data : "");
        return 0;
    }
    struct ocib_str text = value ? ocib_str(value) : OCIB_STR("");
    if (charge_match(s, text.len, pattern.len) < 0) {
        return -1;
    }
    struct ocib_pattern_change how = {
        .pattern = ocib_buf_str(&pattern),
        .with = ocib_buf_str(&with),
        .all = all,
        .max = out->len + (*s->budget < OCIB_EXPAND_MAX ? *s->budget : OCIB_EXPAND_MAX),
    };
    if (ocib_pattern_replace(&how, text, out, s->err) < 0) {
        return -1;
    }
    return out->len > how.max ? charge(s, SIZE_MAX) : 0;
}

static int expand_plain(struct scan *s, struct ocib_str name, bool braces, struct ocib_buf *out)
{
    const char *value = lookup(s, name);
    if (value) {
        return put_value(s, value, out);
    }
    if (s->options->keep_unset) {
        ocib_buf_printf(out, braces ? "${%.*s}" : "$%.*s", OCIB_STR_ARG(name));
    } else {
        note_unset(s, name);
    }
    return 0;
}

/* After "${". */
static int expand_braces(struct scan *s, struct ocib_buf *out)
{
    int c = peek(s);
    if (c == '{' || c == '}' || c == ':') {
        return fail(s, "bad substitution");
    }
    struct ocib_str name = read_name(s);
    c = peek(s);
    if (c == NO_STOP) {
        return missing_brace(s);
    }
    s->at++;
    bool colon = c == ':';
    if (colon) {
        c = peek(s);
        s->at += c != NO_STOP;
    }
    if (c == '-' || c == '+' || c == '?') {
        return expand_default(s, name, c, colon, out);
    }
    if (!colon && c == '}') {
        return expand_plain(s, name, true, out);
    }
    if (!colon && (c == '#' || c == '%')) {
        return expand_trim(s, name, c, out);
    }
    if (!colon && c == '/') {
        return expand_replace(s, name, out);
    }
    if (c == NO_STOP) {
        return missing_brace(s);
    }
    if (c >= 0x80) {
        return fail(s, "the name of a variable holds another character than letters, digits and _");
    }
    ocib_error_set(s->err, OCIB_EDOCKERFILE, "unknown modifier '%s%c' in '%.*s'", colon ? ":" : "",
                   c, OCIB_STR_ARG(shown(s)));
    return ocib_error_hint_set(s->err, "known are :- - :+ + :? ? # ## %% %%%% / //");
}

static int expand_dollar(struct scan *s, struct ocib_buf *out)
{
    s->at++;
    if (peek(s) == '{') {
        s->at++;
        return expand_braces(s, out);
    }
    struct ocib_str name = read_name(s);
    if (name.len == 0) {
        ocib_buf_putc(out, '$');
        return 0;
    }
    return expand_plain(s, name, false, out);
}

static int read_single_quotes(struct scan *s, struct ocib_buf *out)
{
    ptrdiff_t len = ocib_str_find(ocib_str_sub(s->in, s->at + 1, s->in.len), '\'');
    if (len < 0) {
        return fail(s, "missing closing '");
    }
    size_t raw = s->options->raw_quotes ? 1 : 0;
    ocib_buf_add(out, s->in.s + s->at + 1 - raw, (size_t)len + 2 * raw);
    s->at += (size_t)len + 2;
    return 0;
}

/* One character of "…", or an escape with what it escapes. */
static void read_quoted_char(struct scan *s, struct ocib_buf *out)
{
    int c = peek(s);
    s->at++;
    if (c == (unsigned char)s->options->escape) {
        int next = peek(s);
        bool special = next == '"' || next == '$' || next == c;
        if (s->options->raw_escapes || (!special && next != NO_STOP)) {
            ocib_buf_putc(out, (char)c);
        }
        if (!special) {
            return;
        }
        c = next;
        s->at++;
    }
    ocib_buf_putc(out, (char)c);
}

static int read_double_quotes(struct scan *s, struct ocib_buf *out)
{
    s->at++;
    if (s->options->raw_quotes) {
        ocib_buf_putc(out, '"');
    }
    while (peek(s) != '"') {
        if (peek(s) == NO_STOP) {
            return fail(s, "missing closing \"");
        }
        if (peek(s) == '$') {
            if (expand_dollar(s, out) < 0) {
                return -1;
            }
        } else {
            read_quoted_char(s, out);
        }
    }
    s->at++;
    if (s->options->raw_quotes) {
        ocib_buf_putc(out, '"');
    }
    return 0;
}

/* An escape, or a character without meaning of its own. */
static int read_plain(struct scan *s, bool raw_escapes, struct words *words, struct ocib_buf *out)
{
    size_t start = s->at;
    bool escaped = s->in.s[s->at] == s->options->escape;
    if (escaped) {
        s->at++;
        struct piece raw = {ocib_str_sub(s->in, start, start + 1), true, start};
        if (raw_escapes && add(s, words, out, raw) < 0) {
            return -1;
        }
        if (s->at == s->in.len) {
            return 0;
        }
    }
    struct ocib_str c = ocib_str_sub(s->in, s->at, s->at + 1);
    s->at++;
    return add(s, words, out, (struct piece){c, escaped, start});
}

static int expand_special(struct scan *s, int c, struct words *words, struct ocib_buf *out)
{
    OCIB_AUTO_BUF struct ocib_buf part = {0};
    size_t start = s->at;
    s->mark = s->depth ? s->mark : start;
    int result = c == '$'    ? expand_dollar(s, &part)
                 : c == '\'' ? read_single_quotes(s, &part)
                             : read_double_quotes(s, &part);
    if (result < 0) {
        return -1;
    }
    return add(s, words, out, (struct piece){ocib_buf_str(&part), c != '$', start});
}

static int expand_until(struct scan *s, int stop, bool raw_escapes, struct words *words,
                        struct ocib_buf *out)
{
    for (int c = peek(s); c != NO_STOP; c = peek(s)) {
        if (c == stop) {
            s->at++;
            return 0;
        }
        bool quote = (c == '\'' || c == '"') && !s->options->plain_quotes;
        int result = quote || c == '$' ? expand_special(s, c, words, out)
                                       : read_plain(s, raw_escapes, words, out);
        if (result < 0) {
            return -1;
        }
    }
    if (stop == NO_STOP) {
        return 0;
    }
    return stop == '/' ? fail(s, "missing '/'") : missing_brace(s);
}

int ocib_expand(struct ocib_str word, const struct ocib_expand_options *options,
                struct ocib_expanded *out, struct ocib_error **err)
{
    size_t own_budget = OCIB_EXPAND_MAX;
    struct scan scan = {
        .in = word,
        .options = options,
        .budget = options->budget ? options->budget : &own_budget,
        .out = out,
        .err = err,
    };
    struct words words = {.list = out};
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    int result = expand_until(&scan, NO_STOP, options->raw_escapes, &words, &text);
    words_end(&words);
    ocib_buf_release(&words.word);
    out->failed_at = scan.mark;
    out->text = ocib_buf_take(&text);
    return result;
}

void ocib_expanded_release(struct ocib_expanded *out)
{
    free(out->text);
    ocib_strings_release(&out->words);
    ocib_vec_release(&out->starts);
    ocib_strings_release(&out->unset);
}
