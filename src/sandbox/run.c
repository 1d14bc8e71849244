#include "sandbox/caps.h"
#include "sandbox/cgroup.h"
#include "sandbox/chroot.h"
#include "sandbox/modes.h"
#include "sandbox/probe.h"
#include "sandbox/sandbox.h"
#include "sandbox/seccomp.h"
#include "sandbox/state.h"
#include "sandbox/terminal.h"
#include "sandbox/wire.h"
#include "sys/fd.h"
#include "sys/mount.h"
#include "sys/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PIECE = 65536,
    /* A signal may come between the look at the flag and poll(): the flag is looked at this often
     * (milliseconds) whatever happens. */
    LOOK_AGAIN = 100,
};

/* One step while it runs. */
struct run {
    const struct ocib_step *step;
    bool in_chroot;
    pid_t server;
    int pidfd;      /* of process 1 of the step */
    int streams[2]; /* read ends of what the step's descriptors 1 and 2 are; -1 after their end */
    int control;
    struct ocib_cgroup cgroup;
    struct ocib_input input;
    struct ocib_buf record; /* what came over `control` */
    char *piece;
    bool interrupted;
};

/* The kernel ends all of a pid namespace with its process 1; the init of a chroot does so itself
 * when it is left alone. */
static void ask_to_end(const struct run *run)
{
    if (run->in_chroot) {
        shutdown(run->control, SHUT_RDWR);
    } else {
        ocib_pidfd_kill(run->pidfd);
    }
}

/* Kills process 1 of the step's namespace, and with it all others, and waits until they are gone.
 */
static void end_step(struct run *run)
{
    struct pollfd ended = {run->pidfd, POLLIN, 0};
    if (run->pidfd >= 0) {
        ask_to_end(run);
        while (poll(&ended, 1, -1) < 0 && errno == EINTR) {
        }
    }
}

static void run_release(struct run *run)
{
    end_step(run);
    ocib_fd_cleanup(&run->pidfd);
    ocib_cgroup_close(&run->cgroup);
    ocib_input_release(&run->input);
    ocib_fd_cleanup(&run->streams[0]);
    ocib_fd_cleanup(&run->streams[1]);
    ocib_fd_cleanup(&run->control);
    ocib_buf_release(&run->record);
    free(run->piece);
}

/* The calls of steps that a supervisor answers. */
static const struct ocib_emulations *emulations_of(const struct ocib_sandbox *sandbox)
{
    return sandbox->mode == OCIB_SANDBOX_SINGLE ? ocib_emulate_step() : NULL;
}

/* The usual filter is the same for all steps: whoever is first makes it. */
static const struct ocib_buf *get_filter(struct ocib_sandbox *sandbox, struct ocib_error **err)
{
    struct ocib_buf *filter = atomic_load(&sandbox->filter);
    if (filter) {
        return filter;
    }
    struct ocib_buf *made = ocib_new(struct ocib_buf);
    struct ocib_buf *none = NULL;
    if (ocib_seccomp_build(emulations_of(sandbox), ocib_caps_default(), made, err) == 0 &&
        atomic_compare_exchange_strong(&sandbox->filter, &none, made)) {
        return made;
    }
    ocib_buf_release(made);
    free(made);
    return none; /* what another thread has put there, or NULL after a failure */
}

/* Without CAP_SYS_ADMIN a filter would need no_new_privs, which ends sudo. In a chroot it is done
 * without: the container has its own. */
static bool may_filter(void)
{
    return ocib_caps_effective() & UINT64_C(1) << CAP_SYS_ADMIN;
}

/* Where ids are emulated there is always a filter, which hands calls over. */
static int choose_filter(struct ocib_sandbox *sandbox, const struct ocib_step *step,
                         struct ocib_sandbox_spec *spec, struct ocib_error **err)
{
    const struct ocib_policy *policy = step->policy;
    const struct ocib_emulations *emulations = emulations_of(sandbox);
    if (spec->in_chroot && !may_filter()) {
        return 0;
    }
    if (step->insecure || (policy && policy->unfiltered)) {
        return emulations ? ocib_seccomp_build_open(emulations, &spec->filter, err) : 0;
    }
    if (policy && policy->filter.len && emulations) {
        ocib_error_set(err, OCIB_EUSAGE,
                       "--security-opt seccomp=FILE can't be had in sandbox mode single");
        return ocib_error_hint_set(err, "its own filter is needed there to emulate users");
    }
    if (policy && policy->filter.len) {
        ocib_buf_add_str(&spec->filter, ocib_buf_str(&policy->filter));
        return 0;
    }
    if (spec->caps != ocib_caps_default()) {
        return ocib_seccomp_build(emulations, spec->caps, &spec->filter, err);
    }
    const struct ocib_buf *usual = get_filter(sandbox, err);
    if (usual) {
        ocib_buf_add_str(&spec->filter, ocib_buf_str(usual));
    }
    return usual ? 0 : -1;
}

