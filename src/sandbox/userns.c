#include "sandbox/userns.h"

#include "base/mem.h"
#include "sandbox/obstacles.h"
#include "sandbox/probe.h"
#include "sandbox/wire.h"
#include "sys/fd.h"
#include "sys/file.h"
#include "sys/idmap.h"
#include "sys/mount.h"
#include "sys/path.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SUBID_FILE_MAX = 16 << 20,
    TOOL_OUTPUT_MAX = 65536,
};

/* One of the two maps: users or groups. */
struct side {
    const char *file;
    const char *tool;
    const char *option; /* of usermod(8) */
    const char *map;    /* in /proc/PID */
    uint32_t own;
    struct ocib_id_ranges ranges;
    struct ocib_process process;
    int output; /* what the tool writes on standard error */
};

static void side_release(struct side *side)
{
    ocib_id_ranges_release(&side->ranges);
    ocib_process_end(&side->process);
    ocib_fd_cleanup(&side->output);
}

static void sides_init(struct side sides[2])
{
    sides[0] = (struct side){"/etc/subuid", "newuidmap", "--add-subuids",
                             "uid_map",     getuid(),    .output = -1};
    sides[1] = (struct side){"/etc/subgid", "newgidmap", "--add-subgids",
                             "gid_map",     getgid(),    .output = -1};
}

/* The ids that this process's own user namespace has. */
static int read_available(const struct side *side, struct ocib_id_ranges *out,
                          struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_FREE char *path = ocib_format("/proc/self/%s", side->map);
    if (ocib_file_read(AT_FDCWD, path, SUBID_FILE_MAX, &text, OCIB_ESANDBOX, err) < 0) {
        return ocib_error_code_set(err, OCIB_ESANDBOX);
    }
    ocib_id_ranges_parse_map(ocib_buf_str(&text), out);
    return 0;
}

/* Leaves of the ranges what can be mapped. */
static int clip_ranges(struct side *side, struct ocib_error **err)
{
    struct ocib_id_ranges available = {0};
    struct ocib_id_ranges clipped = {0};
    if (read_available(side, &available, err) < 0) {
        return -1;
    }
    ocib_id_ranges_clip(&side->ranges, &available, side->own, &clipped);
    ocib_id_ranges_release(&available);
    ocib_id_ranges_release(&side->ranges);
    side->ranges = clipped;
    if (clipped.len) {
        return 0;
    }
    ocib_error_set(err, OCIB_ESANDBOX,
                   "the subordinate ids of %s are outside of this user namespace", side->file);
    return ocib_obstacle_add(err, OCIB_OBSTACLE_SUBIDS_OUTSIDE, side->file);
}

static const char *user_name(void)
{
    struct passwd *entry = getpwuid(getuid());
    return entry ? entry->pw_name : NULL;
}

static int read_ranges(struct side *side, struct ocib_error **err)
{
    if (geteuid() == 0) {
        return read_available(side, &side->ranges, err);
    }
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_ERROR struct ocib_error *why = NULL;
    const char *name = user_name();
    if (ocib_file_read(AT_FDCWD, side->file, SUBID_FILE_MAX, &text, OCIB_ESANDBOX, &why) == 0) {
        ocib_id_ranges_parse(ocib_buf_str(&text), name, getuid(), &side->ranges);
    } else if (ocib_error_code(why) != OCIB_ENOTFOUND) {
        return ocib_error_set(err, OCIB_ESANDBOX, "%s", ocib_error_message(why));
    }
    if (side->ranges.len) {
        return clip_ranges(side, err);
    }
    OCIB_AUTO_FREE char *user = name ? ocib_strdup(name) : ocib_format("%u", (unsigned)getuid());
    OCIB_AUTO_FREE char *options = ocib_format("%s 100000-165535 %s", side->option, user);
    ocib_error_set(err, OCIB_ESANDBOX, "user %s has no subordinate ids in %s", user, side->file);
    return ocib_obstacle_add(err, OCIB_OBSTACLE_SUBIDS_NONE, options);
}

/* In the helper, after which the namespace exists and waits for its maps. */
static int make_namespace(struct ocib_error **err)
{
    if (unshare(CLONE_NEWUSER) < 0) {
        int number = errno;
        ocib_error_set_errno(err, OCIB_ESANDBOX, "unshare: can't make a user namespace");
        return ocib_obstacle_explain(err, number);
    }
    return 0;
}

/* AppArmor's restriction lets the namespace be made, but without power in it. */
static int become_root(struct ocib_error **err)
{
    if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0) {
        int number = errno;
        ocib_error_set_errno(err, OCIB_ESANDBOX, "can't become root of the user namespace");
        return ocib_obstacle_explain(err, number);
    }
    return 0;
}

