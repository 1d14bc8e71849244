/*
 * libocib: an OCI image builder as a library. The program `ocib` is made of nothing else.
 *
 * A `struct ocib` is one session with one store. A program that builds must call ocib_child() first
 * thing in main(), since steps run in a re-executed copy of the program itself, and must call
 * ocib_open() while it has one thread: a session that may run steps moves the process into
 * namespaces of its own where the host wants that.
 *
 * Strings given in options are borrowed for the length of the call. Results belong to the caller
 * and are freed with their free function. A session is used by one thread at a time;
 * ocib_interrupt() may be called from anywhere.
 */
#ifndef OCIB_OCIB_H
#define OCIB_OCIB_H

#include <ocib/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* --- what happens, as it happens ----------------------------------------------------------------
 */

enum ocib_event_kind {
    OCIB_EVENT_MESSAGE,    /* a warning or remark: level, text, perhaps a place */
    OCIB_EVENT_STEP_BEGIN, /* an instruction is taken up: step, text */
    OCIB_EVENT_OUTPUT,     /* bytes that the step printed: step, stream, text, length */
    OCIB_EVENT_STEP_END,   /* done: step, cached, nanoseconds, bytes */
    OCIB_EVENT_TRANSFER,   /* a blob moves: text ("pull" or "push"), digest, done, total */
    OCIB_EVENT_FINDING,    /* a check of the Dockerfile: rule, text, place; the done-th of total */
};

enum ocib_level { OCIB_LEVEL_DEBUG, OCIB_LEVEL_INFO, OCIB_LEVEL_WARNING };

struct ocib_event {
    enum ocib_event_kind kind;
    enum ocib_level level;
    struct ocib_error_place place; /* file NULL: none */
    /* Of a step: its number from 1 within its stage, how many the stage has, the stage's name (""
     * if it has none), and an identity that is unique in the build. */
    unsigned step;
    unsigned steps;
    unsigned id;
    const char *stage;
    const char *text; /* not necessarily ended by NUL in OCIB_EVENT_OUTPUT */
    size_t length;
    int stream; /* 1 or 2 */
    bool cached;
    bool exists;         /* of a transfer: nothing to move */
    int64_t nanoseconds; /* how long the step took */
    int64_t bytes;       /* what the step's layer holds, plain; -1: no layer */
    const char *digest;
    const char *rule;
    int64_t done;
    int64_t total;
};

/* --- sessions ----------------------------------------------------------------------------------
 */

struct ocib_options {
    const char *root; /* the store; NULL: $OCIB_ROOT, or the user's default */
    bool steps;       /* steps will be run: enter the sandbox mode */
    /* Store and registries are asked only for what can be done without (ocib_check()): a store that
     * can't be opened is no error, and a registry that doesn't answer is given up soon. */
    bool best_effort;
    const char *sandbox;        /* "auto" (also NULL), "none", or a mode that ocib_doctor() names */
    bool insecure;              /* --tls-verify=false */
    const char *registry_ca;    /* PEM file; NULL: the system's */
    const char *authfile;       /* NULL: the usual places */
    const char *const *mirrors; /* NULL-ended "HOST=URL"; may be NULL */
    /* Events, from any thread, one call at a time. May be NULL. */
    void (*event)(void *data, const struct ocib_event *event);
    void *data;
};

struct ocib;
struct ocib *ocib_open(const struct ocib_options *options, struct ocib_error **err);
void ocib_close(struct ocib *ocib);
/* Ends what runs, as soon as possible, with OCIB_EINTERRUPTED. Safe in a signal handler. */
void ocib_interrupt(struct ocib *ocib);
/* First thing in main(). Does not return if this process was started to run a step. */
void ocib_child(int argc, char **argv);

/* "0.1.0", and what it was built with: "seccomp zstd". */
const char *ocib_version(void);
const char *ocib_features(void);

/* The name of `names` (NULL-ended) that a misspelt word was probably meant to be; NULL if none is
 * near. */
const char *ocib_nearest(const char *word, const char *const *names);

/* --- what this machine can do ------------------------------------------------------------------
 */

