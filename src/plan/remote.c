#include "plan/remote.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

/* --- texts -------------------------------------------------------------------------------------
 */

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static void decode(struct ocib_str text, struct ocib_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        bool coded = text.s[i] == '%' && i + 2 < text.len && hex_value(text.s[i + 1]) >= 0 &&
                     hex_value(text.s[i + 2]) >= 0;
        if (!coded) {
            ocib_buf_putc(out, text.s[i]);
            continue;
        }
        ocib_buf_putc(out, (char)(hex_value(text.s[i + 1]) * 16 + hex_value(text.s[i + 2])));
        i += 2;
    }
}

/* --- what a source is ------------------------------------------------------------------------- */

static bool is_http(struct ocib_str source)
{
    return ocib_str_starts(source, "http://") || ocib_str_starts(source, "https://");
}

static bool is_host_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static size_t host_chars(struct ocib_str text)
{
    size_t n = 0;
    while (n < text.len && is_host_char(text.s[n])) {
        n++;
    }
    return n;
}

/* "user@host:path", as ssh and scp have it. */
static bool is_scp(struct ocib_str source)
{
    size_t user = host_chars(source);
    struct ocib_str rest = ocib_str_sub(source, user, source.len);
    if (user == 0 || source.s[0] == '-' || !ocib_str_starts(rest, "@")) {
        return false;
    }
    rest = ocib_str_sub(rest, 1, rest.len);
    size_t host = host_chars(rest);
    return host > 0 && rest.s[0] != '-' && host + 1 < rest.len && rest.s[host] == ':';
}

/* As a context; BuildKit's shorthand. */
static bool is_github(struct ocib_str text)
{
    return ocib_str_starts(text, "github.com/");
}

static bool has_query(struct ocib_str source)
{
    return is_http(source) || is_github(source) || ocib_str_starts(source, "ssh://") ||
           ocib_str_starts(source, "git://");
}

/* Cuts "#…" and then "?…" off; what isn't there is of length 0 and without an address. */
static struct ocib_str cut_ends(struct ocib_str source, struct ocib_str *query,
                                struct ocib_str *fragment)
{
    ptrdiff_t hash = ocib_str_find(source, '#');
    *query = *fragment = (struct ocib_str){0};
    if (hash >= 0) {
        *fragment = ocib_str_sub(source, (size_t)hash + 1, source.len);
        source = ocib_str_sub(source, 0, (size_t)hash);
    }
    ptrdiff_t mark = has_query(source) ? ocib_str_find(source, '?') : -1;
    if (mark >= 0) {
        *query = ocib_str_sub(source, (size_t)mark + 1, source.len);
        source = ocib_str_sub(source, 0, (size_t)mark);
    }
    return source;
}

enum ocib_source_kind ocib_source_kind(struct ocib_str source)
{
    struct ocib_str query, fragment;
    if (ocib_str_starts(source, "ssh://") || ocib_str_starts(source, "git://") || is_scp(source)) {
        return OCIB_SOURCE_GIT;
    }
    if (!is_http(source)) {
        return OCIB_SOURCE_PATH;
    }
    return ocib_str_ends(cut_ends(source, &query, &fragment), ".git") ? OCIB_SOURCE_GIT
                                                                      : OCIB_SOURCE_URL;
}

enum ocib_source_kind ocib_context_kind(struct ocib_str text)
{
    return is_github(text) ? OCIB_SOURCE_GIT : ocib_source_kind(text);
}

/* The user name and password of an http or https URL: of length 0 if there are none. */
static struct ocib_str find_credentials(struct ocib_str source)
{
    ptrdiff_t colon = is_http(source) ? ocib_str_find(source, ':') : -1;
    if (colon < 0) {
        return (struct ocib_str){0};
    }
    struct ocib_str host = ocib_str_sub(source, (size_t)colon + 3, source.len);
    size_t len = 0;
    while (len < host.len && !strchr("/?#", host.s[len])) {
        len++;
    }
    host = ocib_str_sub(host, 0, len);
    ptrdiff_t at = ocib_str_rfind(host, '@');
    return ocib_str_sub(host, 0, at < 0 ? 0 : (size_t)at);
}

bool ocib_source_has_credentials(struct ocib_str source)
{
    struct ocib_str found = find_credentials(source);
    return found.len > 0;
}

char *ocib_source_cut_credentials(struct ocib_str source, struct ocib_buf *out)
{
    struct ocib_str found = find_credentials(source);
    ocib_buf_clear(out);
    if (!found.len) {
        return ocib_str_dup(source);
    }
    decode(found, out);
    if (ocib_str_find(found, ':') < 0) {
        ocib_buf_putc(out, ':');
    }
    size_t from = (size_t)(found.s - source.s);
    struct ocib_str rest = ocib_str_sub(source, from + found.len + 1, source.len);
    return ocib_format("%.*s%.*s", (int)from, source.s, OCIB_STR_ARG(rest));
}