/* What the policy says, or what is usual. */
static int apply_policy(struct ocib_sandbox *sandbox, const struct ocib_step *step,
                        struct ocib_sandbox_spec *spec, struct ocib_error **err)
{
    const struct ocib_policy *policy = step->policy;
    spec->insecure = step->insecure;
    spec->caps = step->insecure ? ocib_caps_all() : policy ? policy->caps : ocib_caps_default();
    if (policy) {
        spec->unmasked = policy->unmasked;
        spec->no_new_privileges = policy->no_new_privileges;
        spec->has_cgroup = ocib_policy_wants_cgroup(policy);
        spec->shm_size = policy->shm_size;
        ocib_buf_add(&spec->limits, policy->limits.items,
                     policy->limits.len * sizeof(*policy->limits.items));
    }
    spec->caps = spec->in_chroot ? ocib_chroot_caps(spec->caps) : spec->caps;
    return choose_filter(sandbox, step, spec, err);
}

static int encode(struct ocib_sandbox *sandbox, const struct ocib_step *step, struct ocib_buf *out,
                  struct ocib_error **err)
{
    OCIB_AUTO_FREE char *cwd = ocib_strdup(step->cwd);
    OCIB_AUTO_FREE char *hostname = ocib_strdup(step->hostname ? step->hostname : "ocib");
    struct ocib_sandbox_spec spec = {
        .uid = step->uid,
        .gid = step->gid,
        .no_network = step->no_network,
        .emulated = sandbox->mode == OCIB_SANDBOX_SINGLE,
        .outer_proc = ocib_mode_may_show_outer_proc(sandbox->mode),
        .in_chroot = sandbox->mode == OCIB_SANDBOX_CHROOT,
        .cwd = cwd,
        .hostname = hostname,
        .argv = *step->argv,
        .env = *step->env,
    };
    for (size_t i = 0; i < step->group_count; i++) {
        ocib_vec_push(&spec.groups, step->groups[i]);
    }
    for (size_t i = 0; i < step->mount_count; i++) {
        ocib_strings_push(&spec.mounts, step->mounts[i].target);
    }
    if (step->io) {
        spec.has_terminal = step->io->terminal;
        spec.has_input = !step->io->terminal && !step->io->shell;
        spec.shell = step->io->shell ? *step->io->shell : (struct ocib_strings){0};
    }
    int result = apply_policy(sandbox, step, &spec, err) < 0
                     ? -1
                     : ocib_sandbox_spec_encode(&spec, out, err);
    ocib_vec_release(&spec.groups);
    ocib_strings_release(&spec.mounts);
    ocib_buf_release(&spec.limits);
    ocib_buf_release(&spec.filter);
    return result;
}

/* What the child is given: the other ends of the run's pipes and socket, and the tree. */
struct ends {
    int streams[2];
    int control;
    int tree;
    int input;
};

static void ends_release(struct ends *ends)
{
    ocib_fd_cleanup(&ends->streams[0]);
    ocib_fd_cleanup(&ends->streams[1]);
    ocib_fd_cleanup(&ends->control);
    ocib_fd_cleanup(&ends->tree);
    ocib_fd_cleanup(&ends->input);
}

/*
 * The child uses its mount of the tree up, so it gets a copy. Kernels before 6.15 do not copy
 * detached mounts: there it gets the caller's own, which then serves for one step.
 */
static int copy_tree(const struct run *run)
{
    int root_fd = run->step->root_fd;
    int copy = run->in_chroot ? -1 : ocib_mount_clone(root_fd, "", true);
    return copy >= 0 ? copy : fcntl(root_fd, F_DUPFD_CLOEXEC, 0);
}

static int make_pipe(int *read_end, int *write_end)
{
    int pair[2];
    if (pipe2(pair, O_CLOEXEC) < 0) {
        return -1;
    }
    *read_end = pair[0];
    *write_end = pair[1];
    /* Reading is by poll(), and after the step's end up to what is there. The step's end of the
     * pipe is not touched by this. */
    return fcntl(pair[0], F_SETFL, O_NONBLOCK);
}

/* Without /proc, /dev/stdout can't lead to the step's own pipe: it is the pipe. */
static int make_stream(struct run *run, int i, int *write_end)
{
    static const char *const names[] = {"stdout", "stderr"};
    return run->in_chroot
               ? ocib_chroot_pipe(run->step->root_fd, names[i], &run->streams[i], write_end)
               : make_pipe(&run->streams[i], write_end);
}

