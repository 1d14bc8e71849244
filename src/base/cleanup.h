/*
 * Owners that free themselves at the end of their scope.
 *
 *   OCIB_AUTO(ocib_buf) ... : see below.
 *
 * `OCIB_AUTO(fn)` declares that `fn(&variable)` runs when the variable's scope ends. Each part
 * offers such a function for its owning types, named `<type>_cleanup`. A value is handed to someone
 * else with ocib_steal(&p), which leaves NULL behind.
 */
#ifndef OCIB_BASE_CLEANUP_H
#define OCIB_BASE_CLEANUP_H

#include <stdlib.h>

#define OCIB_AUTO(fn)     __attribute__((cleanup(fn)))
#define OCIB_MUST         __attribute__((warn_unused_result))
#define OCIB_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Defines `name_cleanup(type **p)` around a free function that accepts NULL. */
#define OCIB_DEFINE_CLEANUP(name, type, free_fn)                                                   \
    static inline void name##_cleanup(type **p)                                                    \
    {                                                                                              \
        free_fn(*p);                                                                               \
    }

static inline void ocib_free_cleanup(void *p)
{
    free(*(void **)p);
}
#define OCIB_AUTO_FREE OCIB_AUTO(ocib_free_cleanup)

static inline void *ocib_steal_ptr(void *p)
{
    void **slot = (void **)p;
    void *value = *slot;
    *slot = NULL;
    return value;
}
/* Hands a pointer over: returns it and leaves NULL in its place. */
#define ocib_steal(p) ((__typeof__(*(p)))ocib_steal_ptr(p))

#define OCIB_COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
