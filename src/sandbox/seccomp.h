/*
 * The seccomp filter of steps: what Docker's default profile lets a container with the default
 * capabilities do, made by libseccomp once and handed to each step as bytes.
 *
 * Calls of the list "allowed" pass, a few more with certain arguments only; calls of the list
 * "refused" give EPERM; every other, so those newer than these lists, gives ENOSYS, on which
 * programs fall back to older calls.
 */
#ifndef OCIB_SANDBOX_SECCOMP_H
#define OCIB_SANDBOX_SECCOMP_H

#include "base/buf.h"
#include "base/error.h"

#include <stdbool.h>

/* False if the program was built without libseccomp. */
bool ocib_seccomp_available(void);

/* The filter for this machine's architecture and its 32-bit one, as struct sock_filter bytes;
 * empty without libseccomp. */
int ocib_seccomp_build(struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;

/* The lists: names separated by blanks, in groups, ended by NULL. */
const char *const *ocib_seccomp_allowed(void);
const char *const *ocib_seccomp_refused(void);

#endif
