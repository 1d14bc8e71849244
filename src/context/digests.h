/*
 * Digests of files, remembered by (device, inode, size, mtime, ctime): an unchanged tree costs one
 * stat a file. A file whose ctime is within two seconds of now is not remembered (it could still
 * change unseen). The remembered ones are kept in a file, written atomically; a broken one counts
 * as empty.
 */
#ifndef OCIB_CONTEXT_DIGESTS_H
#define OCIB_CONTEXT_DIGESTS_H

#include "base/error.h"
#include "io/digest.h"

#include <sys/stat.h>

struct ocib_digests;
/* `path` may be NULL: remember for this process only. */
struct ocib_digests *ocib_digests_new(const char *path);
/* Writes what is new; failures to do so are of no consequence. */
void ocib_digests_free(struct ocib_digests *digests);
OCIB_DEFINE_CLEANUP(ocib_digests, struct ocib_digests, ocib_digests_free)
/* The digest of a regular file's content; st is its stat. `name` is for messages. */
int ocib_digests_file(struct ocib_digests *digests, int dir_fd, const char *name,
                      const struct stat *st, struct ocib_digest *out,
                      struct ocib_error **err) OCIB_MUST;

#endif
