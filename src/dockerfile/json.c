#include "dockerfile/parser.h"

#include "base/buf.h"

/* Arrays and objects inside of the array are an error anyway: this only bounds finding that out. */
enum { DEPTH_MAX = 64, ITEMS_MAX = 10000 };

/*
 * A reader for the exec form. It has to tell three things apart, as encoding/json does for
 * BuildKit: an array of strings, another valid JSON array (an error of the user's), and what only
 * begins like JSON (a shell text such as "[ -f x ]").
 */
struct json {
    struct ocib_parser *p;
    struct ocib_str in;
    size_t at;
    unsigned depth;
    const char *odd; /* the first member that is no string */
    const char *nul; /* the first string with a NUL in it */
};

static int look(struct json *j)
{
    while (j->at < j->in.len && strchr(" \t\r\n", j->in.s[j->at])) {
        j->at++;
    }
    return j->at < j->in.len ? (unsigned char)j->in.s[j->at] : -1;
}

static bool take(struct json *j, char c)
{
    if (look(j) != (unsigned char)c) {
        return false;
    }
    j->at++;
    return true;
}

static bool read_hex(struct json *j, unsigned *out)
{
    unsigned value = 0;
    if (j->in.len - j->at < 4) {
        return false;
    }
    for (int i = 0; i < 4; i++) {
        char c = j->in.s[j->at++];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;
        if (digit == 16) {
            return false;
        }
        value = value << 4 | digit;
    }
    *out = value;
    return true;
}

static void put_rune(unsigned rune, struct ocib_buf *out)
{
    if (rune < 0x80) {
        ocib_buf_putc(out, (char)rune);
        return;
    }
    int more = rune < 0x800 ? 1 : rune < 0x10000 ? 2 : 3;
    static const unsigned leads[] = {0, 0xc0, 0xe0, 0xf0};
    ocib_buf_putc(out, (char)(leads[more] | rune >> (6 * more)));
    while (more-- > 0) {
        ocib_buf_putc(out, (char)(0x80 | (rune >> (6 * more) & 0x3f)));
    }
}

