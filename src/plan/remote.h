/*
 * Sources of ADD that are not files of a context, and contexts that are not folders: URLs and git
 * repositories. By their text alone; nothing is looked up. (Dockerfile reference, ADD; build
 * contexts; where they leave something open, BuildKit.)
 *
 *   https://host/file            a file
 *   https://host/repo.git        a repository: the path ends with ".git"
 *   ssh://…  git://…  user@host:path
 *
 *   github.com/owner/repo        as a context only
 *
 * A repository's "#ref:dir" names a branch, tag or commit, and a folder in it. The query form,
 * "?ref=x&subdir=y", means the same, and has more fields: branch, tag, checksum (or commit),
 * keep-git-dir, submodules.
 */
#ifndef OCIB_PLAN_REMOTE_H
#define OCIB_PLAN_REMOTE_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

#include <stdbool.h>

enum ocib_source_kind { OCIB_SOURCE_PATH, OCIB_SOURCE_URL, OCIB_SOURCE_GIT };
enum ocib_source_kind ocib_source_kind(struct ocib_str source);
/* The same of a context. Where it is GIT, ocib_git_source_parse() takes it. */
enum ocib_source_kind ocib_context_kind(struct ocib_str text);

/* Has an http or https URL a user name or password in it? */
bool ocib_source_has_credentials(struct ocib_str source);
/* The URL without them (freed with free()); *out gets "name:password", decoded, or nothing. */
char *ocib_source_cut_credentials(struct ocib_str source, struct ocib_buf *out);

struct ocib_git_source {
    char *remote;       /* what git is told, without fragment and query */
    char *ref;          /* NULL: the repository's own HEAD */
    char *dir;          /* relative and clean; "" for the whole tree */
    char *checksum;     /* the commit that it must be, or its first digits; NULL: any */
    bool keep_git_dir;  /* the query asks for it */
    bool no_submodules; /* the query refuses them */
};
/* *out is released by the caller in either case. Fails with OCIB_EDOCKERFILE: a ref that git would
 * take for an option, a folder that leads out, a query that isn't known or contradicts itself. */
int ocib_git_source_parse(struct ocib_str source, struct ocib_git_source *out,
                          struct ocib_error **err) OCIB_MUST;
void ocib_git_source_release(struct ocib_git_source *git);

/* "sha256:" and 64 hexadecimal digits. */
bool ocib_checksum_is_sha256(struct ocib_str text);
/* A commit, or the first digits of one: 7 to 64 hexadecimal digits. */
bool ocib_checksum_is_commit(struct ocib_str text);

/* The name that a URL's file gets in a folder: the last part of the path, decoded (freed with
 * free()). Docker's "__unnamed__" if there is none. */
char *ocib_url_file_name(struct ocib_str url);

#endif
