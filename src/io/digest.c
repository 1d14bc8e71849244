#include "io/digest.h"

#include "base/mem.h"

#include <openssl/evp.h>
#include <string.h>

int ocib_digest_parse(struct ocib_str text, struct ocib_digest *out, struct ocib_error **err)
{
    if (!ocib_str_starts(text, "sha256:")) {
        return ocib_error_set(err, OCIB_ECORRUPT, "digest \"%.*s\" is not a sha256 digest",
                              (int)(text.len < 100 ? text.len : 100), text.s);
    }
    bool good = text.len == OCIB_DIGEST_SIZE - 1;
    for (size_t i = 7; good && i < text.len; i++) {
        char c = text.s[i];
        good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
    if (!good) {
        return ocib_error_set(err, OCIB_ECORRUPT,
                              "digest \"%.*s\" has not 64 lower-case hex digits",
                              (int)(text.len < 100 ? text.len : 100), text.s);
    }
    memcpy(out->text, text.s, text.len);
    out->text[text.len] = '\0';
    return 0;
}

bool ocib_digest_eq(const struct ocib_digest *a, const struct ocib_digest *b)
{
    return ocib_digest_is_set(a) && strcmp(a->text, b->text) == 0;
}

struct ocib_hasher {
    EVP_MD_CTX *context;
    bool failed;
};

struct ocib_hasher *ocib_hasher_new(void)
{
    struct ocib_hasher *hasher = ocib_new(struct ocib_hasher);
    hasher->context = EVP_MD_CTX_new();
    hasher->failed =
        !hasher->context || EVP_DigestInit_ex(hasher->context, EVP_sha256(), NULL) != 1;
    return hasher;
}

void ocib_hasher_free(struct ocib_hasher *hasher)
{
    if (hasher) {
        EVP_MD_CTX_free(hasher->context);
        free(hasher);
    }
}

void ocib_hasher_update(struct ocib_hasher *hasher, const void *bytes, size_t len)
{
    if (len && !hasher->failed) {
        hasher->failed = EVP_DigestUpdate(hasher->context, bytes, len) != 1;
    }
}

void ocib_hasher_field(struct ocib_hasher *hasher, struct ocib_str field)
{
    unsigned char length[8];
    for (unsigned i = 0; i < sizeof(length); i++) {
        length[i] = (unsigned char)((uint64_t)field.len >> (8 * i));
    }
    ocib_hasher_update(hasher, length, sizeof(length));
    ocib_hasher_update(hasher, field.s, field.len);
}

static void write_text(const unsigned char *hash, size_t len, struct ocib_digest *out)
{
    static const char digits[] = "0123456789abcdef";
    memcpy(out->text, "sha256:", 7);
    for (size_t i = 0; i < len; i++) {
        out->text[7 + 2 * i] = digits[hash[i] >> 4];
        out->text[8 + 2 * i] = digits[hash[i] & 15];
    }
    out->text[OCIB_DIGEST_SIZE - 1] = '\0';
}

void ocib_hasher_final(struct ocib_hasher *hasher, struct ocib_digest *out)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    *out = (struct ocib_digest){0};
    if (!hasher->failed && EVP_DigestFinal_ex(hasher->context, hash, &len) == 1 && len == 32) {
        write_text(hash, len, out);
    }
    hasher->failed =
        !hasher->context || EVP_DigestInit_ex(hasher->context, EVP_sha256(), NULL) != 1;
}

void ocib_digest_of(const void *bytes, size_t len, struct ocib_digest *out)
{
    OCIB_AUTO(ocib_hasher_cleanup) struct ocib_hasher *hasher = ocib_hasher_new();
    ocib_hasher_update(hasher, bytes, len);
    ocib_hasher_final(hasher, out);
}
