#include "http/library.h"

#include "base/mem.h"

int ocib_curl_load(struct ocib_curl *out, struct ocib_error **err)
{
    static const struct ocib_symbol symbols[] = {
#define SYMBOL(member, function) OCIB_LIBRARY_SYMBOL(struct ocib_curl, member, function)
        OCIB_CURL_FUNCTIONS(SYMBOL)
#undef SYMBOL
    };
    return ocib_library_load(OCIB_CURL_LIBRARY, symbols, OCIB_COUNT(symbols), out, err);
}

int ocib_curl_text_load(struct ocib_curl_text *out, struct ocib_error **err)
{
    static const struct ocib_symbol symbols[] = {
#define SYMBOL(member, function) OCIB_LIBRARY_SYMBOL(struct ocib_curl_text, member, function)
        OCIB_CURL_TEXT_FUNCTIONS(SYMBOL)
#undef SYMBOL
    };
    return ocib_library_load(OCIB_CURL_LIBRARY, symbols, OCIB_COUNT(symbols), out, err);
}
