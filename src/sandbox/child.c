/*
 * The sandbox child: process 1 of the step's pid namespace. It makes the mounts, starts the
 * command, reaps whatever becomes orphaned, and ends with the command: the kernel then kills all
 * that is left in the namespace.
 *
 * It is a copy of the server (see server.h), which runs from a read-only mount or sealed copy of
 * the program (see exe.h) and can't be dumped or traced: a step can't get at the program's file,
 * memory or descriptors by /proc/1.
 */
#include "base/mem.h"
#include "sandbox/caps.h"
#include "sandbox/chroot.h"
#include "sandbox/command.h"
#include "sandbox/mounts.h"
#include "sandbox/sandbox.h"
#include "sandbox/server.h"
#include "sandbox/supervise.h"
#include "sandbox/wire.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The builder holds the other end for as long as it lives. Asked after PR_SET_PDEATHSIG was set, so
 * its death can't be missed. */
static bool builder_is_gone(void)
{
    struct pollfd control = {.fd = OCIB_CHILD_CONTROL, .events = POLLRDHUP};
    return poll(&control, 1, 0) != 0;
}

static int loopback_up(struct ocib_error **err)
{
    OCIB_AUTO_FD int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo"};
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't find the loopback interface");
    }
    request.ifr_flags = (short)(request.ifr_flags | IFF_UP);
    if (ioctl(fd, SIOCSIFFLAGS, &request) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't bring the loopback interface up");
    }
    return 0;
}

static int enter_cgroup(int procs_fd, struct ocib_error **err)
{
    int entered = ocib_fd_write_all(procs_fd, "0", 1);
    int reason = errno;
    close(procs_fd);
    if (entered < 0) {
        errno = reason;
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't enter the cgroup of the step");
    }
    return 0;
}

/* A step sees its own cgroup as the topmost, not where the builder is in the machine's tree. What a
 * kernel without such namespaces can't hide is no reason to fail. */
static void hide_cgroups(void)
{
    if (unshare(CLONE_NEWCGROUP) < 0) {
        errno = 0;
    }
}

static int set_up(const struct ocib_sandbox_spec *spec, struct ocib_error **err)
{
    umask(0);
    if (spec->has_cgroup && enter_cgroup(OCIB_CHILD_MOUNTS + (int)spec->mounts.len, err) < 0) {
        return -1;
    }
    if (spec->no_network && loopback_up(err) < 0) {
        return -1;
    }
    if (spec->in_chroot) {
        return 0;
    }
    hide_cgroups();
    if (sethostname(spec->hostname, strlen(spec->hostname)) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't set the host name %s",
                                    spec->hostname);
    }
    int entered = ocib_sandbox_enter_tree(OCIB_CHILD_ROOT, spec, err);
    close(OCIB_CHILD_ROOT);
    for (size_t i = 0; i < spec->mounts.len; i++) {
        close(OCIB_CHILD_MOUNTS + (int)i);
    }
    return entered;
}

/* In the process that becomes the command. */
static int run_command(struct ocib_sandbox_spec *spec, int supervisor)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    bool entered = !spec->in_chroot || ocib_chroot_enter_tree(OCIB_CHILD_ROOT, &err) == 0;
    int status = entered ? ocib_sandbox_command(spec, supervisor, &err) : -1;
    if (status < 0) {
        ocib_sandbox_report_error(OCIB_CHILD_CONTROL, err);
        return 1;
    }
    return status;
}

/* In the process that becomes the shell after a failure, which was told before. */
static int run_shell(struct ocib_sandbox_spec *spec)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    struct ocib_strings command = spec->argv;
    spec->argv = spec->shell;
    spec->shell = command;
    spec->has_terminal = true;
    int status = ocib_sandbox_command(spec, -1, &err);
    if (status < 0) {
        OCIB_AUTO_FREE char *line = ocib_format("ocib: %s\n", ocib_error_message(err));
        status = ocib_fd_write_all(STDERR_FILENO, line, strlen(line)) < 0 ? 1 : 126;
    }
    return status;
}

/* Waits for the command and for every orphan that ends before it. */
static int reap_until(pid_t command)
{
    int status;
    pid_t ended;
    do {
        ended = waitpid(-1, &status, 0);
    } while (ended != command && (ended >= 0 || errno == EINTR));
    return ended == command ? status : 0xff00;
}

