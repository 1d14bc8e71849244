/* Runs a seccomp program on one call, as the kernel would, for the tests. */
#ifndef OCIB_TEST_SANDBOX_BPF_H
#define OCIB_TEST_SANDBOX_BPF_H

#include "base/buf.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

/* What SECCOMP_RET_* value the program gives; 0xbad if it runs out of its end or does what these
 * programs never do. */
static inline uint32_t bpf_run(const struct ocib_buf *program, const struct seccomp_data *call)
{
    size_t count = program->len / sizeof(struct sock_filter);
    uint32_t a = 0;
    for (size_t at = 0; at < count; at++) {
        struct sock_filter i;
        memcpy(&i, program->data + at * sizeof(i), sizeof(i));
        switch (i.code) {
        case BPF_LD | BPF_W | BPF_ABS:
            if (i.k + sizeof(a) > sizeof(*call)) {
                return 0xbad;
            }
            memcpy(&a, (const char *)call + i.k, sizeof(a));
            break;
        case BPF_JMP | BPF_JA:
            at += i.k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += a == i.k ? i.jt : i.jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            at += a >= i.k ? i.jt : i.jf;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            at += (a & i.k) ? i.jt : i.jf;
            break;
        case BPF_RET | BPF_K:
            return i.k;
        default:
            return 0xbad;
        }
    }
    return 0xbad;
}

static inline uint32_t bpf_call(const struct ocib_buf *program, uint32_t arch, uint32_t number,
                                uint64_t argument)
{
    struct seccomp_data call = {.nr = (int)number, .arch = arch, .args = {argument}};
    return bpf_run(program, &call);
}

#endif
