/* What the parts of unpacking a layer share. */
#ifndef OCIB_ROOTFS_UNPACK_H
#define OCIB_ROOTFS_UNPACK_H

#include "base/map.h"
#include "rootfs/layer.h"

#include <time.h>

struct ocib_folder_time {
    char *path;
    struct timespec mtime;
};

/* A layer while it is unpacked. Paths in it are relative to the layer, without links. */
struct ocib_unpacking {
    const struct ocib_unpack_options *options;
    int view_fd; /* the layers below as one tree; -1: there are none, or not yet opened */
    bool root_opaque;
    struct ocib_map *opaque; /* folders that hide what is below them */
    struct ocib_map *made;   /* of a flat tree: paths that this layer made or went through */
    struct {
        OCIB_VEC(struct ocib_folder_time);
    } times; /* set at the end: what is put into a folder changes its time */
    /* The folder that the last entry went to: as the tar names it, where it is, and its fd. */
    struct ocib_buf asked;
    struct ocib_buf folder;
    int folder_fd; /* -1: none */
    char *block;
};

enum { OCIB_UNPACK_BLOCK = 256 * 1024 };

/* place.c: where an entry goes. */

/*
 * Makes unpacking->folder and folder_fd the folder that `path` lies in: links followed inside the
 * tree that the layers make together, what is missing made as it is below, or new with the time
 * `mtime`. *base: the last part of `path`.
 */
int ocib_place_parent(struct ocib_unpacking *u, const char *path, const struct timespec *mtime,
                      const char **base, struct ocib_error **err) OCIB_MUST;
/* The path of a name in the current folder; freed with free(). */
char *ocib_place_join(const struct ocib_unpacking *u, const char *base);
/* Marks a folder of the layer as one that hides what is below. */
int ocib_place_set_opaque(struct ocib_unpacking *u, const char *path,
                          struct ocib_error **err) OCIB_MUST;
/* Opens a path of the layers below (O_PATH, links not followed) as *fd; -1 if there is none. */
int ocib_place_below(struct ocib_unpacking *u, const char *path, int *fd,
                     struct ocib_error **err) OCIB_MUST;
/* Removes what the layer has at a name, to make room. */
int ocib_unpack_clear(struct ocib_unpacking *u, const char *base,
                      struct ocib_error **err) OCIB_MUST;
void ocib_place_time(struct ocib_unpacking *u, char *path, const struct timespec *mtime);

/* flat.c: for trees that layers are applied to one after the other; else the first two do nothing.
 */

/* Before a name in this folder is made or removed: keeps its time, unless the layer made it. */
void ocib_flat_note(struct ocib_unpacking *u, const char *path);
/* A name in the current folder is this layer's. */
void ocib_flat_made(struct ocib_unpacking *u, const char *base);
/* Removes what a folder has from the layers below. */
int ocib_flat_hide(struct ocib_unpacking *u, const char *path, struct ocib_error **err) OCIB_MUST;
/* A whiteout of a name in the current folder. */
int ocib_flat_remove(struct ocib_unpacking *u, const char *name, struct ocib_error **err) OCIB_MUST;

/* content.c: what an entry holds. */

/* Owner, attributes, mode, and (but for folders) times of dir_fd/name. */
int ocib_content_attributes(struct ocib_unpacking *u, int dir_fd, const char *name,
                            const struct ocib_tar_entry *entry, struct ocib_error **err) OCIB_MUST;
/* A new file in the current folder with the content of the entry that `tar` is at. */
int ocib_content_file(struct ocib_unpacking *u, struct ocib_tar_reader *tar, const char *base,
                      const struct ocib_tar_entry *entry, struct ocib_error **err) OCIB_MUST;
/* A copy of a file of the layers below (`path`, opened as below_fd), in the current folder. */
int ocib_content_copy_up(struct ocib_unpacking *u, const char *path, int below_fd, const char *base,
                         struct ocib_error **err) OCIB_MUST;

#endif
