#include "dockerfile/parse.h"

#include "dockerfile/parser.h"

/* A Dockerfile of 4 MiB or 100,000 instructions is none that a person or a generator meant. */
enum { TEXT_MAX = 4 << 20, INSTRUCTIONS_MAX = 100000 };

void ocib_dockerfile_free(struct ocib_dockerfile *file)
{
    if (!file) {
        return;
    }
    for (size_t i = 0; i < file->instructions.len; i++) {
        ocib_instruction_release(&file->instructions.items[i]);
    }
    ocib_vec_release(&file->instructions);
    ocib_source_free(file->source);
    free(file->syntax);
    ocib_check_directive_release(&file->check);
    ocib_vec_release(&file->empty_lines);
    ocib_strings_release(&file->texts);
    free(file);
}

static struct ocib_dockerfile *file_new(const char *name, struct ocib_str text)
{
    struct ocib_dockerfile *file = ocib_new(struct ocib_dockerfile);
    file->source = ocib_source_new(name, text);
    file->escape = '\\';
    return file;
}

static int check_text(const char *name, struct ocib_str text, struct ocib_error **err)
{
    if (text.len > TEXT_MAX) {
        return ocib_error_set(err, OCIB_EDOCKERFILE, "%s is larger than %d MiB", name,
                              TEXT_MAX >> 20);
    }
    return 0;
}

static int check_bytes(const struct ocib_source *source, struct ocib_error **err)
{
    const char *nul = memchr(source->text, '\0', source->len);
    if (!nul) {
        return 0;
    }
    unsigned line = 1;
    while (line < source->line_count && source->line_starts[line] <= (size_t)(nul - source->text)) {
        line++;
    }
    unsigned column = (unsigned)((size_t)(nul - source->text) - source->line_starts[line - 1]) + 1;
    struct ocib_span span = {source, line, column, line};
    ocib_error_at(err, OCIB_EDOCKERFILE, span, "a NUL byte in the file");
    return ocib_error_hint_set(err, "save the file as UTF-8 text");
}

static int check_first(const struct ocib_instruction *ins, struct ocib_error **err)
{
    if (ins->kind == OCIB_INS_FROM || ins->kind == OCIB_INS_ARG) {
        return 0;
    }
    ocib_error_at(err, OCIB_EDOCKERFILE, ins->span, "%s stands before the first FROM",
                  ocib_instruction_name(ins->kind));
    return ocib_error_hint_set(err, "begin with FROM <image>; only ARG may stand before it");
}

static int read_all(struct ocib_parser *p, struct ocib_error **err)
{
    struct ocib_instructions *list = &p->file->instructions;
    bool staged = p->fixed.source != NULL;
    while (ocib_parser_next_line(p)) {
        if (list->len == INSTRUCTIONS_MAX) {
            return ocib_parser_fail(p, err, p->line.text.s, "more than %d instructions",
                                    INSTRUCTIONS_MAX);
        }
        struct ocib_instruction *ins = ocib_vec_add(list);
        if (ocib_parser_read_instruction(p, ins, err) < 0) {
            return -1;
        }
        if (!staged && check_first(ins, err) < 0) {
            return -1;
        }
        staged = staged || ins->kind == OCIB_INS_FROM;
    }
    return 0;
}

/* A file is no use without a FROM. */
static int check_staged(const struct ocib_dockerfile *file, struct ocib_error **err)
{
    for (size_t i = 0; i < file->instructions.len; i++) {
        if (file->instructions.items[i].kind == OCIB_INS_FROM) {
            return 0;
        }
    }
    struct ocib_span span = {file->source, file->source->line_count, 1, file->source->line_count};
    ocib_error_at(err, OCIB_EDOCKERFILE, span,
                  file->instructions.len ? "the file has no FROM" : "the file has no instructions");
    return ocib_error_hint_set(err, "begin with FROM <image>");
}

static unsigned count_lines(const struct ocib_source *source)
{
    return source->len ? source->line_count : 0;
}

static void parser_release(struct ocib_parser *p)
{
    ocib_vec_release(&p->line.pieces);
}

struct ocib_dockerfile *ocib_dockerfile_parse(const char *name, struct ocib_str text,
                                              const struct ocib_log *log, struct ocib_error **err)
{
    if (check_text(name, text, err) < 0) {
        return NULL;
    }
    OCIB_AUTO(ocib_dockerfile_cleanup) struct ocib_dockerfile *file = file_new(name, text);
    if (check_bytes(file->source, err) < 0) {
        return NULL;
    }
    OCIB_AUTO(parser_release)
    struct ocib_parser p = {
        .file = file,
        .log = log,
        .next = 1,
        .line_count = count_lines(file->source),
    };
    if (ocib_parser_read_directives(&p, err) < 0 || read_all(&p, err) < 0 ||
        check_staged(file, err) < 0) {
        return NULL;
    }
    return ocib_steal(&file);
}

struct ocib_dockerfile *ocib_dockerfile_parse_trigger(struct ocib_str text, struct ocib_span at,
                                                      struct ocib_error **err)
{
    if (text.len > TEXT_MAX || memchr(text.s, '\0', text.len)) {
        ocib_error_at(err, OCIB_EDOCKERFILE, at, "an ONBUILD trigger of the base is no text");
        return NULL;
    }
    OCIB_AUTO(ocib_dockerfile_cleanup) struct ocib_dockerfile *file = file_new("ONBUILD", text);
    OCIB_AUTO(parser_release)
    struct ocib_parser p = {
        .file = file,
        .next = 1,
        .line_count = count_lines(file->source),
        .fixed = at,
    };
    if (read_all(&p, err) < 0) {
        return NULL;
    }
    for (size_t i = 0; i < file->instructions.len; i++) {
        enum ocib_instruction_kind kind = file->instructions.items[i].kind;
        if (kind == OCIB_INS_FROM || kind == OCIB_INS_ONBUILD || kind == OCIB_INS_MAINTAINER) {
            ocib_error_at(err, OCIB_EDOCKERFILE, at, "%s can't be an ONBUILD trigger of the base",
                          ocib_instruction_name(kind));
            return NULL;
        }
    }
    return ocib_steal(&file);
}
