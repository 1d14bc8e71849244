#include "registry/conf.h"

#include "registry/files.h"
#include "registry/toml.h"

static void entry_release(struct ocib_conf_registry *entry)
{
    for (size_t i = 0; i < entry->mirrors.len; i++) {
        free(entry->mirrors.items[i].location);
    }
    ocib_vec_release(&entry->mirrors);
    free(entry->prefix);
    free(entry->location);
    free(entry->place);
    *entry = (struct ocib_conf_registry){0};
}

void ocib_conf_release(struct ocib_conf *conf)
{
    for (size_t i = 0; i < conf->len; i++) {
        entry_release(&conf->items[i]);
    }
    ocib_vec_release(conf);
    ocib_strings_release(&conf->aliases);
}

/* --- keys --- */

/* What a key must be, and where its value goes. */
struct field {
    const char *key;
    enum ocib_toml_kind kind;
    void *out; /* char **, bool *, or NULL: known, and nothing to do */
};

static int take_field(const struct field *field, struct ocib_toml_entry *entry,
                      struct ocib_error **err)
{
    static const char *const kinds[] = {"a text in quotes", "true or false", "a list of texts", ""};
    if (field->kind != entry->value.kind) {
        return ocib_error_at(err, OCIB_EUSAGE, entry->span, "'%s' must be %s", entry->key,
                             kinds[field->kind]);
    }
    if (field->out && field->kind == OCIB_TOML_STRING) {
        free(*(char **)field->out);
        *(char **)field->out = ocib_steal(&entry->value.string);
    } else if (field->out && field->kind == OCIB_TOML_BOOL) {
        *(bool *)field->out = entry->value.boolean;
    }
    return 0;
}

struct reading {
    struct ocib_conf *out; /* of this file alone */
    const struct ocib_source *source;
    const struct ocib_log *log;
    struct ocib_error **err;
};

static int take_fields(struct reading *r, struct ocib_toml_table *table, const struct field *fields)
{
    for (size_t i = 0; i < table->len; i++) {
        struct ocib_toml_entry *entry = &table->items[i];
        const struct field *field = fields;
        while (field->key && strcmp(field->key, entry->key) != 0) {
            field++;
        }
        if (!field->key) {
            ocib_log_at(r->log, OCIB_LOG_WARNING, entry->span, "unknown key '%s' has no effect",
                        entry->key);
        } else if (take_field(field, entry, r->err)) {
            return -1;
        }
    }
    return 0;
}

/* --- locations --- */

static bool is_wildcard(const char *prefix)
{
    return ocib_str_starts(ocib_str(prefix), "*.");
}

static int check_location(struct ocib_str text, bool may_be_wildcard, struct ocib_span span,
                          struct ocib_error **err)
{
    if (text.len == 0 || strchr("/.:", text.s[0])) {
        return ocib_error_at(err, OCIB_EUSAGE, span, "'%.*s' is no place: write host[:port][/path]",
                             OCIB_STR_ARG(text));
    }
    if (memmem(text.s, text.len, "://", 3)) {
        ocib_error_at(err, OCIB_EUSAGE, span, "'%.*s' has a scheme: write host[:port][/path]",
                      OCIB_STR_ARG(text));
        return ocib_error_hint_set(err, "for plain HTTP, add insecure = true");
    }
    struct ocib_str rest = text;
    if (may_be_wildcard && ocib_str_starts(text, "*.")) {
        rest = ocib_str_sub(text, 2, text.len);
        may_be_wildcard = ocib_str_find(rest, '/') < 0 && ocib_str_find(rest, ':') < 0;
    }
    for (size_t i = 0; i < rest.len; i++) {
        unsigned char c = (unsigned char)rest.s[i];
        if (c <= ' ' || c >= 0x7f || strchr("*?#\\\"", c)) {
            return ocib_error_at(err, OCIB_EUSAGE, span,
                                 "'%.*s' has a character that no host or path has",
                                 OCIB_STR_ARG(text));
        }
    }
    if (is_wildcard(text.s) && !may_be_wildcard) {
        return ocib_error_at(err, OCIB_EUSAGE, span,
                             "'%.*s': only a whole host name may follow '*.'", OCIB_STR_ARG(text));
    }
    return 0;
}

static void trim_slashes(char *text)
{
    size_t len = text ? strlen(text) : 0;
    while (len > 0 && text[len - 1] == '/') {
        text[--len] = '\0';
    }
}

/* --- tables --- */

