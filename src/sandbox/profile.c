#include "sandbox/profile.h"

#ifndef OCIB_HAVE_SECCOMP

struct ocib_profile *ocib_profile_new(const struct ocib_profile_action *otherwise,
                                      struct ocib_error **err)
{
    ocib_error_set(err, OCIB_EUSAGE,
                   "a seccomp profile can't be used: ocib was built without libseccomp");
    return NULL;
}

void ocib_profile_free(struct ocib_profile *profile)
{
}

bool ocib_profile_is_native(const char *name)
{
    return false;
}

int ocib_profile_arch(struct ocib_profile *profile, const char *name, struct ocib_error **err)
{
    return 0;
}

int ocib_profile_add(struct ocib_profile *profile, const struct ocib_profile_rule *rule,
                     struct ocib_error **err)
{
    return 0;
}

int ocib_profile_build(struct ocib_profile *profile, struct ocib_buf *out, struct ocib_error **err)
{
    return 0;
}

#else

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    PROGRAM_MAX = BPF_MAXINSNS * (int)sizeof(struct sock_filter),
    ARGUMENTS = 6, /* of a call */
    OPTIMIZE_TREE = 2,
};

struct ocib_profile {
    scmp_filter_ctx filter;
    uint32_t otherwise;
};

static int parse_action(const struct ocib_profile_action *action, uint32_t *out,
                        struct ocib_error **err)
{
    static const struct {
        const char *name;
        uint32_t action;
    } actions[] = {
        {"SCMP_ACT_ALLOW", SCMP_ACT_ALLOW},
        {"SCMP_ACT_LOG", SCMP_ACT_LOG},
        {"SCMP_ACT_TRAP", SCMP_ACT_TRAP},
        {"SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD},
        {"SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD},
        {"SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
    };
    if (strcmp(action->name, "SCMP_ACT_ERRNO") == 0) {
        *out = SCMP_ACT_ERRNO(action->number & 0xffffU);
        return 0;
    }
    for (size_t i = 0; i < OCIB_COUNT(actions); i++) {
        if (strcmp(action->name, actions[i].name) == 0) {
            *out = actions[i].action;
            return 0;
        }
    }
    return ocib_error_set(err, OCIB_EUSAGE, "the action '%.80s' is not supported", action->name);
}

static int fail(int number, const char *what, struct ocib_error **err)
{
    errno = number < 0 ? -number : number;
    return ocib_error_set_errno(err, OCIB_EUSAGE, "can't make a filter of it: %s", what);
}

struct ocib_profile *ocib_profile_new(const struct ocib_profile_action *otherwise,
                                      struct ocib_error **err)
{
    OCIB_AUTO(ocib_profile_cleanup) struct ocib_profile *profile = ocib_new(struct ocib_profile);
    if (parse_action(otherwise, &profile->otherwise, err) < 0) {
        return NULL;
    }
    profile->filter = seccomp_init(profile->otherwise);
    if (!profile->filter) {
        ocib_error_set(err, OCIB_EINTERNAL, "libseccomp makes no filter");
        return NULL;
    }
    (void)seccomp_attr_set(profile->filter, SCMP_FLTATR_CTL_OPTIMIZE, OPTIMIZE_TREE);
    return ocib_steal(&profile);
}

void ocib_profile_free(struct ocib_profile *profile)
{
    if (profile) {
        seccomp_release(profile->filter);
        free(profile);
    }
}

/* "SCMP_ARCH_X86_64" is "x86_64" to the library; 0: it knows none of the name. */
static uint32_t find_arch(const char *name)
{
    static const char prefix[] = "SCMP_ARCH_";
    char text[32] = "";
    if (strncmp(name, prefix, sizeof(prefix) - 1) != 0) {
        return 0;
    }
    const char *rest = name + sizeof(prefix) - 1;
    for (size_t i = 0; rest[i] && i < sizeof(text) - 1; i++) {
        text[i] = rest[i] >= 'A' && rest[i] <= 'Z' ? (char)(rest[i] | 0x20) : rest[i];
    }
    return seccomp_arch_resolve_name(text);
}

bool ocib_profile_is_native(const char *name)
{
    return find_arch(name) == seccomp_arch_native();
}

/* Calls of an architecture that can't run here never come. */
int ocib_profile_arch(struct ocib_profile *profile, const char *name, struct ocib_error **err)
{
    uint32_t arch = find_arch(name);
    int failed = arch ? seccomp_arch_add(profile->filter, arch) : 0;
    return failed && failed != -EEXIST && failed != -EDOM ? fail(failed, name, err) : 0;
}

static int parse_argument(const struct ocib_profile_argument *from, struct scmp_arg_cmp *out,
                          struct ocib_error **err)
{
    static const char *const names[] = {
        [SCMP_CMP_NE] = "SCMP_CMP_NE",
        [SCMP_CMP_LT] = "SCMP_CMP_LT",
        [SCMP_CMP_LE] = "SCMP_CMP_LE",
        [SCMP_CMP_EQ] = "SCMP_CMP_EQ",
        [SCMP_CMP_GE] = "SCMP_CMP_GE",
        [SCMP_CMP_GT] = "SCMP_CMP_GT",
        [SCMP_CMP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
    };
    for (size_t i = 0; i < OCIB_COUNT(names); i++) {
        if (names[i] && strcmp(from->op, names[i]) == 0 && from->index < ARGUMENTS) {
            *out = (struct scmp_arg_cmp){.arg = from->index,
                                         .op = (enum scmp_compare)i,
                                         .datum_a = from->value,
                                         .datum_b = from->value_two};
            return 0;
        }
    }
    return ocib_error_set(err, OCIB_EUSAGE, "an argument's comparison '%.80s' is not known",
                          from->op);
}

/* libseccomp takes an argument once in a rule. Where the profile has it more often, runtimes read
 * the comparisons as rules of their own. */
static bool repeats(const struct ocib_profile_rule *rule)
{
    unsigned seen = 0;
    for (size_t i = 0; i < rule->arguments.len; i++) {
        unsigned bit = 1U << (rule->arguments.items[i].index % 32);
        if (seen & bit) {
            return true;
        }
        seen |= bit;
    }
    return false;
}

static int add_call(struct ocib_profile *profile, uint32_t action, const char *name,
                    const struct scmp_arg_cmp *arguments, unsigned count)
{
    int number = seccomp_syscall_resolve_name(name);
    return number == __NR_SCMP_ERROR
               ? 0
               : seccomp_rule_add_array(profile->filter, action, number, count, arguments);
}

int ocib_profile_add(struct ocib_profile *profile, const struct ocib_profile_rule *rule,
                     struct ocib_error **err)
{
    struct scmp_arg_cmp arguments[ARGUMENTS];
    uint32_t action;
    bool apart = repeats(rule);
    if (parse_action(&rule->action, &action, err) < 0) {
        return -1;
    }
    if (rule->arguments.len > ARGUMENTS) {
        return ocib_error_set(err, OCIB_EUSAGE, "a rule compares more than %d arguments",
                              ARGUMENTS);
    }
    unsigned count = (unsigned)rule->arguments.len;
    for (unsigned i = 0; i < count; i++) {
        if (parse_argument(&rule->arguments.items[i], &arguments[i], err) < 0) {
            return -1;
        }
    }
    for (size_t i = 0; action != profile->otherwise && i < rule->names.len; i++) {
        int failed = apart ? 0 : add_call(profile, action, rule->names.items[i], arguments, count);
        for (unsigned k = 0; apart && k < count && !failed; k++) {
            failed = add_call(profile, action, rule->names.items[i], &arguments[k], 1);
        }
        if (failed) {
            return fail(failed, rule->names.items[i], err);
        }
    }
    return 0;
}

int ocib_profile_build(struct ocib_profile *profile, struct ocib_buf *out, struct ocib_error **err)
{
    OCIB_AUTO_FD int fd = memfd_create("seccomp", MFD_CLOEXEC);
    int failed = fd < 0 ? -errno : seccomp_export_bpf(profile->filter, fd);
    if (failed || lseek(fd, 0, SEEK_SET) < 0 || ocib_fd_read_all(fd, PROGRAM_MAX, out) < 0) {
        return fail(failed ? failed : errno, "its program", err);
    }
    return 0;
}

#endif
