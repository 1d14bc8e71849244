#include "plan/internal.h"

/* Names of Linux's signals, as Docker knows them. The numbers don't matter: the config keeps the
 * text as written. */
static const char *const names[] = {
    "ABRT",   "ALRM",  "BUS",  "CHLD", "CLD",   "CONT",  "FPE",  "HUP",  "ILL",  "INT",
    "IO",     "IOT",   "KILL", "PIPE", "POLL",  "PROF",  "PWR",  "QUIT", "SEGV", "STKFLT",
    "STOP",   "SYS",   "TERM", "TRAP", "TSTP",  "TTIN",  "TTOU", "URG",  "USR1", "USR2",
    "VTALRM", "WINCH", "XCPU", "XFSZ", "RTMIN", "RTMAX", NULL,
};

/* RTMIN+1 … RTMIN+15, RTMAX-14 … RTMAX-1 */
static bool is_realtime(struct ocib_str name)
{
    uint64_t offset;
    bool up = name.len > 6 && ocib_str_is_nocase(ocib_str_sub(name, 0, 6), "RTMIN+");
    bool down = name.len > 6 && ocib_str_is_nocase(ocib_str_sub(name, 0, 6), "RTMAX-");
    return (up || down) && ocib_str_uint(ocib_str_sub(name, 6, name.len), up ? 15 : 14, &offset) &&
           offset > 0;
}

static bool is_signal(struct ocib_str text)
{
    uint64_t number;
    if (ocib_str_uint(text, 64, &number)) {
        return number > 0;
    }
    if (text.len > 3 && ocib_str_is_nocase(ocib_str_sub(text, 0, 3), "SIG")) {
        text = ocib_str_sub(text, 3, text.len);
    }
    for (size_t i = 0; names[i]; i++) {
        if (ocib_str_is_nocase(text, names[i])) {
            return true;
        }
    }
    return is_realtime(text);
}

static int refuse(const char *text, const struct ocib_arg *arg, struct ocib_error **err)
{
    struct ocib_str bare = ocib_str(text);
    if (ocib_str_starts(bare, "SIG")) {
        bare = ocib_str_sub(bare, 3, bare.len);
    }
    const char *nearest = ocib_str_nearest(bare, names);
    ocib_error_at(err, OCIB_EDOCKERFILE, arg->span, "STOPSIGNAL: '%.80s' is no signal", text);
    return nearest ? ocib_error_hint_set(err, "did you mean SIG%s?", nearest)
                   : ocib_error_hint_set(err, "write a name such as SIGTERM, or a number");
}

int ocib_stage_stopsignal(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                          struct ocib_error **err)
{
    const struct ocib_arg *arg = &ins->args.items[0];
    struct ocib_words words = ocib_stage_words(b);
    OCIB_AUTO_FREE char *text = ocib_words_expand(&words, arg, err);
    if (!text) {
        return -1;
    }
    if (!is_signal(ocib_str(text))) {
        return refuse(text, arg, err);
    }
    free(b->config->stop_signal);
    b->config->stop_signal = ocib_strdup(text);
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, ocib_format("STOPSIGNAL %s", text));
    return 0;
}
