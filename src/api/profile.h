/* --security-opt seccomp=FILE: a profile in Docker's JSON. */
#ifndef OCIB_API_PROFILE_H
#define OCIB_API_PROFILE_H

#include "base/buf.h"
#include "base/error.h"

#include <stdint.h>

/* Reads the file and makes a seccomp program of it, for steps that may have these capabilities. */
int ocib_profile_read(const char *path, uint64_t caps, struct ocib_buf *out,
                      struct ocib_error **err) OCIB_MUST;

#endif
