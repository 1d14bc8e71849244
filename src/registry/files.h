/*
 * Where the files of this part lie, and reading them whole. Environment and user are read here
 * only. Strings are freed with free().
 */
#ifndef OCIB_REGISTRY_FILES_H
#define OCIB_REGISTRY_FILES_H

#include "base/buf.h"
#include "base/error.h"
#include "base/vec.h"

#include <sys/types.h>

/* $HOME, else the home of `uid` by the user database; NULL if there is none. */
char *ocib_files_home(uid_t uid);
/* $XDG_CONFIG_HOME, else ~/.config; NULL if there is no home. */
char *ocib_files_config_home(uid_t uid);

/* 1 and the content, at most 4 MiB; 0 if there is no such file; -1 with OCIB_EUSAGE. */
int ocib_files_read(const char *path, struct ocib_buf *out, struct ocib_error **err) OCIB_MUST;

/* The names in a folder that end in `suffix`, sorted, with the folder in front; none if there is no
 * such folder. */
void ocib_files_list(const char *folder, const char *suffix, struct ocib_strings *out);

#endif