static int read_registry(struct reading *r, struct ocib_toml_table *table)
{
    struct ocib_conf_registry *entry = ocib_vec_add(r->out);
    entry->place = ocib_format("%s:%u", r->source->name, table->span.line);
    const struct field fields[] = {
        {"prefix", OCIB_TOML_STRING, &entry->prefix},
        {"location", OCIB_TOML_STRING, &entry->location},
        {"insecure", OCIB_TOML_BOOL, &entry->insecure},
        {"blocked", OCIB_TOML_BOOL, &entry->blocked},
        {"mirror-by-digest-only", OCIB_TOML_BOOL, &entry->mirror_by_digest_only},
        {0}};
    if (take_fields(r, table, fields)) {
        return -1;
    }
    trim_slashes(entry->prefix);
    trim_slashes(entry->location);
    bool has_prefix = entry->prefix && *entry->prefix;
    bool has_location = entry->location && *entry->location;
    if (!has_prefix && !has_location) {
        return ocib_error_at(r->err, OCIB_EUSAGE, table->span,
                             "a [[registry]] needs a prefix or a location");
    }
    const char *prefix = has_prefix ? entry->prefix : entry->location;
    if (check_location(ocib_str(prefix), has_prefix, table->span, r->err) ||
        (has_location && check_location(ocib_str(entry->location), false, table->span, r->err))) {
        return -1;
    }
    if (!has_prefix) {
        free(entry->prefix);
        entry->prefix = ocib_strdup(entry->location);
    } else if (!has_location) {
        free(entry->location);
        entry->location = ocib_strdup(is_wildcard(entry->prefix) ? "" : entry->prefix);
    }
    return 0;
}

static int read_use(const char *text, struct ocib_span span, struct ocib_conf_mirror *mirror,
                    struct ocib_error **err)
{
    static const char *const uses[] = {[OCIB_MIRROR_ALL] = "all",
                                       [OCIB_MIRROR_DIGESTS] = "digest-only",
                                       [OCIB_MIRROR_TAGS] = "tag-only"};
    mirror->use_given = text && *text;
    for (size_t i = 0; mirror->use_given && i < OCIB_COUNT(uses); i++) {
        if (strcmp(text, uses[i]) == 0) {
            mirror->use = (enum ocib_mirror_use)i;
            return 0;
        }
    }
    if (!mirror->use_given) {
        return 0;
    }
    return ocib_error_at(err, OCIB_EUSAGE, span,
                         "pull-from-mirror is 'all', 'digest-only' or 'tag-only', not '%s'", text);
}

static int read_mirror(struct reading *r, struct ocib_toml_table *table)
{
    if (r->out->len == 0) {
        return ocib_error_at(r->err, OCIB_EUSAGE, table->span,
                             "a [[registry.mirror]] stands below its [[registry]]");
    }
    struct ocib_conf_registry *entry = &r->out->items[r->out->len - 1];
    struct ocib_conf_mirror *mirror = ocib_vec_add(&entry->mirrors);
    OCIB_AUTO_FREE char *use = NULL;
    const struct field fields[] = {{"location", OCIB_TOML_STRING, &mirror->location},
                                   {"insecure", OCIB_TOML_BOOL, &mirror->insecure},
                                   {"pull-from-mirror", OCIB_TOML_STRING, &use},
                                   {0}};
    if (take_fields(r, table, fields) || read_use(use, table->span, mirror, r->err)) {
        return -1;
    }
    trim_slashes(mirror->location);
    if (!mirror->location || !*mirror->location) {
        return ocib_error_at(r->err, OCIB_EUSAGE, table->span,
                             "a [[registry.mirror]] needs a location");
    }
    if (mirror->use_given && entry->mirror_by_digest_only) {
        return ocib_error_at(r->err, OCIB_EUSAGE, table->span,
                             "pull-from-mirror contradicts mirror-by-digest-only of its registry");
    }
    return check_location(ocib_str(mirror->location), false, table->span, r->err);
}

static int read_aliases(struct reading *r, struct ocib_toml_table *table)
{
    for (size_t i = 0; i < table->len; i++) {
        struct ocib_toml_entry *entry = &table->items[i];
        if (entry->value.kind != OCIB_TOML_STRING || strchr(entry->key, '=')) {
            return ocib_error_at(r->err, OCIB_EUSAGE, entry->span,
                                 "an alias is \"name\" = \"host/repository\"");
        }
        struct ocib_reference target = {0};
        struct ocib_str value = ocib_str(entry->value.string);
        if (value.len > 0 && ocib_reference_parse(value, &target, r->err)) {
            return ocib_error_place_at(r->err, entry->span);
        }
        ocib_reference_release(&target);
        ocib_env_set(&r->out->aliases, entry->key, entry->value.string);
    }
    return 0;
}

