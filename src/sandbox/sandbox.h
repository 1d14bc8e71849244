/*
 * Running a step's process: namespaces, mounts, ids, capabilities, seccomp, limits.
 *
 * The mode is picked once, by ocib_sandbox_enter(), which must be called while the process has one
 * thread, which must live as long as the sandbox (processes end with the thread that started them).
 * After it the process may do, in its own eyes, what a builder must (chown, overlay
 * mounts): in mode root it already could; in mode userns it is root of a new user namespace with
 * the user's subordinate ids, and in a mount namespace of its own.
 *
 * Each step runs in a child that is forked from this program executed anew from /proc/self/exe
 * (main() must call ocib_sandbox_child() first of all), told by a specification over a socket, and
 * reporting failures as one bounded record. Steps may run from several threads at once. All that
 * was started ends with this process, however it ends.
 */
#ifndef OCIB_SANDBOX_SANDBOX_H
#define OCIB_SANDBOX_SANDBOX_H

#include "base/error.h"
#include "base/log.h"
#include "base/vec.h"
#include "sandbox/policy.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum ocib_sandbox_mode {
    OCIB_SANDBOX_AUTO,
    OCIB_SANDBOX_ROOT,
    OCIB_SANDBOX_USERNS, /* user namespace with subordinate ids */
    OCIB_SANDBOX_SINGLE, /* user namespace with one id, others emulated */
    OCIB_SANDBOX_CHROOT, /* a copied tree without namespaces */
    OCIB_SANDBOX_TRACED, /* no privilege at all */
    OCIB_SANDBOX_NONE,   /* no RUN */
};
/* "auto", "none", and the names in the table of modes (modes.h); those that are not there yet are
 * refused by name. */
int ocib_sandbox_mode_parse(const char *name, enum ocib_sandbox_mode *out,
                            struct ocib_error **err) OCIB_MUST;
const char *ocib_sandbox_mode_name(enum ocib_sandbox_mode mode);

struct ocib_sandbox;
/*
 * Picks a mode (or takes the one given) and enters it. AUTO never fails for want of privilege: the
 * mode is then NONE and ocib_sandbox_why() says what blocks the better ones and the remedy. A mode
 * that is asked for and can't be had: OCIB_ESANDBOX with hint.
 */
struct ocib_sandbox *ocib_sandbox_enter(enum ocib_sandbox_mode mode, const struct ocib_log *log,
                                        struct ocib_error **err) OCIB_MUST;
/* Also ends the process that steps are forked from, so that nobody else has to reap it. */
void ocib_sandbox_free(struct ocib_sandbox *sandbox);
OCIB_DEFINE_CLEANUP(ocib_sandbox, struct ocib_sandbox, ocib_sandbox_free)
enum ocib_sandbox_mode ocib_sandbox_mode(const struct ocib_sandbox *sandbox);
/* True if this process is in a user namespace of its making or its host's: overlay needs userxattr,
 * device nodes can't be made. */
bool ocib_sandbox_in_userns(const struct ocib_sandbox *sandbox);
/* In what form this process leaves and finds unpacked layers in a store, for
 * ocib_store_layers_form(); NULL: the usual one. */
const char *ocib_sandbox_layers_form(const struct ocib_sandbox *sandbox);
/* Why not a better mode, and what to do; NULL in mode root. */
const char *ocib_sandbox_why(const struct ocib_sandbox *sandbox);

/* Puts into a step's tree what the mode can't mount there: in mode chroot into its folder /dev.
 * Once before each step, when the provided paths are in place. */
int ocib_sandbox_fill_tree(struct ocib_sandbox *sandbox, int root_fd, const struct ocib_log *log,
                           struct ocib_error **err) OCIB_MUST;

/* Paths that must exist in a step's tree as mount points (rootfs provides them): "/proc", "/sys",
 * "/dev". NULL-ended. */
const char *const *ocib_sandbox_mount_points(void);

/*
 * A file system, folder or file put on a path of the tree. Parents are mounted before what is below
 * them. The mount point exists (rootfs provides it), or lies below another mount or in /dev and can
 * be made there (folders with mode 0755, empty files); links in the path are followed in the tree.
 */
struct ocib_step_mount {
    int fd; /* a detached mount, which serves for one step */
    const char *target;
};
enum { OCIB_STEP_MOUNTS_MAX = 80 };

/* What a step has beside its output; a step without one reads nothing. */
struct ocib_step_io {
    int input_fd;  /* copied to the step; -1: its input is empty */
    bool terminal; /* the command's descriptors 0 to 2 are a terminal of its own */
    /* A command that is run on such a terminal, in place of the step's own if that fails: in the
     * same tree and with the same mounts, after all other processes were ended. NULL: none. */
    const struct ocib_strings *shell;
    int size_fd;               /* the terminal whose window size it has; -1: none */
    void (*begin)(void *data); /* the terminal is there */
    void (*output)(void *data, const char *bytes, size_t len);
    void *data;
};

struct ocib_step {
    int root_fd; /* the tree: a detached mount (see rootfs/snapshot.h); in mode chroot a folder */
    const struct ocib_strings *argv;
    const struct ocib_strings *env;
    const char *cwd; /* made by nobody here: it must exist */
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
    bool no_network; /* loopback only (up); else the host's network */
    const char *hostname;
    const struct ocib_policy *policy; /* NULL: the usual one */
    bool insecure; /* all capabilities that this process has, no filter, nothing covered */
    const struct ocib_step_mount *mounts;
    size_t mount_count;
    /* Output as it comes, stream 1 or 2, in pieces that need not be lines; from the calling thread.
     */
    void (*output)(void *data, int stream, const char *bytes, size_t len);
    void *data;
    const struct ocib_step_io *io; /* NULL: no input. The program must ignore SIGPIPE. */
    const volatile int
        *interrupted; /* becomes non-zero: end the step and fail with OCIB_EINTERRUPTED */
};

struct ocib_step_result {
    int exit_status; /* 0 to 255; 128 + n if a signal ended it */
    int signal;      /* that signal, else 0 */
};

/*
 * Runs a step and waits until all its processes are gone. A step that ran and failed is a result,
 * not an error. A command that does not exist or can't be executed is exit status 127 or 126 with a
 * line on stream 2, as in a shell. What keeps it from starting (OCIB_ESANDBOX) or a cwd that is not
 * there (OCIB_EBUILD) is an error.
 */
int ocib_sandbox_run(struct ocib_sandbox *sandbox, const struct ocib_step *step,
                     struct ocib_step_result *result, struct ocib_error **err) OCIB_MUST;

/* To be called first in main(): if this process was started to run sandbox children, does its work
 * and does not return. */
void ocib_sandbox_child(int argc, char **argv);

#endif
