/*
 * This program's own file, in a form that sandbox children can be executed from.
 *
 * A step that is root of the host could otherwise reach the file (as /proc/self/exe, by being
 * "#!/proc/self/exe", CVE-2019-5736) and write into it. So children run from a detached read-only
 * mount of the file, through which nobody can open it for writing; where that can't be had (the
 * file was replaced while the program runs), from a sealed copy in memory.
 */
#ifndef OCIB_SANDBOX_EXE_H
#define OCIB_SANDBOX_EXE_H

#include "base/error.h"

/* A close-on-exec descriptor for execveat(2); the caller's. Needs the right to mount. */
int ocib_sandbox_exe_open(struct ocib_error **err) OCIB_MUST;

/* The two ways, for tests: -1 with errno. */
int ocib_sandbox_exe_mount(void) OCIB_MUST;
int ocib_sandbox_exe_copy(void) OCIB_MUST;

#endif