/* What this process keeps once the command runs: nothing, or what a supervisor needs. */
static int step_down(const struct ocib_sandbox_spec *spec, int supervised, struct ocib_error **err)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        close(fd);
    }
    if (spec->emulated) {
        return ocib_supervise_step(supervised, spec, err);
    }
    /* In a chroot it ends processes of other users by itself. */
    uint64_t keep = spec->in_chroot ? UINT64_C(1) << CAP_KILL : 0;
    if (!spec->shell.len && ocib_caps_limit(keep) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't drop the init's capabilities");
    }
    return 0;
}

/* All of the step's pid namespace, of which this process is the first. */
static void end_all_others(void)
{
    if (getpid() == 1) {
        kill(-1, SIGKILL);
    }
    while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR) {
    }
}

/* The step's mounts and tree are there as long as this process is. */
static void offer_shell(struct ocib_sandbox_spec *spec)
{
    end_all_others();
    pid_t shell = fork();
    if (shell == 0) {
        _exit(run_shell(spec));
    }
    if (shell > 0) {
        reap_until(shell);
    }
}

static int start_and_wait(struct ocib_sandbox_spec *spec, int *status, struct ocib_error **err)
{
    int pair[2];
    OCIB_AUTO_FD int signals = spec->in_chroot ? ocib_chroot_adopt(err) : -1;
    if (spec->in_chroot && signals < 0) {
        return -1;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make a socket pair");
    }
    OCIB_AUTO_FD int ours = pair[0];
    OCIB_AUTO_FD int theirs = pair[1];
    pid_t command = fork();
    if (command < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't start a process for the step");
    }
    if (command == 0) {
        _exit(run_command(spec, theirs));
    }
    ocib_fd_cleanup(&theirs);
    if (step_down(spec, ours, err) < 0) {
        return -1;
    }
    if (spec->in_chroot) {
        close(OCIB_CHILD_ROOT);
        *status = ocib_chroot_reap(command, OCIB_CHILD_CONTROL, signals);
        return 0;
    }
    *status = reap_until(command);
    if (spec->shell.len && *status != 0) {
        offer_shell(spec);
    }
    return 0;
}

static int work(int *status, struct ocib_error **err)
{
    __attribute__((cleanup(ocib_sandbox_spec_release))) struct ocib_sandbox_spec spec = {0};
    if (ocib_sandbox_spec_receive(OCIB_CHILD_CONTROL, &spec, err) < 0 || builder_is_gone()) {
        return ocib_error_set(err, OCIB_EINTERNAL, "the builder has gone");
    }
    const int input = ocib_sandbox_input_fd(&spec);
    if (fcntl(OCIB_CHILD_CONTROL, F_SETFD, FD_CLOEXEC) < 0 ||
        fcntl(OCIB_CHILD_ROOT, F_SETFD, FD_CLOEXEC) < 0 ||
        (input >= 0 && fcntl(input, F_SETFD, FD_CLOEXEC) < 0)) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't keep descriptors from the step");
    }
    if (set_up(&spec, err) < 0) {
        return -1;
    }
    return start_and_wait(&spec, status, err);
}

/*
 * The server, and in each process that it forks, the child. It is in a session of its own: what is
 * typed at the builder's terminal is the builder's to deal with.
 */
static _Noreturn void serve(void)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    int status = 0;
    setsid();
    prctl(PR_SET_NAME, OCIB_SERVER_NAME);
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* of a step that has lost its init (chroot.h) */
    if (prctl(PR_SET_DUMPABLE, 0) < 0 || ocib_server_serve(OCIB_CHILD_CONTROL) < 0) {
        _exit(0);
    }
    if (work(&status, &err) < 0) {
        ocib_sandbox_report_error(OCIB_CHILD_CONTROL, err);
        _exit(1);
    }
    ocib_sandbox_report_status(OCIB_CHILD_CONTROL, status);
    _exit(0);
}

void ocib_sandbox_child(int argc, char **argv)
{
    int type = 0;
    socklen_t len = sizeof(type);
    if (argc == 1 && strcmp(argv[0], OCIB_SERVER_NAME) == 0 &&
        getsockopt(OCIB_CHILD_CONTROL, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
        type == SOCK_SEQPACKET) {
        serve();
    }
}
