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
    return ocib_fd_close_from((unsigned)count, true);
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

/* For seccomp profiles without execveat(2). */
static void execute_by_path(int exe_fd, const struct ocib_spawn *how)
{
    char path[] = "/proc/self/fd/0000000000";
    char *digit = path + sizeof(path) - 1;
    for (int i = 0; i < 10; i++, exe_fd /= 10) {
        *--digit = (char)('0' + exe_fd % 10);
    }
    char *number = path + sizeof("/proc/self/fd/") - 1;
    while (*digit == '0' && digit[1]) {
        digit++;
    }
    do {
        *number++ = *digit;
    } while (*digit++);
    execve(path, how->argv, how->env);
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
            if (errno == ENOSYS || errno == EPERM) {
                execute_by_path(exe_fd, how);
            }
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

/* The process's number is in /proc; it can't be another one's while the pidfd is not reaped. */
static pid_t pid_of(int pidfd)
{
    OCIB_AUTO_BUF struct ocib_buf text = {0};
    OCIB_AUTO_FREE char *path = ocib_format("/proc/self/fdinfo/%d", pidfd);
    OCIB_AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || ocib_fd_read_all(fd, 4096, &text) < 0) {
        return -1;
    }
    struct ocib_str rest = ocib_buf_str(&text);
    struct ocib_str line;
    uint64_t number = 0;
    while (ocib_str_cut(&rest, '\n', &line)) {
        if (ocib_str_starts(line, "Pid:") &&
            ocib_str_uint(ocib_str_trim(ocib_str_sub(line, 4, line.len)), INT32_MAX, &number)) {
            return number ? (pid_t)number : -1;
        }
    }
    return -1;
}

int ocib_pidfd_kill(int pidfd)
{
    int saved = errno;
    int result = (int)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    if (result < 0 && (errno == ENOSYS || errno == EPERM)) {
        pid_t pid = pid_of(pidfd);
        result = pid > 0 ? kill(pid, SIGKILL) : -1;
    }
    if (result == 0) {
        errno = saved;
    }
    return result;
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
