#include "emulate/supervisor.h"

#include "base/mem.h"
#include "emulate/call.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* Of newer <linux/seccomp.h>. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS      _IOW('!', 4, unsigned long long)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP 1UL
#endif
#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1UL << 1)
#endif

#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* A caller's number in a /proc of another pid namespace. True while its pidfd lives. */
struct number {
    pid_t tid;
    pid_t there;
    int pidfd;
};
enum { NUMBERS = 64 };

struct ocib_supervisor {
    int listener;
    int proc_fd;
    int root_fd;
    struct stat root;
    const struct ocib_emulations *emulations;
    struct ocib_creds_table creds;
    uint64_t bound;
    bool no_new_privileges;
    struct seccomp_notif_sizes sizes;
    struct number *numbers; /* NULL: callers have the same in the /proc */
    bool changes_root;      /* some caller has called chroot(2) */
    bool elsewhere;         /* this thread's root is that of the present caller, and not root_fd */
};

/* ---- callers' numbers ---- */

static bool number_is_good(const struct number *number, pid_t tid)
{
    return number->there && number->tid == tid &&
           syscall(SYS_pidfd_send_signal, number->pidfd, 0, NULL, 0) == 0;
}

/* proc(5), /proc/PID/fdinfo: a pidfd tells the number in the /proc that it is looked at in. */
static pid_t read_number(int pidfd)
{
    char path[40];
    char text[512];
    snprintf(path, sizeof(path), "self/fdinfo/%d", pidfd);
    OCIB_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    text[n < 0 ? 0 : n] = '\0';
    const char *line = strstr(text, "Pid:");
    long found = line ? strtol(line + strlen("Pid:"), NULL, 10) : 0;
    return found > 0 ? (pid_t)found : 0;
}

static pid_t number_there(struct ocib_supervisor *s, pid_t tid)
{
    if (!s->numbers) {
        return tid;
    }
    struct number *number = &s->numbers[(unsigned)tid % NUMBERS];
    if (number_is_good(number, tid)) {
        return number->there;
    }
    if (number->there) {
        close(number->pidfd);
    }
    *number = (struct number){.tid = tid};
    number->pidfd = (int)syscall(SYS_pidfd_open, tid, 0);
    if (number->pidfd < 0) { /* a thread; Linux 6.9 and later know those */
        number->pidfd = (int)syscall(SYS_pidfd_open, tid, PIDFD_THREAD);
    }
    if (number->pidfd >= 0) {
        number->there = read_number(number->pidfd);
        if (!number->there) {
            close(number->pidfd);
        }
    }
    return number->there;
}

/* The /proc may be one of a pid namespace around this one. */
static bool has_other_numbers(void)
{
    char text[32];
    ssize_t n = readlink("self", text, sizeof(text) - 1);
    text[n < 0 ? 0 : n] = '\0';
    return n > 0 && strtol(text, NULL, 10) != getpid();
}

static void numbers_free(struct number *numbers)
{
    for (size_t i = 0; numbers && i < NUMBERS; i++) {
        if (numbers[i].there) {
            close(numbers[i].pidfd);
        }
    }
    free(numbers);
}

/* ---- memory ---- */

bool ocib_call_read(const struct ocib_call *call, uint64_t from, void *to, size_t len)
{
    struct iovec local = {to, len};
    struct iovec remote = {(void *)(uintptr_t)from, len};
    return process_vm_readv(call->tid, &local, 1, &remote, 1, 0) == (ssize_t)len;
}

bool ocib_call_write(const struct ocib_call *call, uint64_t to, const void *from, size_t len)
{
    struct iovec local = {(void *)(uintptr_t)from, len};
    struct iovec remote = {(void *)(uintptr_t)to, len};
    return process_vm_writev(call->tid, &local, 1, &remote, 1, 0) == (ssize_t)len;
}

/* Page by page: what follows the text's page need not be there. */
bool ocib_call_read_text(const struct ocib_call *call, uint64_t from, char *to, size_t size)
{
    const size_t page = 4096;
    size_t have = 0;
    while (have < size) {
        size_t want = page - (from + have) % page;
        want = want < size - have ? want : size - have;
        if (!ocib_call_read(call, from + have, to + have, want)) {
            return false;
        }
        if (memchr(to + have, '\0', want)) {
            return true;
        }
        have += want;
    }
    return false;
}

