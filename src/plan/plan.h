/*
 * From the AST to what must be done: a graph of stages, each a list of typed ops. Pure: no file
 * system, no network, the same input gives the same plan. (Dockerfile reference; BuildKit's
 * behaviour where they differ.)
 *
 * It goes in two steps, because what a stage's instructions mean depends on the config of its base
 * image (ENV, WORKDIR, USER, SHELL, ONBUILD):
 *
 *   ocib_plan_new()        global ARGs, FROM lines, stage graph, which stages the target needs, in
 * order; ocib_plan_stage_ops()  with the base's config: all words expanded, ops, and the resulting
 * config.
 *
 * Nothing here depends on what a RUN does. The plan borrows the parsed Dockerfile, which must
 * outlive it; ops carry spans into its source.
 */
#ifndef OCIB_PLAN_PLAN_H
#define OCIB_PLAN_PLAN_H

#include "base/error.h"
#include "base/log.h"
#include "base/span.h"
#include "base/vec.h"
#include "oci/image.h"
#include "plan/named.h"

#include <stdbool.h>
#include <stdint.h>

struct ocib_dockerfile; /* dockerfile/parse.h */

/* What RUN may ask for only if the user grants it (--allow). */
struct ocib_entitlements {
    bool host_network; /* --network=host */
    bool insecure;     /* --security=insecure */
};

struct ocib_plan_options {
    /* "NAME=value"; a build arg whose value comes from the environment has been looked up before.
     */
    const struct ocib_strings *build_args;
    const char *target; /* a stage's name or number; NULL: the last stage */
    const struct ocib_platform *target_platform; /* NULL: the host's */
    const struct ocib_platform *build_platform;  /* NULL: the host's */
    const struct ocib_strings
        *labels; /* --label "k=v", put on the target stage's config; may be NULL */
    const struct ocib_entitlements *granted; /* NULL: all */
    /* --build-context; borrowed for the plan's life; may be NULL. */
    const struct ocib_named_contexts *contexts;
    const struct ocib_log *log; /* warnings with spans; may be NULL */
};

enum ocib_base_kind {
    OCIB_BASE_SCRATCH,
    OCIB_BASE_STAGE,
    OCIB_BASE_IMAGE,
    OCIB_BASE_NAMED, /* a tree of --build-context */
};

struct ocib_stage {
    size_t index;
    char *name;            /* of AS, lower case; NULL: none */
    struct ocib_span span; /* its FROM line */
    enum ocib_base_kind base;
    size_t base_stage;   /* OCIB_BASE_STAGE */
    char *base_image;    /* OCIB_BASE_IMAGE: as written, expanded, or what --build-context says */
    size_t base_context; /* OCIB_BASE_NAMED */
    struct ocib_span base_span;    /* the image name in the FROM line */
    struct ocib_platform platform; /* --platform, else the target platform */
};

struct ocib_plan;
struct ocib_plan *ocib_plan_new(const struct ocib_dockerfile *file,
                                const struct ocib_plan_options *options,
                                struct ocib_error **err) OCIB_MUST;
void ocib_plan_free(struct ocib_plan *plan);
OCIB_DEFINE_CLEANUP(ocib_plan, struct ocib_plan, ocib_plan_free)

size_t ocib_plan_stage_count(const struct ocib_plan *plan);
const struct ocib_stage *ocib_plan_stage(const struct ocib_plan *plan, size_t index);
size_t ocib_plan_target(const struct ocib_plan *plan);
/*
 * The stages that the target needs (by FROM and by --from), each after those it depends on; the
 * target is last. The array is the plan's.
 */
const size_t *ocib_plan_order(const struct ocib_plan *plan, size_t *count);

/*
 * Adds the stages that the ONBUILD triggers of a base image need to the order; *grown says whether
 * there were any. They stand before stage `index`, whose base has this config: its ops are to be
 * asked for after theirs. To be called once for each stage that is built from an image; arrays that
 * ocib_plan_order() gave are not valid any more.
 */
