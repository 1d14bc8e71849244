#include "sandbox/chroot.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"
#include "sandbox/caps.h"
#include "sandbox/mounts.h"
#include "sandbox/obstacles.h"
#include "sandbox/probe.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    STAT_MAX = 4096,
    PID_LIMIT = 4 * 1024 * 1024, /* of 64-bit kernels (proc(5), pid_max) */
    PAUSE = 1000 * 1000,         /* nanoseconds between two rounds of killing */
    LOOK_AGAIN = 100,            /* milliseconds */
    ROUNDS_MAX = 5000,
};

#define BIT(cap) (UINT64_C(1) << (cap))

/* --- the mode --------------------------------------------------------------------------------- */

static const struct {
    int cap;
    const char *name;
} needed[] = {
    {CAP_SYS_CHROOT, "SYS_CHROOT"}, {CAP_CHOWN, "CHOWN"},   {CAP_DAC_OVERRIDE, "DAC_OVERRIDE"},
    {CAP_FOWNER, "FOWNER"},         {CAP_SETUID, "SETUID"}, {CAP_SETGID, "SETGID"},
    {CAP_SETPCAP, "SETPCAP"},       {CAP_KILL, "KILL"},
};

static int check_caps(struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf missing = {0};
    uint64_t have = ocib_caps_effective();
    ocib_buf_init(&missing);
    for (size_t i = 0; i < OCIB_COUNT(needed); i++) {
        if (!(have & BIT(needed[i].cap))) {
            ocib_buf_printf(&missing, "%sCAP_%s", missing.len ? ", " : "", needed[i].name);
        }
    }
    if (missing.len) {
        ocib_error_set(err, OCIB_ESANDBOX, "root lacks %s here", missing.data);
        return ocib_error_hint_set(err, "start the container with these capabilities; Docker's and "
                                        "Kubernetes' default set has them");
    }
    return 0;
}

static int check_chroot(struct ocib_error **err)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(chroot("/") < 0 ? errno & 0x7f : 0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't start a process");
    }
    if (status != 0) {
        errno = WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "chroot is refused");
    }
    return 0;
}

int ocib_chroot_try(struct ocib_error **err)
{
    if (geteuid() != 0) {
        ocib_error_set(err, OCIB_ESANDBOX, "this process is not root (uid %u)",
                       (unsigned)geteuid());
        return ocib_obstacle_add(err, OCIB_OBSTACLE_NOT_ROOT, NULL);
    }
    return ocib_probe_ids(err) < 0 || ocib_probe_pidfd(err) < 0 || check_caps(err) < 0
               ? -1
               : check_chroot(err);
}

int ocib_chroot_enter(bool *late, struct ocib_error **err)
{
    *late = false;
    return ocib_chroot_try(err);
}

uint64_t ocib_chroot_caps(uint64_t caps)
{
    const uint64_t ways_out = BIT(CAP_SYS_CHROOT) | BIT(CAP_MKNOD) | BIT(CAP_SYS_ADMIN) |
                              BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_SYS_MODULE) |
                              BIT(CAP_SYS_RAWIO) | BIT(CAP_SYS_BOOT);
    return caps & ~ways_out;
}

/* --- the tree --------------------------------------------------------------------------------- */

static int fail_dev(const char *name, struct ocib_error **err)
{
    return ocib_error_set_errno(err, OCIB_ESTORE, "can't make /dev/%s of the step", name);
}

static int open_dev(int root_fd)
{
    return ocib_open_no_links(root_fd, "dev", O_RDONLY | O_DIRECTORY, 0);
}

