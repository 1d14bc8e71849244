#include "registry/toml.h"

#include "base/buf.h"

enum { MOST_DEPTH = 8, MOST_ITEMS = 10000 };

struct parser {
    const struct ocib_source *source;
    size_t at;
    unsigned line;
    size_t line_start;
    struct ocib_toml *out;
    size_t current; /* table that keys go to */
    size_t items;
    struct ocib_error **err;
};

static void value_release(struct ocib_toml_value *value)
{
    free(value->string);
    ocib_strings_release(&value->strings);
}

void ocib_toml_release(struct ocib_toml *toml)
{
    for (size_t i = 0; i < toml->len; i++) {
        struct ocib_toml_table *table = &toml->items[i];
        for (size_t j = 0; j < table->len; j++) {
            free(table->items[j].key);
            value_release(&table->items[j].value);
        }
        free(table->name);
        ocib_vec_release(table);
    }
    ocib_vec_release(toml);
}

/* --- characters --- */

static int peek(const struct parser *p)
{
    return p->at < p->source->len ? (unsigned char)p->source->text[p->at] : -1;
}

static int peek_at(const struct parser *p, size_t ahead)
{
    return p->source->len - p->at > ahead ? (unsigned char)p->source->text[p->at + ahead] : -1;
}

static void advance(struct parser *p)
{
    if (peek(p) == '\n') {
        p->line++;
        p->line_start = p->at + 1;
    }
    p->at++;
}

static struct ocib_span here(const struct parser *p)
{
    return (struct ocib_span){p->source, p->line, (unsigned)(p->at - p->line_start) + 1, p->line};
}

static bool accept(struct parser *p, const char *word)
{
    struct ocib_str rest = {p->source->text + p->at, p->source->len - p->at};
    if (!ocib_str_starts(rest, word)) {
        return false;
    }
    for (size_t i = strlen(word); i > 0; i--) {
        advance(p);
    }
    return true;
}

static void skip_blanks(struct parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t') {
        advance(p);
    }
}

static bool is_line_end(const struct parser *p)
{
    return peek(p) == -1 || peek(p) == '\n' || (peek(p) == '\r' && peek_at(p, 1) == '\n');
}

static void skip_comment(struct parser *p)
{
    if (peek(p) == '#') {
        while (!is_line_end(p)) {
            advance(p);
        }
    }
}

/* Blanks, comments and line breaks, as they may stand inside an array. */
static void skip_lines(struct parser *p)
{
    for (;;) {
        skip_blanks(p);
        skip_comment(p);
        if (peek(p) == -1 || !is_line_end(p)) {
            return;
        }
        while (peek(p) == '\r' || peek(p) == '\n') {
            advance(p);
        }
    }
}

static int refuse(const struct parser *p, const char *what)
{
    return ocib_error_at(p->err, OCIB_EUSAGE, here(p), "%s", what);
}

static int count_item(struct parser *p)
{
    return ++p->items > MOST_ITEMS ? refuse(p, "too many tables and keys") : 0;
}

/* --- strings --- */

static void put_utf8(struct ocib_buf *out, uint32_t c)
{
    if (c < 0x80) {
        ocib_buf_putc(out, (char)c);
    } else if (c < 0x800) {
        ocib_buf_putc(out, (char)(0xc0 | c >> 6));
        ocib_buf_putc(out, (char)(0x80 | (c & 0x3f)));
    } else if (c < 0x10000) {
        ocib_buf_putc(out, (char)(0xe0 | c >> 12));
        ocib_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
        ocib_buf_putc(out, (char)(0x80 | (c & 0x3f)));
    } else {
        ocib_buf_putc(out, (char)(0xf0 | c >> 18));
        ocib_buf_putc(out, (char)(0x80 | (c >> 12 & 0x3f)));
        ocib_buf_putc(out, (char)(0x80 | (c >> 6 & 0x3f)));
        ocib_buf_putc(out, (char)(0x80 | (c & 0x3f)));
    }
}