static int read_top(struct reading *r, struct ocib_toml_table *table)
{
    const struct field fields[] = {{"unqualified-search-registries", OCIB_TOML_STRINGS, NULL},
                                   {"short-name-mode", OCIB_TOML_STRING, NULL},
                                   {"credential-helpers", OCIB_TOML_STRINGS, NULL},
                                   {0}};
    for (size_t i = 0; i < table->len; i++) {
        struct ocib_toml_entry *entry = &table->items[i];
        bool helpers = strcmp(entry->key, "credential-helpers") == 0;
        for (size_t j = 0; helpers && j < entry->value.strings.len; j++) {
            if (strcmp(entry->value.strings.items[j], "containers-auth.json") != 0) {
                ocib_log_at(r->log, OCIB_LOG_WARNING, entry->span,
                            "'%s' is not asked: name helpers in the auth file (credHelpers)",
                            entry->value.strings.items[j]);
            }
        }
        if (strcmp(entry->key, "registry") == 0) {
            return ocib_error_at(r->err, OCIB_EUSAGE, entry->span,
                                 "registries are written as [[registry]] tables");
        }
    }
    return take_fields(r, table, fields);
}

static int read_table(struct reading *r, struct ocib_toml_table *table)
{
    struct ocib_str name = ocib_str(table->name);
    bool registry = ocib_str_is(name, "registry");
    bool mirror = ocib_str_is(name, "registry.mirror");
    if ((registry || mirror) && !table->repeated) {
        return ocib_error_at(r->err, OCIB_EUSAGE, table->span, "write [[%s]], in two brackets",
                             table->name);
    }
    if (registry) {
        return read_registry(r, table);
    }
    if (mirror) {
        return read_mirror(r, table);
    }
    if (ocib_str_is(name, "aliases")) {
        return read_aliases(r, table);
    }
    if (name.len == 0) {
        return read_top(r, table);
    }
    if (ocib_str_starts(name, "registries.")) {
        ocib_error_at(r->err, OCIB_EUSAGE, table->span, "[%s] is of the old version 1",
                      table->name);
        return ocib_error_hint_set(r->err, "write [[registry]] tables: "
                                           "containers-registries.conf(5)");
    }
    ocib_log_at(r->log, OCIB_LOG_WARNING, table->span, "unknown table '%s' has no effect",
                table->name);
    return 0;
}

/* --- merging --- */

static void merge_entry(struct ocib_conf *conf, struct ocib_conf_registry *entry)
{
    struct ocib_conf_registry *place = NULL;
    for (size_t i = 0; i < conf->len && !place; i++) {
        if (strcmp(conf->items[i].prefix, entry->prefix) == 0) {
            place = &conf->items[i];
            entry_release(place);
        }
    }
    place = place ? place : ocib_vec_add(conf);
    *place = *entry;
    *entry = (struct ocib_conf_registry){0};
}

static int merge(struct ocib_conf *conf, struct reading *r)
{
    struct ocib_conf *file = r->out;
    for (size_t i = 0; i < file->len; i++) {
        for (size_t j = 0; j < i; j++) {
            if (file->items[j].prefix &&
                strcmp(file->items[i].prefix, file->items[j].prefix) == 0) {
                return ocib_error_set(r->err, OCIB_EUSAGE, "%s: prefix '%s' stands in %s already",
                                      file->items[i].place, file->items[i].prefix,
                                      file->items[j].place);
            }
        }
    }
    for (size_t i = 0; i < file->len; i++) {
        merge_entry(conf, &file->items[i]);
    }
    for (size_t i = 0; i < file->aliases.len; i++) {
        struct ocib_str value = ocib_str(file->aliases.items[i]), name;
        ocib_str_cut(&value, '=', &name);
        OCIB_AUTO_FREE char *key = ocib_str_dup(name);
        ocib_env_set(&conf->aliases, key, value.len ? value.s : "");
    }
    return 0;
}

