#include "oci/reference.h"

#include "base/mem.h"

#include <ctype.h>

/* distribution/reference: a repository has at most 255 bytes, a tag 128; 253 is DNS's limit. */
enum { REPOSITORY_MAX = 255, TAG_MAX = 128, REGISTRY_MAX = 253 + 6, SHOWN_MAX = 300 };

#define DEFAULT_REGISTRY "docker.io"

static bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
    return isalnum((unsigned char)c) && (unsigned char)c < 0x80;
}

/* strchr() finds the NUL that ends its text too. */
static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static bool is_hex(struct ocib_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!isxdigit((unsigned char)s.s[i])) {
            return false;
        }
    }
    return true;
}

/* One component between slashes: words of [a-z0-9]+ joined by ".", "_", "__" or dashes. */
static const char *component_fault(struct ocib_str part)
{
    if (!part.len) {
        return "it has an empty part between slashes";
    }
    for (size_t i = 0; i < part.len; i++) {
        char c = part.s[i];
        if (c >= 'A' && c <= 'Z') {
            return "repository names are lower case";
        }
        if (!is_lower_or_digit(c) && !is_one_of(c, "._-")) {
            return "repository names have only a-z, 0-9, and . _ - between them";
        }
    }
    if (!is_lower_or_digit(part.s[0]) || !is_lower_or_digit(part.s[part.len - 1])) {
        return "each part of a repository name begins and ends with a letter or digit";
    }
    for (size_t i = 0; i < part.len; i++) {
        size_t from = i;
        while (part.s[i] == '.' || part.s[i] == '_' || part.s[i] == '-') {
            i++;
        }
        struct ocib_str separator = ocib_str_sub(part, from, i);
        size_t dashes = 0;
        while (dashes < separator.len && separator.s[dashes] == '-') {
            dashes++;
        }
        if (separator.len > 1 && dashes != separator.len && !ocib_str_is(separator, "__")) {
            return "words of a repository name are joined by one dot, one or two underscores, or "
                   "dashes";
        }
    }
    return NULL;
}

static const char *repository_fault(struct ocib_str repository)
{
    if (!repository.len) {
        return "there is no repository name";
    }
    if (repository.len > REPOSITORY_MAX) {
        return "its repository name is longer than 255 characters";
    }
    for (size_t at = 0; at <= repository.len;) {
        struct ocib_str rest = ocib_str_sub(repository, at, repository.len);
        ptrdiff_t slash = ocib_str_find(rest, '/');
        size_t end = slash < 0 ? rest.len : (size_t)slash;
        const char *fault = component_fault(ocib_str_sub(rest, 0, end));
        if (fault) {
            return fault;
        }
        at += end + 1;
    }
    return NULL;
}

static bool good_label(struct ocib_str label)
{
    for (size_t i = 0; i < label.len; i++) {
        if (!is_alnum(label.s[i]) && label.s[i] != '-') {
            return false;
        }
    }
    return label.len && label.s[0] != '-' && label.s[label.len - 1] != '-';
}

static bool good_host(struct ocib_str host)
{
    if (host.len > 2 && host.s[0] == '[' && host.s[host.len - 1] == ']') {
        for (size_t i = 1; i + 1 < host.len; i++) {
            if (!isxdigit((unsigned char)host.s[i]) && host.s[i] != ':') {
                return false;
            }
        }
        return true;
    }
    for (size_t at = 0; at <= host.len;) {
        struct ocib_str rest = ocib_str_sub(host, at, host.len);
        ptrdiff_t dot = ocib_str_find(rest, '.');
        size_t end = dot < 0 ? rest.len : (size_t)dot;
        if (!good_label(ocib_str_sub(rest, 0, end))) {
            return false;
        }
        at += end + 1;
    }
    return true;
}

