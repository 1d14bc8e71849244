#include "glob/regex.h"

#include <string.h>

/* Named ranges; Perl's in a class or outside, POSIX's in a class. */
struct named {
    const char *name;
    struct ocib_rune_range ranges[4];
    size_t count;
};

static const struct named perl_classes[] = {
    {"d", {{'0', '9'}}, 1},
    {"s", {{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}, 3},
    {"w", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, 4},
};

static const struct named posix_classes[] = {
    {"alnum", {{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}, 3},
    {"alpha", {{'A', 'Z'}, {'a', 'z'}}, 2},
    {"ascii", {{0, 0x7F}}, 1},
    {"blank", {{'\t', '\t'}, {' ', ' '}}, 2},
    {"cntrl", {{0, 0x1F}, {0x7F, 0x7F}}, 2},
    {"digit", {{'0', '9'}}, 1},
    {"graph", {{'!', '~'}}, 1},
    {"lower", {{'a', 'z'}}, 1},
    {"print", {{' ', '~'}}, 1},
    {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}, 4},
    {"space", {{'\t', '\r'}, {' ', ' '}}, 2},
    {"upper", {{'A', 'Z'}}, 1},
    {"word", {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}, 4},
    {"xdigit", {{'0', '9'}, {'A', 'F'}, {'a', 'f'}}, 3},
};

struct parser {
    struct ocib_str rest;
    struct ocib_program *out;
    const char *why;
};

static bool fail(struct parser *parser, const char *why)
{
    parser->why = why;
    return false;
}

static bool skip(struct parser *parser, const char *text)
{
    bool there = ocib_str_starts(parser->rest, text);
    if (there) {
        parser->rest = ocib_str_sub(parser->rest, strlen(text), parser->rest.len);
    }
    return there;
}

/* Go's regexp reads a byte that isn't UTF-8 as U+FFFD. */
static uint32_t take(struct parser *parser)
{
    uint32_t c = ocib_rune_take(&parser->rest);
    return c > OCIB_RUNE_MAX ? OCIB_RUNE_ERROR : c;
}

static bool is_alnum(uint32_t c)
{
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_hex(struct parser *parser, size_t max_digits, uint32_t *c)
{
    size_t digits = 0;
    for (*c = 0; digits < max_digits && parser->rest.len; digits++) {
        int value = hex_value(parser->rest.s[0]);
        if (value < 0) {
            break;
        }
        *c = *c * 16 + (uint32_t)value;
        parser->rest = ocib_str_sub(parser->rest, 1, parser->rest.len);
    }
    return digits > 0 && (max_digits > 2 || digits == 2) && *c <= OCIB_RUNE_MAX;
}

static bool take_octal(struct parser *parser, uint32_t *c)
{
    for (int i = 0; i < 2 && parser->rest.len; i++) {
        char digit = parser->rest.s[0];
        if (digit < '0' || digit > '7') {
            break;
        }
        *c = *c * 8 + (uint32_t)(digit - '0');
        parser->rest = ocib_str_sub(parser->rest, 1, parser->rest.len);
    }
    return true;
}

static bool take_numeric_escape(struct parser *parser, uint32_t first, uint32_t *c)
{
    bool ok;
    if (first == 'x') {
        bool braces = skip(parser, "{");
        ok = take_hex(parser, braces ? 6 : 2, c) && (!braces || skip(parser, "}"));
    } else {
        char next = parser->rest.len ? parser->rest.s[0] : '\0';
        *c = first - '0';
        ok = first < '8' && (first == '0' || (next >= '0' && next <= '7')) && take_octal(parser, c);
    }
    return ok || fail(parser, "Docker takes a backslash and a digit or x for a character's number, "
                              "and this is none");
}

/* A character behind a backslash: itself, unless it is a letter or digit. */
static bool take_escape(struct parser *parser, uint32_t *c)
{
    static const char names[] = "afnrtv";
    static const char values[] = "\a\f\n\r\t\v";
    if (!parser->rest.len) {
        return fail(parser, "a backslash has nothing behind it");
    }
    uint32_t first = take(parser);
    if (first < 0x80 && !is_alnum(first)) {
        *c = first;
        return true;
    }
    if (first == 'x' || (first >= '0' && first <= '9')) {
        return take_numeric_escape(parser, first, c);
    }
    const char *name = first < 0x80 ? strchr(names, (int)first) : NULL;
    if (!name) {
        return fail(parser, "a backslash before a letter is not the letter itself: Docker takes it "
                            "for an operator of regular expressions or refuses it");
    }
    *c = (unsigned char)values[name - names];
    return true;
}

/* Adds the ranges of a named class to the set at the end of the program, or all others. */
static void add_named(struct ocib_program *out, const struct named *class, bool negated)
{
    uint32_t from = 0;
    for (size_t i = 0; i < class->count; i++) {
        struct ocib_rune_range range = class->ranges[i];
        if (!negated) {
            ocib_program_range(out, range.low, range.high);
        } else if (range.low > from) {
            ocib_program_range(out, from, range.low - 1);
        }
        from = range.high + 1;
    }
    if (negated) {
        ocib_program_range(out, from, OCIB_RUNE_MAX);
    }
}

/* "\d" and its like: 1 if it was one. */
static bool take_perl(struct parser *parser, bool begin_set)
{
    if (parser->rest.len < 2 || parser->rest.s[0] != '\\') {
        return false;
    }
    char letter = parser->rest.s[1];
    for (size_t i = 0; i < OCIB_COUNT(perl_classes); i++) {
        if ((letter | 0x20) != perl_classes[i].name[0]) {
            continue;
        }
        if (begin_set) {
            ocib_program_set(parser->out, false);
        }
        add_named(parser->out, &perl_classes[i], letter < 'a');
        parser->rest = ocib_str_sub(parser->rest, 2, parser->rest.len);
        return true;
    }
    return false;
}

/* "[:name:]" in a class: 1 if it was one, 0 if it wasn't, -1 for an unknown name. */
static int take_posix(struct parser *parser)
{
    const char *end = ocib_str_starts(parser->rest, "[:")
                          ? memmem(parser->rest.s + 2, parser->rest.len - 2, ":]", 2)
                          : NULL;
    if (!end) {
        return 0;
    }
    size_t length = (size_t)(end - parser->rest.s);
    struct ocib_str name = ocib_str_sub(parser->rest, 2, length);
    bool negated = ocib_str_starts(name, "^");
    name = ocib_str_sub(name, negated, name.len);
    for (size_t i = 0; i < OCIB_COUNT(posix_classes); i++) {
        if (ocib_str_is(name, posix_classes[i].name)) {
            add_named(parser->out, &posix_classes[i], negated);
            parser->rest = ocib_str_sub(parser->rest, length + 2, parser->rest.len);
            return 1;
        }
    }
    fail(parser, "there is no such class of characters between \"[:\" and \":]\"");
    return -1;
}

static bool take_class_char(struct parser *parser, uint32_t *c)
{
    if (!parser->rest.len) {
        return fail(parser, "\"[\" has no \"]\" that ends it");
    }
    if (skip(parser, "\\")) {
        return take_escape(parser, c);
    }
    *c = take(parser);
    return true;
}

static bool take_class_item(struct parser *parser)
{
    int posix = take_posix(parser);
    if (posix) {
        return posix > 0;
    }
    if (take_perl(parser, false)) {
        return true;
    }
    uint32_t low;
    if (!take_class_char(parser, &low)) {
        return false;
    }
    uint32_t high = low;
    struct ocib_str rest = parser->rest;
    if (rest.len >= 2 && rest.s[0] == '-' && rest.s[1] != ']') {
        skip(parser, "-");
        if (!take_class_char(parser, &high)) {
            return false;
        }
    }
    if (high < low) {
        return fail(parser, "a range of characters in \"[]\" goes backwards");
    }
    ocib_program_range(parser->out, low, high);
    return true;
}

/* What follows "[". */
static bool take_class(struct parser *parser)
{
    ocib_program_set(parser->out, skip(parser, "^"));
    bool first = true;
    while (first || !skip(parser, "]")) {
        if (!take_class_item(parser)) {
            return false;
        }
        first = false;
    }
    if (skip(parser, "*")) {
        ocib_program_star(parser->out);
    }
    return true;
}

/* "{2}", "{2,}" or "{2,3}": anything else between braces is as it is. */
static bool is_repetition(struct ocib_str rest)
{
    size_t i = 1;
    while (i < rest.len && rest.s[i] >= '0' && rest.s[i] <= '9') {
        i++;
    }
    if (i == 1) {
        return false;
    }
    i += i < rest.len && rest.s[i] == ',';
    while (i < rest.len && rest.s[i] >= '0' && rest.s[i] <= '9') {
        i++;
    }
    return i < rest.len && rest.s[i] == '}';
}

static bool take_character(struct parser *parser)
{
    if (ocib_str_starts(parser->rest, "{") && is_repetition(parser->rest)) {
        return fail(parser, "Docker takes a number between braces for a repetition");
    }
    uint32_t c;
    bool escaped = skip(parser, "\\");
    if (escaped && !take_escape(parser, &c)) {
        return false;
    }
    c = escaped ? c : take(parser);
    if (c == OCIB_RUNE_ERROR) {
        ocib_program_set(parser->out, false); /* invalid bytes too, unlike a character */
        ocib_program_range(parser->out, c, c);
    } else {
        ocib_program_char(parser->out, c);
    }
    return true;
}

static bool take_piece(struct parser *parser)
{
    if (skip(parser, "(.*/)?")) {
        ocib_program_any_folders(parser->out);
        return true;
    }
    if (skip(parser, ".*")) {
        ocib_program_not(parser->out, '\n', true);
        return true;
    }
    if (skip(parser, "^")) {
        ocib_program_start(parser->out);
        return true;
    }
    if (skip(parser, "[")) {
        return take_class(parser);
    }
    return take_perl(parser, true) || take_character(parser);
}

/* Where a branch isn't anchored, anything may stand. */
static void add_anything(struct ocib_program *program)
{
    ocib_program_set(program, true);
    ocib_program_star(program);
}

static bool take_branch(struct parser *parser, bool first)
{
    if (!first) {
        add_anything(parser->out);
    }
    while (parser->rest.len && parser->rest.s[0] != '|') {
        if (!take_piece(parser)) {
            return false;
        }
    }
    if (parser->rest.len) {
        add_anything(parser->out);
    }
    ocib_program_seal(parser->out);
    return true;
}

bool ocib_regex_compile(struct ocib_str text, struct ocib_regex *out, const char **why)
{
    struct parser parser = {.rest = text};
    do {
        bool first = out->len == 0;
        parser.out = ocib_vec_add(out);
        if (!take_branch(&parser, first)) {
            *why = parser.why;
            return false;
        }
    } while (skip(&parser, "|"));
    return true;
}

void ocib_regex_release(struct ocib_regex *regex)
{
    for (size_t i = 0; i < regex->len; i++) {
        ocib_program_release(&regex->items[i]);
    }
    ocib_vec_release(regex);
}

bool ocib_regex_match(const struct ocib_regex *regex, struct ocib_str path)
{
    for (size_t i = 0; i < regex->len; i++) {
        if (ocib_program_match(&regex->items[i], path)) {
            return true;
        }
    }
    return false;
}

bool ocib_regex_may_continue(const struct ocib_regex *regex, struct ocib_str head)
{
    for (size_t i = 0; i < regex->len; i++) {
        if (ocib_program_may_continue(&regex->items[i], head)) {
            return true;
        }
    }
    return false;
}
