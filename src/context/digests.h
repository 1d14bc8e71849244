/*
 * Digests of files, remembered by (device, inode, size, mtime, ctime): an unchanged tree costs one
 * stat a file. A file whose ctime is within two seconds of now is not remembered (it could still
 * change unseen). The remembered ones are kept in a file, written atomically; a broken one counts
 * as empty, and what was not asked for in a month is forgotten. Not for concurrent use.
 */
#ifndef OCIB_CONTEXT_DIGESTS_H
#define OCIB_CONTEXT_DIGESTS_H

#include "base/error.h"
#include "io/digest.h"

#include <stdbool.h>
#include <sys/stat.h>

struct ocib_digests;
/* `path` may be NULL: remember for this process only. */
struct ocib_digests *ocib_digests_new(const char *path);
/* Writes what is new; failures to do so are of no consequence. */
void ocib_digests_free(struct ocib_digests *digests);
OCIB_DEFINE_CLEANUP(ocib_digests, struct ocib_digests, ocib_digests_free)
/*
 * The digest of a regular file's content; st is its stat. `name` is its path below dir_fd, which
 * the file is opened by (never through a link that leads out of dir_fd) and which is shown in
 * messages. Fails with OCIB_EINPUT: it can't be read, or is no longer the file that st describes.
 * `digests` may be NULL: nothing is remembered.
 */
int ocib_digests_file(struct ocib_digests *digests, int dir_fd, const char *name,
                      const struct stat *st, struct ocib_digest *out,
                      struct ocib_error **err) OCIB_MUST;
/* Opens a regular file in the same way, to read what st describes; -1 on failure. */
int ocib_context_file_open(int dir_fd, const char *name, const struct stat *st,
                           struct ocib_error **err) OCIB_MUST;
/* How many digests are remembered, and how many files were read to make them. */
struct ocib_digests_count {
    size_t known;
    size_t read;
};
struct ocib_digests_count ocib_digests_count(const struct ocib_digests *digests);

#endif