bool ocib_call_is_alive(const struct ocib_call *call)
{
    uint64_t id = call->request->id;
    return ioctl(call->supervisor->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

/* ---- paths ---- */

/* This thread's root becomes `fd`, its working folder stays the /proc. */
static bool set_root(struct ocib_supervisor *s, int fd)
{
    bool set = fd >= 0 && fchdir(fd) == 0 && chroot(".") == 0;
    return fchdir(s->proc_fd) == 0 && set;
}

/* If the caller's root is another than that of the step, this thread goes there. */
static bool match_root(const struct ocib_call *call)
{
    struct ocib_supervisor *s = call->supervisor;
    char path[32];
    struct stat st;
    if (!s->changes_root || s->elsewhere) {
        return true;
    }
    snprintf(path, sizeof(path), "%d/root", (int)call->there);
    if (stat(path, &st) < 0) {
        return false;
    }
    if (st.st_dev == s->root.st_dev && st.st_ino == s->root.st_ino) {
        return true;
    }
    OCIB_AUTO_FD int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    s->elsewhere = set_root(s, fd);
    return s->elsewhere;
}

void ocib_call_changes_root(const struct ocib_call *call)
{
    call->supervisor->changes_root = true;
}

/* What leads to the caller itself would lead to this process: the caller is named instead. */
static const struct {
    const char *prefix;
    const char *here;
} own_names[] = {
    {"/proc/self/", ""},    {"/proc/thread-self/", ""}, {"/dev/fd/", "fd/"},
    {"/dev/stdin", "fd/0"}, {"/dev/stdout", "fd/1"},    {"/dev/stderr", "fd/2"},
};

static int name_absolute(const struct ocib_call *call, const char *text, struct ocib_place *out)
{
    for (size_t i = 0; !call->supervisor->elsewhere && i < OCIB_COUNT(own_names); i++) {
        size_t len = strlen(own_names[i].prefix);
        bool whole = own_names[i].prefix[len - 1] != '/';
        bool link_itself = whole && !out->follow;
        if (strncmp(text, own_names[i].prefix, len) == 0 && (!whole || !text[len]) &&
            !link_itself) {
            return snprintf(out->path, sizeof(out->path), "%d/%s%s", (int)call->there,
                            own_names[i].here, text + len);
        }
    }
    return snprintf(out->path, sizeof(out->path), "%s", text);
}

bool ocib_call_fd_place(const struct ocib_call *call, int fd, struct ocib_place *out)
{
    out->follow = true;
    snprintf(out->path, sizeof(out->path), "%d/fd/%d", (int)call->there, fd);
    return match_root(call);
}

bool ocib_call_place(const struct ocib_call *call, const struct ocib_place_spec *spec,
                     struct ocib_place *out)
{
    char text[PATH_MAX];
    text[0] = '\0';
    bool none = spec->may_be_empty && spec->path_at == 0;
    if (!none && !ocib_call_read_text(call, spec->path_at, text, sizeof(text))) {
        return false;
    }
    if (!text[0] && !spec->may_be_empty) {
        return false;
    }
    if (!text[0] && spec->dir_fd != AT_FDCWD) {
        return ocib_call_fd_place(call, spec->dir_fd, out);
    }
    out->follow = spec->follow;
    if (!match_root(call)) {
        return false;
    }
    int len;
    if (text[0] == '/') {
        len = name_absolute(call, text, out);
    } else if (spec->dir_fd == AT_FDCWD) {
        len = snprintf(out->path, sizeof(out->path), "%d/cwd/%s", (int)call->there, text);
    } else {
        len = snprintf(out->path, sizeof(out->path), "%d/fd/%d/%s", (int)call->there, spec->dir_fd,
                       text);
    }
    return len > 0 && (size_t)len < sizeof(out->path);
}

bool ocib_place_split(struct ocib_place *place, char name[NAME_MAX + 1])
{
    size_t len = strlen(place->path);
    while (len > 1 && place->path[len - 1] == '/') {
        len--;
    }
    size_t from = len;
    while (from && place->path[from - 1] != '/') {
        from--;
    }
    size_t name_len = len - from;
    if (!from || !name_len || name_len > NAME_MAX) {
        return false;
    }
    memcpy(name, place->path + from, name_len);
    name[name_len] = '\0';
    place->path[from] = '\0';
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* ---- the caller ---- */

const struct ocib_creds *ocib_call_creds(const struct ocib_call *call)
{
    return ocib_creds_get(&call->supervisor->creds, call->tid);
}

long ocib_call_become(const struct ocib_call *call, const struct ocib_creds *creds)
{
    return ocib_creds_set(&call->supervisor->creds, call->tid, creds);
}

uint64_t ocib_call_bound(const struct ocib_call *call)
{
    return call->supervisor->bound;
}

bool ocib_call_gains_nothing(const struct ocib_call *call)
{
    return call->supervisor->no_new_privileges;
}

long ocib_call_give_fd(const struct ocib_call *call, int fd, bool close_on_exec)
{
    struct seccomp_notif_addfd add = {
        .id = call->request->id,
        .flags = SECCOMP_ADDFD_FLAG_SEND,
        .srcfd = (uint32_t)fd,
        .newfd_flags = close_on_exec ? O_CLOEXEC : 0,
    };
    if (ioctl(call->supervisor->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) >= 0) {
        return OCIB_CALL_IS_ANSWERED;
    }
    if (errno == EINVAL) { /* before Linux 5.14: the answer is a call of its own */
        add.flags = 0;
        int given = ioctl(call->supervisor->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
        return given < 0 ? -errno : given;
    }
    return -errno;
}

/* ---- taking calls ---- */

int ocib_supervisor_attach(const struct ocib_buf *filter)
{
    struct sock_fprog program = {
        .len = (unsigned short)(filter->len / sizeof(struct sock_filter)),
        .filter = (struct sock_filter *)(void *)filter->data,
    };
    const unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER;
    /* Without the flag (before Linux 5.19) a signal can make a call begin anew that was done. */
    long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                      flags | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
    if (fd < 0 && errno == EINVAL) {
        fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    }
    return (int)fd;
}

struct ocib_supervisor *ocib_supervisor_new(const struct ocib_supervisor_options *options,
                                            struct ocib_error **err)
{
    struct ocib_supervisor *s = ocib_new(struct ocib_supervisor);
    s->listener = options->listener;
    s->proc_fd = options->proc_fd;
    s->emulations = options->emulations;
    s->bound = options->bound;
    s->no_new_privileges = options->no_new_privileges;
    s->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (s->root_fd < 0 || fstat(s->root_fd, &s->root) < 0 || fchdir(s->proc_fd) < 0 ||
        syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &s->sizes) < 0) {
        ocib_error_set_errno(err, OCIB_ESANDBOX, "can't start the supervisor");
        ocib_supervisor_free(s);
        return NULL;
    }
    s->numbers = has_other_numbers() ? ocib_alloc(NUMBERS, sizeof(*s->numbers)) : NULL;
    if (s->sizes.seccomp_notif < sizeof(struct seccomp_notif)) {
        s->sizes.seccomp_notif = sizeof(struct seccomp_notif);
    }
    /* Linux 6.6: the caller's processor goes on with the supervisor at once, and back. */
    (void)!ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP);
    (void)!ocib_creds_table_number(&s->creds, options->first);
    return s;
}

void ocib_supervisor_free(struct ocib_supervisor *s)
{
    if (s) {
        ocib_fd_cleanup(&s->listener);
        ocib_fd_cleanup(&s->root_fd);
        ocib_creds_table_release(&s->creds);
        numbers_free(s->numbers);
        free(s);
    }
}

static long handle(struct ocib_supervisor *s, const struct seccomp_notif *request)
{
    struct ocib_call call = {.supervisor = s, .request = request, .tid = (pid_t)request->pid};
    call.there = number_there(s, call.tid);
    unsigned number = (unsigned)request->data.nr;
    if (number >= s->emulations->count || !s->emulations->items[number].handle) {
        return OCIB_CALL_GOES_ON;
    }
    long result = s->emulations->items[number].handle(&call);
    if (s->elsewhere) {
        s->elsewhere = !set_root(s, s->root_fd);
    }
    return result;
}

/* A caller that was killed meanwhile gets no answer: no failure. */
static void answer(struct ocib_supervisor *s, uint64_t id, long result)
{
    struct seccomp_notif_resp response = {.id = id};
    if (result == OCIB_CALL_GOES_ON) {
        response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    } else if (result < 0) {
        response.error = (int32_t)result;
    } else {
        response.val = result;
    }
    (void)!ioctl(s->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

/* ENOENT: the caller was killed before its call was taken, or there are no callers any more. */
static bool is_over(const struct ocib_supervisor *s)
{
    struct pollfd polled = {s->listener, POLLIN, 0};
    return poll(&polled, 1, 0) > 0 && (polled.revents & POLLHUP);
}

int ocib_supervisor_run(struct ocib_supervisor *s)
{
    OCIB_AUTO_FREE struct seccomp_notif *request = ocib_alloc(1, s->sizes.seccomp_notif);
    for (;;) {
        memset(request, 0, s->sizes.seccomp_notif);
        if (ioctl(s->listener, SECCOMP_IOCTL_NOTIF_RECV, request) < 0) {
            if (errno == ENOENT && is_over(s)) {
                return 0;
            }
            if (errno != EINTR && errno != ENOENT) {
                return -1;
            }
            continue;
        }
        long result = handle(s, request);
        if (result != OCIB_CALL_IS_ANSWERED) {
            answer(s, request->id, result);
        }
    }
}