static int make_ends(struct run *run, struct ends *ends, struct ocib_error **err)
{
    int pair[2];
    if (make_stream(run, 0, &ends->streams[0]) < 0 || make_stream(run, 1, &ends->streams[1]) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make the pipes of a step");
    }
    run->control = pair[0];
    ends->control = pair[1];
    ends->tree = copy_tree(run);
    if (ends->tree < 0) {
        return ocib_error_set_errno(err, OCIB_EINTERNAL, "can't take the tree of a step");
    }
    return 0;
}

/* A terminal comes over a socket when there is one; other input goes through a pipe, since the
 * builder's own descriptor may be one that the step must not have. */
static int make_input(struct run *run, struct ends *ends, struct ocib_error **err)
{
    const struct ocib_step_io *io = run->step->io;
    int pair[2];
    if (!io) {
        return 0;
    }
    run->input.from = io->input_fd;
    run->input.size_of = io->size_fd;
    bool terminal = io->terminal || io->shell;
    if (terminal ? socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0
                 : pipe2(pair, O_CLOEXEC) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make the input of a step");
    }
    ends->input = pair[0];
    *(terminal ? &run->input.socket : &run->input.to) = pair[1];
    if (!terminal && fcntl(pair[1], F_SETFL, O_WRONLY | O_NONBLOCK) < 0) {
        return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't make the input of a step");
    }
    if (!terminal && io->input_fd < 0) {
        ocib_fd_cleanup(&run->input.to);
    }
    return 0;
}

static int start(struct ocib_sandbox *sandbox, struct run *run, struct ocib_error **err)
{
    OCIB_AUTO(ends_release) struct ends ends = {{-1, -1}, -1, -1, -1};
    if (make_ends(run, &ends, err) < 0 || make_input(run, &ends, err) < 0) {
        return -1;
    }
    int mounts[OCIB_STEP_MOUNTS_MAX];
    const struct ocib_step *step = run->step;
    size_t count = 0;
    for (; count < step->mount_count && count < OCIB_STEP_MOUNTS_MAX - 2; count++) {
        mounts[count] = step->mounts[count].fd;
    }
    if (run->cgroup.procs_fd >= 0) {
        mounts[count++] = run->cgroup.procs_fd;
    }
    if (ends.input >= 0) {
        mounts[count++] = ends.input;
    }
    const struct ocib_server_request request = {
        .namespaces = (run->in_chroot ? 0 : ocib_probe_step_namespaces()) |
                      (run->step->no_network ? CLONE_NEWNET : 0),
        .fds = {ends.streams[0], ends.streams[1], ends.control, ends.tree},
        .mounts = mounts,
        .mount_count = count,
    };
    run->pidfd = ocib_server_fork(&sandbox->server, &request, run->control, &ends.control, err);
    if (run->pidfd < 0 && run->in_chroot && run->step->no_network) {
        ocib_error_hint_replace(err, "in sandbox mode chroot there is no network namespace where "
                                     "the kernel refuses one: build with --network=host");
    }
    return run->pidfd < 0 ? -1 : 0;
}

/* A child that fails early leaves bytes unread; its record then tells more than EPIPE. */
static int send_spec(int control, const struct ocib_buf *spec, struct ocib_error **err)
{
    size_t sent = 0;
    while (sent < spec->len) {
        ssize_t n = send(control, spec->data + sent, spec->len - sent, MSG_NOSIGNAL);
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
            return 0;
        }
        if (n < 0 && errno != EINTR) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't tell the sandbox what to run");
        }
        sent += n < 0 ? 0 : (size_t)n;
    }
    return 0;
}

/* Takes what a stream has. False at its end, or if nothing is there now. */
static bool take_output(struct run *run, int i)
{
    ssize_t n = read(run->streams[i], run->piece, PIECE);
    if (n < 0 && errno == EINTR) {
        return true;
    }
    if (n > 0 && i == 0 && run->input.terminal) {
        run->step->io->output(run->step->io->data, run->piece, (size_t)n);
    } else if (n > 0 && run->step->output) {
        run->step->output(run->step->data, i + 1, run->piece, (size_t)n);
    }
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
        ocib_fd_cleanup(&run->streams[i]);
    }
    return n > 0;
}

static void take_record(struct run *run)
{
    const size_t room = OCIB_RECORD_MAX;
    ssize_t n = -1;
    if (run->record.len < room) {
        n = recv(run->control, ocib_buf_reserve(&run->record, room), room, MSG_DONTWAIT);
    }
    if (n > 0) {
        run->record.len += (size_t)n;
    }
}

static void look_for_interrupt(struct run *run)
{
    if (run->step->interrupted && *run->step->interrupted && !run->interrupted) {
        run->interrupted = true;
        ask_to_end(run);
    }
}

/* From here on stream 1 is the terminal's output, after what is in the pipe. */
static void begin_terminal(struct run *run, int fd)
{
    const struct ocib_step_io *io = run->step->io;
    run->input.terminal = false;
    while (run->streams[0] >= 0 && take_output(run, 0)) {
    }
    run->input.terminal = true;
    ocib_fd_cleanup(&run->streams[0]);
    run->streams[0] = fd;
    if (io->begin) {
        io->begin(io->data);
    }
}