/* False if this process may not make nodes, or what it makes can't be opened (a nodev mount). */
static bool make_node(int dev_fd, const struct ocib_device_node *node)
{
    dev_t device = makedev(node->major, node->minor);
    if (mknodat(dev_fd, node->name, S_IFCHR | 0666, device) < 0 ||
        fchmodat(dev_fd, node->name, 0666, 0) < 0) {
        return false;
    }
    OCIB_AUTO_FD int fd = openat(dev_fd, node->name, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    return fd >= 0 || errno == ENXIO; /* no terminal */
}

static bool make_nodes(int dev_fd)
{
    size_t count;
    const struct ocib_device_node *nodes = ocib_device_nodes(&count);
    size_t made = 0;
    while (made < count && make_node(dev_fd, &nodes[made])) {
        made++;
    }
    for (size_t i = 0; made < count && i <= made; i++) {
        unlinkat(dev_fd, nodes[i].name, 0);
    }
    return made == count;
}

int ocib_chroot_fill_dev(int root_fd, bool *null_only, struct ocib_error **err)
{
    OCIB_AUTO_FD int dev = open_dev(root_fd);
    if (dev < 0) {
        return fail_dev("", err);
    }
    *null_only = !make_nodes(dev);
    if (*null_only) {
        OCIB_AUTO_FD int null =
            openat(dev, "null", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (null < 0 || fchmod(null, 0666) < 0) {
            return fail_dev("null", err);
        }
    }
    if (symlinkat("null", dev, "stdin") < 0) {
        return fail_dev("stdin", err);
    }
    if (mkdirat(dev, "shm", 0700) < 0 || fchmodat(dev, "shm", 01777, 0) < 0) {
        return fail_dev("shm", err);
    }
    return 0;
}

int ocib_chroot_pipe(int root_fd, const char *name, int *read_end, int *write_end)
{
    OCIB_AUTO_FD int dev = open_dev(root_fd);
    if (dev < 0 || mkfifoat(dev, name, 0600) < 0) {
        return -1;
    }
    *read_end = openat(dev, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    *write_end = *read_end < 0 ? -1 : openat(dev, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    return *write_end < 0 ? -1 : 0;
}

int ocib_chroot_enter_tree(int root_fd, struct ocib_error **err)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL); /* what ocib_chroot_adopt() blocked */
    if (fchdir(root_fd) < 0 || chroot(".") < 0 || chdir("/") < 0 || close(root_fd) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make the step's tree its root");
    }
    return 0;
}

/* --- processes -------------------------------------------------------------------------------- */

struct relation {
    pid_t pid;
    pid_t parent;
    bool below; /* of the process that is looked at */
};

struct relations {
    OCIB_VEC(struct relation);
};

/* "PID (NAME) STATE PPID ...", and the name may hold anything (proc_pid_stat(5)). */
static pid_t parent_of(const char *pid)
{
    OCIB_AUTO_FREE char *path = ocib_format("/proc/%s/stat", pid);
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    struct ocib_str part;
    uint64_t parent = 0;
    if (ocib_file_read(AT_FDCWD, path, STAT_MAX, &text, OCIB_ESANDBOX, NULL) < 0) {
        return 0;
    }
    struct ocib_str rest = ocib_buf_str(&text);
    ptrdiff_t end = ocib_str_rfind(rest, ')');
    rest = end < 0 ? (struct ocib_str){0} : ocib_str_sub(rest, (size_t)end + 2, rest.len);
    (void)!ocib_str_cut(&rest, ' ', &part);
    return ocib_str_cut(&rest, ' ', &part) && ocib_str_uint(part, PID_LIMIT, &parent)
               ? (pid_t)parent
               : 0;
}

static int read_relations(struct relations *out)
{
    DIR *dir = opendir("/proc");
    const struct dirent *entry;
    uint64_t pid;
    if (!dir) {
        return -1;
    }
    while ((entry = readdir(dir))) {
        if (ocib_str_uint(ocib_str(entry->d_name), PID_LIMIT, &pid)) {
            pid_t parent = parent_of(entry->d_name);
            ocib_vec_push(out, ((struct relation){(pid_t)pid, parent, false}));
        }
    }
    closedir(dir);
    return out->len ? 0 : -1;
}

static bool is_below(const struct relations *relations, pid_t root, pid_t pid)
{
    if (pid == root) {
        return true;
    }
    for (size_t i = 0; i < relations->len; i++) {
        if (relations->items[i].pid == pid) {
            return relations->items[i].below;
        }
    }
    return false;
}

/* Kills all below a process; *any: there were some. -1: /proc does not say. */
static int kill_below(pid_t root, bool *any)
{
    struct relations relations = {0};
    bool more = true;
    *any = false;
    int status = read_relations(&relations);
    /* Numbers mostly grow from parent to child: one pass finds nearly all. */
    while (status == 0 && more) {
        more = false;
        for (size_t i = 0; i < relations.len; i++) {
            struct relation *one = &relations.items[i];
            if (!one->below && one->pid != root && is_below(&relations, root, one->parent)) {
                one->below = more = *any = true;
                kill(one->pid, SIGKILL);
            }
        }
    }
    ocib_vec_release(&relations);
    return status;
}

/* Without a /proc: every number is asked for. */
static void kill_by_number(void)
{
    for (pid_t pid = 2; pid <= PID_LIMIT; pid++) {
        siginfo_t info;
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
            kill(pid, SIGKILL);
        }
    }
}

static void pause_a_little(void)
{
    const struct timespec pause = {0, PAUSE};
    nanosleep(&pause, NULL);
}

/* The children of a killed one become this process's, so rounds go on until there are none. */
static void kill_all(void)
{
    bool any;
    for (;;) {
        pid_t ended;
        do {
            ended = waitpid(-1, NULL, WNOHANG | __WALL);
        } while (ended > 0);
        if (ended < 0 && errno == ECHILD) {
            return;
        }
        if (kill_below(getpid(), &any) < 0 || !any) {
            kill_by_number(); /* there is a child: waitpid(2) says so */
        }
        pause_a_little();
    }
}

void ocib_chroot_sweep(pid_t parent)
{
    bool any = true;
    for (unsigned i = 0; i < ROUNDS_MAX && any && kill_below(parent, &any) == 0; i++) {
        pause_a_little();
    }
}

int ocib_chroot_adopt(struct ocib_error **err)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    /* The server's death must not end the init before it has ended the step; the builder's is seen
     * on the control socket. */
    int fd = -1;
    if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0 && prctl(PR_SET_PDEATHSIG, 0) == 0 &&
        sigprocmask(SIG_BLOCK, &child, NULL) == 0) {
        fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    }
    return fd < 0 ? ocib_error_set_errno(err, OCIB_ESANDBOX, "can't adopt the step's processes")
                  : fd;
}

int ocib_chroot_reap(pid_t command, int control, int signals)
{
    struct signalfd_siginfo info;
    struct pollfd polled[] = {{signals, POLLIN, 0}, {control, POLLRDHUP, 0}};
    int status = 0xff00;
    pid_t ended = 0;
    while (ended != command) {
        int told;
        (void)!read(signals, &info, sizeof(info));
        ended = waitpid(-1, &told, WNOHANG | __WALL);
        status = ended == command ? told : status;
        if (ended < 0 || (ended == 0 && poll(polled, 2, LOOK_AGAIN) > 0 && polled[1].revents)) {
            break;
        }
    }
    kill_all();
    return status;
}
