#include "api/session.h"

#include "base/mem.h"
#include "rootfs/snapshot.h"
#include "sandbox/findings.h"
#include "sys/fd.h"

#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char store_group[] = "store";

/* Of <linux/magic.h> of newer kernels, and of file systems that have none there. */
enum {
    XFS_MAGIC = 0x58465342,
    ZFS_MAGIC = 0x2fc12fc1,
    CIFS_MAGIC = 0xff534d42,
    F2FS_MAGIC = 0xf2f52010,
    EXFAT_MAGIC = 0x2011bab0,
    FUSE_MAGIC = 0x65735546,
};

static const char *file_system_name(long magic)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } known[] = {
        {EXT4_SUPER_MAGIC, "ext4"},
        {XFS_MAGIC, "xfs"},
        {BTRFS_SUPER_MAGIC, "btrfs"},
        {TMPFS_MAGIC, "tmpfs"},
        {OVERLAYFS_SUPER_MAGIC, "overlay"},
        {NFS_SUPER_MAGIC, "nfs"},
        {ZFS_MAGIC, "zfs"},
        {CIFS_MAGIC, "cifs"},
        {F2FS_MAGIC, "f2fs"},
        {FUSE_MAGIC, "fuse"},
        {V9FS_MAGIC, "9p"},
        {RAMFS_MAGIC, "ramfs"},
        {MSDOS_SUPER_MAGIC, "vfat"},
        {EXFAT_MAGIC, "exfat"},
    };
    for (size_t i = 0; i < OCIB_COUNT(known); i++) {
        if (known[i].magic == ((unsigned long)magic & 0xffffffffUL)) {
            return known[i].name;
        }
    }
    return "an unknown file system";
}

static void describe_place(const char *root, struct ocib_findings *out)
{
    struct statfs fs;
    if (statfs(root, &fs) == 0) {
        unsigned long long free_bytes =
            (unsigned long long)fs.f_bavail * (unsigned long long)fs.f_bsize;
        ocib_findings_add(out, store_group, "place", OCIB_FINDING_YES, ocib_strdup(root));
        ocib_findings_add(
            out, store_group, "file system", OCIB_FINDING_NOTE,
            ocib_format("%s, %llu GB free", file_system_name(fs.f_type), free_bytes / 1000000000));
    }
}

/* Makes a snapshot as a step would get it, of nothing. */
static int try_snapshot(struct ocib_store *store, bool userxattr, struct ocib_error **err)
{
    OCIB_AUTO(ocib_work_release) struct ocib_work work = {.fd = -1, .lock_fd = -1};
    const struct ocib_strings none = {0};
    if (ocib_store_work_new(store, &work, err) < 0) {
        return -1;
    }
    struct ocib_snapshot_options options = {
        .lowers = &none, .work_fd = work.fd, .work_path = work.path, .userxattr = userxattr};
    OCIB_AUTO(ocib_snapshot_cleanup)
    struct ocib_snapshot *snapshot = ocib_snapshot_open(&options, err);
    return snapshot ? ocib_snapshot_close(snapshot, err) : -1;
}

static void examine_store(const struct ocib_options *options, uid_t uid, bool userxattr,
                          struct ocib_findings *out)
{
    OCIB_AUTO_ERROR struct ocib_error *err = NULL;
    OCIB_AUTO_FREE char *root =
        options->root ? ocib_strdup(options->root) : ocib_store_default_root(uid);
    if (!root) {
        struct ocib_finding *finding =
            ocib_findings_add(out, store_group, "place", OCIB_FINDING_NO,
                              ocib_strdup("there is none: HOME is not set"));
        finding->remedy = ocib_strdup("give one with --root DIR or OCIB_ROOT");
        return;
    }
    OCIB_AUTO(ocib_store_cleanup) struct ocib_store *store = ocib_store_open(root, NULL, &err);
    if (!store) {
        ocib_findings_add_error(out, store_group, "place", err);
        return;
    }
    describe_place(root, out);
    if (try_snapshot(store, userxattr, &err) < 0) {
        ocib_findings_add_error(out, store_group, "snapshots", err);
    } else {
        ocib_findings_add(out, store_group, "snapshots", OCIB_FINDING_YES, ocib_strdup("overlay"));
    }
}

static struct ocib_diagnosis *to_public(struct ocib_findings *findings, const char *mode)
{
    struct ocib_diagnosis *diagnosis = ocib_new(struct ocib_diagnosis);
    diagnosis->mode = ocib_strdup(mode);
    diagnosis->checks = ocib_alloc(findings->len, sizeof(*diagnosis->checks));
    for (size_t i = 0; i < findings->len; i++) {
        struct ocib_finding *from = &findings->items[i];
        diagnosis->checks[diagnosis->count++] = (struct ocib_check){
            .group = ocib_strdup(from->group),
            .name = ocib_strdup(from->name),
            .verdict = (enum ocib_check_verdict)from->verdict,
            .text = ocib_steal(&from->text),
            .reason = ocib_steal(&from->reason),
            .remedy = ocib_steal(&from->remedy),
        };
    }
    return diagnosis;
}

int ocib_doctor(const struct ocib_options *options, struct ocib_diagnosis **out,
                struct ocib_error **err)
{
    enum ocib_sandbox_mode mode = OCIB_SANDBOX_AUTO;
    struct ocib_findings findings = {0};
    uid_t uid = getuid();
    if (options->sandbox && ocib_sandbox_mode_parse(options->sandbox, &mode, err) < 0) {
        return -1;
    }
    ocib_sandbox_try_modes(&findings);
    ocib_sandbox_examine_machine(&findings);
    OCIB_AUTO(ocib_sandbox_cleanup)
    struct ocib_sandbox *sandbox = ocib_sandbox_enter(mode, NULL, err);
    if (!sandbox) {
        ocib_findings_release(&findings);
        return -1;
    }
    examine_store(options, uid, ocib_sandbox_in_userns(sandbox), &findings);
    *out = to_public(&findings, ocib_sandbox_mode_name(ocib_sandbox_mode(sandbox)));
    ocib_findings_release(&findings);
    return 0;
}

void ocib_diagnosis_free(struct ocib_diagnosis *diagnosis)
{
    if (!diagnosis) {
        return;
    }
    for (size_t i = 0; i < diagnosis->count; i++) {
        struct ocib_check *check = &diagnosis->checks[i];
        free(check->group);
        free(check->name);
        free(check->text);
        free(check->reason);
        free(check->remedy);
    }
    free(diagnosis->checks);
    free(diagnosis->mode);
    free(diagnosis);
}
