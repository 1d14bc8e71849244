/*
 * The modes of --chmod: octal, or symbolic as chmod(1) has it ("u=rwX,go=rX"), without a umask.
 * (Dockerfile reference, COPY --chmod; POSIX, chmod, "Extended description".)
 */
#ifndef OCIB_BUILD_COPY_MODE_H
#define OCIB_BUILD_COPY_MODE_H

#include "base/error.h"
#include "base/vec.h"

#include <stdbool.h>
#include <sys/types.h>

/* One action of a symbolic mode, such as "go+rX". */
struct ocib_mode_action {
    mode_t
        who; /* the permission bits that it may touch: 0700, 0070, 0007 and what goes with them */
    char op; /* + - = */
    mode_t bits; /* rwxst of all classes */
    bool x_if;   /* "X" */
    char copy;   /* u, g or o: take that class's permissions; 0: none */
};

struct ocib_chmod {
    bool is_octal;
    mode_t octal;
    OCIB_VEC(struct ocib_mode_action);
};

/* Fails with OCIB_EDOCKERFILE. NULL or "" is a mode that changes nothing. */
int ocib_chmod_parse(const char *text, struct ocib_chmod *out, struct ocib_error **err) OCIB_MUST;
void ocib_chmod_release(struct ocib_chmod *chmod);
/* The permission bits (07777) that a file gets. */
mode_t ocib_chmod_apply(const struct ocib_chmod *chmod, mode_t mode, bool is_dir);
/* The permission bits of a folder that is made on the way to the destination: an octal mode counts
 * for it under the umask 022, a symbolic one doesn't (BuildKit). */
mode_t ocib_chmod_parent(const struct ocib_chmod *chmod);

#endif
