/*
 * Variables, quotes and escapes of a word (Dockerfile reference, "Environment replacement").
 *
 * Forms: $NAME ${NAME} and ${NAME<modifier>word} with :- - :+ + :? ? # ## % %% / //. In '…' nothing
 * is special; in "…" variables are, and the escape character before ", $ and itself. Names are
 * ASCII letters, digits and _, or one of the shell's special parameters. Bytes that aren't UTF-8
 * pass through as they are.
 */
#ifndef OCIB_DOCKERFILE_EXPAND_H
#define OCIB_DOCKERFILE_EXPAND_H

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>

struct ocib_expand_options {
    char escape;       /* '\\' or '`' */
    bool raw_quotes;   /* quotes are obeyed, and kept in the result */
    bool raw_escapes;  /* the same of escapes */
    bool keep_unset;   /* $NAME stays as it is when there is no such variable */
    bool plain_quotes; /* quotes are characters like any other (bodies of heredocs) */
    /* The value of a variable, or NULL. May be NULL: nothing is set. */
    const char *(*lookup)(const void *data, struct ocib_str name);
    const void *data;
    /* Bytes that may still be produced, shared by many expansions; NULL: OCIB_EXPAND_MAX. */
    size_t *budget;
};

/* The longest result of one expansion. */
#define OCIB_EXPAND_MAX ((size_t)1 << 20)

struct ocib_expanded {
    char *text; /* the whole word, expanded */
    /* The same, cut at blanks outside of quotes; where each began in the input. */
    struct ocib_strings words;
    struct {
        OCIB_VEC(size_t);
    } starts;
    struct ocib_strings unset; /* names used as $NAME or ${NAME} that aren't set */
    size_t failed_at;          /* on failure: where in the input what can't be expanded begins */
};

/* Fails with OCIB_EDOCKERFILE and without a place, which is the caller's to give. `out` is zeroed
 * storage, released by the caller in any case. */
int ocib_expand(struct ocib_str word, const struct ocib_expand_options *options,
                struct ocib_expanded *out, struct ocib_error **err) OCIB_MUST;
void ocib_expanded_release(struct ocib_expanded *out);

#endif