int ocib_conf_add(struct ocib_conf *conf, const struct ocib_source *source,
                  const struct ocib_log *log, struct ocib_error **err)
{
    OCIB_AUTO(ocib_toml_release) struct ocib_toml toml = {0};
    OCIB_AUTO(ocib_conf_release) struct ocib_conf file = {0};
    struct reading r = {&file, source, log, err};
    if (ocib_toml_parse(source, &toml, err)) {
        return -1;
    }
    for (size_t i = 0; i < toml.len; i++) {
        if (read_table(&r, &toml.items[i])) {
            return -1;
        }
    }
    return merge(conf, &r);
}

/* 1: read, 0: there is no such file. */
static int add_file(struct ocib_conf *conf, const char *path, const struct ocib_log *log,
                    struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf text;
    ocib_buf_init(&text);
    int found = ocib_files_read(path, &text, err);
    if (found <= 0) {
        return found;
    }
    struct ocib_source *source = ocib_source_new(path, ocib_buf_str(&text));
    int result = ocib_conf_add(conf, source, log, err);
    ocib_source_free(source);
    return result ? -1 : 1;
}

static int add_folder(struct ocib_conf *conf, const char *folder, const struct ocib_log *log,
                      struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings files = {0};
    ocib_files_list(folder, ".conf", &files);
    for (size_t i = 0; i < files.len; i++) {
        if (add_file(conf, files.items[i], log, err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_conf_load(struct ocib_conf *conf, const char *path, uid_t uid, const struct ocib_log *log,
                   struct ocib_error **err)
{
    static const char system_file[] = "/etc/containers/registries.conf";
    static const char system_folder[] = "/etc/containers/registries.conf.d";
    const char *told = path ? path : getenv("CONTAINERS_REGISTRIES_CONF");
    if (told && *told) {
        int found = add_file(conf, told, log, err);
        return found != 0 ? (found < 0 ? -1 : 0)
                          : ocib_error_set(err, OCIB_EUSAGE, "there is no file %s", told);
    }
    OCIB_AUTO_FREE char *home = ocib_files_config_home(uid);
    OCIB_AUTO_FREE char *file = ocib_format("%s/containers/registries.conf", home ? home : "");
    OCIB_AUTO_FREE char *folder = ocib_format("%s/containers/registries.conf.d", home ? home : "");
    int own = home ? add_file(conf, file, log, err) : 0;
    if (own < 0 || (own == 0 && add_file(conf, system_file, log, err) < 0) ||
        add_folder(conf, system_folder, log, err)) {
        return -1;
    }
    return home ? add_folder(conf, folder, log, err) : 0;
}

/* --- looking up --- */

/* "registry/repository", and with its tag and digest, the two forms that prefixes may have. */
static bool prefix_fits(const char *prefix, const struct ocib_reference *ref)
{
    if (is_wildcard(prefix)) {
        return ocib_str_ends(ocib_str(ref->registry), prefix + 1) &&
               strlen(ref->registry) > strlen(prefix + 1);
    }
    OCIB_AUTO_FREE char *full = ocib_reference_full(ref);
    size_t len = strlen(prefix);
    return strncmp(full, prefix, len) == 0 && (full[len] == '\0' || strchr("/:@", full[len]));
}

const struct ocib_conf_registry *ocib_conf_find(const struct ocib_conf *conf,
                                                const struct ocib_reference *ref)
{
    const struct ocib_conf_registry *best = NULL;
    for (size_t i = 0; i < conf->len; i++) {
        const struct ocib_conf_registry *entry = &conf->items[i];
        bool longer = !best || strlen(entry->prefix) > strlen(best->prefix);
        if (longer && prefix_fits(entry->prefix, ref)) {
            best = entry;
        }
    }
    return best;
}

void ocib_conf_rewrite(const struct ocib_reference *ref, const char *from, const char *to,
                       char **host, char **repository)
{
    OCIB_AUTO_FREE char *name = ocib_format("%s/%s", ref->registry, ref->repository);
    size_t matched = is_wildcard(from) ? strlen(ref->registry) : strlen(from);
    if (matched > strlen(name)) {
        matched = strlen(name);
    }
    OCIB_AUTO_FREE char *moved = *to ? ocib_format("%s%s", to, name + matched) : ocib_strdup(name);
    struct ocib_str rest = ocib_str(moved), first;
    ocib_str_cut(&rest, '/', &first);
    /* A prefix may name one tag or digest; the reference keeps its own. */
    size_t end = strcspn(rest.s, ":@");
    *host = ocib_str_dup(first);
    *repository = ocib_str_dup(ocib_str_sub(rest, 0, end));
}
