/* Advisory file locks (flock(2)): shared by many, or exclusive. Released on close or process end.
 */
#ifndef OCIB_SYS_LOCK_H
#define OCIB_SYS_LOCK_H

#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>

/* Opens (makes) the lock file and waits for the lock; returns its descriptor, or -1. */
int ocib_lock(int dir_fd, const char *name, bool exclusive, struct ocib_error **err) OCIB_MUST;
/* The same without waiting: -1 and no error set if it is held by someone else. */
int ocib_lock_try(int dir_fd, const char *name, bool exclusive, struct ocib_error **err) OCIB_MUST;

/* Makes an exclusive lock a shared one. -1 with errno. */
int ocib_lock_share(int lock_fd) OCIB_MUST;

#endif
