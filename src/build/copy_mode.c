#include "build/copy_mode.h"

#include "base/str.h"

#include <string.h>
#include <sys/stat.h>

static int refuse(const char *text, struct ocib_error **err)
{
    ocib_error_set(err, OCIB_EDOCKERFILE, "bad --chmod mode \"%s\"", text);
    return ocib_error_hint_set(err, "write an octal mode up to 7777, or a symbolic one such as "
                                    "u=rwX,go=rX");
}

static bool parse_octal(const char *text, mode_t *out)
{
    mode_t mode = 0;
    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '7' || mode > 0777) {
            return false;
        }
        mode = mode * 8 + (mode_t)(*at - '0');
    }
    *out = mode;
    return true;
}

/* Set-id bits go with their class, the sticky bit with the user's and the group's (as in BSD). */
static mode_t take_who(const char **at)
{
    mode_t who = 0;
    for (;; (*at)++) {
        switch (**at) {
        case 'u':
            who |= S_IRWXU | S_ISUID | S_ISVTX;
            break;
        case 'g':
            who |= S_IRWXG | S_ISGID | S_ISVTX;
            break;
        case 'o':
            who |= S_IRWXO;
            break;
        case 'a':
            who |= 07777;
            break;
        default:
            return who ? who : 07777;
        }
    }
}

static mode_t permission_bits(char c)
{
    switch (c) {
    case 'r':
        return 0444;
    case 'w':
        return 0222;
    case 'x':
        return 0111;
    case 's':
        return S_ISUID | S_ISGID;
    case 't':
        return S_ISVTX;
    default:
        return 0;
    }
}

/* What follows an operator: one class to copy from, or permissions (possibly none). */
static void take_permissions(const char **at, struct ocib_mode_action *action)
{
    if (**at && strchr("ugo", **at)) {
        action->copy = *(*at)++;
        return;
    }
    for (; **at == 'X' || permission_bits(**at); (*at)++) {
        action->x_if |= **at == 'X';
        action->bits |= permission_bits(**at);
    }
}

/* "ug+r-w": one or more actions of one set of classes. */
static bool take_clause(const char **at, struct ocib_chmod *out)
{
    mode_t who = take_who(at);
    if (!**at || !strchr("+-=", **at)) {
        return false;
    }
    while (**at && strchr("+-=", **at)) {
        struct ocib_mode_action action = {.who = who, .op = *(*at)++};
        take_permissions(at, &action);
        ocib_vec_push(out, action);
    }
    return true;
}

int ocib_chmod_parse(const char *text, struct ocib_chmod *out, struct ocib_error **err)
{
    *out = (struct ocib_chmod){0};
    if (!text || !*text) {
        return 0;
    }
    if (*text >= '0' && *text <= '9') {
        out->is_octal = true;
        return parse_octal(text, &out->octal) ? 0 : refuse(text, err);
    }
    const char *at = text;
    bool good = take_clause(&at, out);
    while (good && *at == ',') {
        at++;
        good = take_clause(&at, out);
    }
    return good && !*at ? 0 : refuse(text, err);
}

void ocib_chmod_release(struct ocib_chmod *chmod)
{
    ocib_vec_release(chmod);
}

static mode_t copied_bits(mode_t mode, char class)
{
    mode_t bits = class == 'u' ? mode >> 6 : class == 'g' ? mode >> 3 : mode;
    return (bits & 7) * 0111;
}

static mode_t apply_action(const struct ocib_mode_action *action, mode_t mode, bool is_dir)
{
    mode_t bits = action->copy ? copied_bits(mode, action->copy) : action->bits;
    if (action->x_if && (is_dir || mode & 0111)) {
        bits |= 0111;
    }
    bits &= action->who;
    if (action->op == '+') {
        return mode | bits;
    }
    if (action->op == '-') {
        return mode & ~bits;
    }
    /* "=" never takes the sticky bit away, and with another class's bits no set-id bit either. */
    return (mode & ~(action->who & (action->copy ? 0777 : 06777))) | bits;
}

mode_t ocib_chmod_apply(const struct ocib_chmod *chmod, mode_t mode, bool is_dir)
{
    mode &= 07777;
    if (chmod->is_octal) {
        return chmod->octal;
    }
    for (size_t i = 0; i < chmod->len; i++) {
        mode = apply_action(&chmod->items[i], mode, is_dir);
    }
    return mode;
}

mode_t ocib_chmod_parent(const struct ocib_chmod *chmod)
{
    const mode_t masked = 022;
    return (chmod->is_octal ? chmod->octal : 0755) & 0777 & ~masked;
}
