/*
 * RUN --mount=… (Dockerfile reference, "RUN --mount"). A line of comma-separated fields as in CSV,
 * each a key, mostly with a value. What has no meaning for the mount's type is refused where
 * BuildKit does so, and warned of where BuildKit takes no notice.
 */
#include "plan/internal.h"

enum { MODE_MAX = 07777 };

enum key {
    KEY_TYPE,
    KEY_TARGET,
    KEY_FROM,
    KEY_SOURCE,
    KEY_READONLY,
    KEY_READWRITE,
    KEY_REQUIRED,
    KEY_SIZE,
    KEY_ID,
    KEY_SHARING,
    KEY_MODE,
    KEY_UID,
    KEY_GID,
    KEY_ENV,
};

#define KIND(name) (1U << OCIB_MOUNT_##name)
enum {
    ALL = (1U << (OCIB_MOUNT_SSH + 1)) - 1,
    TREES = KIND(BIND) | KIND(CACHE),
    FILES = KIND(SECRET) | KIND(SSH),
};

static const struct {
    const char *name;
    enum key key;
    unsigned kinds; /* it means something for these */
    unsigned idle;  /* it is allowed for these */
} keys[] = {
    {"type", KEY_TYPE, ALL, ALL},
    {"target", KEY_TARGET, ALL, ALL},
    {"dst", KEY_TARGET, ALL, ALL},
    {"destination", KEY_TARGET, ALL, ALL},
    {"from", KEY_FROM, TREES, ALL & ~KIND(SECRET)},
    {"source", KEY_SOURCE, TREES | KIND(SECRET), ALL & ~KIND(SSH)},
    {"src", KEY_SOURCE, TREES | KIND(SECRET), ALL & ~KIND(SSH)},
    {"readonly", KEY_READONLY, TREES | KIND(TMPFS), ALL},
    {"ro", KEY_READONLY, TREES | KIND(TMPFS), ALL},
    {"readwrite", KEY_READWRITE, TREES | KIND(TMPFS), ALL},
    {"rw", KEY_READWRITE, TREES | KIND(TMPFS), ALL},
    {"required", KEY_REQUIRED, FILES, FILES},
    {"size", KEY_SIZE, KIND(TMPFS), KIND(TMPFS)},
    {"id", KEY_ID, FILES | KIND(CACHE), ALL},
    {"sharing", KEY_SHARING, KIND(CACHE), KIND(CACHE)},
    {"mode", KEY_MODE, FILES | KIND(CACHE), FILES | KIND(CACHE)},
    {"uid", KEY_UID, FILES | KIND(CACHE), FILES | KIND(CACHE)},
    {"gid", KEY_GID, FILES | KIND(CACHE), FILES | KIND(CACHE)},
    {"env", KEY_ENV, KIND(SECRET), ALL},
};

static const char *const kinds[] = {
    [OCIB_MOUNT_BIND] = "bind",     [OCIB_MOUNT_CACHE] = "cache", [OCIB_MOUNT_TMPFS] = "tmpfs",
    [OCIB_MOUNT_SECRET] = "secret", [OCIB_MOUNT_SSH] = "ssh",     NULL};

/* A mount while its fields are read. */
struct reading {
    struct ocib_stage_builder *b;
    const struct ocib_arg *flag;
    struct ocib_mount *mount;
    unsigned given[OCIB_COUNT(keys)]; /* 1: the key of that row was there */
    char *target;                     /* as written, expanded; NULL: not given */
    char *source;
    size_t ssh_number;
};

static void reading_release(struct reading *r)
{
    free(r->target);
    free(r->source);
}

static bool given(const struct reading *r, enum key key)
{
    for (size_t i = 0; i < OCIB_COUNT(keys); i++) {
        if (keys[i].key == key && r->given[i]) {
            return true;
        }
    }
    return false;
}

#define WRONG(r, err, ...) ocib_error_at(err, OCIB_EDOCKERFILE, (r)->flag->value_span, __VA_ARGS__)

/* ---- fields ---- */

