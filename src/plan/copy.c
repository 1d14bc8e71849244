#include "plan/internal.h"
#include "plan/remote.h"

/* What the history says of it: the flags and words, expanded. */
static char *history_text(const struct ocib_copy_op *copy, const struct ocib_strings *written,
                          const char *dest)
{
    struct ocib_buf text = {0};
    ocib_buf_puts(&text, copy->add ? "ADD" : "COPY");
    if (copy->parents) {
        ocib_buf_puts(&text, " --parents");
    }
    if (copy->chown) {
        ocib_buf_printf(&text, " --chown=%s", copy->chown);
    }
    if (copy->chmod) {
        ocib_buf_printf(&text, " --chmod=%s", copy->chmod);
    }
    for (size_t i = 0; i < written->len; i++) {
        ocib_buf_printf(&text, " %s", written->items[i]);
    }
    for (size_t i = 0; i < copy->files.len; i++) {
        ocib_buf_printf(&text, " <<%s", copy->files.items[i].name);
    }
    ocib_buf_printf(&text, " %s", dest);
    return ocib_buf_take(&text);
}

int ocib_stage_resolve_from(struct ocib_stage_builder *b, const struct ocib_arg *flag,
                            struct ocib_from *out, struct ocib_error **err)
{
    if (ocib_plan_resolve_from(b->plan, b->index, flag, out, err) < 0) {
        return -1;
    }
    if (out->kind == OCIB_FROM_STAGE && !b->plan->stages.items[out->stage].needed) {
        return ocib_error_at(err, OCIB_EINTERNAL, flag->value_span,
                             "the stage '%.*s' was not asked for in time",
                             OCIB_STR_ARG(flag->value));
    }
    return 0;
}

static int read_from(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                     struct ocib_copy_op *copy, struct ocib_error **err)
{
    const struct ocib_arg *flag = ocib_instruction_flag(ins, "from");
    struct ocib_from from;
    if (!flag) {
        return 0;
    }
    if (ocib_stage_resolve_from(b, flag, &from, err) < 0) {
        return -1;
    }
    copy->from = from.kind;
    copy->from_span = flag->value_span;
    copy->from_stage = from.stage;
    copy->from_context = from.context;
    if (from.kind == OCIB_FROM_IMAGE) {
        copy->from_image = from.image ? ocib_strdup(from.image) : ocib_str_dup(flag->value);
    }
    return 0;
}

/* The value of a flag, expanded; NULL in *out if it isn't given or comes out empty. */
static int read_flag(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                     const char *name, char **out, struct ocib_error **err)
{
    const struct ocib_arg *flag = ocib_instruction_flag(ins, name);
    if (!flag) {
        return 0;
    }
    struct ocib_words words = ocib_stage_words(b);
    OCIB_AUTO_FREE char *value = ocib_words_expand_at(&words, flag->value, flag->value_span, err);
    if (!value) {
        return -1;
    }
    *out = value[0] ? ocib_steal(&value) : NULL;
    return 0;
}

static void chomp(struct ocib_str text, struct ocib_buf *out)
{
    struct ocib_str line;
    ocib_buf_init(out);
    while (ocib_str_cut(&text, '\n', &line)) {
        while (ocib_str_starts(line, "\t")) {
            line = ocib_str_sub(line, 1, line.len);
        }
        ocib_buf_add_str(out, line);
        ocib_buf_putc(out, '\n');
    }
}

static int add_file(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                    const struct ocib_heredoc *doc, struct ocib_copy_op *copy,
                    struct ocib_error **err)
{
    if (ocib_str_find(doc->name, '/') >= 0 || ocib_str_is(doc->name, ".") ||
        ocib_str_is(doc->name, "..")) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, doc->span, "'%.*s' can't be the name of a file",
                             OCIB_STR_ARG(doc->name));
    }
    OCIB_AUTO_BUF struct ocib_buf body = {0};
    if (doc->chomp) {
        chomp(doc->content, &body);
    } else {
        ocib_buf_add_str(&body, doc->content);
    }
    struct ocib_words words = ocib_stage_words(b);
    char *text = doc->expand
                     ? ocib_words_expand_body(&words, ocib_buf_str(&body), doc->content_span, err)
                     : ocib_str_dup(ocib_buf_str(&body));
    if (!text) {
        return -1;
    }
    ocib_strings_take(&copy->texts, text);
    struct ocib_inline_file *file = ocib_vec_add(&copy->files);
    file->name = ocib_str_dup(doc->name);
    file->content = ocib_str(text);
    return ocib_stage_charge(b, ins, file->content.len, err);
}