/* After "\u": a lone half of a surrogate pair becomes U+FFFD, as in encoding/json. */
static bool read_unicode(struct json *j, struct ocib_buf *out)
{
    unsigned rune;
    if (!read_hex(j, &rune)) {
        return false;
    }
    if (rune >= 0xd800 && rune < 0xdc00) {
        size_t back = j->at;
        unsigned low = 0;
        bool pair = ocib_str_starts(ocib_str_sub(j->in, j->at, j->in.len), "\\u");
        j->at += pair ? 2 : 0;
        if (pair && !read_hex(j, &low)) {
            return false;
        }
        pair = pair && low >= 0xdc00 && low < 0xe000;
        j->at = pair ? j->at : back;
        rune = pair ? 0x10000 + ((rune - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
    } else if (rune >= 0xdc00 && rune < 0xe000) {
        rune = 0xfffd;
    }
    put_rune(rune, out);
    return true;
}

static bool read_escape(struct json *j, struct ocib_buf *out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    if (j->at == j->in.len) {
        return false;
    }
    char c = j->in.s[j->at++];
    if (c == 'u') {
        return read_unicode(j, out);
    }
    const char *known = c ? strchr(from, c) : NULL;
    if (known) {
        ocib_buf_putc(out, to[known - from]);
    }
    return known;
}

static bool read_string(struct json *j, struct ocib_buf *out)
{
    if (!take(j, '"')) {
        return false;
    }
    while (j->at < j->in.len) {
        char c = j->in.s[j->at++];
        if (c == '"') {
            return true;
        }
        if ((unsigned char)c < ' ' || (c == '\\' && !read_escape(j, out))) {
            return false;
        }
        if (c != '\\') {
            ocib_buf_putc(out, c);
        }
    }
    return false;
}

static bool skip_digits(struct json *j)
{
    size_t from = j->at;
    while (j->at < j->in.len && j->in.s[j->at] >= '0' && j->in.s[j->at] <= '9') {
        j->at++;
    }
    return j->at > from;
}

static bool at_any(const struct json *j, const char *chars)
{
    return j->at < j->in.len && j->in.s[j->at] && strchr(chars, j->in.s[j->at]);
}

static bool skip_number(struct json *j)
{
    j->at += at_any(j, "-");
    if (at_any(j, "0")) {
        j->at++;
    } else if (!skip_digits(j)) {
        return false;
    }
    if (at_any(j, ".")) {
        j->at++;
        if (!skip_digits(j)) {
            return false;
        }
    }
    if (at_any(j, "eE")) {
        j->at++;
        j->at += at_any(j, "+-");
        return skip_digits(j);
    }
    return true;
}

static bool skip_word(struct json *j, const char *word)
{
    if (!ocib_str_starts(ocib_str_sub(j->in, j->at, j->in.len), word)) {
        return false;
    }
    j->at += strlen(word);
    return true;
}

static bool skip_value(struct json *j);

/* The members of an object or array, after its bracket. */
static bool skip_members(struct json *j, char close, bool keys)
{
    if (++j->depth > DEPTH_MAX) {
        return false;
    }
    bool more = !take(j, close);
    while (more) {
        OCIB_AUTO_BUF struct ocib_buf key = {0};
        if ((keys && (!read_string(j, &key) || !take(j, ':'))) || !skip_value(j)) {
            return false;
        }
        more = take(j, ',');
        if (!more && !take(j, close)) {
            return false;
        }
    }
    j->depth--;
    return true;
}

static bool skip_value(struct json *j)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    switch (look(j)) {
    case '"':
        return read_string(j, &text);
    case '[':
    case '{':
        j->at++;
        return j->in.s[j->at - 1] == '[' ? skip_members(j, ']', false) : skip_members(j, '}', true);
    case 't':
        return skip_word(j, "true");
    case 'f':
        return skip_word(j, "false");
    case 'n':
        return skip_word(j, "null");
    default:
        return skip_number(j);
    }
}

/* One member of the outer array. */
static bool read_item(struct json *j, struct ocib_args *out)
{
    bool is_string = look(j) == '"';
    const char *start = j->in.s + j->at;
    if (!is_string) {
        j->odd = j->odd ? j->odd : start;
        return skip_value(j);
    }
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (!read_string(j, &text)) {
        return false;
    }
    struct ocib_arg *arg = ocib_vec_add(out);
    size_t len = text.len;
    arg->text = ocib_parser_keep(j->p, ocib_buf_take(&text), len);
    arg->span = ocib_parser_span(j->p, start);
    if (memchr(arg->text.s, '\0', len)) {
        j->nul = j->nul ? j->nul : start;
    }
    return true;
}

int ocib_parser_read_json(struct ocib_parser *p, struct ocib_str text, struct ocib_args *out,
                          struct ocib_error **err)
{
    struct json j = {.p = p, .in = ocib_skip_blanks(text)};
    if (!take(&j, '[')) {
        return 0;
    }
    bool good = true;
    bool more = !take(&j, ']');
    while (good && more) {
        if (out->len == ITEMS_MAX) {
            return ocib_parser_fail(p, err, text.s, "more than %d strings in an array", ITEMS_MAX);
        }
        good = read_item(&j, out);
        more = good && take(&j, ',');
        good = good && (more || take(&j, ']'));
    }
    if (!good || look(&j) != -1) {
        out->len = 0;
        return 0;
    }
    if (j.nul) {
        return ocib_parser_fail(p, err, j.nul, "a string holds a NUL character");
    }
    if (j.odd) {
        ocib_parser_fail(p, err, j.odd, "a JSON array here holds strings only");
        return ocib_error_hint_set(err, "put each word in double quotes");
    }
    return 1;
}
