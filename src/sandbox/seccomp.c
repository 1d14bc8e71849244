#include "sandbox/seccomp.h"

#include "sandbox/obstacles.h"

#ifndef OCIB_HAVE_SECCOMP

bool ocib_seccomp_available(void)
{
    return false;
}

int ocib_seccomp_build(const struct ocib_emulations *emulations, uint64_t caps,
                       struct ocib_buf *out, struct ocib_error **err)
{
    return emulations ? ocib_seccomp_build_open(emulations, out, err) : 0;
}

int ocib_seccomp_build_open(const struct ocib_emulations *emulations, struct ocib_buf *out,
                            struct ocib_error **err)
{
    ocib_error_set(err, OCIB_ESANDBOX, "ocib was built without libseccomp");
    return ocib_obstacle_add(err, OCIB_OBSTACLE_NO_LIBSECCOMP, NULL);
}

#else

#include "base/map.h"
#include "base/mem.h"

#include <linux/audit.h>
#include <seccomp.h>

bool ocib_seccomp_available(void)
{
    return true;
}

/* The calls of all architectures but some of ARM have numbers below this. */
enum { NUMBERS = 1024 };

/* One architecture: how libseccomp calls it and how the kernel does. */
struct arch {
    uint32_t token;
    uint32_t audit;
};

/* This machine's and the one that its kernel runs beside it; returns how many. (x32 has the audit
 * number of x86-64 and call numbers from 2^30 on, which are in no list.) */
static size_t find_arches(struct arch out[2])
{
    /* For all but x32, libseccomp's tokens are the kernel's audit numbers. */
    uint32_t native = seccomp_arch_native();
    out[0] = (struct arch){native, native};
    switch (native) {
    case SCMP_ARCH_X86_64:
        out[1] = (struct arch){SCMP_ARCH_X86, AUDIT_ARCH_I386};
        return 2;
    case SCMP_ARCH_AARCH64:
        out[1] = (struct arch){SCMP_ARCH_ARM, AUDIT_ARCH_ARM};
        return 2;
    case SCMP_ARCH_S390X:
        out[1] = (struct arch){SCMP_ARCH_S390, AUDIT_ARCH_S390};
        return 2;
    default:
        return 1;
    }
}

static void index_names(struct ocib_map *map, const char *names,
                        const struct ocib_syscall_list *list)
{
    struct ocib_str rest = ocib_str(names);
    struct ocib_str name;
    while (ocib_str_cut(&rest, ' ', &name)) {
        ocib_map_set(map, name, (void *)(uintptr_t)list);
    }
}

/* The verdicts by name; the map borrows the lists. */
static struct ocib_map *index_lists(uint64_t caps)
{
    static const struct ocib_syscall_list passed = {OCIB_VERDICT_ALLOW, NULL};
    struct ocib_map *map = ocib_map_new(NULL);
    for (const struct ocib_syscall_list *list = ocib_seccomp_lists(); list->groups; list++) {
        for (const char *const *group = list->groups; *group; group++) {
            index_names(map, *group, list);
        }
    }
    const struct ocib_privileged_calls *calls = ocib_seccomp_privileged();
    for (; calls->names; calls++) {
        if (caps & calls->caps) {
            index_names(map, calls->names, &passed);
        }
    }
    return map;
}

static void add(uint32_t number, const struct ocib_syscall_list *list, struct ocib_verdicts *out)
{
    ocib_vec_push(out, ((struct ocib_number_verdict){number, list->verdict}));
}

/*
 * Numbers are turned into names, not names into numbers: where a call can also be made through
 * socketcall() or ipc() (32-bit x86, s390), libseccomp gives its name no number. Only the few calls
 * that ARM has far above all others are looked for by name.
 */
static void collect(const struct arch *arch, struct ocib_map *lists, struct ocib_verdicts *out)
{
    out->audit_arch = arch->audit;
    for (int number = 0; number < NUMBERS; number++) {
        OCIB_AUTO_FREE char *name = seccomp_syscall_resolve_num_arch(arch->token, number);
        const struct ocib_syscall_list *list = name ? ocib_map_get(lists, ocib_str(name)) : NULL;
        if (list) {
            add((uint32_t)number, list, out);
        }
    }
    for (size_t i = 0; i < ocib_map_len(lists); i++) {
        const char *name = ocib_map_key_at(lists, i);
        int number = seccomp_syscall_resolve_name_arch(arch->token, name);
        if (number >= NUMBERS) {
            add((uint32_t)number, ocib_map_at(lists, i), out);
        }
    }
}

static const enum ocib_verdict notifications[] = {
    [OCIB_WHEN_ALWAYS] = OCIB_VERDICT_NOTIFY,
    [OCIB_WHEN_CREATES_1] = OCIB_VERDICT_NOTIFY_CREATES_1,
    [OCIB_WHEN_CREATES_2] = OCIB_VERDICT_NOTIFY_CREATES_2,
    [OCIB_WHEN_PRCTL] = OCIB_VERDICT_NOTIFY_PRCTL,
    [OCIB_WHEN_LINKS_3] = OCIB_VERDICT_NOTIFY_LINKS_3,
    [OCIB_WHEN_LOCKS_0] = OCIB_VERDICT_NOTIFY_LOCKS_0,
    [OCIB_WHEN_LOCKS_1] = OCIB_VERDICT_NOTIFY_LOCKS_1,
};

/* Of the allowed calls, those that a supervisor answers. */
static void hand_over(const struct ocib_emulations *emulations, struct ocib_verdicts *verdicts)
{
    for (size_t i = 0; emulations && i < verdicts->len; i++) {
        struct ocib_number_verdict *item = &verdicts->items[i];
        if (item->number < emulations->count && emulations->items[item->number].handle &&
            item->verdict == OCIB_VERDICT_ALLOW) {
            item->verdict = notifications[emulations->items[item->number].when];
        }
    }
}

int ocib_seccomp_build_open(const struct ocib_emulations *emulations, struct ocib_buf *out,
                            struct ocib_error **err)
{
    struct arch arches[2];
    struct ocib_verdicts verdicts[2] = {{.rest = OCIB_VERDICT_ALLOW}, {.rest = OCIB_VERDICT_ALLOW}};
    size_t count = find_arches(arches);
    for (size_t i = 0; i < count; i++) {
        verdicts[i].audit_arch = arches[i].audit;
    }
    for (size_t i = 0; i < emulations->count; i++) {
        if (emulations->items[i].handle) {
            enum ocib_verdict verdict = notifications[emulations->items[i].when];
            ocib_vec_push(&verdicts[0], ((struct ocib_number_verdict){(uint32_t)i, verdict}));
        }
    }
    ocib_filter_generate(verdicts, count, out);
    ocib_vec_release(&verdicts[0]);
    return 0;
}

int ocib_seccomp_build(const struct ocib_emulations *emulations, uint64_t caps,
                       struct ocib_buf *out, struct ocib_error **err)
{
    struct arch arches[2];
    struct ocib_verdicts verdicts[2] = {0};
    size_t count = find_arches(arches);
    OCIB_AUTO(ocib_map_cleanup) struct ocib_map *lists = index_lists(caps);
    for (size_t i = 0; i < count; i++) {
        collect(&arches[i], lists, &verdicts[i]);
    }
    hand_over(emulations, &verdicts[0]);
    ocib_filter_generate(verdicts, count, out);
    for (size_t i = 0; i < count; i++) {
        ocib_vec_release(&verdicts[i]);
    }
    return 0;
}

#endif
