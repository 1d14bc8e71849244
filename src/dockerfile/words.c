#include "dockerfile/parser.h"

#include "base/buf.h"

/* More words than this in one instruction are no Dockerfile. */
enum { WORDS_MAX = 10000 };

bool ocib_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct ocib_str ocib_skip_blanks(struct ocib_str text)
{
    size_t i = 0;
    while (i < text.len && ocib_is_space(text.s[i])) {
        i++;
    }
    return ocib_str_sub(text, i, text.len);
}

bool ocib_cut_word(struct ocib_str *rest, struct ocib_str *word)
{
    *rest = ocib_skip_blanks(*rest);
    size_t n = 0;
    while (n < rest->len && !ocib_is_space(rest->s[n])) {
        n++;
    }
    *word = ocib_str_sub(*rest, 0, n);
    *rest = ocib_str_sub(*rest, n, rest->len);
    return n > 0;
}

static int push_word(struct ocib_parser *p, struct ocib_str word, struct ocib_args *out,
                     struct ocib_error **err)
{
    if (out->len == WORDS_MAX) {
        return ocib_parser_fail(p, err, word.s, "more than %d words in one instruction", WORDS_MAX);
    }
    struct ocib_arg *arg = ocib_vec_add(out);
    arg->text = word;
    arg->span = ocib_parser_span(p, word.s);
    return 0;
}

int ocib_parser_read_plain_words(struct ocib_parser *p, struct ocib_str text, struct ocib_args *out,
                                 struct ocib_error **err)
{
    struct ocib_str word;
    while (ocib_cut_word(&text, &word)) {
        if (push_word(p, word, out, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The length of the word at the beginning of the text. */
static size_t quoted_word_len(struct ocib_str text, char escape)
{
    char quote = '\0';
    size_t i = 0;
    for (; i < text.len; i++) {
        char c = text.s[i];
        if (c == escape && quote != '\'') {
            i++;
        } else if (quote) {
            quote = c == quote ? '\0' : quote;
        } else if (c == '\'' || c == '"') {
            quote = c;
        } else if (ocib_is_space(c)) {
            break;
        }
    }
    return i < text.len ? i : text.len;
}

int ocib_parser_read_quoted_words(struct ocib_parser *p, struct ocib_str text,
                                  struct ocib_args *out, struct ocib_error **err)
{
    for (text = ocib_skip_blanks(text); text.len; text = ocib_skip_blanks(text)) {
        size_t n = quoted_word_len(text, p->file->escape);
        if (push_word(p, ocib_str_sub(text, 0, n), out, err) < 0) {
            return -1;
        }
        text = ocib_str_sub(text, n, text.len);
    }
    return 0;
}

/*
 * Reads one flag with its quotes and escapes resolved (the escape is always a backslash here).
 * Returns its length in the text; *value_at is where its value begins, 0 without "=".
 */
static size_t read_flag(struct ocib_str text, struct ocib_buf *out, size_t *value_at)
{
    char quote = '\0';
    size_t i = 0;
    *value_at = 0;
    for (; i < text.len; i++) {
        char c = text.s[i];
        if (!quote && ocib_is_space(c)) {
            break;
        }
        if (c == '\\') {
            if (++i == text.len) {
                break;
            }
            ocib_buf_putc(out, text.s[i]);
        } else if (quote ? c == quote : (c == '\'' || c == '"')) {
            quote = quote ? '\0' : c;
        } else {
            if (c == '=' && !*value_at) {
                *value_at = i + 1;
            }
            ocib_buf_putc(out, c);
        }
    }
    return i < text.len ? i : text.len;
}

static void push_flag(struct ocib_parser *p, struct ocib_str raw, size_t value_at,
                      struct ocib_buf *text, struct ocib_args *out)
{
    size_t len = text->len;
    struct ocib_str whole = ocib_parser_keep(p, ocib_buf_take(text), len);
    struct ocib_arg *flag = ocib_vec_add(out);
    ptrdiff_t equals = ocib_str_find(whole, '=');
    flag->span = ocib_parser_span(p, raw.s);
    flag->value_span = ocib_parser_span(p, raw.s + value_at);
    flag->text = ocib_str_sub(whole, 2, equals < 0 ? len : (size_t)equals);
    flag->has_value = equals >= 0;
    if (flag->has_value) {
        flag->value = ocib_str_sub(whole, (size_t)equals + 1, len);
    }
}

int ocib_parser_read_flags(struct ocib_parser *p, struct ocib_str *rest, struct ocib_args *out,
                           struct ocib_error **err)
{
    while (*rest = ocib_skip_blanks(*rest), ocib_str_starts(*rest, "--")) {
        OCIB_AUTO_BUF struct ocib_buf text = {0};
        size_t value_at;
        size_t n = read_flag(*rest, &text, &value_at);
        struct ocib_str raw = ocib_str_sub(*rest, 0, n);
        *rest = ocib_str_sub(*rest, n, rest->len);
        if (ocib_str_is(ocib_buf_str(&text), "--")) {
            *rest = ocib_skip_blanks(*rest);
            return 0;
        }
        if (out->len == WORDS_MAX) {
            return ocib_parser_fail(p, err, raw.s, "more than %d flags", WORDS_MAX);
        }
        push_flag(p, raw, value_at, &text, out);
    }
    return 0;
}
