#include "dockerfile/comment.h"

enum line_kind { LINE_EMPTY, LINE_COMMENT, LINE_OTHER };

/* *text is what stands behind the "#" of a comment. */
static enum line_kind read_line(const struct ocib_source *source, unsigned number,
                                struct ocib_str *text)
{
    struct ocib_str line = ocib_source_line(source, number);
    *text = ocib_str_trim(line);
    if (text->len == 0) {
        return LINE_EMPTY;
    }
    if (text->s[0] != '#') {
        return LINE_OTHER;
    }
    /* BuildKit takes the first byte of the line for the "#": an indented comment describes nothing.
     */
    bool indented = line.s[0] != '#';
    *text = ocib_str_trim(ocib_str_sub(*text, indented ? 0 : 1, text->len));
    return LINE_COMMENT;
}

/* The first line of the comments above line `at`, down to the end of what stands before. */
static unsigned find_first(const struct ocib_source *source, unsigned end, unsigned at)
{
    unsigned first = at;
    while (first > end + 1) {
        struct ocib_str text;
        enum line_kind kind = read_line(source, first - 1, &text);
        if (kind == LINE_OTHER || (kind == LINE_COMMENT && text.len == 0)) {
            break;
        }
        first--;
    }
    return first;
}

struct ocib_str ocib_dockerfile_comment(const struct ocib_dockerfile *file, size_t index,
                                        struct ocib_str name)
{
    unsigned at = file->instructions.items[index].span.line;
    unsigned end = index ? file->instructions.items[index - 1].span.end_line : 0;
    for (unsigned line = find_first(file->source, end, at); line < at; line++) {
        struct ocib_str text;
        bool comment = read_line(file->source, line, &text) == LINE_COMMENT;
        bool named = comment && text.len > name.len && text.s[name.len] == ' ' &&
                     ocib_str_eq(ocib_str_sub(text, 0, name.len), name);
        if (named && name.len) {
            return ocib_str_sub(text, name.len + 1, text.len);
        }
    }
    return OCIB_STR("");
}
