#include "base/span.h"

#include "base/mem.h"

struct ocib_source *ocib_source_new(const char *name, struct ocib_str text)
{
    struct ocib_source *source = ocib_new(struct ocib_source);
    source->name = ocib_strdup(name);
    source->text = ocib_str_dup(text);
    source->len = text.len;
    unsigned lines = 1;
    for (size_t i = 0; i < text.len; i++) {
        lines += text.s[i] == '\n' && i + 1 < text.len;
    }
    source->line_starts = ocib_alloc(lines, sizeof(size_t));
    source->line_count = lines;
    unsigned line = 1;
    for (size_t i = 0; i < text.len && line < lines; i++) {
        if (text.s[i] == '\n') {
            source->line_starts[line++] = i + 1;
        }
    }
    return source;
}

void ocib_source_free(struct ocib_source *source)
{
    if (source) {
        free(source->name);
        free(source->text);
        free(source->line_starts);
        free(source);
    }
}

struct ocib_str ocib_source_line(const struct ocib_source *source, unsigned line)
{
    if (line == 0 || line > source->line_count) {
        return OCIB_STR("");
    }
    size_t from = source->line_starts[line - 1];
    size_t to = line < source->line_count ? source->line_starts[line] : source->len;
    while (to > from && (source->text[to - 1] == '\n' || source->text[to - 1] == '\r')) {
        to--;
    }
    return (struct ocib_str){source->text + from, to - from};
}
