#include "build/step.h"

#include "rootfs/users.h"
#include "sys/path.h"

#include <errno.h>
#include <time.h>

static int hash_workdir(struct ocib_layer_step *step, struct ocib_cache_key *key,
                        struct ocib_error **err)
{
    (void)err;
    ocib_cache_key_text(key, step->op->workdir);
    ocib_cache_key_text(key, step->op->workdir_user);
    return 0;
}

static int apply_workdir(struct ocib_layer_step *step, int root_fd, struct ocib_error **err)
{
    const char *path = step->op->workdir;
    struct ocib_user user = {0};
    if (ocib_user_lookup(root_fd, step->op->workdir_user, &user, err) < 0) {
        return -1;
    }
    struct ocib_mkdirs how = {.mode = 0755, .uid = user.uid, .gid = user.gid};
    ocib_user_release(&user);
    if (ocib_mkdirs_in_root(root_fd, path, &how) < 0) {
        return ocib_error_set_errno(err, ocib_error_code_of_errno(errno, OCIB_EBUILD),
                                    "can't make the working directory %s", path);
    }
    return 0;
}

int ocib_step_workdir(struct ocib_layer_step *step, struct ocib_error **err)
{
    step->kind = "workdir";
    step->hash = hash_workdir;
    step->apply = apply_workdir;
    return ocib_layer_step_run(step, err);
}
