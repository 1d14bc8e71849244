/*
 * Making errors. The reading side is in ocib/error.h.
 *
 * A function that fails makes the error where it knows most: ocib_error_set() with what failed, on
 * which object, and why; lower case, no period. The setters return -1, so failing is one line:
 *
 *     return ocib_error_set(err, OCIB_ESTORE, "can't open blob %s: %s", digest, strerror(errno));
 *
 * The first error wins: setting an error where there is one already is ignored (and returns -1 all
 * the same). Each layer adds at most once what it was doing, with ocib_error_wrap(), or a place or
 * hint. All functions accept err == NULL, and keep errno.
 */
#ifndef OCIB_BASE_ERROR_H
#define OCIB_BASE_ERROR_H

#include "base/cleanup.h"
#include "base/span.h"

#include <ocib/error.h>

OCIB_DEFINE_CLEANUP(ocib_error, struct ocib_error, ocib_error_free)
#define OCIB_AUTO_ERROR OCIB_AUTO(ocib_error_cleanup)

int ocib_error_set(struct ocib_error **err, enum ocib_code code, const char *fmt, ...)
    OCIB_PRINTF(3, 4);
/* The same, with ": " and strerror(errno) at the end; full disks and the like get their hint. */
int ocib_error_set_errno(struct ocib_error **err, enum ocib_code code, const char *fmt, ...)
    OCIB_PRINTF(3, 4);
/* The same, at a place of a source. */
int ocib_error_at(struct ocib_error **err, enum ocib_code code, struct ocib_span span,
                  const char *fmt, ...) OCIB_PRINTF(4, 5);

/* The code for something in the store's trees that failed with `number`, of errno: OCIB_ESTORE if
 * the disk is at fault (full, over quota, read-only, broken), `usual` otherwise. Not for what is
 * only read from elsewhere, nor for calls that mean something else by these numbers, as clone(2)
 * does. */
enum ocib_code ocib_error_code_of_errno(int number, enum ocib_code usual);

/* Puts "<text>: " before the message. Nothing happens if there is no error. Returns -1. */
int ocib_error_wrap(struct ocib_error **err, const char *fmt, ...) OCIB_PRINTF(2, 3);
/* Gives the error a place (if it has none), a hint (if it has none), detail lines, another code. */
int ocib_error_place_at(struct ocib_error **err, struct ocib_span span);
int ocib_error_hint_set(struct ocib_error **err, const char *fmt, ...) OCIB_PRINTF(2, 3);
/* The same in place of the hint that is there. */
int ocib_error_hint_replace(struct ocib_error **err, const char *text);
/* A stable word for the cause; the first one stays. */
int ocib_error_reason_set(struct ocib_error **err, const char *reason);
int ocib_error_detail_set(struct ocib_error **err, struct ocib_str text);
int ocib_error_code_set(struct ocib_error **err, enum ocib_code code);
int ocib_error_step_status_set(struct ocib_error **err, int status);

/* Hands an error to the caller's `err`; frees it if there is one already, or nobody asks. Returns
 * -1. */
int ocib_error_move(struct ocib_error **err, struct ocib_error *cause);

/* Forgets an error that was dealt with: frees it and stores NULL. */
void ocib_error_clear(struct ocib_error **err);

#endif
