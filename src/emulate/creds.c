#include "emulate/creds.h"

#include "base/mem.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/resource.h>

enum { TABLE_MAX = 65536 };

static const uint32_t unchanged = UINT32_MAX;

static uint64_t bit(int capability)
{
    return UINT64_C(1) << capability;
}

bool ocib_creds_can(const struct ocib_creds *creds, int capability)
{
    return creds->effective & bit(capability);
}

void ocib_creds_init(struct ocib_creds *creds, uid_t uid, gid_t gid, uint64_t caps)
{
    memset(creds, 0, sizeof(*creds)); /* compared as bytes */
    creds->uid = (struct ocib_ids){uid, uid, uid, uid};
    creds->gid = (struct ocib_ids){gid, gid, gid, gid};
    creds->permitted = creds->effective = uid == 0 ? caps : 0;
}

/* ---- ids ---- */

static bool is_one_of(const struct ocib_ids *ids, uint32_t id)
{
    return id == ids->real || id == ids->effective || id == ids->saved;
}

static bool has_root(const struct ocib_ids *ids)
{
    return is_one_of(ids, 0);
}

/* capabilities(7), "Effect of user ID changes on capabilities". */
static void change_uid(struct ocib_creds *creds, const struct ocib_ids *new)
{
    const struct ocib_ids old = creds->uid;
    creds->uid = *new;
    if (has_root(&old) && !has_root(new) && !creds->keep_caps) {
        creds->permitted = creds->effective = 0;
    }
    if (old.effective == 0 && new->effective != 0) {
        creds->effective = 0;
    }
    if (old.effective != 0 && new->effective == 0) {
        creds->effective = creds->permitted;
    }
}

static long set_one(const struct ocib_ids *old, bool able, uint32_t id, struct ocib_ids *new)
{
    *new = *old;
    if (id == unchanged) {
        return -EINVAL;
    }
    if (able) {
        *new = (struct ocib_ids){id, id, id, id};
        return 0;
    }
    new->effective = new->fs = id;
    return id == old->real || id == old->saved ? 0 : -EPERM;
}

static long set_two(const struct ocib_ids *old, bool able, const uint32_t ids[2],
                    struct ocib_ids *new)
{
    *new = *old;
    bool real_free = ids[0] == unchanged || ids[0] == old->real || ids[0] == old->effective;
    bool effective_free = ids[1] == unchanged || is_one_of(old, ids[1]);
    if (!able && !(real_free && effective_free)) {
        return -EPERM;
    }
    new->real = ids[0] == unchanged ? old->real : ids[0];
    new->effective = ids[1] == unchanged ? old->effective : ids[1];
    if (ids[0] != unchanged || (ids[1] != unchanged && ids[1] != old->real)) {
        new->saved = new->effective;
    }
    new->fs = new->effective;
    return 0;
}

static long set_three(const struct ocib_ids *old, bool able, const uint32_t ids[3],
                      struct ocib_ids *new)
{
    *new = *old;
    for (int i = 0; i < 3; i++) {
        if (!able && ids[i] != unchanged && !is_one_of(old, ids[i])) {
            return -EPERM;
        }
    }
    new->real = ids[0] == unchanged ? old->real : ids[0];
    new->effective = ids[1] == unchanged ? old->effective : ids[1];
    new->saved = ids[2] == unchanged ? old->saved : ids[2];
    new->fs = new->effective;
    return 0;
}

static long finish_uid(struct ocib_creds *creds, long result, const struct ocib_ids *new)
{
    if (result == 0) {
        change_uid(creds, new);
    }
    return result;
}

static long finish_gid(struct ocib_creds *creds, long result, const struct ocib_ids *new)
{
    if (result == 0) {
        creds->gid = *new;
    }
    return result;
}

long ocib_creds_setuid(struct ocib_creds *creds, uid_t uid)
{
    struct ocib_ids new;
    return finish_uid(creds, set_one(&creds->uid, ocib_creds_can(creds, CAP_SETUID), uid, &new),
                      &new);
}

long ocib_creds_setreuid(struct ocib_creds *creds, uid_t real, uid_t effective)
{
    const uint32_t ids[2] = {real, effective};
    struct ocib_ids new;
    return finish_uid(creds, set_two(&creds->uid, ocib_creds_can(creds, CAP_SETUID), ids, &new),
                      &new);
}

long ocib_creds_setresuid(struct ocib_creds *creds, uid_t real, uid_t effective, uid_t saved)
{
    const uint32_t ids[3] = {real, effective, saved};
    struct ocib_ids new;
    return finish_uid(creds, set_three(&creds->uid, ocib_creds_can(creds, CAP_SETUID), ids, &new),
                      &new);
}

long ocib_creds_setgid(struct ocib_creds *creds, gid_t gid)
{
    struct ocib_ids new;
    return finish_gid(creds, set_one(&creds->gid, ocib_creds_can(creds, CAP_SETGID), gid, &new),
                      &new);
}

long ocib_creds_setregid(struct ocib_creds *creds, gid_t real, gid_t effective)
{
    const uint32_t ids[2] = {real, effective};
    struct ocib_ids new;
    return finish_gid(creds, set_two(&creds->gid, ocib_creds_can(creds, CAP_SETGID), ids, &new),
                      &new);
}

long ocib_creds_setresgid(struct ocib_creds *creds, gid_t real, gid_t effective, gid_t saved)
{
    const uint32_t ids[3] = {real, effective, saved};
    struct ocib_ids new;
    return finish_gid(creds, set_three(&creds->gid, ocib_creds_can(creds, CAP_SETGID), ids, &new),
                      &new);
}