static int hex_value(int c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int read_unicode(struct parser *p, int digits, struct ocib_buf *out)
{
    uint32_t c = 0;
    for (int i = 0; i < digits; i++) {
        int value = hex_value(peek(p));
        if (value < 0) {
            return refuse(p, "bad digit in a \\u escape");
        }
        c = c << 4 | (uint32_t)value;
        advance(p);
    }
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        return refuse(p, "a \\u escape that is no character");
    }
    put_utf8(out, c);
    return 0;
}

static int read_escape(struct parser *p, bool multi, struct ocib_buf *out)
{
    static const char names[] = "btnfr\"\\";
    static const char values[] = "\b\t\n\f\r\"\\";
    int c = peek(p);
    if (c == 'u' || c == 'U') {
        advance(p);
        return read_unicode(p, c == 'u' ? 4 : 8, out);
    }
    const char *found = c > 0 ? strchr(names, c) : NULL;
    if (found) {
        ocib_buf_putc(out, values[found - names]);
        advance(p);
        return 0;
    }
    if (multi && (is_line_end(p) || c == ' ' || c == '\t')) {
        while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\r' || peek(p) == '\n') {
            advance(p);
        }
        return 0;
    }
    return refuse(p, "unknown escape in a string");
}

/* One character of a string that is not its end. */
static int read_char(struct parser *p, bool literal, bool multi, struct ocib_buf *out)
{
    int c = peek(p);
    if (c == -1 || (!multi && is_line_end(p))) {
        return refuse(p, "a string that is not closed");
    }
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
        return refuse(p, "a control character in a string");
    }
    advance(p);
    if (c == '\\' && !literal) {
        return read_escape(p, multi, out);
    }
    ocib_buf_putc(out, (char)c);
    return 0;
}

/* The string that begins here, quoted in one of the four ways; NULL on failure. */
static char *read_string(struct parser *p)
{
    bool literal = peek(p) == '\'';
    bool multi = accept(p, literal ? "'''" : "\"\"\"");
    const char *end = literal ? (multi ? "'''" : "'") : (multi ? "\"\"\"" : "\"");
    OCIB_AUTO_BUF struct ocib_buf out;
    ocib_buf_init(&out);
    if (!multi) {
        advance(p);
    } else if (!accept(p, "\r\n")) {
        accept(p, "\n");
    }
    while (!accept(p, end)) {
        if (read_char(p, literal, multi, &out)) {
            return NULL;
        }
    }
    return ocib_buf_take(&out);
}