int ocib_plan_need_triggers(struct ocib_plan *plan, size_t index, const struct ocib_config *base,
                            bool *grown, struct ocib_error **err) OCIB_MUST;

/* The first RUN of the stages that are needed, in the order of the file. False if there is none.
 * (What a base image's ONBUILD may add is not known here.) */
bool ocib_plan_first_run(const struct ocib_plan *plan, struct ocib_span *span);

enum ocib_op_kind {
    OCIB_OP_CONFIG,  /* changes the config only (ENV, CMD, LABEL, …); history with empty_layer */
    OCIB_OP_WORKDIR, /* makes the folder if it is absent: a layer */
    OCIB_OP_RUN,
    OCIB_OP_COPY, /* COPY and ADD */
};

/* Where a script of a heredoc lies while its step runs, as in Docker. */
#define OCIB_SCRIPT_FOLDER "/dev/pipes"
/* Most mounts of one step. */
enum { OCIB_MOUNTS_MAX = 64 };

enum ocib_network { OCIB_NETWORK_DEFAULT, OCIB_NETWORK_HOST, OCIB_NETWORK_NONE };

enum ocib_copy_from {
    OCIB_FROM_CONTEXT,
    OCIB_FROM_STAGE,
    OCIB_FROM_IMAGE,
    OCIB_FROM_NAMED, /* a tree of --build-context */
};

enum ocib_mount_kind {
    OCIB_MOUNT_BIND,
    OCIB_MOUNT_CACHE,
    OCIB_MOUNT_TMPFS,
    OCIB_MOUNT_SECRET,
    OCIB_MOUNT_SSH,
};
enum ocib_sharing { OCIB_SHARING_SHARED, OCIB_SHARING_PRIVATE, OCIB_SHARING_LOCKED };

/* RUN --mount, with the defaults of its kind filled in. */
struct ocib_mount {
    enum ocib_mount_kind kind;
    struct ocib_span span;
    char *target; /* absolute, never "/"; NULL: a secret that is a variable only */
    /* Of bind and cache. A cache without from= has OCIB_FROM_CONTEXT, and begins empty. */
    enum ocib_copy_from from;
    size_t from_stage;
    size_t from_context;
    char *from_image;
    struct ocib_span from_span;
    char *source; /* absolute in what `from` names; "/": all of it */
    bool read_only;
    char *id; /* of cache, secret and ssh */
    enum ocib_sharing sharing;
    bool owned; /* mode, uid or gid was given: a cache of its own */
    unsigned mode;
    unsigned uid;
    unsigned gid;
    bool required; /* of secret and ssh */
    char *env;     /* the variable that gets a secret's value, or NULL */
    uint64_t size; /* most bytes of a tmpfs; 0: the kernel's default */
};
struct ocib_mounts {
    OCIB_VEC(struct ocib_mount);
};

struct ocib_run_op {
    struct ocib_strings argv; /* the shell and its text, or the exec form's words */
    struct ocib_strings env;  /* whole environment: the config's, and the ARGs the step can see */
    /* Proxy build args: in the step's environment too, but in no image and no cache key. */
    struct ocib_strings secret_env;
    char *cwd;                 /* absolute */
    char *user;                /* as in USER: "", "www-data", "1000:1000" */
    enum ocib_network network; /* --network */
    bool insecure;             /* --security=insecure */
    struct ocib_mounts mounts; /* in the order of the line */
    /* A heredoc that begins with "#!": an executable file that the command is, or NULL. */
    char *script;
    char *script_path; /* below OCIB_SCRIPT_FOLDER */
    char *command;     /* for people: the RUN's text as written, continuation lines joined */
};

/* A file given in the Dockerfile itself, by a heredoc. */
struct ocib_inline_file {
    char *name;              /* the delimiter; no folder in it */
    struct ocib_str content; /* borrowed from the op's `texts` */
};
struct ocib_inline_files {
    OCIB_VEC(struct ocib_inline_file);
};

