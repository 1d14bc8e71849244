#include "sandbox/mounts.h"

#include "base/mem.h"
#include "sandbox/obstacles.h"
#include "sys/fd.h"
#include "sys/mount.h"
#include "sys/path.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum {
    NO_SET_ID_DEV_EXEC = OCIB_MOUNT_NOSUID | OCIB_MOUNT_NODEV | OCIB_MOUNT_NOEXEC,
    SYS_ATTRIBUTES = NO_SET_ID_DEV_EXEC | OCIB_MOUNT_RDONLY,
    SHM_USUAL = 64 << 20, /* bytes, as Docker */
};

static int fail(struct ocib_error **err, const char *what, const char *path)
{
    return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't mount %s on %s", what, path);
}

static int fail_proc(struct ocib_error **err)
{
    int number = errno;
    fail(err, "a new proc", "/proc");
    return number == EPERM ? ocib_obstacle_add(err, OCIB_OBSTACLE_PROC_MASKED, NULL)
                           : ocib_obstacle_explain(err, number);
}

/* Opens what a mount shall cover: a path of the tree, no link on the way or at its end. */
static int open_target(int root_fd, const char *path, struct ocib_error **err)
{
    struct stat st;
    int fd = openat(root_fd, path + 1, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't open the mount point %s of the step",
                                    path);
    }
    if (fstat(fd, &st) == 0 && !S_ISDIR(st.st_mode)) {
        close(fd);
        ocib_error_set(err, OCIB_EBUILD, "can't mount on %s: it is %s in the image", path,
                       S_ISLNK(st.st_mode) ? "a symbolic link" : "no folder");
        return ocib_error_hint_set(err, "%s must be a folder or absent in the base image", path);
    }
    return fd;
}

/* Attaches a mount (negative: making it failed, errno says why) to a folder of the tree. */
static int attach(int root_fd, int mount_fd, const char *what, const char *path,
                  struct ocib_error **err)
{
    if (mount_fd < 0) {
        return fail(err, what, path);
    }
    OCIB_AUTO_FD int target = open_target(root_fd, path, err);
    if (target < 0) {
        return -1;
    }
    return ocib_mount_attach(mount_fd, target) < 0 ? fail(err, what, path) : 0;
}

/* Covers a file or folder below a mount of ours, which no image can have prepared. */
static int cover(int base_fd, const char *name, int mount_fd)
{
    OCIB_AUTO_FD int target = openat(base_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return target < 0 ? -1 : ocib_mount_attach(mount_fd, target);
}

/* Recursively, because what covers parts of it must stay in place. */
static int new_proc(int host_fd, bool outer)
{
    int mount = ocib_mount_new("proc", NULL, NO_SET_ID_DEV_EXEC);
    if (mount >= 0 || errno != EPERM || !outer) {
        return mount;
    }
    mount = ocib_mount_clone(host_fd, "proc", true);
    if (mount >= 0 && ocib_mount_restrict(mount, NO_SET_ID_DEV_EXEC, true) < 0) {
        ocib_fd_cleanup(&mount);
    }
    return mount;
}

/* What of /proc and /sys would show or change the host: covered by nothing, as in Docker. */
static const char *const masked[] = {
    "proc/acpi",
    "proc/asound",
    "proc/kcore",
    "proc/keys",
    "proc/latency_stats",
    "proc/sched_debug",
    "proc/scsi",
    "proc/timer_list",
    "proc/timer_stats",
    "sys/firmware",
    "sys/devices/virtual/powercap",
};
static const char *const read_only[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys",
                                        "proc/sysrq-trigger"};

static int make_read_only(int root_fd, const char *path)
{
    OCIB_AUTO_FD int mount = ocib_mount_clone(root_fd, path, true);
    if (mount < 0) {
        return errno == ENOENT ? 0 : -1;
    }
    if (ocib_mount_restrict(mount, SYS_ATTRIBUTES, true) < 0) {
        return -1;
    }
    return cover(root_fd, path, mount);
}

/* A file is covered by /dev/null, a folder by an empty file system. */
static int mask(int root_fd, const char *path)
{
    static const char *const empty[] = {"mode=755", "nr_inodes=1", NULL};
    struct stat st;
    if (fstatat(root_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
    }
    OCIB_AUTO_FD int mount = S_ISDIR(st.st_mode) ? ocib_mount_new("tmpfs", empty, SYS_ATTRIBUTES)
                                                 : ocib_mount_clone(root_fd, "dev/null", false);
    if (mount < 0 || ocib_mount_restrict(mount, OCIB_MOUNT_RDONLY, false) < 0) {
        return -1;
    }
    return cover(root_fd, path, mount);
}

static int protect(int root_fd, struct ocib_error **err)
{
    for (size_t i = 0; i < OCIB_COUNT(read_only); i++) {
        if (make_read_only(root_fd, read_only[i]) < 0) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make /%s read-only",
                                        read_only[i]);
        }
    }
    for (size_t i = 0; i < OCIB_COUNT(masked); i++) {
        if (mask(root_fd, masked[i]) < 0) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't mask /%s", masked[i]);
        }
    }
    return 0;
}

