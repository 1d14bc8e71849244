/*
 * A seccomp profile that the user wrote (Docker's JSON, see api/profile.c), put together by
 * libseccomp. Names that this machine's kernel and libseccomp don't know are left out, as OCI
 * runtimes do.
 */
#ifndef OCIB_SANDBOX_PROFILE_H
#define OCIB_SANDBOX_PROFILE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/vec.h"

#include <stdint.h>

/* What happens to a call: "SCMP_ACT_ERRNO", and the number that it gives. */
struct ocib_profile_action {
    const char *name;
    unsigned number;
};

struct ocib_profile_argument {
    unsigned index;
    char *op; /* "SCMP_CMP_EQ" */
    uint64_t value;
    uint64_t value_two; /* of SCMP_CMP_MASKED_EQ: what is wanted under the mask */
};

struct ocib_profile_rule {
    struct ocib_strings names;
    struct ocib_profile_action action;
    struct {
        OCIB_VEC(struct ocib_profile_argument);
    } arguments; /* all must match */
};

struct ocib_profile;
/* What happens to calls without a rule. OCIB_EUSAGE if there is no such action, or ocib was built
 * without libseccomp. */
struct ocib_profile *ocib_profile_new(const struct ocib_profile_action *otherwise,
                                      struct ocib_error **err) OCIB_MUST;
void ocib_profile_free(struct ocib_profile *profile);
OCIB_DEFINE_CLEANUP(ocib_profile, struct ocib_profile, ocib_profile_free)

/* Adds another architecture of this machine's, "SCMP_ARCH_X86"; others do no harm. */
int ocib_profile_arch(struct ocib_profile *profile, const char *name,
                      struct ocib_error **err) OCIB_MUST;
/* True for the name of this machine's own: "SCMP_ARCH_X86_64". */
bool ocib_profile_is_native(const char *name);
int ocib_profile_add(struct ocib_profile *profile, const struct ocib_profile_rule *rule,
                     struct ocib_error **err) OCIB_MUST;
/* The program, as struct sock_filter bytes. */
int ocib_profile_build(struct ocib_profile *profile, struct ocib_buf *out,
                       struct ocib_error **err) OCIB_MUST;

#endif
