/* Trying, in processes that leave nothing behind, whether steps could run here. */
#ifndef OCIB_SANDBOX_PROBE_H
#define OCIB_SANDBOX_PROBE_H

#include "base/error.h"

#include <stdbool.h>

/* The namespaces of each step. */
int ocib_probe_step_namespaces(void);

/* Whether this process, as it is, could start a step: makes the namespaces and the mounts of one in
 * a child. `outer_proc`: see mounts.h. The error says what was refused, and its hint what to do. */
int ocib_probe_step(bool outer_proc, struct ocib_error **err) OCIB_MUST;

/* Whether this process may have more than one user and group id (it may call setgroups(2)). */
int ocib_probe_ids(struct ocib_error **err) OCIB_MUST;

/* True unless this process is in the machine's first user namespace. */
bool ocib_probe_in_userns(void);

/* How many things are mounted below /proc, so that the kernel gives user namespaces no new one; -1
 * if it is not there at all. */
int ocib_probe_proc_covers(void);

/* True if /proc/self/status has this line: "NoNewPrivs:\t1". */
bool ocib_probe_status_has(const char *line);

/* True if a file, such as a sysctl, begins with this number. */
bool ocib_probe_file_is(const char *path, const char *number);

/* Whether processes can be followed by descriptors, which every mode needs (pidfd_open(2)). */
int ocib_probe_pidfd(struct ocib_error **err) OCIB_MUST;

#endif
