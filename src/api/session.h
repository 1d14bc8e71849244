/* What a session holds. Internal to api. */
#ifndef OCIB_API_SESSION_H
#define OCIB_API_SESSION_H

#include "base/error.h"
#include "base/log.h"
#include "base/vec.h"
#include "oci/image.h"
#include "registry/registry.h"
#include "sandbox/sandbox.h"
#include "store/store.h"

#include <ocib/ocib.h>
#include <pthread.h>

struct ocib {
    struct ocib_store *store;
    struct ocib_sandbox *sandbox; /* NULL unless steps may be run */
    struct ocib_registry *registry;
    struct ocib_log log;
    void (*event)(void *data, const struct ocib_event *event);
    void *data;
    pthread_mutex_t event_lock; /* one event at a time */
    volatile int interrupted;
};

/* Passes an event on to the program. */
void ocib_session_emit(struct ocib *ocib, const struct ocib_event *event);
/* The place of a span; file NULL for none. *text is what place.text points to: freed with free().
 */
struct ocib_error_place ocib_session_place(struct ocib_span span, char **text);
/* The image that a user named: its platform's manifest; *name may be NULL. */
int ocib_session_find(struct ocib *ocib, const char *image, struct ocib_descriptor *out,
                      char **name, struct ocib_error **err) OCIB_MUST;
/* Copies a NULL-ended list; NULL is an empty one. */
void ocib_session_list(struct ocib_strings *out, const char *const *list);

#endif
