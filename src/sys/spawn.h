/*
 * Starting programs. The new process gets exactly the descriptors that it is given, default signal
 * actions, an empty signal mask, and is killed when the thread that started it ends (also by
 * SIGKILL), so nothing outlives this program. That thread must therefore wait for it.
 */
#ifndef OCIB_SYS_SPAWN_H
#define OCIB_SYS_SPAWN_H

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ocib_spawn {
    const char *path;    /* the program; for messages only if exe_fd is to be executed */
    int exe_fd;          /* -1: execute path */
    char *const *argv;   /* NULL-ended */
    char *const *env;    /* NULL-ended */
    const int *fds;      /* become descriptors 0, 1, 2 ... */
    size_t fd_count;     /* at most OCIB_SPAWN_FDS */
    int namespaces;      /* new ones, as CLONE_NEW* flags; none: 0 */
    enum ocib_code code; /* of errors */
};
enum { OCIB_SPAWN_FDS = 8 };

struct ocib_process {
    pid_t pid; /* 0: none */
    int pidfd; /* readable when the process has ended */
};

/* Starts a program; what keeps it from being executed is an error of this call. */
int ocib_spawn(const struct ocib_spawn *how, struct ocib_process *out,
               struct ocib_error **err) OCIB_MUST;
/* Waits for the end and stores what waitpid(2) says; closes the pidfd. -1 with errno. */
int ocib_process_wait(struct ocib_process *process, int *status);
/* Kills, waits, and closes; nothing if there is none. */
void ocib_process_end(struct ocib_process *process);
#define OCIB_AUTO_PROCESS OCIB_AUTO(ocib_process_end)

/* Kills the process of a pidfd; where pidfd_send_signal(2) is refused, by its number, which nobody
 * else can have got before the process is reaped (by the pidfd's owner's choice or not). */
int ocib_pidfd_kill(int pidfd);

/* fork() into new namespaces (CLONE_NEW* flags), by the call that the oldest kernels and sandbox
 * profiles know. For processes with one thread. */
pid_t ocib_fork_into(int namespaces) OCIB_MUST;

#endif
