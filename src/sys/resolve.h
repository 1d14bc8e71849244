/*
 * openat2(2) by steps, for where the kernel or a seccomp profile has none: each folder on the way
 * is opened by its name, without following links, and links are followed by their text. So no link
 * and no rename on the way leads out of the root, at the cost of a few calls a component.
 */
#ifndef OCIB_SYS_RESOLVE_H
#define OCIB_SYS_RESOLVE_H

#include "base/cleanup.h"

#include <stdint.h>
#include <sys/types.h>

/* `resolve`: RESOLVE_IN_ROOT, or RESOLVE_BENEATH with or without RESOLVE_NO_SYMLINKS. A descriptor,
 * or -1 with errno, as openat2(2) gives them. */
int ocib_resolve(int root_fd, const char *path, int flags, mode_t mode, uint64_t resolve) OCIB_MUST;

#endif
