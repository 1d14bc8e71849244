#include "sandbox/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BIT(cap) (UINT64_C(1) << (cap))

/* In the order of their numbers (linux/capability.h). */
static const char *const names[] = {
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
    NULL,
};

uint64_t ocib_caps_default(void)
{
    return BIT(CAP_CHOWN) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_FOWNER) | BIT(CAP_FSETID) |
           BIT(CAP_KILL) | BIT(CAP_SETGID) | BIT(CAP_SETUID) | BIT(CAP_SETPCAP) |
           BIT(CAP_NET_BIND_SERVICE) | BIT(CAP_NET_RAW) | BIT(CAP_SYS_CHROOT) | BIT(CAP_MKNOD) |
           BIT(CAP_AUDIT_WRITE) | BIT(CAP_SETFCAP);
}

uint64_t ocib_caps_all(void)
{
    return BIT(OCIB_COUNT(names) - 1) - 1;
}

static struct ocib_str without_prefix(struct ocib_str name)
{
    bool prefixed = name.len > 4 && ocib_str_is_nocase(ocib_str_sub(name, 0, 4), "cap_");
    return prefixed ? ocib_str_sub(name, 4, name.len) : name;
}

bool ocib_caps_parse(struct ocib_str name, uint64_t *out)
{
    if (ocib_str_is_nocase(name, "all")) {
        *out = ocib_caps_all();
        return true;
    }
    for (size_t i = 0; names[i]; i++) {
        if (ocib_str_is_nocase(without_prefix(name), names[i])) {
            *out = BIT(i);
            return true;
        }
    }
    return false;
}

const char *ocib_caps_nearest(struct ocib_str name)
{
    return ocib_str_nearest(without_prefix(name), names);
}

int ocib_caps_bound(uint64_t keep)
{
    for (int cap = 0; cap < 64; cap++) {
        int held = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
        if (held < 0) {
            return 0; /* past the last capability that this kernel knows */
        }
        if (held && !(keep & BIT(cap)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
            return -1;
        }
    }
    return 0;
}

static int get(struct __user_cap_data_struct data[2])
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    return (int)syscall(SYS_capget, &header, data);
}

int ocib_caps_limit(uint64_t keep)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {0};
    if (get(data) < 0) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        data[i].permitted &= (uint32_t)(keep >> (32 * i));
        data[i].effective = data[i].permitted;
        data[i].inheritable = 0;
    }
    /* EINVAL: a kernel before ambient capabilities, so there are none. */
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL) {
        return -1;
    }
    return (int)syscall(SYS_capset, &header, data);
}

int ocib_caps_keep(bool on)
{
    return prctl(PR_SET_KEEPCAPS, on, 0, 0, 0);
}

int ocib_caps_spread(void)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {0};
    if (get(data) < 0) {
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        data[i].effective = data[i].permitted;
        data[i].inheritable = data[i].permitted;
    }
    if (syscall(SYS_capset, &header, data) < 0) {
        return -1;
    }
    uint64_t held = (uint64_t)data[1].permitted << 32 | data[0].permitted;
    for (int cap = 0; cap < 64; cap++) {
        if ((held & BIT(cap)) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0) {
            return -1;
        }
    }
    return 0;
}

uint64_t ocib_caps_effective(void)
{
    struct __user_cap_data_struct data[2] = {0};
    return get(data) < 0 ? 0 : (uint64_t)data[1].effective << 32 | data[0].effective;
}
