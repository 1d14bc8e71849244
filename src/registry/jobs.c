#include "registry/jobs.h"

#include "base/mem.h"

#include <pthread.h>

struct crew {
    const struct ocib_jobs *jobs;
    atomic_size_t next;
    atomic_bool stop;
    pthread_mutex_t lock; /* of error */
    struct ocib_error *error;
};

static void *work(void *data)
{
    struct crew *crew = data;
    while (!atomic_load(&crew->stop)) {
        size_t i = atomic_fetch_add(&crew->next, 1);
        if (i >= crew->jobs->count) {
            break;
        }
        struct ocib_error *error = NULL;
        if (crew->jobs->run(crew->jobs->data, i, &crew->stop, &error)) {
            pthread_mutex_lock(&crew->lock);
            /* Those that stop because of the first failure have nothing to add. */
            if (!crew->error) {
                crew->error = ocib_steal(&error);
            }
            atomic_store(&crew->stop, true);
            pthread_mutex_unlock(&crew->lock);
        }
        ocib_error_free(error);
    }
    return NULL;
}

int ocib_jobs_run(const struct ocib_jobs *jobs, struct ocib_error **err)
{
    struct crew crew = {.jobs = jobs};
    pthread_mutex_init(&crew.lock, NULL);
    size_t most = jobs->threads < jobs->count ? jobs->threads : jobs->count;
    OCIB_AUTO_FREE pthread_t *threads = ocib_alloc(most + 1, sizeof(pthread_t));
    size_t started = 0;
    /* This thread is one of them; where no more can be had it does all the work. */
    while (started + 1 < most && !pthread_create(&threads[started], NULL, work, &crew)) {
        started++;
    }
    work(&crew);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_mutex_destroy(&crew.lock);
    if (!crew.error && !atomic_load(&crew.stop)) {
        return 0;
    }
    if (err && !*err) {
        *err = ocib_steal(&crew.error);
    }
    ocib_error_free(crew.error);
    return -1;
}
