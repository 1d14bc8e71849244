#include "sandbox/server.h"

#include "sandbox/pass.h"
#include "sandbox/sandbox.h"
#include "sandbox/wire.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FDS = OCIB_COUNT(((struct ocib_server_request *)0)->fds),
    FDS_MAX = FDS + OCIB_STEP_MOUNTS_MAX,
};

int ocib_server_start(int exe_fd, int null_fd, struct ocib_server *out, struct ocib_error **err)
{
    char name[] = OCIB_SERVER_NAME;
    char *const argv[] = {name, NULL};
    char *const env[] = {NULL};
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make a socket pair");
    }
    out->socket = pair[0];
    OCIB_AUTO_FD int theirs = pair[1];
    const int fds[] = {null_fd, null_fd, null_fd, [OCIB_CHILD_CONTROL] = theirs};
    const struct ocib_spawn how = {
        .path = "the sandbox",
        .exe_fd = exe_fd,
        .argv = argv,
        .env = env,
        .fds = fds,
        .fd_count = OCIB_COUNT(fds),
        .code = OCIB_ESANDBOX,
    };
    return ocib_spawn(&how, &out->process, err);
}

void ocib_server_stop(struct ocib_server *server)
{
    ocib_fd_cleanup(&server->socket);
    ocib_process_end(&server->process);
}

/* What is said on the child's control socket: by the child a byte with its pidfd, or by the server
 * an error's record; or nothing more if one of them has died. */
static int receive_pidfd(const struct ocib_server *server, int control, struct ocib_error **err)
{
    char record[OCIB_RECORD_MAX];
    int fds[FDS_MAX];
    int status;
    struct pollfd polled[] = {{control, POLLIN, 0}, {server->process.pidfd, POLLIN, 0}};
    while (poll(polled, OCIB_COUNT(polled), -1) < 0) {
        if (errno != EINTR) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't wait for the sandbox");
        }
    }
    ssize_t n = 0;
    if (polled[0].revents) {
        n = ocib_pass_receive(control, (struct iovec){record, sizeof(record)}, fds, FDS_MAX, 0);
        if (n > 0 && fds[0] >= 0) {
            return fds[0];
        }
    }
    struct ocib_str bytes = {record, n < 0 ? 0 : (size_t)n};
    if (ocib_sandbox_report_parse(bytes, &status, err) >= 0) {
        ocib_error_set(err, OCIB_ESANDBOX, "the sandbox's process has ended unexpectedly");
    }
    return -1;
}

int ocib_server_fork(const struct ocib_server *server, const struct ocib_server_request *request,
                     int control, int *theirs, struct ocib_error **err)
{
    int namespaces = request->namespaces;
    struct iovec bytes = {&namespaces, sizeof(namespaces)};
    int fds[FDS_MAX];
    if (request->mount_count > OCIB_STEP_MOUNTS_MAX) {
        return ocib_error_set(err, OCIB_EINTERNAL, "a step with %zu mounts", request->mount_count);
    }
    memcpy(fds, request->fds, sizeof(request->fds));
    for (size_t i = 0; i < request->mount_count; i++) {
        fds[FDS + i] = request->mounts[i];
    }
    if (ocib_pass_send(server->socket, bytes, fds, FDS + request->mount_count) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't ask the sandbox to start a step");
    }
    ocib_fd_cleanup(theirs);
    return receive_pidfd(server, control, err);
}

/* In the child: descriptors 0 to OCIB_CHILD_ROOT, the mounts, and nothing else. */
static int take_fds(const int fds[FDS_MAX])
{
    int high[FDS_MAX];
    size_t count = 0;
    while (count < FDS_MAX && fds[count] >= 0) {
        count++;
    }
    for (size_t i = 0; i < count; i++) {
        high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 1 + (int)count);
        if (high[i] < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (dup2(high[i], (int)i + 1) < 0) {
            return -1;
        }
    }
    return ocib_fd_close_from((unsigned)count + 1, false);
}

/*
 * In the child. It tells the builder of itself, and only once it can't outlive the server: a server
 * that is killed before that, with the child known already, would leave it behind. (A builder that
 * died before that is noticed by its closed control socket.)
 */
static int begin_child(const int fds[FDS_MAX])
{
    char started = 'p';
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || take_fds(fds) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    return pidfd < 0 ||
                   ocib_pass_send(OCIB_CHILD_CONTROL, (struct iovec){&started, 1}, &pidfd, 1) < 0
               ? -1
               : 0;
}

static void report_failure(void)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    ocib_error_set_errno(&err, OCIB_ESANDBOX, "can't set up the process of a step");
    ocib_sandbox_report_error(OCIB_CHILD_CONTROL, err);
}

static void report_refusal(int control)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    ocib_error_set_errno(&err, OCIB_ESANDBOX, "can't make the namespaces of a step");
    ocib_sandbox_report_error(control, err);
}

/* 0 in the child, else 1. */
static int serve_request(int namespaces, int fds[FDS_MAX])
{
    bool complete = fds[FDS - 1] >= 0;
    pid_t pid = complete ? ocib_fork_into(namespaces) : -1;
    if (pid == 0) {
        if (begin_child(fds) < 0) {
            report_failure();
            _exit(1);
        }
        return 0;
    }
    if (complete && pid < 0) {
        report_refusal(fds[OCIB_CHILD_CONTROL - 1]);
    }
    for (size_t i = 0; i < FDS_MAX; i++) {
        ocib_fd_cleanup(&fds[i]);
    }
    return 1;
}

int ocib_server_serve(int socket)
{
    int namespaces;
    int fds[FDS_MAX];
    struct sigaction reap = {.sa_handler = SIG_IGN}; /* children leave no zombies */
    sigaction(SIGCHLD, &reap, NULL);
    while (ocib_pass_receive(socket, (struct iovec){&namespaces, sizeof(namespaces)}, fds, FDS_MAX,
                             0) == (ssize_t)sizeof(namespaces)) {
        if (serve_request(namespaces, fds) == 0) {
            reap.sa_handler = SIG_DFL;
            sigaction(SIGCHLD, &reap, NULL);
            return 0;
        }
    }
    return -1;
}
