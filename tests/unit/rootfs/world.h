/*
 * A store of layers for the tests of rootfs, and layers as text: one line an entry,
 *
 *     <type> <mode> <uid>:<gid> <path> [content, link's target, or major,minor]
 *
 * with type d, f, l, h (hard link), c, b, p; a line "x <name>=<value>" adds an attribute to the
 * entry before it, "t <seconds>[.<nanoseconds>]" sets its time (else 1000).
 *
 * As root everything runs; another user gets a user namespace with one id, and what needs more is
 * skipped aloud.
 */
#ifndef OCIB_TESTS_UNIT_ROOTFS_WORLD_H
#define OCIB_TESTS_UNIT_ROOTFS_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/vec.h"
#include "rootfs/layer.h"
#include "rootfs/snapshot.h"

struct world {
    char *dir;
    int fd;
    struct ocib_strings layers;
    unsigned count;
    bool userxattr;
    bool one_id;
    char *work; /* of the step that is open */
    int work_fd;
    struct ocib_snapshot *snapshot;
    const struct ocib_provided *provided;
    size_t provided_count;
    struct ocib_buf log;
    struct ocib_log sink;
};

/* cmocka's setup and teardown of one test; *state is the world. */
int world_setup(void **state);
int world_teardown(void **state);
/* Skips the test unless any owner can be given. */
void world_needs_ids(struct world *w);

void text_to_tar(const char *text, struct ocib_buf *tar);
/* `times`: also lines for times. */
void tar_to_text(struct ocib_str tar, bool times, struct ocib_buf *text);
/* The tree of a folder as text. */
void tree_to_text(int fd, bool times, struct ocib_buf *text);

/* Unpacks onto the layers that are there; with a status, for what must fail. */
void world_unpack(struct world *w, const char *text);
int world_try_unpack(struct world *w, struct ocib_str tar, struct ocib_error **err);

/* One step: a shell script in the tree; its layer as text and, if `tar` is given, as it is. */
void world_begin(struct world *w);
void world_sh(struct world *w, const char *script);
void world_end(struct world *w, struct ocib_buf *tar);
void world_diff(struct world *w, bool has_epoch, int64_t epoch, struct ocib_buf *tar);
void assert_step(struct world *w, const char *script, const char *layer);
/* The layers together. */
void assert_tree(struct world *w, const char *text);

void assert_text(const struct ocib_buf *got, const char *wanted);
void assert_error(struct ocib_error **err, enum ocib_code code, const char *part);
#define assert_ok(call, err)                                                                       \
    do {                                                                                           \
        if ((call) < 0) {                                                                          \
            fail_msg("%s: %s", #call, ocib_error_message(err));                                    \
        }                                                                                          \
    } while (0)

#endif
