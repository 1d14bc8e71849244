/*
 * What an archive says of its files that the folder it was unpacked to doesn't hold: types, modes,
 * owners, devices and attributes, by inode number. So unpacking needs no privilege, whoever the
 * archive's files belong to, and no file of it is on the disk with a set-id bit or as a device.
 *
 * The table owns what is in it. It is written by one thread; reading changes nothing.
 */
#ifndef OCIB_CONTEXT_INODES_H
#define OCIB_CONTEXT_INODES_H

#include "base/cleanup.h"
#include "base/xattrs.h"

#include <stdint.h>
#include <sys/stat.h>

struct ocib_inode {
    mode_t mode; /* type and permission bits */
    uid_t uid;
    gid_t gid;
    dev_t rdev;
    const struct ocib_xattrs *xattrs; /* NULL: none */
};

struct ocib_inodes;
struct ocib_inodes *ocib_inodes_new(void);
void ocib_inodes_free(struct ocib_inodes *inodes);
OCIB_DEFINE_CLEANUP(ocib_inodes, struct ocib_inodes, ocib_inodes_free)

/* Copies what is told; an earlier word on the same number is forgotten. */
void ocib_inodes_set(struct ocib_inodes *inodes, ino_t number, const struct ocib_inode *inode);
/*
 * What is to be seen in place of `st`, which is of the unpacked file. What nothing was told of is a
 * folder that the archive left out: root's, with mode 0755 (moby). The attributes are the table's.
 */
void ocib_inodes_get(const struct ocib_inodes *inodes, const struct stat *st,
                     struct ocib_inode *out);

#endif