/*
 * A new sysfs shows the network namespace of whoever mounts it, which must therefore own that
 * namespace. A user with the host's network does not, and gets the host's view, read-only all
 * through. (Recursively, because what hides parts of it must stay in place.)
 */
static int new_sys(int host_fd, bool writable)
{
    const unsigned attributes = writable ? NO_SET_ID_DEV_EXEC : SYS_ATTRIBUTES;
    int mount = ocib_mount_new("sysfs", NULL, attributes);
    if (mount >= 0) {
        return mount;
    }
    mount = ocib_mount_clone(host_fd, "sys", true);
    if (mount >= 0 && ocib_mount_restrict(mount, attributes, true) < 0) {
        ocib_fd_cleanup(&mount);
    }
    return mount;
}

/* The step's cgroup. The topmost of the machine (only that has no cgroup.type) is the tree of all
 * the others, which are nothing to a step. */
static int new_cgroup(bool writable)
{
    OCIB_AUTO_FD int mount =
        ocib_mount_new("cgroup2", NULL, writable ? NO_SET_ID_DEV_EXEC : SYS_ATTRIBUTES);
    return mount >= 0 && faccessat(mount, "cgroup.type", F_OK, 0) == 0 ? ocib_fd_steal(&mount) : -1;
}

/* As in Docker, or nothing where that can't be had. Either covers the machine's own cgroups, which
 * the host's view of /sys has. */
static int mount_cgroup(int root_fd, bool writable, struct ocib_error **err)
{
    static const char place[] = "sys/fs/cgroup";
    static const char *const empty[] = {"mode=755", "nr_inodes=1", NULL};
    struct stat st;
    if (fstatat(root_fd, place, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        return 0; /* a kernel without cgroups */
    }
    OCIB_AUTO_FD int mount = new_cgroup(writable);
    if (mount < 0) {
        mount = ocib_mount_new("tmpfs", empty, SYS_ATTRIBUTES);
    }
    return mount < 0 || cover(root_fd, place, mount) < 0 ? fail(err, "cgroups", "/sys/fs/cgroup")
                                                         : 0;
}

static const struct ocib_device_node nodes[] = {
    {"null", 3, 1},   {"zero", 5, 1},    {"full", 7, 1},
    {"random", 8, 1}, {"urandom", 9, 1}, {"tty", 0, 5},
};

const struct ocib_device_node *ocib_device_nodes(size_t *count)
{
    *count = OCIB_COUNT(nodes);
    return nodes;
}

static const struct {
    const char *name;
    const char *target;
} links[] = {
    {"ptmx", "pts/ptmx"},          {"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"},
    {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"}, {"core", "/proc/kcore"},
};

/*
 * Device nodes that a step makes must not open (its root may be the machine's, with CAP_MKNOD, and
 * there is no device cgroup), so the tree and /dev are mounted without devices. The nodes of /dev
 * are mounts of single files: of a file system of their own that nothing else of can be reached,
 * or of the host's nodes where none can be made, as in a user namespace. (There the host's can't be
 * changed through them.)
 */
struct node_mounts {
    int fds[OCIB_COUNT(nodes)];
};

static void node_mounts_release(struct node_mounts *mounts)
{
    for (size_t i = 0; i < OCIB_COUNT(nodes); i++) {
        ocib_fd_cleanup(&mounts->fds[i]);
    }
}

/* A detached file system with the nodes, or -1. */
static int new_nodes(void)
{
    static const char *const options[] = {"mode=755", "nr_inodes=16", NULL};
    OCIB_AUTO_FD int fd = ocib_mount_new("tmpfs", options, OCIB_MOUNT_NOSUID | OCIB_MOUNT_NOEXEC);
    for (size_t i = 0; fd >= 0 && i < OCIB_COUNT(nodes); i++) {
        dev_t device = makedev(nodes[i].major, nodes[i].minor);
        if (mknodat(fd, nodes[i].name, S_IFCHR | 0666, device) < 0) {
            return -1;
        }
    }
    return ocib_fd_steal(&fd);
}

/* Only what is attached can be copied by all kernels: the nodes' file system is put on /dev, which
 * the step's own will cover. */
static int take_nodes(int root_fd, int host_fd, struct node_mounts *out, struct ocib_error **err)
{
    OCIB_AUTO_FD int own = new_nodes();
    if (own >= 0 && attach(root_fd, own, "device nodes", "/dev", err) < 0) {
        return -1;
    }
    for (size_t i = 0; i < OCIB_COUNT(nodes); i++) {
        OCIB_AUTO_FREE char *path = ocib_path_join("dev", nodes[i].name);
        out->fds[i] = own >= 0 ? ocib_mount_clone(own, nodes[i].name, false)
                               : ocib_mount_clone(host_fd, path, false);
        if (out->fds[i] < 0) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't provide /dev/%s", nodes[i].name);
        }
    }
    return 0;
}

static int place_nodes(int dev_fd, const struct node_mounts *mounts, struct ocib_error **err)
{
    for (size_t i = 0; i < OCIB_COUNT(nodes); i++) {
        if (mknodat(dev_fd, nodes[i].name, S_IFREG | 0666, 0) < 0 ||
            cover(dev_fd, nodes[i].name, mounts->fds[i]) < 0) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't provide /dev/%s", nodes[i].name);
        }
    }
    return 0;
}