/*
 * Passes output on until the step's process 1 has ended. All processes of the step are gone by
 * then, so what is left in the pipes is all there will be, even if one of them has passed its end
 * of a pipe to somebody outside.
 */
static int watch(struct run *run, struct ocib_error **err)
{
    for (;;) {
        struct pollfd polled[3 + OCIB_INPUT_POLLED] = {
            {run->pidfd, POLLIN, 0},
            {run->streams[0], POLLIN, 0},
            {run->streams[1], POLLIN, 0},
        };
        ocib_input_poll(&run->input, polled + 3);
        look_for_interrupt(run);
        if (poll(polled, OCIB_COUNT(polled), LOOK_AGAIN) < 0 && errno != EINTR) {
            return ocib_error_set_errno(err, OCIB_ESANDBOX, "can't wait for the step");
        }
        bool ended = polled[0].revents != 0;
        for (int i = 0; i < 2; i++) {
            while (run->streams[i] >= 0 && (ended || polled[i + 1].revents) &&
                   take_output(run, i) && ended) {
            }
        }
        if (ended) {
            return 0;
        }
        int terminal = ocib_input_move(&run->input, polled + 3);
        if (terminal >= 0) {
            begin_terminal(run, terminal);
        }
    }
}

/* Process 1 reports how the command ended; one that was killed (for want of memory, or by somebody)
 * could not, and the command went with it. */
static int finish(struct run *run, struct ocib_step_result *result, struct ocib_error **err)
{
    int status = 0;
    ocib_fd_cleanup(&run->pidfd);
    take_record(run);
    if (run->in_chroot && !run->record.len) {
        ocib_chroot_sweep(run->server);
    }
    if (run->interrupted) {
        return ocib_error_set(err, OCIB_EINTERRUPTED, "interrupted");
    }
    int told = ocib_sandbox_report_parse(ocib_buf_str(&run->record), &status, err);
    if (told < 0) {
        return -1;
    }
    int number = told == 0 ? SIGKILL : WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result->signal = number;
    result->exit_status = number ? 128 + number : WEXITSTATUS(status);
    return 0;
}

static int open_cgroup(struct run *run, struct ocib_error **err)
{
    const struct ocib_policy *policy = run->step->policy;
    return policy && ocib_policy_wants_cgroup(policy) ? ocib_cgroup_open(policy, &run->cgroup, err)
                                                      : 0;
}

static int check(const struct ocib_sandbox *sandbox, const struct ocib_step *step,
                 struct ocib_error **err)
{
    if (sandbox->mode == OCIB_SANDBOX_NONE) {
        ocib_error_set(err, OCIB_ESANDBOX, "no way to run steps on this machine");
        return ocib_error_hint_set(err, "%s", sandbox->why);
    }
    if (step->argv->len == 0) {
        return ocib_error_set(err, OCIB_EBUILD, "the command is empty");
    }
    if (step->insecure && sandbox->mode == OCIB_SANDBOX_CHROOT) {
        return ocib_error_set(err, OCIB_ESANDBOX,
                              "RUN --security=insecure can't be had in sandbox mode chroot: the "
                              "step could leave its tree");
    }
    if (step->io && (step->io->terminal || step->io->shell) &&
        sandbox->mode == OCIB_SANDBOX_CHROOT) {
        return ocib_error_set(
            err, OCIB_ESANDBOX,
            "there are no terminals in sandbox mode chroot, where devpts can't be "
            "mounted");
    }
    if (step->mount_count > OCIB_STEP_MOUNTS_MAX - 2) {
        return ocib_error_set(err, OCIB_EINTERNAL, "a step with %zu mounts", step->mount_count);
    }
    return 0;
}

int ocib_sandbox_run(struct ocib_sandbox *sandbox, const struct ocib_step *step,
                     struct ocib_step_result *result, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf spec = {0};
    OCIB_AUTO(run_release)
    struct run run = {.step = step,
                      .in_chroot = sandbox->mode == OCIB_SANDBOX_CHROOT,
                      .server = sandbox->server.process.pid,
                      .pidfd = -1,
                      .streams = {-1, -1},
                      .control = -1,
                      .cgroup = {-1, -1, -1, NULL}};
    run.piece = ocib_alloc(1, PIECE);
    ocib_input_init(&run.input);
    if (check(sandbox, step, err) < 0 || open_cgroup(&run, err) < 0 ||
        encode(sandbox, step, &spec, err) < 0 || start(sandbox, &run, err) < 0 ||
        send_spec(run.control, &spec, err) < 0 || watch(&run, err) < 0) {
        return -1;
    }
    return finish(&run, result, err);
}
