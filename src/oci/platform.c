#include "oci/platform.h"

#include "base/mem.h"

#include <ctype.h>
#include <endian.h>
#include <sys/utsname.h>

/* Spellings of an architecture and what each means; the first column is compared without case. */
static const struct alias {
    const char *name;
    const char *architecture;
    const char *variant; /* taken if none was given */
} aliases[] = {
    {"i386", "386", NULL},
    {"i486", "386", NULL},
    {"i586", "386", NULL},
    {"i686", "386", NULL},
    {"x86_64", "amd64", NULL},
    {"x86-64", "amd64", NULL},
    {"aarch64", "arm64", NULL},
    {"armhf", "arm", "v7"},
    {"armel", "arm", "v6"},
    {"armv5l", "arm", "v5"},
    {"armv5tel", "arm", "v5"},
    {"armv6l", "arm", "v6"},
    {"armv7l", "arm", "v7"},
    {"armv8l", "arm", "v8"},
    {"arm", "arm", "v7"},
    {"ppc64el", "ppc64le", NULL},
    {"mips64el", "mips64le", NULL},
    {"mipsel", "mipsle", NULL},
    {"loongarch64", "loong64", NULL},
};

static const char *const architectures[] = {
    "386",    "amd64", "arm",     "arm64",   "loong64", "mips",    "mips64", "mips64le",
    "mipsle", "ppc64", "ppc64le", "riscv64", "s390x",   "sparc64", "wasm",   NULL};

static const char *const systems[] = {
    "aix",   "android", "darwin",  "dragonfly", "freebsd", "illumos", "ios",     "js",
    "linux", "netbsd",  "openbsd", "plan9",     "solaris", "wasip1",  "windows", NULL};

/* Names in normal form: those of the table above, or words of the platform (borrowed). */
struct normal {
    struct ocib_str os;
    struct ocib_str architecture;
    struct ocib_str variant;
};

static bool same(struct ocib_str a, struct ocib_str b)
{
    return a.len == b.len && strncasecmp(a.s ? a.s : "", b.s ? b.s : "", a.len) == 0;
}

static const struct alias *find_alias(struct ocib_str name)
{
    for (size_t i = 0; i < OCIB_COUNT(aliases); i++) {
        if (ocib_str_is_nocase(name, aliases[i].name)) {
            return &aliases[i];
        }
    }
    return NULL;
}

static bool is_known(struct ocib_str name, const char *const *names)
{
    for (; *names; names++) {
        if (ocib_str_is_nocase(name, *names)) {
            return true;
        }
    }
    return false;
}

/* "8" for "v8": some write the number alone. */
static struct ocib_str normal_variant(struct ocib_str architecture, struct ocib_str variant)
{
    static const char *const numbered[] = {"v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9"};
    if (variant.len == 1 && variant.s[0] >= '1' && variant.s[0] <= '9') {
        variant = ocib_str(numbered[variant.s[0] - '1']);
    }
    bool is_default =
        (ocib_str_is_nocase(architecture, "arm64") &&
         (ocib_str_is_nocase(variant, "v8") || ocib_str_is_nocase(variant, "v8.0"))) ||
        (ocib_str_is_nocase(architecture, "amd64") && ocib_str_is_nocase(variant, "v1"));
    return is_default ? OCIB_STR("") : variant;
}

static struct normal normalise(struct ocib_str os, struct ocib_str architecture,
                               struct ocib_str variant)
{
    const struct alias *alias = find_alias(architecture);
    if (alias) {
        architecture = ocib_str(alias->architecture);
        if (!variant.len && alias->variant) {
            variant = ocib_str(alias->variant);
        }
    }
    if (ocib_str_is_nocase(os, "macos")) {
        os = OCIB_STR("darwin");
    }
    return (struct normal){os, architecture, normal_variant(architecture, variant)};
}

static struct normal normal_of(const struct ocib_platform *p)
{
    return normalise(ocib_str(p->os), ocib_str(p->architecture), ocib_str(p->variant));
}

static char *dup_lower(struct ocib_str s)
{
    char *copy = ocib_str_dup(s);
    for (char *c = copy; *c; c++) {
        *c = (char)tolower((unsigned char)*c);
    }
    return copy;
}

static void store(struct ocib_platform *out, struct normal n)
{
    *out = (struct ocib_platform){
        .os = dup_lower(n.os),
        .architecture = dup_lower(n.architecture),
        .variant = n.variant.len ? dup_lower(n.variant) : NULL,
    };
}

/* uname(2) tells mips of either byte order by one name. */
static const char *machine_name(const char *machine)
{
    if (__BYTE_ORDER == __LITTLE_ENDIAN && strcmp(machine, "mips64") == 0) {
        return "mips64le";
    }
    if (__BYTE_ORDER == __LITTLE_ENDIAN && strcmp(machine, "mips") == 0) {
        return "mipsle";
    }
    return machine;
}

void ocib_platform_host(struct ocib_platform *out)
{
    struct utsname host = {0};
    uname(&host);
    store(out, normalise(OCIB_STR("linux"), ocib_str(machine_name(host.machine)), OCIB_STR("")));
}

/* Three such words and their slashes fit into TEXT_MAX, also when a variant was added. */
enum { WORD_MAX = 32, TEXT_MAX = 100 };

static int check_word(struct ocib_str text, struct ocib_str word, const char *what,
                      struct ocib_error **err)
{
    bool good = word.len > 0 && word.len <= WORD_MAX;
    for (size_t i = 0; good && i < word.len; i++) {
        unsigned char c = (unsigned char)word.s[i];
        good = c && c < 0x80 && (isalnum(c) || strchr("_.-", c));
    }
    if (!good) {
        ocib_error_set(err, OCIB_EUSAGE, "platform \"%.*s\": the %s \"%.*s\" is not a name",
                       OCIB_STR_ARG(text), what, OCIB_STR_ARG(word));
        return ocib_error_hint_set(err, "write os/architecture, as in linux/arm64");
    }
    return 0;
}

