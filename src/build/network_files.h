/* /etc/hosts and /etc/resolv.conf of steps, and the other paths that every step is provided with.
 */
#ifndef OCIB_BUILD_NETWORK_FILES_H
#define OCIB_BUILD_NETWORK_FILES_H

#include "base/buf.h"
#include "build/settings.h"
#include "rootfs/snapshot.h"

struct ocib_network_files {
    struct ocib_buf hosts;
    struct ocib_buf resolv_conf; /* data NULL: the image's own stays */
};

/* This machine's resolv.conf is read anew; without a network nobody is asked. */
void ocib_network_files_make(const struct ocib_step_settings *settings, bool no_network,
                             struct ocib_network_files *out);
void ocib_network_files_release(struct ocib_network_files *files);

/* Fills the beginning of a list, of at least 16, with the sandbox's mount points and these files;
 * returns how many. The list borrows from the files. */
size_t ocib_network_files_provide(const struct ocib_network_files *files,
                                  struct ocib_provided *list);

#endif
