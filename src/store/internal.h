/*
 * What the files of this part share. Everything in the struct is set by ocib_store_open() and not
 * changed afterwards, except `own`, which is set once, atomically: so threads need no lock.
 *
 * Every file is written below a work folder of this process and renamed to its place: what a dead
 * process left half-written is in its work folder, and goes with it.
 */
#ifndef OCIB_STORE_INTERNAL_H
#define OCIB_STORE_INTERNAL_H

#include "store/store.h"

#include <sys/types.h>

struct ocib_store {
    char *root; /* absolute */
    int root_fd;
    int blobs_fd; /* blobs/sha256 */
    int ours_fd;  /* ocib */
    int layers_fd;
    char layers[32]; /* its name in ours_fd */
    int work_fd;
    int lease_fd;
    const struct ocib_log *log;
    char boot[64];         /* this boot's ID; one of this process alone if there is none */
    struct ocib_work *own; /* for temporary files; made when first needed */
};

enum {
    OCIB_STORE_DIR_MODE = 0700, /* programs with set-id bits of old images must not be run */
    OCIB_STORE_BLOB_MODE = 0644,
    OCIB_STORE_DOCUMENT_MAX = 4 << 20,
};

/* An error of the store with strerror(errno) and what to do about it. Returns -1. */
int ocib_store_fail(struct ocib_error **err, const char *fmt, ...) OCIB_PRINTF(2, 3);

/* The work folder for this process's temporary files, NULL on failure. */
struct ocib_work *ocib_store_own_work(struct ocib_store *store, struct ocib_error **err) OCIB_MUST;
/* Removes the work folders of dead processes; what can't be removed is left and logged. */
void ocib_store_sweep_work(struct ocib_store *store);

/* A new, empty temporary file, opened for writing; `name` is its name in own_work. */
int ocib_store_temporary(struct ocib_store *store, char name[17],
                         struct ocib_error **err) OCIB_MUST;

/*
 * Where a file goes: `name` in `dir_fd`; `path` from the root is for messages. With `sync` the
 * bytes are on the disk before they get the name, and so are the names in folder `first_fd` (0:
 * none).
 */
struct ocib_store_place {
    int dir_fd;
    const char *name;
    const char *path;
    bool sync;
    int first_fd;
};
/* Makes a file hold exactly these bytes, whole or as before. */
int ocib_store_put_file(struct ocib_store *store, const struct ocib_store_place *place,
                        struct ocib_str bytes, struct ocib_error **err) OCIB_MUST;

/* The index: read without a lock. */
int ocib_store_index_read(struct ocib_store *store, struct ocib_index *out,
                          struct ocib_error **err) OCIB_MUST;
/* Puts an empty index there if there is none. The caller holds the index lock. */
int ocib_store_index_make(struct ocib_store *store, struct ocib_error **err) OCIB_MUST;

/* The value of annotation org.opencontainers.image.ref.name, NULL if there is none. */
const char *ocib_store_ref_name(const struct ocib_descriptor *d);

#define OCIB_STORE_INDEX_LOCK "index.lock"
#define OCIB_STORE_ANNOTATION "org.opencontainers.image.ref.name"

#endif