/* COPY reads no remote sources, and of those of ADD the form must be right. */
static int check_source(const struct ocib_copy_op *copy, const char *source, struct ocib_span span,
                        struct ocib_error **err)
{
    enum ocib_source_kind kind = ocib_source_kind(ocib_str(source));
    if (kind != OCIB_SOURCE_PATH && !copy->add) {
        ocib_error_at(err, OCIB_EDOCKERFILE, span, "COPY can't read %s",
                      kind == OCIB_SOURCE_GIT ? "a git repository" : "a URL");
        return ocib_error_hint_set(err, "use ADD");
    }
    if (ocib_source_has_credentials(ocib_str(source))) {
        ocib_error_at(err, OCIB_EDOCKERFILE, span,
                      "a user name or password in a URL of ADD is not "
                      "supported: the image's history shows it");
        return ocib_error_hint_set(err, "download it by other means, or clone over ssh");
    }
    if (kind != OCIB_SOURCE_GIT) {
        return 0;
    }
    OCIB_AUTO(ocib_git_source_release) struct ocib_git_source git = {0};
    return ocib_git_source_parse(ocib_str(source), &git, err) < 0 ? ocib_error_place_at(err, span)
                                                                  : 0;
}

static int add_source(struct ocib_stage_builder *b, const struct ocib_arg *arg,
                      struct ocib_copy_op *copy, struct ocib_strings *written,
                      struct ocib_error **err)
{
    struct ocib_words words = ocib_stage_words(b);
    OCIB_AUTO_FREE char *source = ocib_words_expand(&words, arg, err);
    if (!source || check_source(copy, source, arg->span, err) < 0) {
        return -1;
    }
    ocib_strings_push(written, source);
    /* Docker takes an empty path for the whole context. */
    ocib_strings_push(&copy->sources, source[0] ? source : ".");
    return 0;
}

/* The heredoc that a word of the line is, when *next is the first that isn't taken yet. */
static const struct ocib_heredoc *take_heredoc(const struct ocib_instruction *ins, size_t word,
                                               size_t *next)
{
    bool is_doc = word + 1 < ins->args.len && *next < ins->heredocs.len &&
                  ocib_str_eq(ins->args.items[word].text, ins->heredocs.items[*next].word);
    return is_doc ? &ins->heredocs.items[(*next)++] : NULL;
}

/* Each heredoc of the line has to be a source. */
static int check_heredocs(const struct ocib_instruction *ins, struct ocib_error **err)
{
    size_t next = 0;
    for (size_t i = 0; i < ins->args.len; i++) {
        take_heredoc(ins, i, &next);
    }
    if (next == ins->heredocs.len) {
        return 0;
    }
    const struct ocib_heredoc *odd = &ins->heredocs.items[next];
    ocib_error_at(err, OCIB_EDOCKERFILE, odd->span, "the heredoc '%.*s' is not a source",
                  OCIB_STR_ARG(odd->name));
    return ocib_error_hint_set(err, "a heredoc stands before the destination, and its delimiter "
                                    "has no blanks");
}

/* The sources: paths and heredocs. */
static int read_sources(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                        struct ocib_copy_op *copy, struct ocib_strings *written,
                        struct ocib_error **err)
{
    size_t next = 0;
    for (size_t i = 0; i + 1 < ins->args.len; i++) {
        const struct ocib_heredoc *doc = take_heredoc(ins, i, &next);
        int result = doc ? add_file(b, ins, doc, copy, err)
                         : add_source(b, &ins->args.items[i], copy, written, err);
        if (result < 0) {
            return -1;
        }
    }
    return 0;
}

static bool is_folder(const char *dest)
{
    struct ocib_str text = ocib_str(dest);
    return text.len == 0 || ocib_str_is(text, ".") || ocib_str_ends(text, "/") ||
           ocib_str_ends(text, "/.");
}

static char *full_dest(const struct ocib_stage_builder *b, const char *dest)
{
    OCIB_AUTO_FREE char *path = ocib_stage_path(b, dest);
    bool slash = is_folder(dest) && strcmp(path, "/") != 0;
    return ocib_format("%s%s", path, slash ? "/" : "");
}

void ocib_copy_op_release(struct ocib_copy_op *copy)
{
    free(copy->from_image);
    ocib_strings_release(&copy->sources);
    for (size_t i = 0; i < copy->files.len; i++) {
        free(copy->files.items[i].name);
    }
    ocib_vec_release(&copy->files);
    ocib_strings_release(&copy->texts);
    free(copy->dest);
    free(copy->chown);
    free(copy->chmod);
    ocib_strings_release(&copy->excludes);
    free(copy->checksum);
}