static int check_known(struct ocib_str text, struct ocib_str word, struct ocib_error **err)
{
    if (find_alias(word) || is_known(word, architectures)) {
        return 0;
    }
    ocib_error_set(err, OCIB_EUSAGE, "platform \"%.*s\": no architecture \"%.*s\" is known",
                   OCIB_STR_ARG(text), OCIB_STR_ARG(word));
    const char *near = ocib_str_nearest(word, architectures);
    return near ? ocib_error_hint_set(err, "did you mean \"%s\"?", near)
                : ocib_error_hint_set(err, "write os/architecture, as in linux/arm64");
}

/* One word is an operating system if it is known as one, else an architecture. */
static int parse_one(struct ocib_str text, struct ocib_platform *out, struct ocib_error **err)
{
    struct ocib_platform host;
    if (check_word(text, text, "name", err) < 0) {
        return -1;
    }
    bool is_system = is_known(text, systems) || ocib_str_is_nocase(text, "macos");
    if (!is_system && check_known(text, text, err) < 0) {
        return -1;
    }
    ocib_platform_host(&host);
    store(out, is_system ? normalise(text, ocib_str(host.architecture), ocib_str(host.variant))
                         : normalise(ocib_str(host.os), text, OCIB_STR("")));
    ocib_platform_release(&host);
    return 0;
}

int ocib_platform_parse(struct ocib_str text, struct ocib_platform *out, struct ocib_error **err)
{
    ptrdiff_t slash = ocib_str_find(text, '/');
    if (text.len > TEXT_MAX) {
        return ocib_error_set(err, OCIB_EUSAGE, "platform \"%.40s…\" is too long", text.s);
    }
    if (slash < 0) {
        return parse_one(text, out, err);
    }
    struct ocib_str os = ocib_str_sub(text, 0, (size_t)slash);
    struct ocib_str architecture = ocib_str_sub(text, (size_t)slash + 1, text.len);
    struct ocib_str variant = OCIB_STR("");
    slash = ocib_str_find(architecture, '/');
    if (slash >= 0) {
        variant = ocib_str_sub(architecture, (size_t)slash + 1, architecture.len);
        architecture = ocib_str_sub(architecture, 0, (size_t)slash);
    }
    if (check_word(text, os, "operating system", err) < 0 ||
        check_word(text, architecture, "architecture", err) < 0 ||
        (slash >= 0 && check_word(text, variant, "variant", err) < 0) ||
        check_known(text, architecture, err) < 0) {
        return -1;
    }
    store(out, normalise(os, architecture, variant));
    return 0;
}

void ocib_platform_copy(struct ocib_platform *out, const struct ocib_platform *p)
{
    *out = (struct ocib_platform){ocib_strdup(p->os), ocib_strdup(p->architecture),
                                  ocib_strdup(p->variant), ocib_strdup(p->os_version)};
}

void ocib_platform_release(struct ocib_platform *p)
{
    free(p->os);
    free(p->architecture);
    free(p->variant);
    free(p->os_version);
    *p = (struct ocib_platform){0};
}

char *ocib_platform_format(const struct ocib_platform *p)
{
    bool variant = p->variant && *p->variant;
    return ocib_format("%s/%s%s%s", p->os ? p->os : "", p->architecture ? p->architecture : "",
                       variant ? "/" : "", variant ? p->variant : "");
}

/* A rank for variants "v7", "v8.2" that grows with what a machine can run; -1 for other words. */
static int rank_of(const struct normal *n)
{
    struct ocib_str v = n->variant;
    if (!v.len) {
        v = ocib_str_is_nocase(n->architecture, "arm64")   ? OCIB_STR("v8")
            : ocib_str_is_nocase(n->architecture, "amd64") ? OCIB_STR("v1")
                                                           : v;
    }
    uint64_t major = 0;
    uint64_t minor = 0;
    if (v.len < 2 || (v.s[0] | 0x20) != 'v') {
        return -1;
    }
    ptrdiff_t dot = ocib_str_find(v, '.');
    struct ocib_str whole = ocib_str_sub(v, 1, dot < 0 ? v.len : (size_t)dot);
    if (!ocib_str_uint(whole, 99, &major) ||
        (dot >= 0 && !ocib_str_uint(ocib_str_sub(v, (size_t)dot + 1, v.len), 99, &minor))) {
        return -1;
    }
    /* Armv9.0 has all of Armv8.5 (Arm Architecture Reference Manual), and so on upwards. */
    return major == 9 ? (int)(2 * (800 + 5 + minor) + 1) : (int)(2 * (100 * major + minor));
}

int ocib_platform_match(const struct ocib_platform *want, const struct ocib_platform *have)
{
    enum { EXACT = 10000 };
    struct normal w = normal_of(want);
    struct normal h = normal_of(have);
    if (!same(w.os, h.os) || !same(w.architecture, h.architecture)) {
        return 0;
    }
    if (want->os_version && have->os_version && strcmp(want->os_version, have->os_version) != 0) {
        return 0;
    }
    if (same(w.variant, h.variant)) {
        return EXACT;
    }
    bool ordered = ocib_str_is_nocase(w.architecture, "arm") ||
                   ocib_str_is_nocase(w.architecture, "arm64") ||
                   ocib_str_is_nocase(w.architecture, "amd64");
    int wanted = rank_of(&w);
    int rank = rank_of(&h);
    return ordered && rank >= 0 && wanted >= rank ? EXACT - 1 - (wanted - rank) : 0;
}