struct ocib_copy_op {
    bool add;                 /* ADD: sources may be remote, plan/remote.h */
    bool unpack;              /* local archives are unpacked */
    bool unpack_remote;       /* downloaded archives too */
    bool link;                /* --link: the layer is made of the copied files alone */
    bool parents;             /* --parents: folders of the sources are kept */
    bool keep_git_dir;        /* --keep-git-dir */
    enum ocib_copy_from from; /* --from */
    size_t from_stage;        /* OCIB_FROM_STAGE */
    size_t from_context;      /* OCIB_FROM_NAMED */
    char *from_image;         /* OCIB_FROM_IMAGE: as written, or what --build-context says */
    struct ocib_span from_span;
    struct ocib_strings sources;    /* expanded patterns, as written otherwise */
    struct ocib_inline_files files; /* heredocs, in the order of the sources */
    struct ocib_strings texts;      /* owns the files' contents */
    char *dest;                     /* absolute; ends with a slash if it must be a folder */
    char *chown;                    /* "user[:group]"; NULL: 0:0 */
    char *chmod;                    /* NULL: as in the source */
    struct ocib_strings excludes;   /* --exclude: patterns, not expanded */
    char *checksum; /* --checksum, of the one remote source: its form is checked; or NULL */
};

struct ocib_op {
    enum ocib_op_kind kind;
    struct ocib_span span;
    char *text; /* the instruction as written, first line, for progress: "RUN pip install …" */
    char *created_by; /* Docker's history text */
    /* Only the member of `kind` is set. */
    struct ocib_run_op run;
    struct ocib_copy_op copy;
    char *workdir;      /* OCIB_OP_WORKDIR: absolute */
    char *workdir_user; /* the USER in force, for its ownership rules */
};

struct ocib_ops {
    OCIB_VEC(struct ocib_op);
};

/* An ARG of a stage, with the value that it gets. */
struct ocib_declared_arg {
    char *name;
    char *value;        /* NULL: none */
    bool global;        /* the value is that of an ARG before the first FROM, or of the platform */
    size_t instruction; /* its index in the file; SIZE_MAX: of a trigger of the base image */
    struct ocib_span instruction_span;
    struct ocib_span span;
};
struct ocib_declared_args {
    OCIB_VEC(struct ocib_declared_arg);
};

struct ocib_stage_ops {
    struct ocib_ops ops;
    struct ocib_declared_args args; /* in the order of the file */
    /* The config after the last op: the base's with all instructions applied. Its diff_ids and
     * history are the base's still; the builder appends to them as it goes. */
    struct ocib_config config;
};

/*
 * `base` is the config of the base image or stage; NULL for scratch. A stage inherits the ARGs of
 * the stage that it is built from, so that one's ops are to be asked for first, as going through
 * ocib_plan_order() does.
 */
int ocib_plan_stage_ops(const struct ocib_plan *plan, size_t index, const struct ocib_config *base,
                        struct ocib_stage_ops *out, struct ocib_error **err) OCIB_MUST;
void ocib_stage_ops_release(struct ocib_stage_ops *ops);

/*
 * What to say when the image of a FROM or --from can't be found: the stage whose name is nearest,
 * or which stages there are before stage `index`. NULL if there are none. (Freed with free().)
 */
char *ocib_plan_image_hint(const struct ocib_plan *plan, size_t index, const char *image);

/* The value of a variable that FROM lines see (ARGs before the first FROM, the platform args), or
 * NULL. *declared (may be NULL): such a variable is declared, with a value or without. */
const char *ocib_plan_global(const struct ocib_plan *plan, struct ocib_str name, bool *declared);
/* The value of a build arg, or NULL. */
const char *ocib_plan_build_arg(const struct ocib_plan *plan, struct ocib_str name);

/* Build args that no needed stage and no global ARG declared, for a warning at the end. */
void ocib_plan_unused_args(const struct ocib_plan *plan, struct ocib_strings *out);
/* The declared ARG that such a name was probably meant for; NULL if none is near. (Freed with
 * free().) */
char *ocib_plan_nearest_arg(const struct ocib_plan *plan, const char *name);

#endif
