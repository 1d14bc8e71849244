#include "check/internal.h"

/*
 * Just enough of a shell's grammar to see which commands a text has. What can't be known
 * (variables, loops, functions) is taken as it is written: these checks give advice, they judge
 * nothing.
 */

/* Commands that are looked at in one RUN, and words of one: the rest is passed over. */
enum { COMMANDS_MAX = 1000, WORDS_MAX = 1000 };

void ocib_commands_release(struct ocib_commands *commands)
{
    for (size_t i = 0; i < commands->len; i++) {
        ocib_strings_release(&commands->items[i].words);
    }
    ocib_vec_release(commands);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- reading ---- */

static bool is_assignment(const char *word)
{
    size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    return n > 0 && word[n] == '=';
}

/* Words before a command that only say how or whether it runs. */
static bool is_prefix(const char *word)
{
    static const char *const known[] = {"sudo",  "env",  "exec", "time", "nice",  "command",
                                        "if",    "then", "else", "elif", "do",    "while",
                                        "until", "!",    "{",    "eval", "ionice"};
    for (size_t i = 0; i < OCIB_COUNT(known); i++) {
        if (strcmp(base_name(word), known[i]) == 0) {
            return true;
        }
    }
    return is_assignment(word);
}

static void add_word(struct ocib_commands *out, struct ocib_command *command, struct ocib_buf *word)
{
    bool prefix = command->words.len == 0 && is_prefix(word->data);
    if (word->len && !prefix && command->words.len < WORDS_MAX && out->len < COMMANDS_MAX) {
        ocib_strings_push(&command->words, word->data);
    }
    ocib_buf_clear(word);
}

static void end_command(struct ocib_commands *out, struct ocib_command *command,
                        struct ocib_buf *word)
{
    add_word(out, command, word);
    if (command->words.len) {
        ocib_vec_push(out, *command);
    }
    *command = (struct ocib_command){0};
}

/* The content of quotes; *at is left at the closing one, or at the end. */
static void read_quotes(struct ocib_str text, size_t *at, struct ocib_buf *word)
{
    char quote = text.s[*at];
    for (++*at; *at < text.len && text.s[*at] != quote; ++*at) {
        if (quote == '"' && text.s[*at] == '\\' && *at + 1 < text.len) {
            ++*at;
        }
        ocib_buf_putc(word, text.s[*at]);
    }
}

static size_t skip_comment(struct ocib_str text, size_t at)
{
    while (at + 1 < text.len && text.s[at + 1] != '\n') {
        at++;
    }
    return at;
}

static void read_text(struct ocib_str text, struct ocib_commands *out)
{
    OCIB_AUTO_BUF struct ocib_buf word = {0};
    struct ocib_command command = {0};
    ocib_buf_init(&word);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.s[i];
        if (c == '\'' || c == '"') {
            read_quotes(text, &i, &word);
        } else if (c == '\\' && i + 1 < text.len) {
            i++;
            ocib_buf_puts(&word, text.s[i] == '\n' ? "" : (char[]){text.s[i], '\0'});
        } else if (c == '#' && word.len == 0) {
            i = skip_comment(text, i);
        } else if (strchr(";&|\n()`", c)) {
            end_command(out, &command, &word);
        } else if (strchr(" \t\r\v\f", c)) {
            add_word(out, &command, &word);
        } else {
            ocib_buf_putc(&word, c);
        }
    }
    end_command(out, &command, &word);
}

static bool is_shell(const char *program)
{
    static const char *const shells[] = {"sh", "bash", "ash", "dash", "ksh", "zsh"};
    for (size_t i = 0; i < OCIB_COUNT(shells); i++) {
        if (strcmp(base_name(program), shells[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* ["sh", "-c", "text"] is that text. */
static void read_array(const struct ocib_args *args, size_t from, struct ocib_commands *out)
{
    struct ocib_command command = {0};
    for (size_t i = from; i < args->len && i < WORDS_MAX; i++) {
        ocib_strings_push_str(&command.words, args->items[i].text);
    }
    bool shell = command.words.len == 3 && is_shell(command.words.items[0]) &&
                 command.words.items[1][0] == '-' && strchr(command.words.items[1], 'c');
    if (shell) {
        read_text(args->items[from + 2].text, out);
        ocib_strings_release(&command.words);
    } else if (command.words.len) {
        ocib_vec_push(out, command);
    }
}

/* A heredoc that is the command itself, or that a shell reads; others are files. */
static bool is_script(const struct ocib_instruction *ins)
{
    struct ocib_str text = ocib_str_trim(ins->rest);
    size_t len = 0;
    while (len < text.len && !strchr(" \t\n", text.s[len])) {
        len++;
    }
    OCIB_AUTO_FREE char *word = ocib_str_dup(ocib_str_sub(text, 0, len));
    return ocib_str_starts(text, "<<") || is_shell(word);
}

void ocib_commands_read(const struct ocib_instruction *ins, struct ocib_commands *out)
{
    if (ins->json) {
        read_array(&ins->args, 0, out);
        return;
    }
    read_text(ins->rest, out);
    for (size_t i = 0; i < ins->heredocs.len && is_script(ins); i++) {
        read_text(ins->heredocs.items[i].content, out);
    }
}

/* ---- asking ---- */

const char *ocib_command_name(const struct ocib_command *command)
{
    return base_name(command->words.items[0]);
}

bool ocib_command_has(const struct ocib_command *command, const char *word)
{
    for (size_t i = 1; i < command->words.len; i++) {
        if (strcmp(command->words.items[i], word) == 0) {
            return true;
        }
    }
    return false;
}

const char *ocib_command_verb(const struct ocib_command *command)
{
    for (size_t i = 1; i < command->words.len; i++) {
        if (command->words.items[i][0] != '-') {
            return command->words.items[i];
        }
    }
    return "";
}

/* ---- mounts ---- */

/* The value of a field of "--mount=type=cache,target=/x", or an empty text. */
static struct ocib_str mount_field(struct ocib_str mount, const char *a, const char *b)
{
    struct ocib_str field;
    while (ocib_str_cut(&mount, ',', &field)) {
        struct ocib_str value = field;
        struct ocib_str name;
        if (ocib_str_cut(&value, '=', &name) &&
            (ocib_str_is_nocase(name, a) || ocib_str_is_nocase(name, b))) {
            return value;
        }
    }
    return OCIB_STR("");
}

/* Is `path` the folder, or in it? */
static bool is_below(const char *path, struct ocib_str folder)
{
    while (folder.len && folder.s[folder.len - 1] == '/') {
        folder.len--;
    }
    return strlen(path) >= folder.len && memcmp(path, folder.s, folder.len) == 0 &&
           (path[folder.len] == '/' || path[folder.len] == '\0');
}

bool ocib_run_has_mount(const struct ocib_instruction *ins, const char *below)
{
    for (size_t i = 0; i < ins->flags.len; i++) {
        const struct ocib_arg *flag = &ins->flags.items[i];
        struct ocib_str type = mount_field(flag->value, "type", "type");
        struct ocib_str target = mount_field(flag->value, "target", "dst");
        target = target.len ? target : mount_field(flag->value, "destination", "destination");
        bool kind = ocib_str_is_nocase(type, "cache") || ocib_str_is_nocase(type, "tmpfs");
        if (ocib_str_is(flag->text, "mount") && kind &&
            (!below || (target.len && is_below(below, target)))) {
            return true;
        }
    }
    return false;
}