/* A field in quotes, where "" stands for one quote; false if it doesn't end well. */
static bool cut_quoted(struct ocib_str *rest, struct ocib_buf *out)
{
    for (size_t i = 1; i < rest->len; i++) {
        bool quote = rest->s[i] == '"';
        bool twice = quote && i + 1 < rest->len && rest->s[i + 1] == '"';
        if (quote && !twice) {
            *rest = ocib_str_sub(*rest, i + 1, rest->len);
            return rest->len == 0 || rest->s[0] == ',';
        }
        i += twice;
        ocib_buf_putc(out, rest->s[i]);
    }
    return false;
}

static bool split_fields(struct ocib_str text, struct ocib_strings *out)
{
    bool more = text.len > 0;
    while (more) {
        OCIB_AUTO_BUF struct ocib_buf field = {0};
        ocib_buf_init(&field);
        if (ocib_str_starts(text, "\"")) {
            if (!cut_quoted(&text, &field)) {
                return false;
            }
        } else {
            ptrdiff_t comma = ocib_str_find(text, ',');
            size_t len = comma < 0 ? text.len : (size_t)comma;
            ocib_buf_add_str(&field, ocib_str_sub(text, 0, len));
            text = ocib_str_sub(text, len, text.len);
            if (ocib_str_find(ocib_buf_str(&field), '"') >= 0) {
                return false;
            }
        }
        ocib_strings_push_str(out, ocib_buf_str(&field));
        more = text.len > 0;
        text = ocib_str_sub(text, 1, text.len);
    }
    return true;
}

/* The key in small letters (freed with free()) and what is behind "="; s NULL if there is none. */
static char *cut_key(const char *field, struct ocib_str *value)
{
    struct ocib_str key = ocib_str(field);
    ptrdiff_t at = ocib_str_find(key, '=');
    *value = at < 0 ? (struct ocib_str){0} : ocib_str_sub(key, (size_t)at + 1, key.len);
    return ocib_plan_lower(at < 0 ? key : ocib_str_sub(key, 0, (size_t)at));
}

bool ocib_mount_from(const struct ocib_arg *flag, struct ocib_arg *out, char **text)
{
    OCIB_AUTO_STRINGS struct ocib_strings fields = {0};
    if (!split_fields(flag->value, &fields)) {
        return false; /* said when the mount is read */
    }
    for (size_t i = 0; i < fields.len; i++) {
        struct ocib_str value;
        OCIB_AUTO_FREE char *key = cut_key(fields.items[i], &value);
        if (strcmp(key, "from") == 0 && value.s) {
            free(*text);
            *text = ocib_str_dup(value);
        }
    }
    *out = *flag;
    out->value = ocib_str(*text);
    return *text && **text;
}

/* ---- values ---- */

static int read_bool(const struct reading *r, const char *key, const char *value, bool *out,
                     struct ocib_error **err)
{
    if (ocib_str_bool(ocib_str(value), out)) {
        return 0;
    }
    WRONG(r, err, "RUN --mount: '%s' can't be '%s'", key, value);
    return ocib_error_hint_set(err, "use true or false");
}

static int read_word(const struct reading *r, const char *key, const char *value,
                     const char *const *words, struct ocib_error **err)
{
    OCIB_AUTO_FREE char *lower = ocib_plan_lower(ocib_str(value));
    OCIB_AUTO_BUF struct ocib_buf list = {0};
    ocib_buf_init(&list);
    for (int i = 0; words[i]; i++) {
        if (strcmp(lower, words[i]) == 0) {
            return i;
        }
        ocib_buf_printf(&list, "%s%s", i ? ", " : "", words[i]);
    }
    WRONG(r, err, "RUN --mount: '%s' can't be '%s'", key, value);
    const char *nearest = ocib_str_nearest(ocib_str(value), words);
    return nearest ? ocib_error_hint_set(err, "did you mean '%s'?", nearest)
                   : ocib_error_hint_set(err, "use one of %s", list.data);
}

static int read_mode(const struct reading *r, const char *value, unsigned *out,
                     struct ocib_error **err)
{
    unsigned mode = 0;
    const char *at = value;
    while (*at >= '0' && *at <= '7' && mode <= MODE_MAX) {
        mode = mode * 8 + (unsigned)(*at++ - '0');
    }
    if (*at || at == value || mode > MODE_MAX) {
        WRONG(r, err, "RUN --mount: 'mode' can't be '%s'", value);
        return ocib_error_hint_set(err, "use an octal number up to 07777");
    }
    *out = mode;
    return 0;
}

