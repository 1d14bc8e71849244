/* What a tar is made of, shared by reader and writer. (POSIX.1-2017 pax, "ustar Interchange
 * Format"; GNU tar manual, "Basic Tar Format") */
#ifndef OCIB_TAR_FORMAT_H
#define OCIB_TAR_FORMAT_H

#include "base/error.h"
#include "base/str.h"
#include "base/xattrs.h"
#include "tar/tar.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    OCIB_TAR_BLOCK = 512,
    /* Bounds on what a hostile archive can make a reader hold. */
    OCIB_TAR_PAX_MAX = 1 << 20, /* records of one entry, or a GNU long name */
    OCIB_TAR_PATH_MAX = 4095,   /* PATH_MAX of Linux */
    OCIB_TAR_XATTRS_MAX = 1000,
    OCIB_TAR_SEGMENTS_MAX = 1 << 17,
};

/* Where the fields of a header block are. */
struct ocib_tar_block {
    char name[100];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char linkname[100];
    char magic[6];
    char version[2];
    char uname[32];
    char gname[32];
    char devmajor[8];
    char devminor[8];
    char prefix[155];
    char rest[12];
};

/* The pieces of a sparse file that are stored; what lies between reads as zeros. */
struct ocib_tar_segment {
    int64_t offset;
    int64_t len;
};
struct ocib_tar_sparse {
    bool used;
    int64_t major; /* of PAX sparse; 1: the map comes before the data */
    int64_t size;  /* of the whole file; -1: not told */
    struct {
        OCIB_VEC(struct ocib_tar_segment);
    } map;
    bool half; /* PAX sparse 0.0: the last segment still lacks its length */
};

/* An entry while its headers are gathered. */
struct ocib_tar_raw {
    char type;
    bool has_path, has_linkname, has_uid, has_gid, has_size, has_mtime; /* told before the header */
    struct ocib_buf path;
    struct ocib_buf linkname;
    int64_t mode, uid, gid, size, mtime, major, minor;
    long mtime_nsec;
    struct ocib_xattrs xattrs;
    struct ocib_tar_sparse sparse;
};
void ocib_tar_raw_reset(struct ocib_tar_raw *raw);
void ocib_tar_raw_release(struct ocib_tar_raw *raw);

/* A number of a header field: octal, or base 256. False: not one. */
bool ocib_tar_number(const char *field, size_t len, int64_t *out);
bool ocib_tar_checksum_matches(const struct ocib_tar_block *block);
/* The sum over a block, the checksum field taken as blanks. */
unsigned ocib_tar_checksum(const struct ocib_tar_block *block);
/* Reads a header block into *raw, but for what was told before. */
int ocib_tar_header_parse(const struct ocib_tar_block *block, struct ocib_tar_raw *raw,
                          struct ocib_error **err) OCIB_MUST;
/* Reads PAX records. */
int ocib_tar_pax_parse(struct ocib_str records, struct ocib_tar_raw *raw,
                       struct ocib_error **err) OCIB_MUST;

/* Appends a segment; they must rise and not overlap. */
int ocib_tar_sparse_add(struct ocib_tar_sparse *sparse, int64_t offset, int64_t len,
                        struct ocib_error **err) OCIB_MUST;
/* Entries of an old GNU header or its extension block. */
int ocib_tar_sparse_old(struct ocib_tar_sparse *sparse, const char *fields, size_t count,
                        struct ocib_error **err) OCIB_MUST;
/* Segments stored and size must agree with `stored` bytes of data. */
int ocib_tar_sparse_check(const struct ocib_tar_sparse *sparse, int64_t stored,
                          struct ocib_error **err) OCIB_MUST;

/* Puts an unpacking reader (gzip, bzip2, xz, zstd, by its first bytes; else none) before `next`,
 * which it owns. */
struct ocib_reader *ocib_tar_filter(struct ocib_reader *next, struct ocib_error **err) OCIB_MUST;

#endif
