/*
 * A command in an image, to try it: the same tree, mounts and limits as a step of a build has, and
 * all that it changes is thrown away.
 */
#ifndef OCIB_BUILD_THROWAWAY_H
#define OCIB_BUILD_THROWAWAY_H

#include "build/build.h"
#include "build/settings.h"

/* A folder or file of this machine in the image's tree. */
struct ocib_volume {
    char *source;
    char *target; /* absolute, clean, not "/" */
    bool read_only;
};
struct ocib_volumes {
    OCIB_VEC(struct ocib_volume);
};
/* "SOURCE:TARGET[:ro|rw]", both absolute or SOURCE beginning with a dot; OCIB_EUSAGE otherwise. */
int ocib_volume_parse(const char *text, struct ocib_volumes *out,
                      struct ocib_error **err) OCIB_MUST;
void ocib_volumes_release(struct ocib_volumes *volumes);

/* The command as docker puts it together: `words` in place of the image's Cmd; with an `entrypoint`
 * ("" for none) neither the image's Entrypoint nor its Cmd counts. */
void ocib_throwaway_command(const struct ocib_config *config, const char *entrypoint,
                            const struct ocib_strings *words, struct ocib_strings *out);

struct ocib_throwaway {
    const struct ocib_digest *image; /* a manifest of the store */
    const char *entrypoint;          /* NULL: the image's */
    const struct ocib_strings *words;
    const struct ocib_strings *env; /* over the image's */
    const char *user;               /* NULL: the image's */
    const char *cwd;                /* NULL: the image's */
    const struct ocib_volumes *volumes;
    const struct ocib_step_settings *settings;
    enum ocib_network network;
    const struct ocib_step_io *io;
    void (*output)(void *data, int stream, const char *bytes, size_t len);
    void *data;
};

/* Stores how the command ended. */
int ocib_throwaway_run(const struct ocib_build_env *env, const struct ocib_throwaway *run,
                       struct ocib_step_result *result, struct ocib_error **err) OCIB_MUST;

#endif