static int own_mounts(struct ocib_error **err)
{
    if (unshare(CLONE_NEWNS) < 0 || ocib_mount_make_private() < 0) {
        int number = errno;
        ocib_error_set_errno(err, OCIB_ESANDBOX, "unshare: can't make a mount namespace");
        return ocib_obstacle_explain(err, number);
    }
    return 0;
}

static int answer(int fd, int result, const struct ocib_error *err)
{
    if (result < 0) {
        ocib_sandbox_report_error(fd, err);
    } else {
        ocib_sandbox_report_status(fd, 0);
    }
    return result;
}

/* The helper: one record when the namespace is there, one when a step has been tried in it; then it
 * keeps the namespace until the other side closes the socket. */
_Noreturn static void help(int fd)
{
    char byte;
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int made = make_namespace(&err);
    if (answer(fd, made, err) < 0 || read(fd, &byte, 1) != 1) {
        _exit(1);
    }
    int tried = become_root(&err);
    tried = tried < 0 ? -1 : own_mounts(&err);
    tried = tried < 0 ? -1 : ocib_probe_ids(&err);
    tried = tried < 0 ? -1 : ocib_probe_step(true, &err);
    if (answer(fd, tried, err) < 0) {
        _exit(1);
    }
    _exit(read(fd, &byte, 1) < 0);
}

/* One record; each is sent by one call, and only after the one before was read and answered. */
static int hear(int fd, struct ocib_error **err)
{
    char record[OCIB_RECORD_MAX];
    ssize_t n;
    int status;
    do {
        n = recv(fd, record, sizeof(record), 0);
    } while (n < 0 && errno == EINTR);
    struct ocib_str bytes = {record, n < 0 ? 0 : (size_t)n};
    int parsed = ocib_sandbox_report_parse(bytes, &status, err);
    if (parsed == 0) {
        return ocib_error_set(err, OCIB_ESANDBOX,
                              "the process that sets up the user namespace ended unexpectedly");
    }
    return parsed < 0 ? -1 : 0;
}

/* Where the tool is; the usual place if it is nowhere, so that the error names that. */
static char *find_tool(const char *name)
{
    static const char *const folders[] = {"/usr/bin", "/bin", "/usr/local/bin",
                                          "/run/wrappers/bin"};
    for (size_t i = 0; i < OCIB_COUNT(folders); i++) {
        char *path = ocib_path_join(folders[i], name);
        if (access(path, X_OK) == 0) {
            return path;
        }
        free(path);
    }
    return ocib_path_join(folders[0], name);
}

static int start_tool(struct side *side, pid_t helper, int null_fd, struct ocib_error **err)
{
    char path_variable[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
    char locale[] = "LC_ALL=C";
    char *const env[] = {path_variable, locale, NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make a pipe");
    }
    side->output = ends[0];
    OCIB_AUTO_FD int write_end = ends[1];
    OCIB_AUTO_STRINGS struct ocib_strings argv = {0};
    OCIB_AUTO_FREE char *path = find_tool(side->tool);
    ocib_strings_push(&argv, side->tool);
    ocib_strings_take(&argv, ocib_format("%d", (int)helper));
    ocib_id_ranges_arguments(&side->ranges, side->own, &argv);
    const int fds[] = {null_fd, write_end, write_end};
    struct ocib_spawn how = {
        .path = path,
        .exe_fd = -1,
        .argv = ocib_strings_argv(&argv),
        .env = env,
        .fds = fds,
        .fd_count = OCIB_COUNT(fds),
        .code = OCIB_ESANDBOX,
    };
    if (ocib_spawn(&how, &side->process, err) < 0) {
        return ocib_obstacle_add(err, OCIB_OBSTACLE_IDMAP_TOOL, side->tool);
    }
    return 0;
}

static int finish_tool(struct side *side, struct ocib_error **err)
{
    int status = 0;
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    if (ocib_fd_read_all(side->output, TOOL_OUTPUT_MAX, &text) < 0 ||
        ocib_process_wait(&side->process, &status) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't hear from %s", side->tool);
    }
    if (status == 0) {
        return 0;
    }
    struct ocib_str said = ocib_str_trim(ocib_buf_str(&text));
    ocib_error_set(err, OCIB_ESANDBOX, "%s failed: %.*s", side->tool, OCIB_STR_ARG(said));
    if (ocib_probe_status_has("NoNewPrivs:\t1")) {
        return ocib_obstacle_add(err, OCIB_OBSTACLE_NO_NEW_PRIVS, NULL);
    }
    /* The map's writer needs it over the new namespace, whose owner a set-uid program isn't. */
    bool bounded = prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN) == 0;
    return ocib_obstacle_add(
        err, bounded ? OCIB_OBSTACLE_IDMAP_BOUNDING : OCIB_OBSTACLE_IDMAP_REFUSED, side->file);
}