static long set_fs(struct ocib_ids *ids, bool able, uint32_t id)
{
    uint32_t before = ids->fs;
    if (id != unchanged && (able || id == before || is_one_of(ids, id))) {
        ids->fs = id;
    }
    return (long)before;
}

long ocib_creds_setfsuid(struct ocib_creds *creds, uid_t uid)
{
    return set_fs(&creds->uid, ocib_creds_can(creds, CAP_SETUID), uid);
}

long ocib_creds_setfsgid(struct ocib_creds *creds, gid_t gid)
{
    return set_fs(&creds->gid, ocib_creds_can(creds, CAP_SETGID), gid);
}

static int by_number(const void *a, const void *b)
{
    gid_t left = *(const gid_t *)a;
    gid_t right = *(const gid_t *)b;
    return left < right ? -1 : left > right;
}

void ocib_creds_put_groups(struct ocib_creds *creds, const gid_t *groups, size_t count)
{
    count = count < OCIB_GROUPS_MAX ? count : OCIB_GROUPS_MAX;
    memset(creds->groups, 0, sizeof(creds->groups));
    if (count) {
        memcpy(creds->groups, groups, count * sizeof(*groups));
        qsort(creds->groups, count, sizeof(*groups), by_number);
    }
    creds->group_count = (uint32_t)count;
}

long ocib_creds_setgroups(struct ocib_creds *creds, const gid_t *groups, size_t count)
{
    if (!ocib_creds_can(creds, CAP_SETGID)) {
        return -EPERM;
    }
    if (count > OCIB_GROUPS_MAX) {
        return -EINVAL;
    }
    ocib_creds_put_groups(creds, groups, count);
    return 0;
}

long ocib_creds_capset(struct ocib_creds *creds, uint64_t effective, uint64_t permitted,
                       uint64_t inheritable)
{
    if ((permitted & ~creds->permitted) || (effective & ~permitted) ||
        (inheritable & ~(creds->inheritable | creds->permitted))) {
        return -EPERM;
    }
    creds->effective = effective;
    creds->permitted = permitted;
    creds->inheritable = inheritable;
    return 0;
}

/* Without ambient and file capabilities (capabilities(7), "Transformation of capabilities during
 * execve()"). */
void ocib_creds_exec(struct ocib_creds *creds, mode_t mode, uid_t uid, gid_t gid, uint64_t bound)
{
    if (mode & S_ISUID) {
        creds->uid.effective = uid;
    }
    if ((mode & S_ISGID) && (mode & S_IXGRP)) {
        creds->gid.effective = gid;
    }
    creds->uid.saved = creds->uid.fs = creds->uid.effective;
    creds->gid.saved = creds->gid.fs = creds->gid.effective;
    bool root = creds->uid.real == 0 || creds->uid.effective == 0;
    creds->permitted = root ? creds->inheritable | bound : 0;
    creds->effective = creds->uid.effective == 0 ? creds->permitted : 0;
    creds->keep_caps = false;
}

static bool in_group(const struct ocib_creds *creds, gid_t gid)
{
    for (uint32_t i = 0; i < creds->group_count; i++) {
        if (creds->groups[i] == gid) {
            return true;
        }
    }
    return gid == creds->gid.fs;
}

long ocib_creds_may_chown(const struct ocib_creds *creds, const struct stat *now, uid_t uid,
                          gid_t gid)
{
    if (ocib_creds_can(creds, CAP_CHOWN)) {
        return 0;
    }
    bool owner = now->st_uid == creds->uid.fs;
    bool uid_free = uid == unchanged || (owner && uid == now->st_uid);
    bool gid_free = gid == unchanged || (owner && (gid == now->st_gid || in_group(creds, gid)));
    return uid_free && gid_free ? 0 : -EPERM;
}

/* ---- the table ---- */

void ocib_creds_table_release(struct ocib_creds_table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        free(table->items[i]);
    }
    ocib_vec_release(table);
}

ssize_t ocib_creds_table_number(struct ocib_creds_table *table, const struct ocib_creds *creds)
{
    for (size_t i = 0; i < table->len; i++) {
        if (memcmp(table->items[i], creds, sizeof(*creds)) == 0) {
            return (ssize_t)i;
        }
    }
    if (table->len >= TABLE_MAX) {
        return -1;
    }
    struct ocib_creds *copy = ocib_new(struct ocib_creds);
    memcpy(copy, creds, sizeof(*copy));
    ocib_vec_push(table, copy);
    return (ssize_t)table->len - 1;
}

/* What a limit is for a number: the first has no limit, as is usual, and no number is one that a
 * program may set itself. */
static const rlim_t first_limit = (rlim_t)1 << 40;

const struct ocib_creds *ocib_creds_get(const struct ocib_creds_table *table, pid_t pid)
{
    struct rlimit now;
    size_t number = 0;
    if (prlimit(pid, RLIMIT_LOCKS, NULL, &now) == 0 && now.rlim_cur > first_limit &&
        now.rlim_cur - first_limit < table->len) {
        number = (size_t)(now.rlim_cur - first_limit);
    }
    return table->items[number];
}

long ocib_creds_set(struct ocib_creds_table *table, pid_t pid, const struct ocib_creds *creds)
{
    struct rlimit limit;
    ssize_t number = ocib_creds_table_number(table, creds);
    if (number < 0) {
        return -EAGAIN;
    }
    if (prlimit(pid, RLIMIT_LOCKS, NULL, &limit) < 0) {
        return -errno;
    }
    limit.rlim_cur = number ? first_limit + (rlim_t)number : limit.rlim_max;
    return prlimit(pid, RLIMIT_LOCKS, &limit, NULL) < 0 ? -errno : 0;
}