/* A file system of its own on a new folder of /dev. */
static int fill_folder(int dev_fd, const char *name, int mount_fd)
{
    if (mount_fd < 0 || mkdirat(dev_fd, name, 0755) < 0) {
        return -1;
    }
    return cover(dev_fd, name, mount_fd);
}

static int new_pts(void)
{
    static const char *const with_tty_group[] = {"newinstance", "ptmxmode=0666", "mode=0620",
                                                 "gid=5", NULL};
    static const char *const plain[] = {"newinstance", "ptmxmode=0666", "mode=0620", NULL};
    const unsigned attributes = OCIB_MOUNT_NOSUID | OCIB_MOUNT_NOEXEC;
    int mount = ocib_mount_new("devpts", with_tty_group, attributes);
    /* EINVAL: group 5 has no id in this user namespace. */
    return mount >= 0 || errno != EINVAL ? mount : ocib_mount_new("devpts", plain, attributes);
}

/* What BuildKit gives to RUN --security=insecure. A user namespace can't make device nodes: there
 * are none then. */
static int add_devices(int dev_fd, struct ocib_error **err)
{
    static const struct ocib_device_node more[] = {
        {"kmsg", 11, 1},  {"cuse", 203, 10},         {"fuse", 229, 10},
        {"kvm", 232, 10}, {"loop-control", 237, 10}, {"net/tun", 200, 10},
    };
    enum { LOOPS = 8 };
    int made = mkdirat(dev_fd, "net", 0755);
    for (size_t i = 0; made == 0 && i < OCIB_COUNT(more); i++) {
        made = mknodat(dev_fd, more[i].name, S_IFCHR | 0660, makedev(more[i].major, more[i].minor));
    }
    for (unsigned i = 0; made == 0 && i < LOOPS; i++) {
        OCIB_AUTO_FREE char *name = ocib_format("loop%u", i);
        made = mknodat(dev_fd, name, S_IFBLK | 0660, makedev(7, i));
    }
    return made < 0 && errno != EPERM
               ? ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make device nodes for the step")
               : 0;
}

static int new_shm(uint64_t bytes)
{
    OCIB_AUTO_FREE char *size =
        ocib_format("size=%llu", (unsigned long long)(bytes ? bytes : SHM_USUAL));
    const char *const options[] = {"mode=1777", size, NULL};
    return ocib_mount_new("tmpfs", options, NO_SET_ID_DEV_EXEC);
}

