/*
 * Mode chroot: for root, of the machine, a container or a user namespace, where the kernel refuses
 * namespaces or mounts. A step runs chrooted into a private copy of its tree; it has no /proc, /sys
 * and mounts, and is separate from other processes only as far as users and capabilities make it
 * so. (chroot(2), capabilities(7))
 *
 *  - A process with CAP_SYS_CHROOT can leave a chroot, one with CAP_MKNOD can make a node of a
 * disk: a step has neither. No descriptor that it gets leads out of its tree.
 *  - The step's init is not in the tree. It adopts what the step orphans (PR_SET_CHILD_SUBREAPER),
 *    and kills all of it when the command has ended or the builder is gone.
 */
#ifndef OCIB_SANDBOX_CHROOT_H
#define OCIB_SANDBOX_CHROOT_H

#include "base/error.h"
#include "base/log.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* For the table of modes (modes.h). */
int ocib_chroot_try(struct ocib_error **err) OCIB_MUST;
int ocib_chroot_enter(bool *late, struct ocib_error **err) OCIB_MUST;

/* What a step may have of a set of capabilities: without those that lead out of the tree. */
uint64_t ocib_chroot_caps(uint64_t caps);

/* Makes what can be made of /dev in a tree, in its folder "dev". *null_only: no device nodes can be
 * made or opened; /dev/null is an empty file then. */
int ocib_chroot_fill_dev(int root_fd, bool *null_only, struct ocib_error **err) OCIB_MUST;

/* A pipe with a name, dev/NAME of the tree, so that a step without /proc can open it anew: both
 * ends, close-on-exec. -1 with errno. */
int ocib_chroot_pipe(int root_fd, const char *name, int *read_end, int *write_end) OCIB_MUST;

/* In the process that becomes the command: makes the tree its root and working folder, and closes
 * root_fd. */
int ocib_chroot_enter_tree(int root_fd, struct ocib_error **err) OCIB_MUST;

/* In the step's init, before the command is started: what it leaves behind becomes the init's. A
 * descriptor that tells of children that end; SIGCHLD is blocked. */
int ocib_chroot_adopt(struct ocib_error **err) OCIB_MUST;
/* Waits until the command ends, or the other end of `control` is closed; then no process of the
 * step is left. The command's wait status. */
int ocib_chroot_reap(pid_t command, int control, int signals);

/* Kills the children of a process, and what these leave to it, until there are none: for a step
 * whose init was killed. */
void ocib_chroot_sweep(pid_t parent);

#endif
