#include "sandbox/single.h"

#include "base/mem.h"
#include "sandbox/obstacles.h"
#include "sandbox/probe.h"
#include "sandbox/supervise.h"
#include "sandbox/wire.h"
#include "sys/fd.h"
#include "sys/mount.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int refused(struct ocib_error **err, const char *what)
{
    int number = errno;
    ocib_error_set_errno(err, OCIB_ESANDBOX, "%s", what);
    return ocib_obstacle_explain(err, number);
}

static int write_map(const char *path, const char *text, struct ocib_error **err)
{
    OCIB_AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't write %s", path);
    }
    return 0;
}

/* user_namespaces(7): a process without privilege maps one id, its own, and must give up
 * setgroups(2) before it maps a group. */
static int map_own(uid_t uid, gid_t gid, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *uids = ocib_format("0 %u 1", (unsigned)uid);
    OCIB_AUTO_FREE char *gids = ocib_format("0 %u 1", (unsigned)gid);
    return write_map("/proc/self/setgroups", "deny", err) < 0 ||
                   write_map("/proc/self/uid_map", uids, err) < 0 ||
                   write_map("/proc/self/gid_map", gids, err) < 0
               ? -1
               : 0;
}

static int make(bool *late, struct ocib_error **err)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (unshare(CLONE_NEWUSER) < 0) {
        return refused(err, "can't make a user namespace");
    }
    *late = true;
    if (map_own(uid, gid, err) < 0) {
        return -1;
    }
    if (unshare(CLONE_NEWNS) < 0 || ocib_mount_make_private() < 0) {
        return refused(err, "can't make a mount namespace");
    }
    return 0;
}

/* All that the mode needs, in a process that ends with it. */
_Noreturn static void try_in_child(int fd)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    bool late;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (make(&late, &err) < 0 || ocib_probe_step(true, &err) < 0 || ocib_supervise_this(&err) < 0) {
        ocib_sandbox_report_error(fd, err);
        _exit(1);
    }
    ocib_sandbox_report_status(fd, 0);
    _exit(0);
}

int ocib_single_try(struct ocib_error **err)
{
    int pair[2];
    int status;
    OCIB_AUTO_BUF struct ocib_buf record = {0};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make a socket pair");
    }
    OCIB_AUTO_FD int ours = pair[0];
    OCIB_AUTO_FD int theirs = pair[1];
    OCIB_AUTO_PROCESS struct ocib_process child = {ocib_fork_into(0), -1};
    if (child.pid < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't start a process");
    }
    if (child.pid == 0) {
        close(ours);
        try_in_child(theirs);
    }
    ocib_fd_cleanup(&theirs);
    if (ocib_fd_read_all(ours, OCIB_RECORD_MAX, &record) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't hear from a trial");
    }
    int parsed = ocib_sandbox_report_parse(ocib_buf_str(&record), &status, err);
    if (parsed == 0) {
        return ocib_error_set(err, OCIB_ESANDBOX, "a trial ended unexpectedly");
    }
    return parsed < 0 ? -1 : 0;
}

int ocib_single_enter(bool *late, struct ocib_error **err)
{
    *late = false;
    return ocib_single_try(err) < 0 ? -1 : make(late, err);
}
