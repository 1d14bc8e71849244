/*
 * What a file is in the image's eyes where the kernel can't be told: its owner, and for what stands
 * for a device node its type and number. A user namespace with one id can't give a file to
 * anybody else, so this is recorded in the file itself:
 *
 *   regular files, folders   an attribute, user.ocib.owner
 *   symbolic links           can't have one: the owner is in front of the text, as a row of "/" and
 *                            "./" that the kernel steps over when it follows the link
 *   fifos, sockets           can't either: in the time of last access, as a moment before 1970
 *   device nodes             a regular file with the attribute
 *
 * So a record goes wherever its file goes, by rename, hard link, copy-up of an overlay or copy of
 * the store, and ends with it, and nobody has to watch for that. A file without a record is root's.
 * Records change nothing of what the kernel lets anybody do.
 */
#ifndef OCIB_EMULATE_RECORD_H
#define OCIB_EMULATE_RECORD_H

#include "base/cleanup.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct ocib_record {
    uid_t uid;
    gid_t gid;
    mode_t type; /* S_IFCHR or S_IFBLK: the file stands for a device; else 0 */
    dev_t rdev;
};

#define OCIB_RECORD_PREFIX "user.ocib."

/*
 * The record of the file at `path` (relative to the working folder, which is a /proc), whose stat
 * is `st`. False, and root's, if there is none.
 */
bool ocib_record_read(const char *path, bool follow, const struct stat *st,
                      struct ocib_record *out);
/* Makes a stat what the record says. */
void ocib_record_show(const struct ocib_record *record, struct stat *st);

/* Writes the record of an open file (O_PATH serves) that is no link. One of a file system that
 * keeps no records is let go. -1 with errno. */
int ocib_record_write(int fd, const struct stat *st, const struct ocib_record *record) OCIB_MUST;
/* The same for the link parent_fd/name: a new link takes its place, with the times of the old one
 * and without a trace in the folder's. */
int ocib_record_relink(int parent_fd, const char *name, const struct ocib_record *record) OCIB_MUST;

/* Longest text of a link, with the owner in front of it. */
enum { OCIB_LINK_MAX = PATH_MAX };
/* A link's text with its owner, NUL-ended: its length, or -1 with errno. Root's is the text alone.
 */
ssize_t ocib_link_encode(const char *text, const struct ocib_record *owner,
                         char out[OCIB_LINK_MAX]) OCIB_MUST;
/* Takes the owner off the front of a text in place: the length that is left, or -1 if there is
 * none. */
ssize_t ocib_link_decode(char *text, size_t len, struct ocib_record *owner);
/* A link with an owner is at least this long. */
size_t ocib_link_least(void);

#endif
