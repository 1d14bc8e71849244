#include "sandbox/supervise.h"

#include "base/mem.h"
#include "emulate/supervisor.h"
#include "sandbox/caps.h"
#include "sandbox/pass.h"
#include "sandbox/seccomp.h"
#include "sys/fd.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int refused(struct ocib_error **err)
{
    int number = errno;
    ocib_error_set_errno(err, OCIB_ESANDBOX, "can't set a seccomp filter that asks a supervisor");
    if (number == EBUSY) {
        return ocib_error_hint_set(err, "a supervisor watches this process already: start ocib "
                                        "outside of it");
    }
    return ocib_error_hint_set(err, "Linux 5.9 or later has it, unless a security profile "
                                    "forbids seccomp(2)");
}

int ocib_supervise_hand_over(int socket, const struct ocib_buf *filter, struct ocib_error **err)
{
    OCIB_AUTO_FD int listener = ocib_supervisor_attach(filter);
    if (listener < 0) {
        return refused(err);
    }
    if (ocib_pass_send_one(socket, listener) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't reach the supervisor");
    }
    return 0;
}

/* What a supervisor has: what a step has, and PTRACE to read the memory of programs that can't be
 * dumped. */
static uint64_t supervisor_caps(const struct ocib_sandbox_spec *spec)
{
    return spec->caps | UINT64_C(1) << CAP_SYS_PTRACE;
}

static int open_proc(struct ocib_error **err)
{
    int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return fd < 0 ? ocib_error_set_errno(err, OCIB_ESANDBOX, "can't open /proc") : fd;
}

/* ---- of a step ---- */

/* It has no end of its own: process 1 ends with the command. */
static void *supervise(void *supervisor)
{
    (void)!ocib_supervisor_run(supervisor);
    return NULL;
}

static void fill_creds(const struct ocib_sandbox_spec *spec, struct ocib_creds *out)
{
    ocib_creds_init(out, spec->uid, spec->gid, spec->caps);
    ocib_creds_put_groups(out, spec->groups.items, spec->groups.len);
}

int ocib_supervise_step(int socket, const struct ocib_sandbox_spec *spec, struct ocib_error **err)
{
    pthread_t thread;
    struct ocib_creds first;
    int listener = ocib_pass_receive_one(socket, 0);
    if (listener < 0) {
        return 0;
    }
    fill_creds(spec, &first);
    const struct ocib_supervisor_options options = {
        .listener = listener,
        .proc_fd = open_proc(err),
        .emulations = ocib_emulate_step(),
        .first = &first,
        .bound = spec->caps,
        .no_new_privileges = spec->no_new_privileges,
    };
    struct ocib_supervisor *supervisor =
        options.proc_fd < 0 ? NULL : ocib_supervisor_new(&options, err);
    if (!supervisor) {
        return -1;
    }
    if (ocib_caps_limit(supervisor_caps(spec)) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't limit the init's capabilities");
    }
    errno = pthread_create(&thread, NULL, supervise, supervisor);
    if (errno) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't start the supervisor's thread");
    }
    pthread_detach(thread);
    return 0;
}

/* ---- of the builder ---- */

/* Nothing of the builder's is kept open. */
static int keep_only(int socket)
{
    enum { KEPT = 3 };
    if (dup2(socket, KEPT) < 0 || syscall(SYS_close_range, KEPT + 1U, ~0U, 0) < 0) {
        return -1;
    }
    return KEPT;
}

/* The builder's child: what is typed at its terminal is for the builder to deal with. */
_Noreturn static void serve(int socket)
{
    struct ocib_creds first;
    ocib_creds_init(&first, 0, 0, ~UINT64_C(0));
    setsid();
    prctl(PR_SET_NAME, "ocib-owners");
    socket = prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -1 : keep_only(socket);
    int listener = socket < 0 ? -1 : ocib_pass_receive_one(socket, 0);
    const struct ocib_supervisor_options options = {
        .listener = listener,
        .proc_fd = listener < 0 ? -1 : open_proc(NULL),
        .emulations = ocib_emulate_builder(),
        .first = &first,
        .bound = ~UINT64_C(0),
    };
    struct ocib_supervisor *supervisor =
        options.proc_fd < 0 ? NULL : ocib_supervisor_new(&options, NULL);
    if (!supervisor || ocib_pass_send_one(socket, options.proc_fd) < 0) {
        _exit(1);
    }
    close(socket);
    _exit(ocib_supervisor_run(supervisor) < 0);
}

int ocib_supervise_this(struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf filter = {0};
    int pair[2];
    if (ocib_seccomp_build_open(ocib_emulate_builder(), &filter, err) < 0) {
        return -1;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make a socket pair");
    }
    OCIB_AUTO_FD int ours = pair[0];
    OCIB_AUTO_FD int theirs = pair[1];
    pid_t pid = ocib_fork_into(0);
    if (pid < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't start the supervisor");
    }
    if (pid == 0) {
        close(ours);
        serve(theirs);
    }
    ocib_fd_cleanup(&theirs);
    if (ocib_supervise_hand_over(ours, &filter, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FD int ready = ocib_pass_receive_one(ours, 0);
    return ready < 0 ? ocib_error_set(err, OCIB_ESANDBOX, "the supervisor ended unexpectedly") : 0;
}
