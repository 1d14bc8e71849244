/* Can this machine run programs of another architecture: itself, or by an emulator that the kernel
 * knows (binfmt_misc)? */
#ifndef OCIB_SANDBOX_FOREIGN_H
#define OCIB_SANDBOX_FOREIGN_H

#include <stdbool.h>

/*
 * `architecture` is an image's: "arm64". Tried, not looked up: a program of that architecture is
 * started, so that it doesn't matter whether binfmt_misc is to be seen here. True if in doubt.
 */
bool ocib_sandbox_runs_architecture(const char *architecture);

#endif