enum ocib_check_verdict {
    OCIB_CHECK_YES,
    OCIB_CHECK_NO,
    OCIB_CHECK_NOTE, /* a fact that is neither good nor bad */
};

struct ocib_check {
    char *group; /* "mode", "machine", "store" */
    char *name;  /* of group "mode": as --sandbox takes it */
    enum ocib_check_verdict verdict;
    char *text;
    char *reason; /* an obstacle's id, as docs/doctor.md lists them; NULL: none */
    char *remedy; /* the line that removes it; NULL: none */
};
struct ocib_diagnosis {
    struct ocib_check *checks;
    size_t count;
    char *mode; /* the one that builds use: "none" if RUN can't be run */
};
/*
 * Tries what builds need. As with ocib_open(), the process must have one thread, and is moved into
 * the mode that is found. Of the options `root`, `sandbox` and `event` are used. What can't be had
 * is a finding, not an error.
 */
int ocib_doctor(const struct ocib_options *options, struct ocib_diagnosis **out,
                struct ocib_error **err);
void ocib_diagnosis_free(struct ocib_diagnosis *diagnosis);

/* --- what steps may do -------------------------------------------------------------------------
 */

/*
 * The texts of docker's and buildah's flags of the same names. Lists end with NULL; everything may
 * be NULL. What can't be had on this machine is refused with the flag's name.
 */
struct ocib_step_options {
    const char *const *allow; /* "network.host", "security.insecure": what RUN may ask for */
    const char *const *security_opts;
    const char *const *caps_add;
    const char *const *caps_drop;
    const char *const *hosts; /* "NAME:ADDRESS", for /etc/hosts */
    const char *const *dns;
    const char *const *dns_search;
    const char *const *dns_options;
    const char *const *ulimits; /* "nofile=1024:2048" */
    const char *shm_size;
    /* Of a cgroup that each step then has of its own: cgroup v2 only. */
    const char *cgroup_parent;
    const char *memory;
    const char *memory_swap;
    const char *cpus;
    const char *cpu_period;
    const char *cpu_quota;
    const char *cpu_shares;
    const char *cpuset_cpus;
    const char *cpuset_mems;
};

/* --- build -------------------------------------------------------------------------------------
 */

/* A shell on a terminal of its own, in place of a step that fails: with the step's tree, mounts and
 * environment, after its other processes were ended. The build fails when the shell ends. */
struct ocib_shell_options {
    int input_fd;              /* what is typed */
    int size_fd;               /* the terminal whose size it has; -1: none */
    void (*begin)(void *data); /* the shell is there */
    void (*output)(void *data, const char *bytes, size_t length);
    void *data;
};

struct ocib_build_options {
    /* A folder, a tar, "-" (a tar or a Dockerfile on standard input), the http(s) URL of such a
     * file, or a git repository: "https://host/x.git#ref:folder", "git@host:x", … */
    const char *context;
    const char *dockerfile; /* a path relative to the working folder; "-": `dockerfile_text`; NULL:
                               CONTEXT/Dockerfile */
    const char *dockerfile_text; /* with dockerfile "-" */
    size_t dockerfile_length;
    const char *const *tags;       /* NULL-ended lists; each may be NULL */
    const char *const *build_args; /* "NAME=value", or "NAME" for the environment's */
    /* Files with a "NAME=value" or "NAME" in each line, "#" for comments. build_args go before. */
    const char *const *build_arg_files;
    const char *const *labels;
    /* "key=value" for the manifest, or "manifest[linux/amd64],manifest-descriptor:key=value". */
    const char *const *annotations;
    /* "NAME=FOLDER", "NAME=docker-image://REF", "NAME=oci-layout://DIR:TAG", "NAME=URL": they go
     * before stages and images of that name. */
    const char *const *build_contexts;
    /* Stages whose steps run anew, "a" or "a,b". Not together with no_cache. */
    const char *const *no_cache_stages;
    /* "id=NAME,src=FILE", "id=NAME,env=VARIABLE", "id=NAME" (that variable, else that file): for
     * RUN --mount=type=secret; read before the build begins. */
    const char *const *secrets;
    /* "ID" for the agent of SSH_AUTH_SOCK, "ID=SOCKET", "ID=KEYFILE,...": for RUN
     * --mount=type=ssh. */
    const char *const *agents;
    const char *const *outputs; /* as --output: "type=oci,dest=x.tar", a plain path, "-" */
    const char *target;
    const char *platform; /* NULL: the host's */
    const char *network;  /* "default" (also NULL), "host", "none" */
    struct ocib_step_options steps;
    const struct ocib_shell_options *on_fail; /* NULL: no shell */
    bool no_cache;
    bool pull;      /* ask the registry even if the store has the base image */
    bool push;      /* the same as an output type=registry */
    bool has_epoch; /* times later than `epoch` are written as `epoch` */
    int64_t epoch;  /* seconds since 1970; a build arg SOURCE_DATE_EPOCH is stronger */
};

