/*
 * Functions of a shared library that is loaded when they are first needed, so that a run that needs
 * none of them doesn't pay for loading it and all that it brings along (libcurl: some forty
 * libraries, most of the time of a short run).
 *
 * A user names the functions once, by a list that takes a macro:
 *
 *     #define FUNCTIONS(X) X(make, curl_url) X(cleanup, curl_url_cleanup)
 *     struct urls { FUNCTIONS(OCIB_LIBRARY_MEMBER) };
 *     static const struct ocib_symbol symbols[] = {
 *     #define SYMBOL(member, function) OCIB_LIBRARY_SYMBOL(struct urls, member, function)
 *         FUNCTIONS(SYMBOL)
 *     };
 *
 * The members have the types that the library's header gives them.
 *
 * Thread rule: any thread, at any time. A library stays once it is loaded; asking again costs a
 * look into the dynamic linker's tables.
 */
#ifndef OCIB_BASE_LIBRARY_H
#define OCIB_BASE_LIBRARY_H

#include "base/error.h"

#include <stddef.h>

struct ocib_symbol {
    const char *name;
    size_t offset; /* of the member that takes its address */
};
#define OCIB_LIBRARY_MEMBER(member, function)       __typeof__(&(function)) member;
#define OCIB_LIBRARY_SYMBOL(type, member, function) {#function, offsetof(type, member)},

/* Fills in the members of *out. `file` is what the dynamic linker looks for: "libcurl.so.4". Fails
 * with OCIB_EINTERNAL if the library or one of the functions is not there. */
int ocib_library_load(const char *file, const struct ocib_symbol *symbols, size_t count, void *out,
                      struct ocib_error **err) OCIB_MUST;

#endif
