/*
 * Descriptors that are handed to another process over a socket (unix(7), SCM_RIGHTS). All restart
 * after signals, and set errno.
 */
#ifndef OCIB_SANDBOX_PASS_H
#define OCIB_SANDBOX_PASS_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

enum { OCIB_PASS_MOST = 253 }; /* descriptors of one message, as the kernel has it */

/* At least one byte, with `count` descriptors: the bytes sent, or -1. */
ssize_t ocib_pass_send(int socket, struct iovec bytes, const int *fds, size_t count);
/* The bytes received, 0 at the end, or -1. The descriptors are closed by execve(2); of the `count`
 * that may come, those that didn't are -1. `flags` as of recvmsg(2). */
ssize_t ocib_pass_receive(int socket, struct iovec bytes, int *fds, size_t count, int flags);

/* One descriptor and nothing else. */
int ocib_pass_send_one(int socket, int fd);
/* -1: none came. */
int ocib_pass_receive_one(int socket, int flags);

#endif
