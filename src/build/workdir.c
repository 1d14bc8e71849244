#include "build/step.h"

#include "build/copy_tree.h"
#include "rootfs/users.h"
#include "sys/path.h"

#include <errno.h>
#include <time.h>

int ocib_make_cwd(int root_fd, const char *path, const struct ocib_mkdirs *how,
                  struct ocib_error **err)
{
    const struct ocib_tree tree = {.root_fd = root_fd};
    OCIB_AUTO(ocib_tree_path_release) struct ocib_tree_path at = {0};
    if (ocib_tree_resolve(&tree, path, &at) < 0 ||
        ocib_mkdirs_in_root(root_fd, at.path.data, how) < 0) {
        return ocib_error_set_errno(err, ocib_error_code_of_errno(errno, OCIB_EBUILD),
                                    "can't make the working directory %s", path);
    }
    return 0;
}

static int hash_workdir(struct ocib_layer_step *step, struct ocib_cache_key *key,
                        struct ocib_error **err)
{
    (void)err;
    ocib_cache_key_text(key, step->op->workdir);
    ocib_cache_key_text(key, step->op->workdir_user);
    return 0;
}

/* Numbers and names mean what they mean in --chown, not what they mean to RUN (BuildKit). A name
 * that the image lacks harms nothing yet: the folder is root's. */
static int apply_workdir(struct ocib_layer_step *step, int root_fd, struct ocib_error **err)
{
    const struct ocib_op *op = step->op;
    struct ocib_mkdirs how = {.mode = 0755};
    OCIB_AUTO_ERROR struct ocib_error *why = NULL;
    if (*op->workdir_user &&
        ocib_chown_lookup(root_fd, op->workdir_user, &how.uid, &how.gid, &why) < 0) {
        ocib_log_at(step->build->env->log, OCIB_LOG_WARNING, op->span, "%s: %s belongs to root",
                    ocib_error_message(why), op->workdir);
        how.uid = 0;
        how.gid = 0;
    }
    return ocib_make_cwd(root_fd, op->workdir, &how, err);
}

int ocib_step_workdir(struct ocib_layer_step *step, struct ocib_error **err)
{
    step->kind = "workdir";
    step->hash = hash_workdir;
    step->apply = apply_workdir;
    return ocib_layer_step_run(step, err);
}