static int read_id(const struct reading *r, const char *key, const char *value, unsigned *out,
                   struct ocib_error **err)
{
    uint64_t number;
    if (!ocib_str_uint(ocib_str(value), UINT32_MAX - 1, &number)) {
        WRONG(r, err, "RUN --mount: '%s' can't be '%s'", key, value);
        return ocib_error_hint_set(err, "use a number: names are not looked up here");
    }
    *out = (unsigned)number;
    return 0;
}

static int read_size(const struct reading *r, const char *value, uint64_t *out,
                     struct ocib_error **err)
{
    if (!ocib_str_bytes(value, out)) {
        WRONG(r, err, "RUN --mount: 'size' can't be '%s'", value);
        return ocib_error_hint_set(err, "use bytes, or a number with k, m or g");
    }
    return 0;
}

static void set_text(char **slot, const char *value)
{
    free(*slot);
    *slot = ocib_strdup(value);
}

static int set_from(struct reading *r, const char *value, struct ocib_error **err)
{
    struct ocib_arg from = *r->flag;
    struct ocib_from found;
    from.value = ocib_str(value);
    if (!*value) {
        return 0;
    }
    if (ocib_stage_resolve_from(r->b, &from, &found, err) < 0) {
        return -1;
    }
    r->mount->from = found.kind;
    r->mount->from_stage = found.stage;
    r->mount->from_context = found.context;
    set_text(&r->mount->from_image, found.kind != OCIB_FROM_IMAGE ? NULL
                                    : found.image                 ? found.image
                                                                  : value);
    return 0;
}

static int set_access(struct reading *r, const char *key, const char *value, bool negate,
                      struct ocib_error **err)
{
    bool on = false;
    if (read_bool(r, key, value, &on, err) < 0) {
        return -1;
    }
    r->mount->read_only = on != negate;
    return 0;
}

static int set_word(struct reading *r, enum key key, const char *value, struct ocib_error **err)
{
    static const char *const sharings[] = {"shared", "private", "locked", NULL};
    bool type = key == KEY_TYPE;
    int word = read_word(r, type ? "type" : "sharing", value, type ? kinds : sharings, err);
    if (word < 0) {
        return -1;
    }
    if (type) {
        r->mount->kind = (enum ocib_mount_kind)word;
    } else {
        r->mount->sharing = (enum ocib_sharing)word;
    }
    return 0;
}

static int set_value(struct reading *r, size_t row, const char *value, struct ocib_error **err)
{
    struct ocib_mount *mount = r->mount;
    const char *name = keys[row].name;
    switch (keys[row].key) {
    case KEY_TYPE:
    case KEY_SHARING:
        return set_word(r, keys[row].key, value, err);
    case KEY_FROM:
        return set_from(r, value, err);
    case KEY_READONLY:
    case KEY_READWRITE:
        return set_access(r, name, value, keys[row].key == KEY_READWRITE, err);
    case KEY_REQUIRED:
        return read_bool(r, name, value, &mount->required, err);
    case KEY_SIZE:
        return read_size(r, value, &mount->size, err);
    case KEY_MODE:
        return read_mode(r, value, &mount->mode, err);
    case KEY_UID:
        return read_id(r, name, value, &mount->uid, err);
    case KEY_GID:
        return read_id(r, name, value, &mount->gid, err);
    case KEY_TARGET:
        set_text(&r->target, value);
        break;
    case KEY_SOURCE:
        set_text(&r->source, value);
        break;
    case KEY_ID:
        set_text(&mount->id, value);
        break;
    case KEY_ENV:
        set_text(&mount->env, value);
        break;
    }
    return 0;
}

static bool is_switch(enum key key)
{
    return key == KEY_READONLY || key == KEY_READWRITE || key == KEY_REQUIRED;
}

static int refuse_key(const struct reading *r, const char *key, struct ocib_error **err)
{
    const char *names[OCIB_COUNT(keys) + 1] = {0};
    for (size_t i = 0; i < OCIB_COUNT(keys); i++) {
        names[i] = keys[i].name;
    }
    const char *nearest = ocib_str_nearest(ocib_str(key), names);
    WRONG(r, err, "RUN --mount: unknown option '%s'", key);
    return nearest ? ocib_error_hint_set(err, "did you mean '%s'?", nearest) : -1;
}

