#include "sys/spawn.h"

#include "base/mem.h"
#include "sys/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_SIZE = 65536 };

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* What the parent and the new process share until it executes the program. */
struct start {
    const struct ocib_spawn *how;
    pid_t parent;
    int error; /* errno of what failed */
};

/* Sources may be any numbers, also targets of each other: first all out of the way, then into
 * place. */
static int place_fds(const int *fds, size_t count, int *exe_fd)
{
    int high[OCIB_SPAWN_FDS];
    if (*exe_fd >= 0) {
        *exe_fd = fcntl(*exe_fd, F_DUPFD_CLOEXEC, OCIB_SPAWN_FDS);
        if (*exe_fd < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, OCIB_SPAWN_FDS);
        if (high[i] < 0) {
            return -1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (dup2(high[i], (int)i) < 0) {
            return -1;
        }
    }
    return (int)syscall(SYS_close_range, (unsigned)count, ~0U, CLOSE_RANGE_CLOEXEC);
}

static void default_signals(void)
{
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int i = 1; i < NSIG; i++) {
        sigaction(i, &standard, NULL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Runs in the parent's memory while the parent's thread stands still: nothing but plain calls. */
__attribute__((no_sanitize_address)) static int start_program(void *data)
{
    struct start *start = data;
    const struct ocib_spawn *how = start->how;
    int exe_fd = how->exe_fd;
    default_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && place_fds(how->fds, how->fd_count, &exe_fd) == 0) {
        /* The parent may have been killed before that call; in a new pid namespace it is 0. */
        if (getppid() != start->parent && getppid() != 0) {
            _exit(127);
        }
        if (exe_fd >= 0) {
            syscall(SYS_execveat, exe_fd, "", how->argv, how->env, AT_EMPTY_PATH);
        } else {
            execve(how->path, how->argv, how->env);
        }
    }
    start->error = errno;
    _exit(127);
}

int ocib_spawn(const struct ocib_spawn *how, struct ocib_process *out, struct ocib_error **err)
{
    struct start start = {.how = how, .parent = getpid()};
    OCIB_AUTO_FREE char *stack = ocib_alloc(1, STACK_SIZE);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    /* A handler must not run in the child, where it would change the parent's memory. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int pidfd = -1;
    int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | how->namespaces;
    pid_t pid = clone(start_program, stack + STACK_SIZE, flags, &start, &pidfd);
    int saved = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    if (pid < 0) {
        return ocib_error_set_errno(err, how->code, "can't start a process%s for %s",
                                    how->namespaces ? " in new namespaces" : "", how->path);
    }
    *out = (struct ocib_process){pid, pidfd};
    if (start.error) {
        ocib_process_wait(out, NULL);
        errno = start.error;
        return ocib_error_set_errno(err, how->code, "can't execute %s", how->path);
    }
    return 0;
}

int ocib_process_wait(struct ocib_process *process, int *status)
{
    pid_t got;
    do {
        got = waitpid(process->pid, status, 0);
    } while (got < 0 && errno == EINTR);
    ocib_fd_cleanup(&process->pidfd);
    process->pid = 0;
    return got < 0 ? -1 : 0;
}

void ocib_process_end(struct ocib_process *process)
{
    if (process->pid > 0) {
        kill(process->pid, SIGKILL);
        ocib_process_wait(process, NULL);
    }
}

pid_t ocib_fork_into(int namespaces)
{
    unsigned long flags = (unsigned long)namespaces | SIGCHLD;
#if defined(__s390__)
    return (pid_t)syscall(SYS_clone, 0, flags, NULL, NULL, 0);
#else
    return (pid_t)syscall(SYS_clone, flags, 0, NULL, NULL, 0);
#endif
}
