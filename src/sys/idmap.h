/*
 * Subordinate ids: /etc/subuid and /etc/subgid (subuid(5)), and the maps of a user namespace that
 * is made of them: id 0 is the user, 1 and up are the ranges one after the other.
 */
#ifndef OCIB_SYS_IDMAP_H
#define OCIB_SYS_IDMAP_H

#include "base/buf.h"
#include "base/vec.h"

#include <stdint.h>
#include <sys/types.h>

struct ocib_id_range {
    uint32_t first;
    uint32_t count;
};
struct ocib_id_ranges {
    OCIB_VEC(struct ocib_id_range);
};
void ocib_id_ranges_release(struct ocib_id_ranges *ranges);

/* The kernel's limit of lines in a map (user_namespaces(7)), less the one for id 0. */
enum { OCIB_ID_RANGES_MAX = 339 };

/*
 * Appends the ranges of "owner:first:count" lines whose owner is `name` (may be NULL) or the number
 * `id`, in order of the text. Lines that are no such thing are left out, as newuidmap(1) does; more
 * than OCIB_ID_RANGES_MAX are cut off.
 */
void ocib_id_ranges_parse(struct ocib_str text, const char *name, uint32_t id,
                          struct ocib_id_ranges *out);

/* Appends the ids that a process has, as ranges, out of the text of its uid_map or gid_map
 * (user_namespaces(7)). */
void ocib_id_ranges_parse_map(struct ocib_str text, struct ocib_id_ranges *out);

/*
 * Appends of `ranges` the ids that can be mapped: those of `available`, each once, without
 * `own_id`. The kernel refuses a map that names an id twice, or one that the process lacks.
 */
void ocib_id_ranges_clip(const struct ocib_id_ranges *ranges,
                         const struct ocib_id_ranges *available, uint32_t own_id,
                         struct ocib_id_ranges *out);

/* The ids that the ranges hold together. */
uint64_t ocib_id_ranges_total(const struct ocib_id_ranges *ranges);

/* Appends the arguments that newuidmap(1) and newgidmap(1) take after the process id. */
void ocib_id_ranges_arguments(const struct ocib_id_ranges *ranges, uint32_t own_id,
                              struct ocib_strings *argv);

/* The text of a map that leaves each id of the ranges what it is. */
void ocib_id_ranges_identity(const struct ocib_id_ranges *ranges, struct ocib_buf *out);

#endif