static const char *registry_fault(struct ocib_str registry)
{
    uint64_t port = 0;
    ptrdiff_t colon = ocib_str_rfind(registry, ':');
    ptrdiff_t bracket = ocib_str_rfind(registry, ']');
    if (registry.len > REGISTRY_MAX) {
        return "its registry's name is too long";
    }
    if (colon > bracket) {
        if (!ocib_str_uint(ocib_str_sub(registry, (size_t)colon + 1, registry.len), 65535, &port) ||
            port == 0) {
            return "the registry's port is not a number from 1 to 65535";
        }
        registry = ocib_str_sub(registry, 0, (size_t)colon);
    }
    return good_host(registry) ? NULL : "its registry is not a host name";
}

static const char *tag_fault(struct ocib_str tag)
{
    if (!tag.len) {
        return "there is nothing after the colon, where the tag stands";
    }
    if (tag.len > TAG_MAX) {
        return "its tag is longer than 128 characters";
    }
    for (size_t i = 0; i < tag.len; i++) {
        if (!is_alnum(tag.s[i]) && !is_one_of(tag.s[i], "_.-")) {
            return "tags have only letters, digits, and . _ -";
        }
    }
    return tag.s[0] == '.' || tag.s[0] == '-' ? "a tag begins with a letter, a digit or _" : NULL;
}

/* The parts of a reference as they stand in the text. */
struct parts {
    struct ocib_str registry;
    struct ocib_str repository;
    struct ocib_str tag;
    struct ocib_str digest;
    bool has_tag;
    bool has_digest;
};

static bool is_registry(struct ocib_str first)
{
    return ocib_str_find(first, '.') >= 0 || ocib_str_find(first, ':') >= 0 ||
           ocib_str_is(first, "localhost");
}

static struct parts split(struct ocib_str text)
{
    struct parts p = {0};
    ptrdiff_t at = ocib_str_find(text, '@');
    if (at >= 0) {
        p.has_digest = true;
        p.digest = ocib_str_sub(text, (size_t)at + 1, text.len);
        text = ocib_str_sub(text, 0, (size_t)at);
    }
    ptrdiff_t colon = ocib_str_rfind(text, ':');
    if (colon > ocib_str_rfind(text, '/')) {
        p.has_tag = true;
        p.tag = ocib_str_sub(text, (size_t)colon + 1, text.len);
        text = ocib_str_sub(text, 0, (size_t)colon);
    }
    p.repository = text;
    ptrdiff_t slash = ocib_str_find(text, '/');
    if (slash >= 0 && is_registry(ocib_str_sub(text, 0, (size_t)slash))) {
        p.registry = ocib_str_sub(text, 0, (size_t)slash);
        p.repository = ocib_str_sub(text, (size_t)slash + 1, text.len);
    }
    return p;
}

static int refuse(struct ocib_str text, const char *fault, struct ocib_error **err)
{
    bool whole = text.len <= SHOWN_MAX;
    return ocib_error_set(err, OCIB_EUSAGE, "image reference \"%.*s%s\": %s",
                          (int)(whole ? text.len : SHOWN_MAX), text.s ? text.s : "",
                          whole ? "" : "…", fault);
}