struct ocib_build_result {
    char *digest;        /* of the manifest */
    char *config_digest; /* the image ID as docker shows it */
    char *name;          /* the first tag in full, or NULL */
    size_t layers;
    size_t steps; /* layer-making steps, and how many of them were cached */
    size_t cached;
    int64_t size;      /* bytes of the compressed layers */
    int64_t new_bytes; /* of them, made by this build */
};

int ocib_build(struct ocib *ocib, const struct ocib_build_options *options,
               struct ocib_build_result **out, struct ocib_error **err);
void ocib_build_result_free(struct ocib_build_result *result);

/* --- what a build takes --------------------------------------------------------------------------
 */

struct ocib_outline_item {
    char *name;
    char *value;       /* of a build arg; NULL: none */
    char *description; /* NULL: none */
    bool required;     /* of a secret or an SSH agent */
    unsigned line;     /* of the instruction that asks for it */
    unsigned end_line;
};
struct ocib_outline_items {
    struct ocib_outline_item *items; /* in the order of the file */
    size_t count;
};
struct ocib_outline_target {
    char *name;        /* NULL: none */
    char *description; /* NULL: none */
    char *base;        /* as written */
    char *platform;    /* as written; NULL: not given */
    bool is_default;
    unsigned line; /* of FROM */
    unsigned end_line;
};
struct ocib_outline {
    char *name;        /* of the target; NULL: none */
    char *description; /* NULL: none */
    struct ocib_outline_items args;
    struct ocib_outline_items secrets;
    struct ocib_outline_items agents;
    struct ocib_outline_target *targets; /* in the order of the file */
    size_t target_count;
    char *source; /* the Dockerfile */
    size_t source_length;
};

/*
 * Reads the Dockerfile of a build, and builds nothing: the args, secrets and agents that the target
 * takes, or, with `targets`, the stages that can be the target. No registry is asked.
 */
int ocib_outline(struct ocib *ocib, const struct ocib_build_options *options, bool targets,
                 struct ocib_outline **out, struct ocib_error **err);
void ocib_outline_free(struct ocib_outline *outline);

/* --- check -------------------------------------------------------------------------------------
 */

struct ocib_check_finding {
    const char *rule; /* its name: Docker's, or one of ocib's own; these four are constants */
    const char *url;  /* of Docker's page on the rule; NULL: a rule of ocib's own */
    const char *description;
    const char *advice;
    char *text;
    unsigned line; /* the first and the last of the instruction */
    unsigned end_line;
};
struct ocib_check_result {
    struct ocib_check_finding *findings; /* in the order of the file */
    size_t count;
    char *file; /* as messages name it */
    char *source;
    size_t source_length;
    struct ocib_error *error; /* why the file can't be built; NULL if nothing is known against it */
};

/*
 * Checks the Dockerfile of a build, and builds nothing: Docker's build checks, and ocib's own. All
 * stages, or those that options->target needs. A registry is asked for configs of base images that
 * the store lacks; if it doesn't answer, what depends on them isn't reported.
 */
int ocib_check(struct ocib *ocib, const struct ocib_build_options *options,
               struct ocib_check_result **out, struct ocib_error **err);