/* --- repositories ----------------------------------------------------------------------------- */

void ocib_git_source_release(struct ocib_git_source *git)
{
    free(git->remote);
    free(git->ref);
    free(git->dir);
    free(git->checksum);
}

/* What a fragment or query says; each once, and one word of the ref only. */
struct fields {
    struct ocib_git_source *git;
    struct ocib_strings seen;
    bool has_dir;
};

static int conflict(const char *what, const char *a, const char *b, struct ocib_error **err)
{
    return ocib_error_set(err, OCIB_EDOCKERFILE, "a git URL names two %s, %s and %s", what, a, b);
}

static int set_ref(struct fields *fields, const char *prefix, struct ocib_str ref,
                   struct ocib_error **err)
{
    bool odd = ocib_str_starts(ref, "-") || ocib_str_find(ref, ':') >= 0;
    for (size_t i = 0; i < ref.len; i++) {
        odd = odd || (unsigned char)ref.s[i] <= ' ' || strchr("\x7f^~?*[\\", ref.s[i]);
    }
    if (odd) {
        return ocib_error_set(err, OCIB_EDOCKERFILE, "'%.*s' can't be a ref of a git repository",
                              OCIB_STR_ARG(ref));
    }
    bool whole = ocib_str_starts(ref, prefix);
    OCIB_AUTO_FREE char *text = ocib_format("%s%.*s", whole ? "" : prefix, OCIB_STR_ARG(ref));
    if (fields->git->ref && ref.len && strcmp(fields->git->ref, text) != 0) {
        return conflict("refs", fields->git->ref, text, err);
    }
    if (ref.len) {
        free(fields->git->ref);
        fields->git->ref = ocib_steal(&text);
    }
    return 0;
}

/* A folder below the repository's: clean and relative. */
static int set_dir(struct fields *fields, struct ocib_str dir, struct ocib_error **err)
{
    OCIB_AUTO_BUF struct ocib_buf out = {0};
    struct ocib_str part;
    ocib_buf_init(&out);
    while (ocib_str_cut(&dir, '/', &part)) {
        if (ocib_str_is(part, "..")) {
            return ocib_error_set(err, OCIB_EDOCKERFILE, "the folder of a git repository has a ..");
        }
        if (part.len && !ocib_str_is(part, ".")) {
            ocib_buf_printf(&out, "%s%.*s", out.len ? "/" : "", OCIB_STR_ARG(part));
        }
    }
    if (fields->has_dir && strcmp(fields->git->dir, out.data) != 0) {
        return conflict("folders", fields->git->dir, out.data, err);
    }
    fields->has_dir = out.len > 0;
    free(fields->git->dir);
    fields->git->dir = ocib_buf_take(&out);
    return 0;
}

static int set_checksum(struct fields *fields, struct ocib_str value, struct ocib_error **err)
{
    if (!ocib_checksum_is_commit(value)) {
        ocib_error_set(err, OCIB_EDOCKERFILE, "bad checksum %.*s", OCIB_STR_ARG(value));
        return ocib_error_hint_set(err, "it is the commit, in hexadecimal digits");
    }
    free(fields->git->checksum);
    fields->git->checksum = ocib_str_dup(value);
    return 0;
}

/* Without a value it is true. */
static int read_switch(struct ocib_str name, struct ocib_str value, bool *out,
                       struct ocib_error **err)
{
    *out = true;
    if (!value.len || ocib_str_bool(value, out)) {
        return 0;
    }
    return ocib_error_set(err, OCIB_EDOCKERFILE, "'%.*s' of a git URL is true or false, not '%.*s'",
                          OCIB_STR_ARG(name), OCIB_STR_ARG(value));
}

static int set_value(struct fields *fields, struct ocib_str name, struct ocib_str value,
                     struct ocib_error **err)
{
    if (ocib_str_is(name, "ref")) {
        return set_ref(fields, "", value, err);
    }
    if (ocib_str_is(name, "branch")) {
        return set_ref(fields, "refs/heads/", value, err);
    }
    if (ocib_str_is(name, "tag")) {
        return set_ref(fields, "refs/tags/", value, err);
    }
    return ocib_str_is(name, "subdir") ? set_dir(fields, value, err)
                                       : set_checksum(fields, value, err);
}

