/* Who processes are: ids, groups, capabilities, and what execve() makes of them. */
#include "emulate/call.h"
#include "emulate/record.h"

#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint32_t id_of(const struct ocib_call *call, int i)
{
    return (uint32_t)ocib_call_argument(call, i);
}

/* ---- asking ---- */

long ocib_emulate_getuid(struct ocib_call *call)
{
    return (long)ocib_call_creds(call)->uid.real;
}

long ocib_emulate_geteuid(struct ocib_call *call)
{
    return (long)ocib_call_creds(call)->uid.effective;
}

long ocib_emulate_getgid(struct ocib_call *call)
{
    return (long)ocib_call_creds(call)->gid.real;
}

long ocib_emulate_getegid(struct ocib_call *call)
{
    return (long)ocib_call_creds(call)->gid.effective;
}

static long give_ids(const struct ocib_call *call, const struct ocib_ids *ids)
{
    const uint32_t values[] = {ids->real, ids->effective, ids->saved};
    for (int i = 0; i < 3; i++) {
        if (!ocib_call_write(call, ocib_call_argument(call, i), &values[i], sizeof(values[i]))) {
            return -EFAULT;
        }
    }
    return 0;
}

long ocib_emulate_getresuid(struct ocib_call *call)
{
    return give_ids(call, &ocib_call_creds(call)->uid);
}

long ocib_emulate_getresgid(struct ocib_call *call)
{
    return give_ids(call, &ocib_call_creds(call)->gid);
}

long ocib_emulate_getgroups(struct ocib_call *call)
{
    const struct ocib_creds *creds = ocib_call_creds(call);
    int room = ocib_call_int(call, 0);
    uint64_t to = ocib_call_argument(call, 1);
    size_t size = creds->group_count * sizeof(creds->groups[0]);
    if (room < 0 || (room > 0 && (uint32_t)room < creds->group_count)) {
        return -EINVAL;
    }
    if (room > 0 && size && !ocib_call_write(call, to, creds->groups, size)) {
        return -EFAULT;
    }
    return (long)creds->group_count;
}

/* ---- changing ---- */

/* Gives the caller what a rule has made of a copy of its own. */
static long become(const struct ocib_call *call, long result, const struct ocib_creds *new)
{
    return result < 0 ? result : ocib_call_become(call, new);
}

long ocib_emulate_setuid(struct ocib_call *call)
{
    struct ocib_creds new = *ocib_call_creds(call);
    return become(call, ocib_creds_setuid(&new, id_of(call, 0)), &new);
}

long ocib_emulate_setgid(struct ocib_call *call)
{
    struct ocib_creds new = *ocib_call_creds(call);
    return become(call, ocib_creds_setgid(&new, id_of(call, 0)), &new);
}

long ocib_emulate_setreuid(struct ocib_call *call)
{
    struct ocib_creds new = *ocib_call_creds(call);
    return become(call, ocib_creds_setreuid(&new, id_of(call, 0), id_of(call, 1)), &new);
}

long ocib_emulate_setregid(struct ocib_call *call)
{
    struct ocib_creds new = *ocib_call_creds(call);
    return become(call, ocib_creds_setregid(&new, id_of(call, 0), id_of(call, 1)), &new);
}

long ocib_emulate_setresuid(struct ocib_call *call)
{
    struct ocib_creds new = *ocib_call_creds(call);
    long result = ocib_creds_setresuid(&new, id_of(call, 0), id_of(call, 1), id_of(call, 2));
    return become(call, result, &new);
}

long ocib_emulate_setresgid(struct ocib_call *call)
{
    struct ocib_creds new = *ocib_call_creds(call);
    long result = ocib_creds_setresgid(&new, id_of(call, 0), id_of(call, 1), id_of(call, 2));
    return become(call, result, &new);
}

/* These two have no way to fail: they say what was before. */
long ocib_emulate_setfsuid(struct ocib_call *call)
{
    struct ocib_creds new = *ocib_call_creds(call);
    long before = ocib_creds_setfsuid(&new, id_of(call, 0));
    (void)ocib_call_become(call, &new);
    return before;
}

long ocib_emulate_setfsgid(struct ocib_call *call)
{
    struct ocib_creds new = *ocib_call_creds(call);
    long before = ocib_creds_setfsgid(&new, id_of(call, 0));
    (void)ocib_call_become(call, &new);
    return before;
}

long ocib_emulate_setgroups(struct ocib_call *call)
{
    struct ocib_creds new = *ocib_call_creds(call);
    gid_t groups[OCIB_GROUPS_MAX];
    int count = ocib_call_int(call, 0);
    if (count < 0 || count > OCIB_GROUPS_MAX) {
        return -EINVAL;
    }
    size_t size = (size_t)count * sizeof(groups[0]);
    if (size && !ocib_call_read(call, ocib_call_argument(call, 1), groups, size)) {
        return -EFAULT;
    }
    return become(call, ocib_creds_setgroups(&new, groups, (size_t)count), &new);
}

/* ---- capabilities (capget(2)) ---- */

/* How many parts of 32 bits a version has; 0: an unknown one. */
static unsigned parts_of(const struct __user_cap_header_struct *header)
{
    switch (header->version) {
    case _LINUX_CAPABILITY_VERSION_1:
        return _LINUX_CAPABILITY_U32S_1;
    case _LINUX_CAPABILITY_VERSION_2:
    case _LINUX_CAPABILITY_VERSION_3:
        return _LINUX_CAPABILITY_U32S_3;
    default:
        return 0;
    }
}

