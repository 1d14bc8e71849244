/*
 * The regular expressions that moby's pattern matcher makes of an ignore pattern, in Go's syntax,
 * compiled to a program. Going this way, and not from the pattern itself, keeps the odd results
 * that Docker has: "[a*]" is the class "[a[^/]" repeated and a "]", "\d" is a digit.
 * (github.com/moby/patternmatcher; https://pkg.go.dev/regexp/syntax)
 */
#ifndef OCIB_GLOB_REGEX_H
#define OCIB_GLOB_REGEX_H

#include "glob/program.h"

/* The branches of an expression, "a|b": what one of them matches, the expression matches. */
struct ocib_regex {
    OCIB_VEC(struct ocib_program);
};

/*
 * Compiles what the matcher can produce: characters, escapes, classes, "[...]*", "(.*\/)?", ".*",
 * "^" and "|". The expression is anchored at both ends and written without these anchors; with a
 * "|", only its first branch is anchored at the start and its last at the end, as in "^a|b$". On
 * failure *why says what is wrong. Release *out in either case.
 */
bool ocib_regex_compile(struct ocib_str text, struct ocib_regex *out, const char **why);
void ocib_regex_release(struct ocib_regex *regex);

bool ocib_regex_match(const struct ocib_regex *regex, struct ocib_str path);
/* Can a path that begins with `head` match? */
bool ocib_regex_may_continue(const struct ocib_regex *regex, struct ocib_str head);

#endif