static int refuse_repository(struct ocib_str text, const struct parts *p, const char *fault,
                             struct ocib_error **err)
{
    refuse(text, fault, err);
    if (p->repository.len > REPOSITORY_MAX) {
        return -1;
    }
    OCIB_AUTO_FREE char *lower = ocib_str_dup(p->repository);
    for (char *c = lower; *c; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    if (!repository_fault(ocib_str(lower))) {
        return ocib_error_hint_set(err, "did you mean \"%s\"?", lower);
    }
    if (ocib_str_find(text, '/') >= 0 && strstr(lower, "//")) {
        return ocib_error_hint_set(err, "write the name without https://");
    }
    return -1;
}

static int check(struct ocib_str text, const struct parts *p, struct ocib_error **err)
{
    const char *fault = NULL;
    if (!text.len) {
        return ocib_error_set(err, OCIB_EUSAGE, "an image reference is empty");
    }
    if (p->registry.len && (fault = registry_fault(p->registry))) {
        return refuse(text, fault, err);
    }
    if ((fault = repository_fault(p->repository))) {
        return refuse_repository(text, p, fault, err);
    }
    if (!p->registry.len && p->repository.len == 64 && is_hex(p->repository)) {
        refuse(text, "64 hex digits are an image's ID, not its name", err);
        return ocib_error_hint_set(err, "for a digest write NAME@sha256:…");
    }
    if (p->has_tag && (fault = tag_fault(p->tag))) {
        return refuse(text, fault, err);
    }
    return 0;
}

static int parse_digest(struct ocib_str text, const struct parts *p, struct ocib_digest *out,
                        struct ocib_error **err)
{
    struct ocib_error *why = NULL;
    if (ocib_digest_parse(p->digest, out, &why) < 0) {
        OCIB_AUTO_FREE char *fault =
            ocib_format("%s", why ? ocib_error_message(why) : "bad digest");
        ocib_error_free(why);
        return refuse(text, fault, err);
    }
    return 0;
}

/* Names of Docker Hub: "index.docker.io" is its old name, and images without a user are library/'s.
 */
static void store(const struct parts *p, struct ocib_reference *out)
{
    bool hub = !p->registry.len || ocib_str_is(p->registry, DEFAULT_REGISTRY) ||
               ocib_str_is(p->registry, "index.docker.io");
    bool official = hub && ocib_str_find(p->repository, '/') < 0;
    out->registry = hub ? ocib_strdup(DEFAULT_REGISTRY) : ocib_str_dup(p->registry);
    out->repository =
        ocib_format("%s%.*s", official ? "library/" : "", OCIB_STR_ARG(p->repository));
    out->tag = p->has_tag ? ocib_str_dup(p->tag) : p->has_digest ? NULL : ocib_strdup("latest");
}

int ocib_reference_parse(struct ocib_str text, struct ocib_reference *out, struct ocib_error **err)
{
    struct ocib_digest digest = {0};
    struct parts p = split(text);
    if (check(text, &p, err) < 0 || (p.has_digest && parse_digest(text, &p, &digest, err) < 0)) {
        return -1;
    }
    *out = (struct ocib_reference){.digest = digest};
    store(&p, out);
    return 0;
}

void ocib_reference_copy(struct ocib_reference *out, const struct ocib_reference *ref)
{
    *out = (struct ocib_reference){ocib_strdup(ref->registry), ocib_strdup(ref->repository),
                                   ocib_strdup(ref->tag), ref->digest};
}

void ocib_reference_release(struct ocib_reference *ref)
{
    free(ref->registry);
    free(ref->repository);
    free(ref->tag);
    *ref = (struct ocib_reference){0};
}

static char *format(const struct ocib_reference *ref, const char *registry, const char *repository)
{
    return ocib_format("%s%s%s%s%s%s%s", registry, *registry ? "/" : "", repository,
                       ref->tag ? ":" : "", ref->tag ? ref->tag : "",
                       ocib_digest_is_set(&ref->digest) ? "@" : "", ref->digest.text);
}

char *ocib_reference_full(const struct ocib_reference *ref)
{
    return format(ref, ref->registry, ref->repository);
}

char *ocib_reference_familiar(const struct ocib_reference *ref)
{
    if (strcmp(ref->registry, DEFAULT_REGISTRY) != 0) {
        return ocib_reference_full(ref);
    }
    struct ocib_str repository = ocib_str(ref->repository);
    bool official = ocib_str_starts(repository, "library/") &&
                    ocib_str_find(ocib_str_sub(repository, 8, repository.len), '/') < 0;
    ptrdiff_t slash = ocib_str_find(repository, '/');
    if (slash >= 0 && is_registry(ocib_str_sub(repository, 0, (size_t)slash))) {
        return ocib_reference_full(ref); /* "a.b/c" alone would be image c of registry a.b */
    }
    return format(ref, "", ref->repository + (official ? 8 : 0));
}