/* --- flags of their own ----------------------------------------------------------------------- */

/* A boolean flag: `otherwise` if it isn't given. */
static bool is_on(const struct ocib_instruction *ins, const char *name, bool otherwise)
{
    const struct ocib_arg *flag = ocib_instruction_flag(ins, name);
    if (!flag) {
        return otherwise;
    }
    return !flag->has_value || !ocib_str_is_nocase(flag->value, "false");
}

/* The patterns are taken as they are written, as Docker does. */
static void read_excludes(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                          struct ocib_copy_op *copy)
{
    for (size_t i = 0; i < ins->flags.len; i++) {
        const struct ocib_arg *flag = &ins->flags.items[i];
        if (!ocib_str_is(flag->text, "exclude")) {
            continue;
        }
        if (ocib_str_find(flag->value, '$') >= 0) {
            ocib_log_at(b->plan->log, OCIB_LOG_WARNING, flag->span,
                        "variables are not expanded in --exclude, the $ is taken as it is");
        }
        ocib_strings_take(&copy->excludes, ocib_str_dup(flag->value));
    }
}

/* Does the checksum fit the source: the one source, and a remote one? */
static int check_checksum(const struct ocib_instruction *ins, const struct ocib_copy_op *copy,
                          struct ocib_error **err)
{
    if (!copy->checksum) {
        return 0;
    }
    struct ocib_span span = ocib_instruction_flag(ins, "checksum")->span;
    if (copy->sources.len != 1 || copy->files.len) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, span, "--checksum goes with one source only");
    }
    enum ocib_source_kind kind = ocib_source_kind(ocib_str(copy->sources.items[0]));
    if (kind == OCIB_SOURCE_PATH) {
        return ocib_error_at(err, OCIB_EDOCKERFILE, span,
                             "--checksum goes with a URL or a git repository only");
    }
    bool git = kind == OCIB_SOURCE_GIT;
    if (git ? ocib_checksum_is_commit(ocib_str(copy->checksum))
            : ocib_checksum_is_sha256(ocib_str(copy->checksum))) {
        return 0;
    }
    ocib_error_at(err, OCIB_EDOCKERFILE, span, "bad checksum %s", copy->checksum);
    return ocib_error_hint_set(err, git ? "it is the commit, in hexadecimal digits"
                                        : "it is sha256: and 64 hexadecimal digits");
}

static void read_switches(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                          struct ocib_copy_op *copy)
{
    copy->unpack = is_on(ins, "unpack", copy->add);
    copy->unpack_remote = is_on(ins, "unpack", false);
    copy->link = is_on(ins, "link", false);
    copy->parents = is_on(ins, "parents", false);
    copy->keep_git_dir = is_on(ins, "keep-git-dir", false);
    read_excludes(b, ins, copy);
}

static int read_copy(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                     struct ocib_copy_op *copy, struct ocib_strings *written,
                     struct ocib_error **err)
{
    if (read_from(b, ins, copy, err) < 0 || read_flag(b, ins, "chown", &copy->chown, err) < 0 ||
        read_flag(b, ins, "chmod", &copy->chmod, err) < 0 ||
        read_flag(b, ins, "checksum", &copy->checksum, err) < 0) {
        return -1;
    }
    read_switches(b, ins, copy);
    return read_sources(b, ins, copy, written, err) < 0 ? -1 : check_checksum(ins, copy, err);
}

int ocib_stage_copy(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                    struct ocib_error **err)
{
    struct ocib_copy_op copy = {.add = ins->kind == OCIB_INS_ADD};
    OCIB_AUTO_STRINGS struct ocib_strings written = {0};
    struct ocib_words words = ocib_stage_words(b);
    const struct ocib_arg *last = &ins->args.items[ins->args.len - 1];
    if (check_heredocs(ins, err) < 0) {
        return -1;
    }
    OCIB_AUTO_FREE char *dest = ocib_words_expand(&words, last, err);
    if (!dest || read_copy(b, ins, &copy, &written, err) < 0) {
        ocib_copy_op_release(&copy);
        return -1;
    }
    copy.dest = full_dest(b, dest);
    struct ocib_op *op = ocib_stage_add(b, OCIB_OP_COPY, ins, history_text(&copy, &written, dest));
    op->copy = copy;
    return 0;
}
