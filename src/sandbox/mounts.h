/*
 * The mounts of a step, made by the sandbox child in a mount namespace of its own: the tree as "/",
 * and in it a new /proc, a read-only /sys and a minimal /dev, as Docker gives them.
 *
 * A container's /proc has parts that are covered, and the kernel gives no user namespace a new one
 * that would show them. Where that is allowed ("outer_proc") steps then get the outer one, covers
 * and all: it shows the names of the container's processes, and a step finds itself there by
 * /proc/self, but not by the number that it has in its own pid namespace.
 *
 * The tree comes from an image and may be hostile: mount points are looked up without following
 * any link (those of the step's own mounts: inside of the tree), and mounted on by descriptor.
 */
#ifndef OCIB_SANDBOX_MOUNTS_H
#define OCIB_SANDBOX_MOUNTS_H

#include "base/error.h"
#include "sandbox/wire.h"

#include <stdbool.h>

/* The nodes of a step's /dev. */
struct ocib_device_node {
    const char *name;
    unsigned minor;
    unsigned major;
};
const struct ocib_device_node *ocib_device_nodes(size_t *count);

/* Enters the tree, a detached mount that is used up by this: after it "/" is the tree and nothing
 * of the host is mounted any more. The step's own mounts are the descriptors from OCIB_CHILD_MOUNTS
 * on. */
int ocib_sandbox_enter_tree(int root_fd, const struct ocib_sandbox_spec *spec,
                            struct ocib_error **err) OCIB_MUST;

/* Only tries the kinds of mounts that a step needs; nothing stays. For a process that was just put
 * into mount, pid and ipc namespaces of its own. */
int ocib_sandbox_try_mounts(bool outer_proc, struct ocib_error **err) OCIB_MUST;

#endif
