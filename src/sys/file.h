/* Whole files, atomic replacement, and removal of trees. */
#ifndef OCIB_SYS_FILE_H
#define OCIB_SYS_FILE_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A whole file. `code` is the code of the error; ENOENT gives OCIB_ENOTFOUND instead. */
int ocib_file_read(int dir_fd, const char *path, size_t limit, struct ocib_buf *out,
                   enum ocib_code code, struct ocib_error **err) OCIB_MUST;

/* Makes `path` hold exactly these bytes: whole or as before, also after a crash (temporary name in
 * the same folder, fdatasync, rename). */
int ocib_file_write_atomic(int dir_fd, const char *path, struct ocib_str bytes, mode_t mode,
                           struct ocib_error **err) OCIB_MUST;

/* Removes a file or a whole tree; never follows links or leaves the file system of mounts. What is
 * absent is no error. Folders without permission bits are made accessible first. */
int ocib_remove_tree(int dir_fd, const char *name, struct ocib_error **err) OCIB_MUST;

/* mkdir -p of a host path. */
int ocib_mkdirs(const char *path, mode_t mode, struct ocib_error **err) OCIB_MUST;

/* Random name part: 16 lower-case hex digits. */
void ocib_random_name(char out[17]);

#endif
