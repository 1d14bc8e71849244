/* The content of one file into another: shared where the file system can (reflink), else copied by
 * the kernel, else through memory. Holes stay holes. */
#ifndef OCIB_SYS_COPY_H
#define OCIB_SYS_COPY_H

#include "base/cleanup.h"

#include <stdbool.h>
#include <sys/stat.h>

/* What was found not to work between these two file systems, so that it isn't tried for each file.
 * Zeroed at first. */
struct ocib_copy_ways {
    bool no_clone;
    bool no_range;
};

/* `to` is new and empty; st is the stat of `from`. -1 with errno; fewer bytes than st says: EIO. */
int ocib_copy_content(int from, int to, const struct stat *st,
                      struct ocib_copy_ways *ways) OCIB_MUST;

#endif
