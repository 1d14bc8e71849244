/*
 * Build contexts: the one of the build, and those of --build-context. A folder is read where it is;
 * everything else (a tar, a repository, a URL) is brought into a work folder of the store first,
 * which goes with the context. As for BuildKit, ignore files count in folders of the user only.
 * Internal to the part.
 */
#ifndef OCIB_BUILD_INPUT_H
#define OCIB_BUILD_INPUT_H

#include "build/add_remote.h"
#include "build/copy.h"
#include "context/context.h"
#include "context/inodes.h"

struct ocib_build_input {
    char *name; /* in messages */
    struct ocib_context *context;
    struct ocib_inodes *inodes; /* of a tar: what its files are; they keep their owners */
    bool checked_out;           /* the files are of a repository */
    struct ocib_work work;      /* what was unpacked */
    struct ocib_remote remote;  /* what was fetched */
    char *source;               /* what the remote is called */
    /* There is no context but this Dockerfile (not to be looked for elsewhere). */
    struct ocib_buf dockerfile;
    char *dockerfile_name;
};

struct ocib_build_input_options {
    const char *text;       /* a folder, a tar, a URL, a repository; "-" */
    const char *name;       /* in messages */
    const char *dockerfile; /* of a folder: where the Dockerfile is, for its own ignore file */
    bool is_main;           /* may be a Dockerfile */
    bool keep_git_dir;
};
/* *input is the caller's, and released in either case. OCIB_EINPUT if it can't be read. */
int ocib_build_input_open(struct ocib_build_input *input, struct ocib_build *build,
                          const struct ocib_build_input_options *options,
                          struct ocib_error **err) OCIB_MUST;
/* One without files. */
int ocib_build_input_open_empty(struct ocib_build_input *input, struct ocib_build *build,
                                const char *name, struct ocib_error **err) OCIB_MUST;
void ocib_build_input_release(struct ocib_build_input *input);

/* What COPY reads of it. */
void ocib_build_input_source(const struct ocib_build_input *input, const struct ocib_log *log,
                             struct ocib_copy_source *out);

/* A file of it, found as inside of it; OCIB_ENOTFOUND if there is none. */
int ocib_build_input_read(const struct ocib_build_input *input, const char *path, size_t limit,
                          struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;

enum ocib_build_input_kind {
    OCIB_INPUT_FOLDER, /* also what isn't there */
    OCIB_INPUT_FILE,
    OCIB_INPUT_STDIN,
    OCIB_INPUT_REMOTE, /* a URL or a repository */
};
/* By the text, and by what there is: a folder goes before a URL, as in buildx. */
enum ocib_build_input_kind ocib_build_input_kind(const char *text);

#endif
