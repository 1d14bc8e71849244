/* How things look on a terminal: errors with their source line, sizes, times, tables, JSON strings.
 */
#ifndef OCIB_CLI_RENDER_H
#define OCIB_CLI_RENDER_H

#include <ocib/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * An error as people read it:
 *
 *   Dockerfile:12:6: error: the command failed with exit status 1: false
 *      12 | RUN false
 *         |     ^
 *   hint: ...
 *
 * Control characters in messages are shown escaped; a step's last output is passed through.
 */
void cli_render_error(FILE *out, const struct ocib_error *err);
/* The first line only, for a message that is no error ("warning"). */
void cli_render_message(FILE *out, const char *kind, const struct ocib_error_place *place,
                        const char *text);

/* "1.2 MB", in powers of 1000 as docker writes them; "12 B". */
const char *cli_size(char buffer[32], int64_t bytes);
/* "0.4s", "1m05s". */
const char *cli_duration(char buffer[32], int64_t nanoseconds);
/* "3 hours ago" out of RFC 3339; "" if it can't be read. */
const char *cli_age(char buffer[48], const char *created);

/* A JSON string with quotes. Bytes that are not UTF-8 become U+FFFD. */
void cli_json_string(FILE *out, const char *text);
/* The bytes as base64, without quotes (RFC 4648). */
void cli_base64(FILE *out, const char *bytes, size_t length);
/* `text` with control characters made visible. */
void cli_print_clean(FILE *out, const char *text);

#endif
