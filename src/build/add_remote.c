#include "build/add_remote.h"

#include "base/mem.h"
#include "registry/base64.h"
#include "sys/fd.h"

int ocib_remote_begin(struct ocib_remote *remote, struct ocib_error **err)
{
    ocib_work_release(&remote->work);
    remote->work = (struct ocib_work){.fd = -1, .lock_fd = -1};
    return ocib_store_work_new(remote->build->env->store, &remote->work, err);
}

static int identify(struct ocib_remote *remote, struct ocib_error **err)
{
    const char *checksum = remote->op->checksum;
    if (remote->kind == OCIB_SOURCE_GIT) {
        return ocib_git_source_parse(ocib_str(remote->source), &remote->repo, err) < 0
                   ? -1
                   : ocib_remote_find_commit(remote, err);
    }
    if (!remote->name) {
        remote->name = ocib_url_file_name(ocib_str(remote->source));
    }
    return checksum ? ocib_digest_parse(ocib_str(checksum), &remote->digest, err)
                    : ocib_remote_download(remote, err);
}

int ocib_remote_open(struct ocib_remote *remote, const struct ocib_build *build,
                     const struct ocib_op *op, const char *source, struct ocib_error **err)
{
    *remote = (struct ocib_remote){.build = build,
                                   .op = &op->copy,
                                   .span = op->span,
                                   .source = source,
                                   .kind = ocib_source_kind(ocib_str(source)),
                                   .work = {.fd = -1, .lock_fd = -1},
                                   .root_fd = -1};
    return identify(remote, err) < 0 ? ocib_error_place_at(err, op->span) : 0;
}

static char *basic(struct ocib_str credentials)
{
    struct ocib_buf out = {0};
    ocib_buf_puts(&out, "Basic ");
    ocib_base64_encode(credentials, &out);
    return ocib_buf_take(&out);
}

int ocib_remote_open_context(struct ocib_remote *remote, const struct ocib_build *build,
                             const struct ocib_remote_context *context, struct ocib_error **err)
{
    static const struct ocib_copy_op plain;
    *remote = (struct ocib_remote){.build = build,
                                   .op = &plain,
                                   .source = context->source,
                                   .kind = ocib_context_kind(ocib_str(context->source)),
                                   .keep_git_dir = context->keep_git_dir,
                                   .name = ocib_strdup(context->name),
                                   .work = {.fd = -1, .lock_fd = -1},
                                   .root_fd = -1};
    if (context->credentials.len) {
        remote->authorization = basic(context->credentials);
    }
    return identify(remote, err) < 0 || ocib_remote_fetch(remote, err) < 0 ? -1 : 0;
}

bool ocib_remote_keeps_git_dir(const struct ocib_remote *remote)
{
    return remote->op->keep_git_dir || remote->keep_git_dir || remote->repo.keep_git_dir;
}

void ocib_remote_hash(const struct ocib_remote *remote, struct ocib_cache_key *key)
{
    if (remote->kind == OCIB_SOURCE_URL) {
        ocib_cache_key_text(key, "url");
        ocib_cache_key_text(key, remote->name);
        ocib_cache_key_text(key, remote->digest.text);
        return;
    }
    ocib_cache_key_text(key, "git");
    ocib_cache_key_text(key, remote->repo.remote);
    ocib_cache_key_text(key, remote->commit);
    ocib_cache_key_text(key, remote->repo.dir);
    ocib_cache_key_number(key, ocib_remote_keeps_git_dir(remote));
    ocib_cache_key_number(key, remote->repo.no_submodules);
}

int ocib_remote_fetch(struct ocib_remote *remote, struct ocib_error **err)
{
    if (remote->root_fd >= 0) {
        return 0;
    }
    int failed = remote->kind == OCIB_SOURCE_GIT ? ocib_remote_check_out(remote, err)
                                                 : ocib_remote_download(remote, err);
    return failed ? ocib_error_place_at(err, remote->span) : 0;
}

void ocib_remote_release(struct ocib_remote *remote)
{
    ocib_fd_cleanup(&remote->root_fd);
    ocib_work_release(&remote->work);
    ocib_git_source_release(&remote->repo);
    free(remote->name);
    free(remote->authorization);
    free(remote->commit);
}
