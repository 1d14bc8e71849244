/*
 * Fingerprints of files: what of them neither stat nor times tell. For snapshots without an
 * overlay, which have no second tree to compare a file with.
 */
#ifndef OCIB_ROOTFS_PRINT_H
#define OCIB_ROOTFS_PRINT_H

#include "io/digest.h"

#include <sys/stat.h>

/* Digest of attributes (those that a layer holds) and content or link text of dir_fd/name, whose
 * stat is `st`. Zeros count alike whether they are stored or a hole. -1 with errno. */
int ocib_print_take(int dir_fd, const char *name, const struct stat *st,
                    struct ocib_digest *out) OCIB_MUST;

#endif
