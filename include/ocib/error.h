/*
 * Errors as the callers of libocib see them.
 *
 * A function that can fail returns -1 (or NULL) and stores a new error through its last parameter,
 * `struct ocib_error **err`. The caller owns it and frees it with ocib_error_free(). Passing NULL
 * for `err` is allowed and drops the details. An error is immutable once returned and may be read
 * by any thread.
 */
#ifndef OCIB_ERROR_H
#define OCIB_ERROR_H

#include <stddef.h>

/* What went wrong, in the terms of the exit statuses that scripts rely on. */
enum ocib_code {
    OCIB_OK = 0,
    OCIB_EBUILD,       /* a step of the build failed */
    OCIB_EUSAGE,       /* flags or arguments are wrong */
    OCIB_EDOCKERFILE,  /* the Dockerfile (or another build description) is refused */
    OCIB_EINPUT,       /* a base image or a build context can't be read */
    OCIB_EREGISTRY,    /* the registry refused: authentication, permission, not found */
    OCIB_ENETWORK,     /* network or registry fault; trying again later may help */
    OCIB_EBUDGET,      /* a size budget was exceeded; the image is built */
    OCIB_ESANDBOX,     /* this machine can't run steps */
    OCIB_ESTORE,       /* the store or the disk */
    OCIB_ENOTFOUND,    /* the named image or path does not exist */
    OCIB_ECORRUPT,     /* data does not match its digest or format */
    OCIB_EINTERRUPTED, /* a signal ended the work */
    OCIB_EINTERNAL,    /* a defect in ocib */
};

struct ocib_error;

/* The code, and the exit status of the program that goes with it (one table, in src/base/error.c).
 */
enum ocib_code ocib_error_code(const struct ocib_error *err);
int ocib_error_exit_status(const struct ocib_error *err);

/* What failed, on which object, and why: one sentence, lower case, no period. Never NULL. */
const char *ocib_error_message(const struct ocib_error *err);

/* What to do about it; NULL if nothing better than the message is known. */
const char *ocib_error_hint(const struct ocib_error *err);

/* A stable word for the cause, for programs: of OCIB_ESANDBOX those that docs/doctor.md lists. NULL
 * if there is none. */
const char *ocib_error_reason(const struct ocib_error *err);

/*
 * Where in a file the error lies. False if it has no place. Lines and columns count from 1, columns
 * in bytes; end_line is the last line of the construct. `text` is the source line, without its
 * line break, and may be NULL. All pointers live as long as the error.
 */
struct ocib_error_place {
    const char *file;
    const char *text;
    unsigned line;
    unsigned column;
    unsigned end_line;
};
_Bool ocib_error_place(const struct ocib_error *err, struct ocib_error_place *place);

/* Further lines for a person, such as the last output of a failed step; NULL if there are none. */
const char *ocib_error_detail(const struct ocib_error *err);

/* The exit status of the failed step, 128 + n if signal n ended it; -1 if no step failed. */
int ocib_error_step_status(const struct ocib_error *err);

/* Accepts NULL. */
void ocib_error_free(struct ocib_error *err);

#endif