static int fill_dev(int dev_fd, const struct ocib_sandbox_spec *spec, struct ocib_error **err)
{
    for (size_t i = 0; i < OCIB_COUNT(links); i++) {
        /* As runc: a kernel may come without /proc/kcore. */
        if (strcmp(links[i].name, "core") == 0 && access(links[i].target, F_OK) < 0) {
            continue;
        }
        if (symlinkat(links[i].target, dev_fd, links[i].name) < 0) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make /dev/%s", links[i].name);
        }
    }
    OCIB_AUTO_FD int pts = new_pts();
    if (fill_folder(dev_fd, "pts", pts) < 0) {
        return fail(err, "devpts", "/dev/pts");
    }
    OCIB_AUTO_FD int shm = new_shm(spec->shm_size);
    if (fill_folder(dev_fd, "shm", shm) < 0) {
        return fail(err, "tmpfs", "/dev/shm");
    }
    OCIB_AUTO_FD int mqueue = ocib_mount_new("mqueue", NULL, NO_SET_ID_DEV_EXEC);
    /* ENODEV: a kernel without POSIX message queues. */
    if (fill_folder(dev_fd, "mqueue", mqueue) < 0 && errno != ENODEV) {
        return fail(err, "mqueue", "/dev/mqueue");
    }
    return spec->insecure ? add_devices(dev_fd, err) : 0;
}

static int new_dev(bool with_devices)
{
    static const char *const options[] = {"mode=755", "size=65536k", NULL};
    unsigned attributes = OCIB_MOUNT_NOSUID | (with_devices ? 0U : OCIB_MOUNT_NODEV);
    return ocib_mount_new("tmpfs", options, attributes);
}

static int mount_dev(int root_fd, int host_fd, const struct ocib_sandbox_spec *spec,
                     struct ocib_error **err)
{
    OCIB_AUTO(node_mounts_release) struct node_mounts mounts;
    for (size_t i = 0; i < OCIB_COUNT(nodes); i++) {
        mounts.fds[i] = -1;
    }
    OCIB_AUTO_FD int dev = new_dev(spec->insecure);
    if (take_nodes(root_fd, host_fd, &mounts, err) < 0 ||
        attach(root_fd, dev, "tmpfs", "/dev", err) < 0 || place_nodes(dev, &mounts, err) < 0) {
        return -1;
    }
    return fill_dev(dev, spec, err);
}

static int mount_all(int root_fd, int host_fd, const struct ocib_sandbox_spec *spec,
                     struct ocib_error **err)
{
    /* Root that may trace could reach into the builder through its /proc. */
    bool may_trace = spec->caps & UINT64_C(1) << CAP_SYS_PTRACE;
    OCIB_AUTO_FD int proc = new_proc(host_fd, spec->outer_proc && !may_trace);
    if (proc < 0) {
        return fail_proc(err);
    }
    OCIB_AUTO_FD int sys = new_sys(host_fd, spec->insecure);
    if (attach(root_fd, proc, "proc", "/proc", err) < 0 ||
        mount_dev(root_fd, host_fd, spec, err) < 0 ||
        attach(root_fd, sys, "sysfs", "/sys", err) < 0 ||
        mount_cgroup(root_fd, spec->insecure, err) < 0) {
        return -1;
    }
    return spec->insecure || spec->unmasked ? 0 : protect(root_fd, err);
}

/* ---- the step's own mounts ---- */

/* Is this path inside of /dev, or of a target before it? There a mount point may be made: nothing
 * of it is in the tree. */
static bool may_make(const struct ocib_strings *targets, size_t index)
{
    const char *path = targets->items[index];
    if (strncmp(path, "/dev/", 5) == 0) {
        return true;
    }
    for (size_t i = 0; i < index; i++) {
        size_t len = strlen(targets->items[i]);
        if (strncmp(path, targets->items[i], len) == 0 && path[len] == '/') {
            return true;
        }
    }
    return false;
}