void ocib_check_result_free(struct ocib_check_result *result);

/* --- run ---------------------------------------------------------------------------------------
 */

struct ocib_run_options {
    const char *image;    /* as ocib_tag() takes it; a name that is not in the store is pulled */
    const char *platform; /* to pull for; NULL: the host's */
    const char *const
        *command;           /* NULL-ended lists; each may be NULL. In place of the image's Cmd */
    const char *entrypoint; /* in place of the image's, and then without its Cmd; "": none */
    const char *const *env; /* "NAME=value", or "NAME" for the environment's */
    const char *const *env_files;
    const char *const *volumes; /* "FOLDER:TARGET[:ro]" */
    const char *user;
    const char *workdir;
    const char *hostname;
    const char *network; /* "default" (also NULL), "host", "none" */
    struct ocib_step_options steps;
    int input_fd;  /* what the command reads; -1: nothing */
    bool terminal; /* it has a terminal of its own; its output is stream 1 then */
    int size_fd;   /* a terminal whose size that has, -1: none */
    void (*output)(void *data, int stream, const char *bytes, size_t length);
    void *data;
};
/* Runs a command in an image; what it changes is thrown away. *exit_status: the command's, 126 if
 * it can't be executed, 127 if it is not there, 128 + n if signal n ended it. SIGPIPE must be
 * ignored.
 */
int ocib_run(struct ocib *ocib, const struct ocib_run_options *options, int *exit_status,
             struct ocib_error **err);

/* --- images ------------------------------------------------------------------------------------
 */

struct ocib_image {
    char *name;     /* as users write it, "mall_backend:latest"; "" if it has none */
    char *digest;   /* of the manifest */
    char *id;       /* of the config */
    char *created;  /* RFC 3339, or "" */
    char *platform; /* "linux/amd64" */
    int64_t size;   /* bytes of the compressed layers */
    size_t layers;
};
struct ocib_images {
    struct ocib_image *items;
    size_t count;
};
int ocib_list_images(struct ocib *ocib, struct ocib_images **out, struct ocib_error **err);
void ocib_images_free(struct ocib_images *images);

/* IMAGE is a name, "sha256:…", or leading hex digits of a digest. */
int ocib_tag(struct ocib *ocib, const char *image, const char *name, struct ocib_error **err);
int ocib_untag(struct ocib *ocib, const char *name, struct ocib_error **err);
int ocib_pull(struct ocib *ocib, const char *name, const char *platform, char **digest,
              struct ocib_error **err);
/* DEST NULL: the image's own name. */
int ocib_push(struct ocib *ocib, const char *image, const char *dest, char **digest,
              struct ocib_error **err);

/* A JSON document, as `docker image inspect` has it: an array of one object. Freed with free(). */
int ocib_inspect(struct ocib *ocib, const char *image, char **json, struct ocib_error **err);

struct ocib_history_entry {
    char *created; /* "" if not known */
    char *created_by;
    char *comment;
    bool empty_layer;
    int64_t size; /* compressed bytes of its layer; 0 if it has none */
};
struct ocib_history_list {
    struct ocib_history_entry *items; /* oldest first */
    size_t count;
};
int ocib_image_history(struct ocib *ocib, const char *image, struct ocib_history_list **out,
                       struct ocib_error **err);
void ocib_history_free(struct ocib_history_list *history);

struct ocib_report_layer {
    char *digest; /* of the blob */
    char *diff_id;
    char *instruction; /* as in the Dockerfile for images built here, else of the history */
    char *file;        /* the Dockerfile; "" if not known */
    unsigned line;     /* 0 if not known */
    unsigned end_line;
    int64_t size;            /* bytes of the plain tar */
    int64_t compressed_size; /* bytes of the blob */
};
struct ocib_report {
    char *name;
    char *digest;
    char *platform;
    struct ocib_report_layer *layers; /* lowest first */
    size_t count;
    int64_t size;
    int64_t compressed_size;
};
int ocib_report(struct ocib *ocib, const char *image, struct ocib_report **out,
                struct ocib_error **err);
void ocib_report_free(struct ocib_report *report);

#endif
