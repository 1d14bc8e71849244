/*
 * What the files of the parser share. Private to this part.
 *
 * The parser takes the text line by line: a logical line is one instruction with its continuation
 * lines joined, kept with a map from its bytes to places in the file. It is borrowed from the
 * source when there was nothing to join.
 */
#ifndef OCIB_DOCKERFILE_PARSER_H
#define OCIB_DOCKERFILE_PARSER_H

#include "base/error.h"
#include "base/log.h"
#include "dockerfile/ast.h"

/* A run of bytes that stand together in the file too. */
struct ocib_line_piece {
    size_t at;     /* offset in the logical line */
    size_t offset; /* in the file */
};

struct ocib_line {
    struct ocib_str text;
    struct {
        OCIB_VEC(struct ocib_line_piece);
    } pieces;
    unsigned first; /* in the file, from 1 */
    unsigned last;
};

struct ocib_parser {
    struct ocib_dockerfile *file;
    const struct ocib_log *log;
    unsigned next;          /* the line to be read next, from 1 */
    unsigned line_count;    /* without the empty one behind a last line break */
    struct ocib_span fixed; /* with a source: the span of everything */
    struct ocib_line line;
};

/* ---- lines.c ---- */

/* Reads the directives at the top of the file, and passes them. */
int ocib_parser_read_directives(struct ocib_parser *p, struct ocib_error **err) OCIB_MUST;
/* The next logical line with text in it; false at the end of the file. */
bool ocib_parser_next_line(struct ocib_parser *p);
/* A line of the file with its line break. */
struct ocib_str ocib_parser_raw_line(const struct ocib_parser *p, unsigned line);
/* The place of a byte of the logical line (or of the end of it), up to its last line. */
struct ocib_span ocib_parser_span(const struct ocib_parser *p, const char *at);
/* Fails at that place. */
int ocib_parser_fail(const struct ocib_parser *p, struct ocib_error **err, const char *at,
                     const char *fmt, ...) OCIB_PRINTF(4, 5);
/* Keeps a text as long as the file lives; takes ownership. */
struct ocib_str ocib_parser_keep(struct ocib_parser *p, char *text, size_t len);

/* ---- words.c ---- */

/* Without blanks (BuildKit's: space, \t \v \f \r) at its beginning. */
struct ocib_str ocib_skip_blanks(struct ocib_str text);
bool ocib_is_space(char c);
/* Takes the word before the first blank off *rest. False if there is none. */
bool ocib_cut_word(struct ocib_str *rest, struct ocib_str *word);
/* Takes the flags, "--name" and "--name=value", off *rest. */
int ocib_parser_read_flags(struct ocib_parser *p, struct ocib_str *rest, struct ocib_args *out,
                           struct ocib_error **err) OCIB_MUST;
/* Words at blanks, quotes not heeded. */
int ocib_parser_read_plain_words(struct ocib_parser *p, struct ocib_str text, struct ocib_args *out,
                                 struct ocib_error **err) OCIB_MUST;
/* Words at blanks outside of quotes and behind no escape; both are kept in the words. */
int ocib_parser_read_quoted_words(struct ocib_parser *p, struct ocib_str text,
                                  struct ocib_args *out, struct ocib_error **err) OCIB_MUST;

/* ---- json.c ---- */

/*
 * A JSON array of strings. 1: it is one; 0: the text is no JSON, and is meant for the shell;
 * -1: it is an array, but not of strings.
 */
int ocib_parser_read_json(struct ocib_parser *p, struct ocib_str text, struct ocib_args *out,
                          struct ocib_error **err) OCIB_MUST;

/* ---- heredoc.c ---- */

/* Finds the "<<NAME" (and, if they may stand apart, "<< NAME") of the logical line and reads their
 * bodies from the lines that follow. */
int ocib_parser_read_heredocs(struct ocib_parser *p, bool apart, struct ocib_heredocs *out,
                              struct ocib_error **err) OCIB_MUST;

/* ---- instruction.c ---- */

/* The current logical line (and heredocs below it) as an instruction; `out` is zeroed. */
int ocib_parser_read_instruction(struct ocib_parser *p, struct ocib_instruction *out,
                                 struct ocib_error **err) OCIB_MUST;
void ocib_instruction_release(struct ocib_instruction *ins);

#endif