static int make_point(int root_fd, const char *path, bool folder)
{
    const struct ocib_mkdirs how = {.mode = 0755};
    if (folder) {
        return ocib_mkdirs_in_root(root_fd, path, &how);
    }
    const char *slash = strrchr(path, '/');
    OCIB_AUTO_FREE char *parent = ocib_strndup(path, (size_t)(slash - path));
    if (parent[0] && ocib_mkdirs_in_root(root_fd, parent, &how) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int file = ocib_open_in_root(root_fd, path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    return file < 0 ? -1 : 0;
}

static int open_own_target(int root_fd, const struct ocib_strings *targets, size_t index,
                           bool folder, struct ocib_error **err)
{
    const char *path = targets->items[index];
    int fd = ocib_open_in_root(root_fd, path, O_PATH, 0);
    if (fd < 0 && errno == ENOENT && may_make(targets, index)) {
        fd = make_point(root_fd, path, folder) < 0 ? -1
                                                   : ocib_open_in_root(root_fd, path, O_PATH, 0);
    }
    if (fd < 0) {
        bool locked = errno == EROFS;
        ocib_error_set_errno(err, OCIB_EBUILD, "can't make the mount point %s of the step", path);
        return locked ? ocib_error_hint_set(err, "it lies in a mount that is read-only: give "
                                                 "that one rw, or have the path there")
                      : -1;
    }
    return fd;
}

static int mount_own(int root_fd, const struct ocib_strings *targets, size_t index,
                     struct ocib_error **err)
{
    const int mount = OCIB_CHILD_MOUNTS + (int)index;
    const char *path = targets->items[index];
    struct stat st;
    struct stat over;
    if (fstat(mount, &st) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't take the mount for %s", path);
    }
    OCIB_AUTO_FD int target = open_own_target(root_fd, targets, index, S_ISDIR(st.st_mode), err);
    if (target < 0) {
        return -1;
    }
    if (fstat(target, &over) == 0 && S_ISDIR(over.st_mode) != S_ISDIR(st.st_mode)) {
        return ocib_error_set(err, OCIB_EBUILD, "can't mount a %s on %s, which is a %s",
                              S_ISDIR(st.st_mode) ? "folder" : "file", path,
                              S_ISDIR(over.st_mode) ? "folder" : "file");
    }
    if (ocib_mount_attach(mount, target) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't mount on %s", path);
    }
    return 0;
}

static int mount_all_own(int root_fd, const struct ocib_strings *targets, struct ocib_error **err)
{
    for (size_t i = 0; i < targets->len; i++) {
        if (mount_own(root_fd, targets, i, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/*
 * Calls that change all mounts, and pivot_root(2), want this process's root to be that of a mount.
 * It is not in a plain chroot; entering one's own mount namespace anew leads to its real root.
 */
static int leave_chroot(void)
{
    struct statx st;
    if (statx(AT_FDCWD, "/", 0, 0, &st) == 0 && (st.stx_attributes & STATX_ATTR_MOUNT_ROOT)) {
        return 0;
    }
    OCIB_AUTO_FD int self = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
    return self < 0 ? -1 : setns(self, CLONE_NEWNS);
}

int ocib_sandbox_enter_tree(int root_fd, const struct ocib_sandbox_spec *spec,
                            struct ocib_error **err)
{
    const unsigned attributes = spec->insecure ? 0 : OCIB_MOUNT_NODEV;
    if (leave_chroot() < 0 || ocib_mount_make_private() < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make the step's mounts private");
    }
    OCIB_AUTO_FD int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (host < 0 || ocib_mount_restrict(root_fd, attributes, true) < 0 ||
        ocib_mount_attach(root_fd, host) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't mount the step's tree");
    }
    if (mount_all(root_fd, host, spec, err) < 0 || mount_all_own(root_fd, &spec->mounts, err) < 0) {
        return -1;
    }
    if (ocib_mount_pivot(root_fd) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make the step's tree its root");
    }
    return 0;
}

static int refused(struct ocib_error **err, const char *what)
{
    int number = errno;
    ocib_error_set_errno(err, OCIB_ESANDBOX, "%s", what);
    return number == ENODEV ? -1 : ocib_obstacle_explain(err, number);
}

int ocib_sandbox_try_mounts(bool outer_proc, struct ocib_error **err)
{
    if (leave_chroot() < 0 || ocib_mount_make_private() < 0) {
        return refused(err, "mount: can't make mounts private");
    }
    OCIB_AUTO_FD int tmpfs = new_dev(false);
    if (tmpfs < 0) {
        return refused(err, "fsopen, fsconfig or fsmount: can't mount a tmpfs");
    }
    OCIB_AUTO_FD int host = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (host < 0 || ocib_mount_attach(tmpfs, host) < 0) {
        return refused(err, "move_mount: can't attach a mount");
    }
    OCIB_AUTO_FD int copy = ocib_mount_clone(tmpfs, "", false);
    if (copy < 0) {
        return refused(err, "open_tree: can't copy a mount");
    }
    if (ocib_mount_restrict(copy, OCIB_MOUNT_RDONLY, false) < 0) {
        return refused(err, "mount_setattr: can't make a mount read-only");
    }
    OCIB_AUTO_FD int proc = new_proc(host, outer_proc);
    if (proc < 0) {
        return fail_proc(err);
    }
    OCIB_AUTO_FD int sys = new_sys(host, false);
    if (sys < 0) {
        return refused(err, "can't mount /sys read-only");
    }
    if (!ocib_mount_type_usable("overlay")) {
        bool absent = errno == ENODEV;
        refused(err, "can't mount overlay file systems");
        return absent ? ocib_obstacle_add(err, OCIB_OBSTACLE_OVERLAY_KERNEL, NULL) : -1;
    }
    return 0;
}