/* Only those of the caller itself: of others, and of what is wrong, the kernel knows. */
static unsigned read_header(const struct ocib_call *call)
{
    struct __user_cap_header_struct header;
    if (!ocib_call_read(call, ocib_call_argument(call, 0), &header, sizeof(header)) ||
        !ocib_call_argument(call, 1)) {
        return 0;
    }
    return header.pid == 0 || header.pid == call->tid ? parts_of(&header) : 0;
}

long ocib_emulate_capget(struct ocib_call *call)
{
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    const struct ocib_creds *creds = ocib_call_creds(call);
    unsigned parts = read_header(call);
    for (unsigned i = 0; i < parts; i++) {
        data[i].effective = (uint32_t)(creds->effective >> (32 * i));
        data[i].permitted = (uint32_t)(creds->permitted >> (32 * i));
        data[i].inheritable = (uint32_t)(creds->inheritable >> (32 * i));
    }
    if (!parts) {
        return OCIB_CALL_GOES_ON;
    }
    return ocib_call_write(call, ocib_call_argument(call, 1), data, parts * sizeof(data[0]))
               ? 0
               : -EFAULT;
}

long ocib_emulate_capset(struct ocib_call *call)
{
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};
    struct ocib_creds new = *ocib_call_creds(call);
    unsigned parts = read_header(call);
    if (!parts) {
        return OCIB_CALL_GOES_ON;
    }
    if (!ocib_call_read(call, ocib_call_argument(call, 1), data, parts * sizeof(data[0]))) {
        return -EFAULT;
    }
    uint64_t effective = data[0].effective | (uint64_t)data[1].effective << 32;
    uint64_t permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    uint64_t inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return become(call, ocib_creds_capset(&new, effective, permitted, inheritable), &new);
}

long ocib_emulate_prctl(struct ocib_call *call)
{
    struct ocib_creds new = *ocib_call_creds(call);
    switch (ocib_call_int(call, 0)) {
    case PR_GET_NO_NEW_PRIVS:
        /* Set-id programs work, whatever the builder was started with. */
        return ocib_call_gains_nothing(call);
    case PR_GET_KEEPCAPS:
        return new.keep_caps;
    case PR_SET_KEEPCAPS:
        if (ocib_call_argument(call, 1) > 1) {
            return -EINVAL;
        }
        new.keep_caps = ocib_call_argument(call, 1);
        return ocib_call_become(call, &new);
    default:
        return OCIB_CALL_GOES_ON;
    }
}

/* ---- the limit that ids are kept in (see creds.h): to callers it has no limit, and stays so ----
 */

static long give_limit(const struct ocib_call *call, uint64_t to)
{
    const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    return to == 0 || ocib_call_write(call, to, &none, sizeof(none)) ? 0 : -EFAULT;
}

long ocib_emulate_rlimit(struct ocib_call *call)
{
    bool sets = call->request->data.nr == SYS_setrlimit;
    return give_limit(call, sets ? 0 : ocib_call_argument(call, 1));
}

long ocib_emulate_prlimit(struct ocib_call *call)
{
    return give_limit(call, ocib_call_argument(call, 3));
}

/* ---- execve ---- */

/* Set-id bits of scripts don't count. */
static bool is_script(const char *path)
{
    char begin[2];
    OCIB_AUTO_FD int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 || read(fd, begin, sizeof(begin)) != (ssize_t)sizeof(begin) ||
           memcmp(begin, "#!", sizeof(begin)) == 0;
}

static bool is_program(const struct stat *st)
{
    return S_ISREG(st->st_mode) && (st->st_mode & 0111);
}

/*
 * Before the kernel makes the call, since there is no moment after it. If the kernel then refuses
 * for a reason that is not looked for here, the caller keeps what the program would have got.
 */
static long execute(struct ocib_call *call, const struct ocib_place_spec *spec)
{
    struct ocib_creds new = *ocib_call_creds(call);
    struct ocib_place place;
    struct stat st;
    struct ocib_record owner = {0};
    if (!ocib_call_place(call, spec, &place) || stat(place.path, &st) < 0 || !is_program(&st)) {
        return OCIB_CALL_GOES_ON;
    }
    if (st.st_mode & (S_ISUID | S_ISGID)) {
        ocib_record_read(place.path, true, &st, &owner);
        bool kept = !ocib_call_gains_nothing(call) && !is_script(place.path);
        st.st_mode &= kept ? 07777 : 0777;
    }
    ocib_creds_exec(&new, st.st_mode, owner.uid, owner.gid, ocib_call_bound(call));
    if (memcmp(&new, ocib_call_creds(call), sizeof(new)) != 0 && ocib_call_is_alive(call)) {
        long became = ocib_call_become(call, &new);
        return became < 0 ? became : OCIB_CALL_GOES_ON;
    }
    return OCIB_CALL_GOES_ON;
}

long ocib_emulate_execve(struct ocib_call *call)
{
    const struct ocib_place_spec spec = {
        .dir_fd = AT_FDCWD, .path_at = ocib_call_argument(call, 0), .follow = true};
    return execute(call, &spec);
}

long ocib_emulate_execveat(struct ocib_call *call)
{
    int flags = ocib_call_int(call, 4);
    const struct ocib_place_spec spec = {
        .dir_fd = ocib_call_int(call, 0),
        .path_at = ocib_call_argument(call, 1),
        .follow = !(flags & AT_SYMLINK_NOFOLLOW),
        .may_be_empty = flags & AT_EMPTY_PATH,
    };
    return execute(call, &spec);
}

long ocib_emulate_chroot(struct ocib_call *call)
{
    if (!ocib_creds_can(ocib_call_creds(call), CAP_SYS_CHROOT)) {
        return -EPERM;
    }
    ocib_call_changes_root(call);
    return OCIB_CALL_GOES_ON;
}
