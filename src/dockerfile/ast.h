/*
 * A parsed Dockerfile: a flat list of instructions in the order of the file. Nothing is expanded
 * here; texts are as written, with continuation lines joined and comments taken out.
 *
 * Every text has a span that points at its first byte in the file, also behind continuations.
 * All texts are borrowed from the ocib_dockerfile and live as long as it. They hold no NUL byte,
 * but may hold any other, also bytes that aren't UTF-8.
 */
#ifndef OCIB_DOCKERFILE_AST_H
#define OCIB_DOCKERFILE_AST_H

#include "base/span.h"
#include "base/str.h"
#include "base/vec.h"
#include "dockerfile/directive.h"

#include <stdbool.h>

enum ocib_instruction_kind {
    OCIB_INS_ADD,
    OCIB_INS_ARG,
    OCIB_INS_CMD,
    OCIB_INS_COPY,
    OCIB_INS_ENTRYPOINT,
    OCIB_INS_ENV,
    OCIB_INS_EXPOSE,
    OCIB_INS_FROM,
    OCIB_INS_HEALTHCHECK,
    OCIB_INS_LABEL,
    OCIB_INS_MAINTAINER,
    OCIB_INS_ONBUILD,
    OCIB_INS_RUN,
    OCIB_INS_SHELL,
    OCIB_INS_STOPSIGNAL,
    OCIB_INS_USER,
    OCIB_INS_VOLUME,
    OCIB_INS_WORKDIR,
};

/* "ADD", "ARG", … */
const char *ocib_instruction_name(enum ocib_instruction_kind kind);

/*
 * One argument: a word, a string of a JSON array, or (ENV, LABEL, ARG, flags) a name with its
 * value. Words keep their quotes and escapes, for the expansion to deal with; strings of JSON
 * arrays, and flags, have theirs resolved.
 */
struct ocib_arg {
    struct ocib_str text;  /* the word, or the name without "--" */
    struct ocib_str value; /* only with has_value */
    bool has_value;
    struct ocib_span span;
    struct ocib_span value_span;
};
struct ocib_args {
    OCIB_VEC(struct ocib_arg);
};

/* A text given in the lines below an instruction. */
struct ocib_heredoc {
    struct ocib_str name; /* the delimiter, without quotes */
    bool expand;          /* the delimiter is not quoted */
    bool chomp;           /* "<<-": leading tabs are taken off */
    struct ocib_str word; /* as written: "<<-'EOF'", "<< EOF" */
    struct ocib_span span;
    struct ocib_str content; /* as in the file, each line with its line break */
    struct ocib_span content_span;
};
struct ocib_heredocs {
    OCIB_VEC(struct ocib_heredoc);
};

struct ocib_instruction {
    enum ocib_instruction_kind kind;
    struct ocib_span span; /* from the keyword to the last line, heredocs included */
    struct ocib_str text;  /* the whole logical line, without blanks at its ends */
    struct ocib_str rest;  /* what follows the keyword and its flags */
    struct ocib_span rest_span;
    struct ocib_args flags;
    bool json; /* exec form: args are the strings of the array */
    /*
     * FROM: image, and "AS" and a name. RUN, CMD, ENTRYPOINT: the array's strings, or one text.
     * HEALTHCHECK: the word CMD or NONE, then like CMD. ENV, LABEL: names with values. ARG: names,
     * some with values. COPY, ADD: sources, then the destination. EXPOSE, VOLUME: words.
     * SHELL: strings. MAINTAINER, STOPSIGNAL, USER, WORKDIR: one text. ONBUILD: none.
     */
    struct ocib_args args;
    struct ocib_heredocs heredocs;
    struct ocib_instruction *trigger; /* of ONBUILD */
    struct ocib_str trigger_text;     /* as it goes into the image's config */
};
struct ocib_instructions {
    OCIB_VEC(struct ocib_instruction);
};

/* The flag of a name, or NULL; of a flag that may be repeated, the first. */
const struct ocib_arg *ocib_instruction_flag(const struct ocib_instruction *ins, const char *name);

struct ocib_dockerfile {
    struct ocib_source *source;
    char escape;  /* '\\' or '`' */
    char *syntax; /* of "# syntax=", or NULL */
    struct ocib_check_directive check;
    struct ocib_instructions instructions;
    /* The first empty line inside each instruction that is continued over one. */
    struct {
        OCIB_VEC(struct ocib_span);
    } empty_lines;
    struct ocib_strings texts; /* owns what could not be borrowed from the source */
};

#endif