static int read_field(struct reading *r, const char *field, struct ocib_error **err)
{
    struct ocib_str value;
    OCIB_AUTO_FREE char *key = cut_key(field, &value);
    size_t row = 0;
    while (row < OCIB_COUNT(keys) && strcmp(keys[row].name, key) != 0) {
        row++;
    }
    if (row == OCIB_COUNT(keys)) {
        return refuse_key(r, key, err);
    }
    r->given[row] = 1;
    if (!value.s && !is_switch(keys[row].key)) {
        return WRONG(r, err, "RUN --mount: '%s' has no value", key);
    }
    struct ocib_words words = ocib_stage_words(r->b);
    OCIB_AUTO_FREE char *text = !value.s ? ocib_strdup("true")
                                : keys[row].key == KEY_FROM
                                    ? ocib_str_dup(value)
                                    : ocib_words_expand_at(&words, value, r->flag->value_span, err);
    return text ? set_value(r, row, text, err) : -1;
}

/* ---- defaults ---- */

static int check_keys(const struct reading *r, struct ocib_error **err)
{
    unsigned kind = 1U << r->mount->kind;
    for (size_t i = 0; i < OCIB_COUNT(keys); i++) {
        if (!r->given[i] || (keys[i].kinds & kind)) {
            continue;
        }
        if (!(keys[i].idle & kind)) {
            return WRONG(r, err, "RUN --mount: '%s' is not for mounts of type %s", keys[i].name,
                         kinds[r->mount->kind]);
        }
        ocib_log_at(r->b->plan->log, OCIB_LOG_WARNING, r->flag->value_span,
                    "RUN --mount: '%s' does nothing for mounts of type %s", keys[i].name,
                    kinds[r->mount->kind]);
    }
    return 0;
}

/* As Go's path.Base: the last name, without slashes behind it. */
static char *base_name(const char *path)
{
    struct ocib_str rest = ocib_str(path);
    while (rest.len > 1 && ocib_str_ends(rest, "/")) {
        rest = ocib_str_sub(rest, 0, rest.len - 1);
    }
    ptrdiff_t slash = ocib_str_rfind(rest, '/');
    return ocib_str_dup(rest.len > 1 ? ocib_str_sub(rest, (size_t)(slash + 1), rest.len) : rest);
}

static int default_secret(struct reading *r, struct ocib_error **err)
{
    struct ocib_mount *mount = r->mount;
    if (r->source && *r->source && mount->id && *mount->id) {
        return WRONG(r, err, "RUN --mount: a secret has an id or a source, not both");
    }
    if (r->source && *r->source) {
        set_text(&mount->id, r->source);
    }
    if (!mount->id || !*mount->id) {
        if (!r->target || !*r->target) {
            WRONG(r, err, "RUN --mount: the secret has no name");
            return ocib_error_hint_set(err, "say which: --mount=type=secret,id=NAME");
        }
        free(mount->id);
        mount->id = base_name(r->target);
    }
    if ((!r->target || !*r->target) && !mount->env) {
        OCIB_AUTO_FREE char *name = base_name(mount->id);
        free(r->target);
        r->target = ocib_format("/run/secrets/%s", name);
    }
    mount->mode = given(r, KEY_MODE) ? mount->mode : 0400;
    return 0;
}

static void default_ssh(struct reading *r)
{
    struct ocib_mount *mount = r->mount;
    if (!mount->id || !*mount->id) {
        set_text(&mount->id, "default");
    }
    if (!r->target || !*r->target) {
        free(r->target);
        r->target = ocib_format("/run/buildkit/ssh_agent.%zu", r->ssh_number);
    }
    mount->mode = given(r, KEY_MODE) ? mount->mode : 0600;
}

/* A path from the root, of one that may be relative to it. */
static char *from_root(const char *path)
{
    struct ocib_stage_builder root = {.config = &(struct ocib_config){0}};
    return ocib_stage_path(&root, path);
}

/* The default id of a cache is its target as written, as in BuildKit: a relative one means the same
 * cache in every WORKDIR. */
