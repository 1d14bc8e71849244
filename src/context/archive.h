/*
 * A build context that comes as a tar, unpacked to a folder that is nobody else's. All of it stays
 * below that folder, whatever names and links the archive has: absolute ones and ".." are meant
 * from its top, as moby's unpacking in a chroot takes them, save that an entry's own name must not
 * lead out. Files are on the disk as the user's own, plain ones, mode 0600, folders 0700; what the
 * archive says of them is in a table (context/inodes.h). Times and hard links are the archive's.
 */
#ifndef OCIB_CONTEXT_ARCHIVE_H
#define OCIB_CONTEXT_ARCHIVE_H

#include "base/error.h"
#include "context/inodes.h"
#include "tar/tar.h"

#include <stdint.h>

/* Bounds against an archive that unpacks to more than anyone meant. */
struct ocib_archive_limits {
    int64_t bytes;                   /* on the disk, about */
    size_t entries;                  /* and names */
    const volatile int *interrupted; /* becomes non-zero: OCIB_EINTERRUPTED; may be NULL */
};

/* What the disk of an open folder has room for, a tenth of that (at most 1 GiB) left free; at most
 * 4 million entries. */
int ocib_archive_limits_of(int dir_fd, struct ocib_archive_limits *out,
                           struct ocib_error **err) OCIB_MUST;

/*
 * Fails with OCIB_ECORRUPT (a damaged or hostile archive), OCIB_EINPUT (too many entries),
 * OCIB_ESTORE (the disk, and too many bytes for it), or what the archive's stream gives. What was
 * unpacked by then stays.
 */
int ocib_archive_unpack(struct ocib_tar_reader *tar, int dir_fd,
                        const struct ocib_archive_limits *limits, struct ocib_inodes *inodes,
                        struct ocib_error **err) OCIB_MUST;

#endif
