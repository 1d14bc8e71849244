#include "sandbox/seccomp.h"

#ifndef OCIB_HAVE_SECCOMP

bool ocib_seccomp_available(void)
{
    return false;
}

int ocib_seccomp_build(struct ocib_buf *out, struct ocib_error **err)
{
    return 0;
}

#else

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* Kernel limit of a classic BPF program: 4096 instructions of 8 bytes. */
enum { FILTER_MAX = 4096 * 8 };

bool ocib_seccomp_available(void)
{
    return true;
}

static void filter_release(scmp_filter_ctx *filter)
{
    if (*filter) {
        seccomp_release(*filter);
    }
}

/* libseccomp returns negative errno values; names it does not know are of no use in a filter. */
static int add_named(scmp_filter_ctx filter, uint32_t action, struct ocib_str name)
{
    OCIB_AUTO_FREE char *text = ocib_str_dup(name);
    int number = seccomp_syscall_resolve_name(text);
    return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, action, number, 0);
}

static int add_list(scmp_filter_ctx filter, uint32_t action, const char *const *groups)
{
    for (; *groups; groups++) {
        struct ocib_str rest = ocib_str(*groups);
        struct ocib_str name;
        while (ocib_str_cut(&rest, ' ', &name)) {
            int failed = add_named(filter, action, name);
            if (failed) {
                return failed;
            }
        }
    }
    return 0;
}

/* clone() passes unless it makes a namespace. clone3() has its flags in memory, where no filter can
 * look, so it does not exist: C libraries then use clone(). */
static int add_clone(scmp_filter_ctx filter)
{
    const scmp_datum_t namespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                    CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
#if defined(__s390__)
    const unsigned flags_at = 1;
#else
    const unsigned flags_at = 0;
#endif
    const struct scmp_arg_cmp none = SCMP_CMP(flags_at, SCMP_CMP_MASKED_EQ, namespaces, 0);
    const struct scmp_arg_cmp some[] = {
        SCMP_CMP(flags_at, SCMP_CMP_MASKED_EQ, CLONE_NEWNS, CLONE_NEWNS),
        SCMP_CMP(flags_at, SCMP_CMP_MASKED_EQ, CLONE_NEWUTS, CLONE_NEWUTS),
        SCMP_CMP(flags_at, SCMP_CMP_MASKED_EQ, CLONE_NEWIPC, CLONE_NEWIPC),
        SCMP_CMP(flags_at, SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER),
        SCMP_CMP(flags_at, SCMP_CMP_MASKED_EQ, CLONE_NEWPID, CLONE_NEWPID),
        SCMP_CMP(flags_at, SCMP_CMP_MASKED_EQ, CLONE_NEWNET, CLONE_NEWNET),
        SCMP_CMP(flags_at, SCMP_CMP_MASKED_EQ, CLONE_NEWCGROUP, CLONE_NEWCGROUP),
    };
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, none);
    for (size_t i = 0; i < OCIB_COUNT(some) && !failed; i++) {
        failed = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1, some[i]);
    }
    return failed;
}

/* Linux, 32-bit Linux, with the UNAME26 flag or not, and the question for the present value. */
static int add_personality(scmp_filter_ctx filter)
{
    static const scmp_datum_t values[] = {0x0, 0x8, 0x20000, 0x20008, 0xffffffff};
    int failed = 0;
    for (size_t i = 0; i < OCIB_COUNT(values) && !failed; i++) {
        failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(personality), 1,
                                  SCMP_CMP(0, SCMP_CMP_EQ, values[i]));
    }
    return failed;
}

/* AF_VSOCK leads to the host of a virtual machine and has no namespace. */
static int add_socket(scmp_filter_ctx filter)
{
    int failed = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
                                  SCMP_CMP(0, SCMP_CMP_NE, AF_VSOCK));
    return failed ? failed
                  : seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(socket), 1,
                                     SCMP_CMP(0, SCMP_CMP_EQ, AF_VSOCK));
}

static int add_compat(scmp_filter_ctx filter)
{
    switch (seccomp_arch_native()) {
    case SCMP_ARCH_X86_64:
        return seccomp_arch_add(filter, SCMP_ARCH_X86);
    case SCMP_ARCH_AARCH64:
        return seccomp_arch_add(filter, SCMP_ARCH_ARM);
    case SCMP_ARCH_S390X:
        return seccomp_arch_add(filter, SCMP_ARCH_S390);
    default:
        return 0;
    }
}

static int add_all(scmp_filter_ctx filter)
{
    int failed = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS));
    failed = failed ? failed : add_compat(filter);
    failed = failed ? failed : seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    failed = failed ? failed : add_list(filter, SCMP_ACT_ALLOW, ocib_seccomp_allowed());
    failed = failed ? failed : add_list(filter, SCMP_ACT_ERRNO(EPERM), ocib_seccomp_refused());
    failed = failed ? failed : add_clone(filter);
    failed = failed ? failed : add_personality(filter);
    return failed ? failed : add_socket(filter);
}

static int fail(struct ocib_error **err, int number)
{
    errno = number < 0 ? -number : number;
    return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make the seccomp filter");
}

int ocib_seccomp_build(struct ocib_buf *out, struct ocib_error **err)
{
    OCIB_AUTO(filter_release) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (!filter) {
        return fail(err, ENOMEM);
    }
    int failed = add_all(filter);
    if (failed) {
        return fail(err, failed);
    }
    OCIB_AUTO_FD int fd = memfd_create("seccomp", MFD_CLOEXEC);
    if (fd < 0) {
        return fail(err, errno);
    }
    failed = seccomp_export_bpf(filter, fd);
    if (failed) {
        return fail(err, failed);
    }
    if (lseek(fd, 0, SEEK_SET) < 0 || ocib_fd_read_all(fd, FILTER_MAX, out) < 0) {
        return fail(err, errno);
    }
    return 0;
}

#endif
