/*
 * Layer tars, read and written. libarchive (hidden here) only unpacks what is around a tar that ADD
 * is given: its own reader of tar converts PAX names through the process's locale and normalises
 * them, and what its writer writes differs between its versions, while names are bytes and a
 * layer's digest must not depend on the machine.
 *
 * Read are v7, ustar, PAX and GNU tars, sparse files of all three GNU forms included. Written
 * archives are deterministic: PAX where needed and plain ustar where not, no names but numbers for
 * owners, no access and change times, sub-second times kept in PAX "mtime", xattrs as
 * SCHILY.xattr.* (the form that Docker and containerd read; names with "=" can't be written so),
 * two zero blocks at the end and no padding beyond. (image-spec, layer.md)
 */
#ifndef OCIB_TAR_TAR_H
#define OCIB_TAR_TAR_H

#include "base/error.h"
#include "base/xattrs.h"
#include "io/stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* An entry. Strings are borrowed: from the reader until the next entry, from the caller while
 * writing. */
struct ocib_tar_entry {
    const char *path;     /* relative, no leading "./" or "/", no trailing slash; "" is the root */
    const char *linkname; /* symbolic link text, or the path of a hard link's first name */
    bool is_hardlink;
    mode_t mode; /* type and permission bits */
    uid_t uid;
    gid_t gid;
    int64_t size;  /* bytes of a regular file; 0 else */
    int64_t mtime; /* seconds */
    long mtime_nsec;
    dev_t rdev;
    const struct ocib_xattrs *xattrs; /* may be NULL */
};

/* How much of a file's beginning tells an archive from other files. */
enum { OCIB_TAR_HEAD = 1024 };
/* Does a file begin like an archive: a tar, or what gzip, bzip2, xz or zstd made? `head` is its
 * beginning, or all of it. */
bool ocib_tar_detect(struct ocib_str head);

struct ocib_tar_writer;
/* Writes to `next`, which it owns. */
struct ocib_tar_writer *ocib_tar_writer_new(struct ocib_writer *next,
                                            struct ocib_error **err) OCIB_MUST;
/* Begins an entry; exactly `size` bytes must follow with ocib_tar_writer_data(). */
int ocib_tar_writer_entry(struct ocib_tar_writer *tar, const struct ocib_tar_entry *entry,
                          struct ocib_error **err) OCIB_MUST;
int ocib_tar_writer_data(struct ocib_tar_writer *tar, const void *bytes, size_t len,
                         struct ocib_error **err) OCIB_MUST;
/* The same for zeros, as of a sparse file's hole. */
int ocib_tar_writer_zeros(struct ocib_tar_writer *tar, int64_t len,
                          struct ocib_error **err) OCIB_MUST;
/* Ends the archive and finishes the stream below. */
int ocib_tar_writer_finish(struct ocib_tar_writer *tar, struct ocib_error **err) OCIB_MUST;
void ocib_tar_writer_free(struct ocib_tar_writer *tar);
OCIB_DEFINE_CLEANUP(ocib_tar_writer, struct ocib_tar_writer, ocib_tar_writer_free)

struct ocib_tar_reader;
/*
 * Reads from `next`, which it owns. `archives`: also accept what ADD unpacks (gzip, bzip2, xz, zstd
 * around a tar); otherwise a plain tar only.
 */
struct ocib_tar_reader *ocib_tar_reader_new(struct ocib_reader *next, bool archives,
                                            struct ocib_error **err) OCIB_MUST;
/* The next entry: 1 and *entry, 0 at the end, -1. What was not read of the one before is skipped.
 * Paths are cleaned; one with ".." that would leave the tree fails with OCIB_ECORRUPT. At the end
 * the stream below is read to its own end, so what verifies it has seen all of it. */
int ocib_tar_reader_next(struct ocib_tar_reader *tar, struct ocib_tar_entry *entry,
                         struct ocib_error **err) OCIB_MUST;
/* Did the stream turn out to be a tar, whatever became of it later? */
bool ocib_tar_reader_began(const struct ocib_tar_reader *tar);
/* Up to len bytes of the entry's content, 0 at its end. A sparse file's holes read as zeros. */
ssize_t ocib_tar_reader_data(struct ocib_tar_reader *tar, void *bytes, size_t len,
                             struct ocib_error **err) OCIB_MUST;
/* Passes over a hole that begins here in a sparse file: its bytes; 0 if there are data or the end.
 */
int64_t ocib_tar_reader_hole(struct ocib_tar_reader *tar);
void ocib_tar_reader_free(struct ocib_tar_reader *tar);
OCIB_DEFINE_CLEANUP(ocib_tar_reader, struct ocib_tar_reader, ocib_tar_reader_free)

#endif