/* Root maps the ids that it has onto themselves, without anybody's help. */
static int write_map(const struct side *side, pid_t helper, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_FREE char *path = ocib_format("/proc/%d/%s", (int)helper, side->map);
    ocib_id_ranges_identity(&side->ranges, &text);
    OCIB_AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text.data, text.len) != (ssize_t)text.len) {
        ocib_error_set_errno(err, OCIB_ESANDBOX, "can't write %s of a user namespace", side->map);
        return ocib_obstacle_add(err, OCIB_OBSTACLE_IDMAP_CAPABILITY, NULL);
    }
    return 0;
}

static int map_ids(struct side sides[2], pid_t helper, struct ocib_error **err)
{
    if (geteuid() == 0) {
        return write_map(&sides[0], helper, err) < 0 ? -1 : write_map(&sides[1], helper, err);
    }
    OCIB_AUTO_FD int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null_fd < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't open /dev/null");
    }
    for (int i = 0; i < 2; i++) {
        if (start_tool(&sides[i], helper, null_fd, err) < 0) {
            return -1;
        }
    }
    return finish_tool(&sides[0], err) < 0 || finish_tool(&sides[1], err) < 0 ? -1 : 0;
}

static int join(pid_t helper, bool *late, struct ocib_error **err)
{
    OCIB_AUTO_FD int pidfd = (int)syscall(SYS_pidfd_open, helper, 0);
    if (pidfd < 0 || setns(pidfd, CLONE_NEWUSER) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "setns: can't join the user namespace");
    }
    *late = true;
    return become_root(err) < 0 ? -1 : own_mounts(err);
}

static int set_up(struct side sides[2], int fd, pid_t helper, struct ocib_error **err)
{
    if (hear(fd, err) < 0 || map_ids(sides, helper, err) < 0) {
        return -1;
    }
    if (ocib_fd_write_all(fd, "m", 1) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't go on with the user namespace");
    }
    return hear(fd, err);
}

/* A process that runs `run` with its end of a socket pair; *ours is the other end. */
static int start_helper(void (*run)(int fd), struct ocib_process *helper, int *ours,
                        struct ocib_error **err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make a socket pair");
    }
    *ours = pair[0];
    OCIB_AUTO_FD int theirs = pair[1];
    helper->pid = ocib_fork_into(0);
    if (helper->pid < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't start a process");
    }
    if (helper->pid == 0) {
        close(*ours);
        run(theirs);
        _exit(1);
    }
    return 0;
}

/* `late` NULL: doesn't join. */
static int with_helper(struct side sides[2], bool *late, struct ocib_error **err)
{
    OCIB_AUTO_FD int ours = -1;
    OCIB_AUTO_PROCESS struct ocib_process helper = {0, -1};
    if (start_helper(help, &helper, &ours, err) < 0 || set_up(sides, ours, helper.pid, err) < 0) {
        return -1;
    }
    return late ? join(helper.pid, late, err) : 0;
}

static void answer_namespace(int fd)
{
    OCIB_AUTO_ERROR struct ocib_error *failed = NULL;
    int made = make_namespace(&failed);
    _exit(answer(fd, made, failed) < 0);
}

/* Whether ids are all that is missing: fails if the kernel wouldn't make the namespace at all. */
static int try_namespace(struct ocib_error **err)
{
    OCIB_AUTO_FD int ours = -1;
    OCIB_AUTO_PROCESS struct ocib_process helper = {0, -1};
    return start_helper(answer_namespace, &helper, &ours, err) < 0 ? -1 : hear(ours, err);
}

/* What weighs more is told first: nobody should ask for ids that won't help. */
static int read_both(struct side sides[2], struct ocib_error **err)
{
    OCIB_AUTO_ERROR struct ocib_error *failed = NULL;
    if (read_ranges(&sides[0], &failed) == 0 && read_ranges(&sides[1], &failed) == 0) {
        return 0;
    }
    return try_namespace(err) < 0 ? -1 : ocib_error_move(err, ocib_steal(&failed));
}

static int make(bool *late, struct ocib_error **err)
{
    struct side sides[2];
    sides_init(sides);
    int result = -1;
    if (read_both(sides, err) == 0) {
        result = with_helper(sides, late, err);
    }
    side_release(&sides[0]);
    side_release(&sides[1]);
    return result;
}

int ocib_userns_count_ids(uint64_t *users, uint64_t *groups, struct ocib_error **err)
{
    struct side sides[2];
    sides_init(sides);
    int result = read_ranges(&sides[0], err) < 0 ? -1 : read_ranges(&sides[1], err);
    *users = ocib_id_ranges_total(&sides[0].ranges);
    *groups = ocib_id_ranges_total(&sides[1].ranges);
    side_release(&sides[0]);
    side_release(&sides[1]);
    return result;
}

int ocib_userns_try(struct ocib_error **err)
{
    return make(NULL, err);
}

int ocib_userns_enter(bool *late, struct ocib_error **err)
{
    *late = false;
    return make(late, err);
}
