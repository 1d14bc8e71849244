/*
 * What `ocib doctor` finds out about running steps: each mode tried, and what of the machine
 * matters for it. Nothing of the process changes by finding it out.
 */
#ifndef OCIB_SANDBOX_FINDINGS_H
#define OCIB_SANDBOX_FINDINGS_H

#include "base/error.h"
#include "base/vec.h"

enum ocib_finding_verdict {
    OCIB_FINDING_YES,
    OCIB_FINDING_NO,
    OCIB_FINDING_NOTE, /* a fact that is neither good nor bad */
};

struct ocib_finding {
    const char *group; /* "mode", "machine", "store": not owned */
    const char *name;  /* a word or two: not owned */
    enum ocib_finding_verdict verdict;
    char *text;
    char *reason; /* an obstacle's id; NULL: none */
    char *remedy; /* one line; NULL: none */
};
struct ocib_findings {
    OCIB_VEC(struct ocib_finding);
};
void ocib_findings_release(struct ocib_findings *findings);

/* Appends a finding; takes `text`. */
struct ocib_finding *ocib_findings_add(struct ocib_findings *findings, const char *group,
                                       const char *name, enum ocib_finding_verdict verdict,
                                       char *text);
/* Appends a NO with what an error says. */
struct ocib_finding *ocib_findings_add_error(struct ocib_findings *findings, const char *group,
                                             const char *name, const struct ocib_error *err);

/* Tries each mode that this version has: group "mode", by the mode's name, best first. The process
 * must have one thread. */
void ocib_sandbox_try_modes(struct ocib_findings *out);

/* Group "machine". */
void ocib_sandbox_examine_machine(struct ocib_findings *out);

#endif
