/*
 * A build context: a folder of the host, read only, never left (openat2), seen through its ignore
 * file (`<Dockerfile>.dockerignore` first, else `.dockerignore`; moby's rules). The context owns
 * its descriptor, rules and digests; they live as long as it does. Not for concurrent use.
 */
#ifndef OCIB_CONTEXT_CONTEXT_H
#define OCIB_CONTEXT_CONTEXT_H

#include "base/error.h"
#include "base/log.h"
#include "context/digests.h"
#include "glob/ignore.h"

#include <stdbool.h>

struct ocib_context_options {
    const char *path;         /* the folder */
    const char *dockerfile;   /* path of the Dockerfile relative to the folder, or absolute; NULL:
                                 none (stdin) */
    const char *digest_cache; /* file that remembers digests of files; NULL: none */
    const struct ocib_log *log;
};

struct ocib_context;
/* Fails with OCIB_EINPUT: not there, not a folder, unreadable ignore file, bad pattern (with its
 * span). */
struct ocib_context *ocib_context_open(const struct ocib_context_options *options,
                                       struct ocib_error **err) OCIB_MUST;
/* A folder of ocib's own, which was fetched or unpacked: all of it, and no ignore file has a say.
 * Owns `fd`. */
struct ocib_context *ocib_context_adopt(int fd);
void ocib_context_free(struct ocib_context *context);
OCIB_DEFINE_CLEANUP(ocib_context, struct ocib_context, ocib_context_free)

int ocib_context_fd(const struct ocib_context *context);
/* NULL if there is no ignore file. */
const struct ocib_ignore *ocib_context_ignore(const struct ocib_context *context);
struct ocib_digests *ocib_context_digests(struct ocib_context *context);

#endif
