/*
 * --build-arg and --build-arg-file: "NAME=value", or "NAME" for the environment's value; such a
 * name that is not there is left out, as docker does. A file has one in each line, and blank lines
 * and comments that begin with "#" (buildah). The last of a name counts, and those of the command
 * line come after those of files.
 */
#ifndef OCIB_API_BUILD_ARGS_H
#define OCIB_API_BUILD_ARGS_H

#include "base/error.h"
#include "base/vec.h"

#include <ocib/ocib.h>

/* As "NAME=value". OCIB_EUSAGE for a line without a name, OCIB_EINPUT for a file that can't be
 * read. */
int ocib_build_args_read(const struct ocib_build_options *options, struct ocib_strings *out,
                         struct ocib_error **err) OCIB_MUST;

/* Lines of "NAME=VALUE", or "NAME" for the environment's value; of comments, and empty ones. */
struct ocib_pairs_flag {
    const char *name; /* for messages: the flag, and what a line is */
    const char *what;
};
int ocib_pairs_file_read(const char *path, const struct ocib_pairs_flag *flag,
                         struct ocib_strings *out, struct ocib_error **err) OCIB_MUST;

#endif
