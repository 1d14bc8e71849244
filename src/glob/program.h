/*
 * A compiled pattern: a row of tokens, each for one character, that is run as a nondeterministic
 * automaton. Time is at most path length times tokens, whatever the pattern: there is no
 * backtracking. A program is built token by token, then sealed; a sealed one is constant and may be
 * used by any thread.
 *
 * Characters are code points of UTF-8. A byte that is not part of valid UTF-8 is a character of its
 * own, beyond the code points; a set takes it for U+FFFD, as Go's regexp and path/filepath do.
 */
#ifndef OCIB_GLOB_PROGRAM_H
#define OCIB_GLOB_PROGRAM_H

#include "base/buf.h"
#include "base/vec.h"

#include <stdbool.h>

#define OCIB_RUNE_ERROR 0xFFFDu /* the replacement character */
#define OCIB_RUNE_MAX   0x10FFFFu
#define OCIB_RUNE_BYTE  0x110000u /* plus the byte: not UTF-8 */

/* Takes a character off *rest, which is not empty. */
uint32_t ocib_rune_take(struct ocib_str *rest);

struct ocib_rune_range {
    uint32_t low;
    uint32_t high;
};

enum ocib_token_kind {
    OCIB_TOKEN_CHAR,  /* this character */
    OCIB_TOKEN_SET,   /* one of (or, negated, none of) the ranges */
    OCIB_TOKEN_SPLIT, /* no character: on with the next token, or with the third after this one */
    OCIB_TOKEN_START, /* no character: only at the start of the path */
};

struct ocib_token {
    enum ocib_token_kind kind;
    bool star;    /* CHAR, SET: any number of times, none too */
    bool negated; /* SET */
    uint32_t c;   /* CHAR */
    size_t first; /* SET: its ranges in the program's list */
    size_t count;
};

struct ocib_program {
    OCIB_VEC(struct ocib_token);
    struct {
        OCIB_VEC(struct ocib_rune_range);
    } ranges;
    /* Set by sealing: what every matching path begins and ends with. */
    struct ocib_buf prefix;
    struct ocib_buf suffix;
};

void ocib_program_release(struct ocib_program *program);
void ocib_program_char(struct ocib_program *program, uint32_t c);
/* Begins a set, whose ranges are then added. */
void ocib_program_set(struct ocib_program *program, bool negated);
void ocib_program_range(struct ocib_program *program, uint32_t low, uint32_t high);
/* A set of one character, negated: "anything but c", which is then often starred. */
void ocib_program_not(struct ocib_program *program, uint32_t c, bool star);
/* Makes the last token match any number of times. */
void ocib_program_star(struct ocib_program *program);
/* "(.*\/)?": nothing, or anything that ends with a slash. */
void ocib_program_any_folders(struct ocib_program *program);
void ocib_program_start(struct ocib_program *program);
void ocib_program_seal(struct ocib_program *program);

/* Does the whole path match? */
bool ocib_program_match(const struct ocib_program *program, struct ocib_str path);
/* Can a path that begins with `head` match? */
bool ocib_program_may_continue(const struct ocib_program *program, struct ocib_str head);

#endif
