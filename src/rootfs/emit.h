/* Files of a folder written as entries of a tar. */
#ifndef OCIB_ROOTFS_EMIT_H
#define OCIB_ROOTFS_EMIT_H

#include "base/log.h"
#include "base/map.h"
#include "rootfs/layer.h"

#include <sys/stat.h>

struct ocib_emitter {
    struct ocib_tar_writer *tar;
    bool has_epoch;
    int64_t epoch;
    const struct ocib_log *log;
    struct ocib_map *links; /* "device:inode" of files with several names → the first one's path */
    char *block;
    struct ocib_diff_result result;
};

enum { OCIB_EMIT_BLOCK = 128 * 1024 };

void ocib_emitter_init(struct ocib_emitter *emitter);
void ocib_emitter_release(struct ocib_emitter *emitter);

/* dir_fd/name as entry `path`. Files of any type with several names are written once. */
int ocib_emit(struct ocib_emitter *emitter, int dir_fd, const char *name, const char *path,
              const struct stat *st, struct ocib_error **err) OCIB_MUST;
/* The sign that `path` is gone. */
int ocib_emit_whiteout(struct ocib_emitter *emitter, const char *path,
                       struct ocib_error **err) OCIB_MUST;

/* The attributes that a layer holds: security.capability, and user.* but for the overlay's. */
bool ocib_emit_wants(const char *attribute);

#endif