static bool is_bare(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static char *read_simple_key(struct parser *p)
{
    if (peek(p) == '"' || peek(p) == '\'') {
        return read_string(p);
    }
    size_t from = p->at;
    while (is_bare(peek(p))) {
        advance(p);
    }
    if (p->at == from) {
        refuse(p, "a key was expected here");
        return NULL;
    }
    return ocib_strndup(p->source->text + from, p->at - from);
}

/* A dotted key: `path` gets all but the last component joined by dots, the result is the last. */
static char *read_key(struct parser *p, struct ocib_buf *path)
{
    OCIB_AUTO_FREE char *key = read_simple_key(p);
    while (key) {
        skip_blanks(p);
        if (!accept(p, ".")) {
            break;
        }
        ocib_buf_puts(path, path->len ? "." : "");
        ocib_buf_puts(path, key);
        skip_blanks(p);
        free(key);
        key = read_simple_key(p);
    }
    return ocib_steal(&key);
}

/* --- values --- */

static int read_value(struct parser *p, unsigned depth, struct ocib_toml_value *out);

static int read_array_item(struct parser *p, unsigned depth, struct ocib_toml_value *out)
{
    struct ocib_toml_value item = {0};
    int result = count_item(p) ? -1 : read_value(p, depth + 1, &item);
    if (!result && item.kind == OCIB_TOML_STRING) {
        ocib_strings_take(&out->strings, ocib_steal(&item.string));
    } else {
        out->kind = OCIB_TOML_OTHER;
    }
    value_release(&item);
    return result;
}

static int read_array(struct parser *p, unsigned depth, struct ocib_toml_value *out)
{
    out->kind = OCIB_TOML_STRINGS;
    advance(p);
    for (;;) {
        skip_lines(p);
        if (accept(p, "]")) {
            return 0;
        }
        if (read_array_item(p, depth, out)) {
            return -1;
        }
        skip_lines(p);
        if (!accept(p, ",") && peek(p) != ']') {
            return refuse(p, "',' or ']' was expected here");
        }
    }
}

static int read_inline_pair(struct parser *p, unsigned depth)
{
    OCIB_AUTO_BUF struct ocib_buf path;
    ocib_buf_init(&path);
    OCIB_AUTO_FREE char *key = count_item(p) ? NULL : read_key(p, &path);
    if (!key) {
        return -1;
    }
    if (!accept(p, "=")) {
        return refuse(p, "'=' was expected here");
    }
    skip_blanks(p);
    struct ocib_toml_value value = {0};
    int result = read_value(p, depth + 1, &value);
    value_release(&value);
    return result;
}

static int read_inline_table(struct parser *p, unsigned depth, struct ocib_toml_value *out)
{
    out->kind = OCIB_TOML_OTHER;
    advance(p);
    skip_blanks(p);
    if (accept(p, "}")) {
        return 0;
    }
    for (;;) {
        skip_blanks(p);
        if (read_inline_pair(p, depth)) {
            return -1;
        }
        skip_blanks(p);
        if (accept(p, "}")) {
            return 0;
        }
        if (!accept(p, ",")) {
            return refuse(p, "',' or '}' was expected here");
        }
    }
}

static int read_word(struct parser *p, struct ocib_toml_value *out)
{
    size_t from = p->at;
    struct ocib_span span = here(p);
    while (is_bare(peek(p)) || peek(p) == '+' || peek(p) == '.' || peek(p) == ':') {
        advance(p);
    }
    struct ocib_str word = {p->source->text + from, p->at - from};
    if (ocib_str_is(word, "true") || ocib_str_is(word, "false")) {
        out->kind = OCIB_TOML_BOOL;
        out->boolean = ocib_str_is(word, "true");
        return 0;
    }
    out->kind = OCIB_TOML_OTHER;
    struct ocib_str digits = word;
    if (ocib_str_starts(word, "+") || ocib_str_starts(word, "-")) {
        digits = ocib_str_sub(word, 1, word.len);
    }
    bool number = digits.len > 0 && ((digits.s[0] >= '0' && digits.s[0] <= '9') ||
                                     ocib_str_is(digits, "inf") || ocib_str_is(digits, "nan"));
    if (!number) {
        return ocib_error_at(p->err, OCIB_EUSAGE, span,
                             "a value was expected here: texts are put in quotes");
    }
    return 0;
}

static int read_value(struct parser *p, unsigned depth, struct ocib_toml_value *out)
{
    if (depth > MOST_DEPTH) {
        return refuse(p, "values nested too deep");
    }
    switch (peek(p)) {
    case '"':
    case '\'':
        out->kind = OCIB_TOML_STRING;
        out->string = read_string(p);
        return out->string ? 0 : -1;
    case '[':
        return read_array(p, depth, out);
    case '{':
        return read_inline_table(p, depth, out);
    default:
        return read_word(p, out);
    }
}

/* --- lines --- */

static int end_line(struct parser *p)
{
    skip_blanks(p);
    skip_comment(p);
    if (!is_line_end(p)) {
        return refuse(p, "the line should end here");
    }
    return 0;
}

static struct ocib_toml_table *add_table(struct parser *p, const char *name, bool repeated,
                                         struct ocib_span span)
{
    struct ocib_toml_table *table = ocib_vec_add(p->out);
    table->name = ocib_strdup(name);
    table->repeated = repeated;
    table->span = span;
    return table;
}

/* Whether [name] stands in the file already; [[a]] begins a new a, and with it new [a.b]. */
static const struct ocib_toml_table *find_earlier(const struct parser *p, struct ocib_str name)
{
    for (size_t i = p->out->len; i-- > 1;) {
        const struct ocib_toml_table *table = &p->out->items[i];
        struct ocib_str found = ocib_str(table->name);
        if (ocib_str_eq(found, name)) {
            return table;
        }
        bool parent = table->repeated && name.len > found.len && name.s[found.len] == '.' &&
                      ocib_str_starts(name, table->name);
        if (parent) {
            return NULL;
        }
    }
    return NULL;
}

static int read_header(struct parser *p)
{
    struct ocib_span span = here(p);
    bool repeated = accept(p, "[[");
    OCIB_AUTO_BUF struct ocib_buf name;
    ocib_buf_init(&name);
    if (!repeated) {
        advance(p);
    }
    skip_blanks(p);
    OCIB_AUTO_FREE char *last = count_item(p) ? NULL : read_key(p, &name);
    if (!last) {
        return -1;
    }
    if (!accept(p, repeated ? "]]" : "]")) {
        return refuse(p, repeated ? "']]' was expected here" : "']' was expected here");
    }
    ocib_buf_puts(&name, name.len ? "." : "");
    ocib_buf_puts(&name, last);
    const struct ocib_toml_table *earlier = find_earlier(p, ocib_buf_str(&name));
    if (earlier && !(earlier->repeated && repeated)) {
        return ocib_error_at(p->err, OCIB_EUSAGE, span, "table '%s' stands in line %u already",
                             name.data, earlier->span.line);
    }
    add_table(p, name.data, repeated, span);
    p->current = p->out->len - 1;
    return 0;
}

/* The table for keys such as "a.b.c = ...": made where the path leads, without a header. */
static size_t table_for(struct parser *p, const struct ocib_buf *path, struct ocib_span span)
{
    if (path->len == 0) {
        return p->current;
    }
    const char *above = p->out->items[p->current].name;
    OCIB_AUTO_FREE char *name = ocib_format("%s%s%s", above, *above ? "." : "", path->data);
    for (size_t i = p->current + 1; i < p->out->len; i++) {
        if (strcmp(p->out->items[i].name, name) == 0) {
            return i;
        }
    }
    add_table(p, name, false, span);
    return p->out->len - 1;
}

static int read_pair(struct parser *p)
{
    struct ocib_span span = here(p);
    OCIB_AUTO_BUF struct ocib_buf path;
    ocib_buf_init(&path);
    OCIB_AUTO_FREE char *key = count_item(p) ? NULL : read_key(p, &path);
    if (!key) {
        return -1;
    }
    if (!accept(p, "=")) {
        return refuse(p, "'=' was expected here");
    }
    skip_blanks(p);
    struct ocib_toml_value value = {0};
    if (read_value(p, 0, &value)) {
        value_release(&value);
        return -1;
    }
    size_t at = table_for(p, &path, span); /* may move the tables */
    struct ocib_toml_table *table = &p->out->items[at];
    for (size_t i = 0; i < table->len; i++) {
        if (strcmp(table->items[i].key, key) == 0) {
            value_release(&value);
            return ocib_error_at(p->err, OCIB_EUSAGE, span, "key '%s' stands in line %u already",
                                 key, table->items[i].span.line);
        }
    }
    *ocib_vec_add(table) = (struct ocib_toml_entry){ocib_steal(&key), span, value};
    return 0;
}

int ocib_toml_parse(const struct ocib_source *source, struct ocib_toml *out,
                    struct ocib_error **err)
{
    struct parser p = {.source = source, .line = 1, .out = out, .err = err};
    add_table(&p, "", false, here(&p));
    for (;;) {
        skip_lines(&p);
        if (peek(&p) == -1) {
            return 0;
        }
        if ((peek(&p) == '[' ? read_header(&p) : read_pair(&p)) || end_line(&p)) {
            return -1;
        }
    }
}
