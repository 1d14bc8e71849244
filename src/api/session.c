#include "api/session.h"

#include "base/mem.h"

#include <unistd.h>

void ocib_session_emit(struct ocib *ocib, const struct ocib_event *event)
{
    if (ocib->event) {
        pthread_mutex_lock(&ocib->event_lock);
        ocib->event(ocib->data, event);
        pthread_mutex_unlock(&ocib->event_lock);
    }
}

struct ocib_error_place ocib_session_place(struct ocib_span span, char **text)
{
    *text = NULL;
    if (!span.source) {
        return (struct ocib_error_place){0};
    }
    *text = ocib_str_dup(ocib_source_line(span.source, span.line));
    return (struct ocib_error_place){span.source->name, *text, span.line, span.column,
                                     span.end_line};
}

static void write_log(void *data, enum ocib_log_level level, struct ocib_span span,
                      const char *text)
{
    static const enum ocib_level levels[] = {
        [OCIB_LOG_DEBUG] = OCIB_LEVEL_DEBUG,
        [OCIB_LOG_INFO] = OCIB_LEVEL_INFO,
        [OCIB_LOG_WARNING] = OCIB_LEVEL_WARNING,
    };
    OCIB_AUTO_FREE char *line = NULL;
    struct ocib_event event = {
        .kind = OCIB_EVENT_MESSAGE,
        .level = levels[level],
        .place = ocib_session_place(span, &line),
        .text = text,
        .length = strlen(text),
    };
    ocib_session_emit(data, &event);
}

static void report_transfer(void *data, const struct ocib_transfer *transfer)
{
    struct ocib_event event = {
        .kind = OCIB_EVENT_TRANSFER,
        .text = transfer->action,
        .length = strlen(transfer->action),
        .digest = transfer->digest,
        .done = transfer->done,
        .total = transfer->total,
        .exists = transfer->exists,
    };
    ocib_session_emit(data, &event);
}

void ocib_session_list(struct ocib_strings *out, const char *const *list)
{
    for (size_t i = 0; list && list[i]; i++) {
        ocib_strings_push(out, list[i]);
    }
}

/* How long a registry may take to be connected to, if one can do without it. */
enum { BRIEF_MS = 5000 };

static int open_registry(struct ocib *ocib, const struct ocib_options *options, uid_t uid,
                         struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings mirrors = {0};
    ocib_session_list(&mirrors, options->mirrors);
    struct ocib_registry_options registry = {
        .tls_verify = !options->insecure,
        .ca_file = options->registry_ca,
        .authfile = options->authfile,
        .mirrors = &mirrors,
        .uid = uid,
        .log = &ocib->log,
        .progress = report_transfer,
        .data = ocib,
        .interrupted = &ocib->interrupted,
        .connect_ms = options->best_effort ? BRIEF_MS : 0,
    };
    ocib->registry = ocib_registry_new(&registry, err);
    return ocib->registry ? 0 : -1;
}

static int open_store(struct ocib *ocib, const char *root, struct ocib_error **err)
{
    if (!root) {
        ocib_error_set(err, OCIB_ESTORE, "there is no place for the store: HOME is not set");
        return ocib_error_hint_set(err, "give one with --root DIR or OCIB_ROOT");
    }
    ocib->store = ocib_store_open(root, &ocib->log, err);
    const char *form = ocib->sandbox ? ocib_sandbox_layers_form(ocib->sandbox) : NULL;
    if (!ocib->store || (form && ocib_store_layers_form(ocib->store, form, err) < 0)) {
        return -1;
    }
    return 0;
}

static int find_store(struct ocib *ocib, const char *root, bool optional, struct ocib_error **err)
{
    struct ocib_error *cause = NULL;
    if (open_store(ocib, root, &cause) == 0) {
        return 0;
    }
    if (!optional) {
        return ocib_error_move(err, cause);
    }
    ocib_log(&ocib->log, OCIB_LOG_DEBUG, "without a store: %s", ocib_error_message(cause));
    ocib_error_free(cause);
    return 0;
}

struct ocib *ocib_open(const struct ocib_options *options, struct ocib_error **err)
{
    struct ocib *ocib = ocib_new(struct ocib);
    pthread_mutex_init(&ocib->event_lock, NULL);
    ocib->event = options->event;
    ocib->data = options->data;
    ocib->log = (struct ocib_log){write_log, ocib};
    uid_t uid = getuid(); /* before a user namespace makes it 0 */
    OCIB_AUTO_FREE char *root =
        options->root ? ocib_strdup(options->root) : ocib_store_default_root(uid);
    enum ocib_sandbox_mode mode = OCIB_SANDBOX_AUTO;
    int failed = 0;
    if (options->steps) {
        failed = options->sandbox && ocib_sandbox_mode_parse(options->sandbox, &mode, err) < 0;
        ocib->sandbox = failed ? NULL : ocib_sandbox_enter(mode, &ocib->log, err);
        failed = !ocib->sandbox;
    }
    if (failed || find_store(ocib, root, options->best_effort, err) < 0 ||
        open_registry(ocib, options, uid, err) < 0) {
        ocib_close(ocib);
        return NULL;
    }
    return ocib;
}

void ocib_close(struct ocib *ocib)
{
    if (!ocib) {
        return;
    }
    ocib_registry_free(ocib->registry);
    ocib_store_close(ocib->store);
    ocib_sandbox_free(ocib->sandbox);
    pthread_mutex_destroy(&ocib->event_lock);
    free(ocib);
}

void ocib_interrupt(struct ocib *ocib)
{
    ocib->interrupted = 1;
}

void ocib_child(int argc, char **argv)
{
    ocib_sandbox_child(argc, argv);
}

const char *ocib_nearest(const char *word, const char *const *names)
{
    return ocib_str_nearest(ocib_str(word), names);
}

const char *ocib_version(void)
{
    return OCIB_VERSION;
}

const char *ocib_features(void)
{
    return ""
#ifdef OCIB_HAVE_SECCOMP
           "seccomp "
#endif
#ifdef OCIB_HAVE_ZSTD
           "zstd "
#endif
           "gzip";
}