static void default_cache(struct reading *r)
{
    struct ocib_mount *mount = r->mount;
    const char *target = r->target ? r->target : "";
    if (!mount->id || !*mount->id) {
        OCIB_AUTO_FREE char *clean = from_root(target);
        const char *relative = clean[1] ? clean + 1 : ".";
        set_text(&mount->id, target[0] == '/' ? clean : relative);
    }
    mount->mode = given(r, KEY_MODE) ? mount->mode : 0755;
}

static int set_target(struct reading *r, struct ocib_error **err)
{
    struct ocib_mount *mount = r->mount;
    if (mount->kind == OCIB_MOUNT_SECRET && (!r->target || !*r->target)) {
        return 0;
    }
    mount->target = ocib_stage_path(r->b, r->target ? r->target : "");
    if (strcmp(mount->target, "/") != 0) {
        return 0;
    }
    WRONG(r, err, "RUN --mount: nothing can be mounted on '/'");
    return ocib_error_hint_set(err, "give the mount a target=");
}

static int complete(struct reading *r, struct ocib_error **err)
{
    struct ocib_mount *mount = r->mount;
    if (check_keys(r, err) < 0) {
        return -1;
    }
    if (!given(r, KEY_READONLY) && !given(r, KEY_READWRITE)) {
        mount->read_only = mount->kind != OCIB_MOUNT_CACHE && mount->kind != OCIB_MOUNT_TMPFS;
    }
    mount->owned = given(r, KEY_MODE) || given(r, KEY_UID) || given(r, KEY_GID);
    if (mount->kind == OCIB_MOUNT_SECRET && default_secret(r, err) < 0) {
        return -1;
    }
    if (mount->kind == OCIB_MOUNT_SSH) {
        default_ssh(r);
    } else if (mount->kind == OCIB_MOUNT_CACHE) {
        default_cache(r);
    }
    mount->source = from_root(r->source ? r->source : "");
    if (mount->kind == OCIB_MOUNT_CACHE && mount->from == OCIB_FROM_CONTEXT &&
        strcmp(mount->source, "/") != 0) {
        WRONG(r, err, "RUN --mount: a cache with a source needs a from");
        return ocib_error_hint_set(err, "a cache that no stage or image fills begins empty");
    }
    return set_target(r, err);
}

/* ---- */

static int read_mount(struct ocib_stage_builder *b, const struct ocib_arg *flag,
                      struct ocib_mounts *out, struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings fields = {0};
    OCIB_AUTO(reading_release) struct reading r = {.b = b, .flag = flag};
    for (size_t i = 0; i < out->len; i++) {
        r.ssh_number += out->items[i].kind == OCIB_MOUNT_SSH;
    }
    r.mount = ocib_vec_add(out);
    r.mount->span = flag->span;
    r.mount->from_span = flag->value_span;
    if (flag->value.len == 0) {
        return WRONG(&r, err, "RUN --mount has no value");
    }
    if (!split_fields(flag->value, &fields)) {
        return WRONG(&r, err, "RUN --mount: the quotes in '%.*s' don't go together",
                     OCIB_STR_ARG(ocib_str_sub(flag->value, 0, 80)));
    }
    for (size_t i = 0; i < fields.len; i++) {
        if (read_field(&r, fields.items[i], err) < 0) {
            return -1;
        }
    }
    return complete(&r, err);
}

int ocib_stage_mounts(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                      struct ocib_mounts *out, struct ocib_error **err)
{
    for (size_t i = 0; i < ins->flags.len; i++) {
        const struct ocib_arg *flag = &ins->flags.items[i];
        if (!ocib_str_is(flag->text, "mount")) {
            continue;
        }
        if (out->len == OCIB_MOUNTS_MAX) {
            return ocib_error_at(err, OCIB_EDOCKERFILE, flag->span, "RUN has more than %d mounts",
                                 OCIB_MOUNTS_MAX);
        }
        if (read_mount(b, flag, out, err) < 0) {
            return -1;
        }
    }
    return 0;
}

void ocib_mounts_release(struct ocib_mounts *mounts)
{
    for (size_t i = 0; i < mounts->len; i++) {
        struct ocib_mount *mount = &mounts->items[i];
        free(mount->target);
        free(mount->from_image);
        free(mount->source);
        free(mount->id);
        free(mount->env);
    }
    ocib_vec_release(mounts);
}