static int set_field(struct fields *fields, struct ocib_str name, struct ocib_str value,
                     struct ocib_error **err)
{
    static const char *const valued[] = {"ref", "branch", "tag", "subdir", "checksum", "commit"};
    if (ocib_str_is(name, "keep-git-dir")) {
        return read_switch(name, value, &fields->git->keep_git_dir, err);
    }
    if (ocib_str_is(name, "submodules")) {
        bool wanted = true;
        int failed = read_switch(name, value, &wanted, err);
        fields->git->no_submodules = !wanted;
        return failed;
    }
    for (size_t i = 0; i < OCIB_COUNT(valued); i++) {
        if (ocib_str_is(name, valued[i])) {
            return value.len ? set_value(fields, name, value, err)
                             : ocib_error_set(err, OCIB_EDOCKERFILE,
                                              "'%s' of a git URL has no value", valued[i]);
        }
    }
    ocib_error_set(err, OCIB_EDOCKERFILE, "the query of a git URL has an unknown field '%.*s'",
                   OCIB_STR_ARG(name));
    return ocib_error_hint_set(err, "there are ref, branch, tag, checksum, subdir, keep-git-dir "
                                    "and submodules");
}

static int read_query(struct fields *fields, struct ocib_str query, struct ocib_error **err)
{
    struct ocib_str text, name;
    while (ocib_str_cut(&query, '&', &text)) {
        if (!text.len) {
            continue;
        }
        OCIB_AUTO_BUF struct ocib_buf value = {0};
        OCIB_AUTO_FREE char *key = NULL;
        ocib_str_cut(&text, '=', &name);
        ocib_buf_init(&value);
        decode(text, &value);
        key = ocib_str_dup(name);
        if (ocib_strings_has(&fields->seen, key)) {
            return ocib_error_set(err, OCIB_EDOCKERFILE, "'%s' of a git URL is there twice", key);
        }
        ocib_strings_push(&fields->seen, key);
        if (set_field(fields, name, ocib_buf_str(&value), err) < 0) {
            return -1;
        }
    }
    return 0;
}

int ocib_git_source_parse(struct ocib_str source, struct ocib_git_source *out,
                          struct ocib_error **err)
{
    struct ocib_str query, fragment, ref;
    struct ocib_str remote = cut_ends(source, &query, &fragment);
    struct fields fields = {.git = out};
    *out = (struct ocib_git_source){.dir = ocib_strdup("")};
    out->remote = ocib_format("%s%.*s", is_github(remote) ? "https://" : "", OCIB_STR_ARG(remote));
    bool cut = ocib_str_cut(&fragment, ':', &ref);
    int failed = cut && (set_ref(&fields, "", ref, err) || set_dir(&fields, fragment, err));
    failed = failed || read_query(&fields, query, err);
    ocib_strings_release(&fields.seen);
    return failed ? -1 : 0;
}

/* --- checksums and names ---------------------------------------------------------------------- */

static bool is_hex(struct ocib_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!memchr("0123456789abcdef", text.s[i], 16)) {
            return false;
        }
    }
    return true;
}

bool ocib_checksum_is_sha256(struct ocib_str text)
{
    return ocib_str_starts(text, "sha256:") && text.len == 7 + 64 &&
           is_hex(ocib_str_sub(text, 7, text.len));
}

bool ocib_checksum_is_commit(struct ocib_str text)
{
    return text.len >= 7 && text.len <= 64 && is_hex(text);
}

/* The last part of a path that names something, once decoded. */
static struct ocib_str last_part(struct ocib_str path)
{
    while (ocib_str_ends(path, "/")) {
        path = ocib_str_sub(path, 0, path.len - 1);
    }
    ptrdiff_t slash = ocib_str_rfind(path, '/');
    return ocib_str_sub(path, (size_t)(slash + 1), path.len);
}

char *ocib_url_file_name(struct ocib_str url)
{
    struct ocib_str query, fragment;
    OCIB_AUTO_BUF struct ocib_buf path = {0};
    url = cut_ends(url, &query, &fragment);
    size_t scheme = ocib_str_starts(url, "https://") ? 8 : 7;
    struct ocib_str rest = ocib_str_sub(url, scheme, url.len);
    ptrdiff_t slash = ocib_str_find(rest, '/');
    ocib_buf_init(&path);
    decode(slash < 0 ? (struct ocib_str){"", 0} : ocib_str_sub(rest, (size_t)slash, rest.len),
           &path);
    struct ocib_str name = last_part(ocib_buf_str(&path));
    bool usable = name.len && !ocib_str_is(name, ".") && !ocib_str_is(name, "..") &&
                  !memchr(name.s, '\0', name.len);
    return usable ? ocib_str_dup(name) : ocib_strdup("__unnamed__");
}
