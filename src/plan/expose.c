#include "plan/internal.h"

#include <ctype.h>

/* [address:][host ports:]ports[/protocol], where ports is a number or a range. Only the ports of
 * the container matter to an image. (Docker's nat.ParsePortSpec.) */
struct port_spec {
    uint64_t first;
    uint64_t last;
    char protocol[8];
};

static int refuse(const char *spec, const char *why, const struct ocib_arg *arg,
                  struct ocib_error **err)
{
    ocib_error_at(err, OCIB_EDOCKERFILE, arg->span, "EXPOSE: '%.80s' %s", spec, why);
    return ocib_error_hint_set(err, "write a port or a range, such as 80, 53/udp or 8000-8010");
}

static bool read_protocol(struct ocib_str text, char out[8])
{
    static const char *const known[] = {"tcp", "udp", "sctp"};
    for (size_t i = 0; i < OCIB_COUNT(known); i++) {
        if (ocib_str_is_nocase(text, known[i])) {
            memcpy(out, known[i], strlen(known[i]) + 1);
            return true;
        }
    }
    return false;
}

static int parse_spec(const struct ocib_log *log, const char *spec, const struct ocib_arg *arg,
                      struct port_spec *out, struct ocib_error **err)
{
    struct ocib_str ports = ocib_str(spec);
    struct ocib_str protocol = OCIB_STR("tcp");
    ptrdiff_t slash = ocib_str_find(ports, '/');
    if (slash >= 0) {
        protocol = ocib_str_sub(ports, (size_t)slash + 1, ports.len);
        ports = ocib_str_sub(ports, 0, (size_t)slash);
    }
    if (!read_protocol(protocol.len ? protocol : OCIB_STR("tcp"), out->protocol)) {
        return refuse(spec, "has an unknown protocol", arg, err);
    }
    ptrdiff_t colon = ocib_str_rfind(ports, ':');
    if (colon >= 0) {
        ports = ocib_str_sub(ports, (size_t)colon + 1, ports.len);
        ocib_log_at(log, OCIB_LOG_DEBUG, arg->span,
                    "EXPOSE can't map a port to the host; only the container's is kept");
    }
    struct ocib_str last = ports;
    struct ocib_str first = OCIB_STR("");
    ocib_str_cut(&last, '-', &first);
    bool range = first.len < ports.len;
    if (!ocib_str_uint(first, UINT16_MAX, &out->first) ||
        !ocib_str_uint(range ? last : first, UINT16_MAX, &out->last)) {
        return refuse(spec, "is no port", arg, err);
    }
    return out->last < out->first ? refuse(spec, "ends before it begins", arg, err) : 0;
}

static int add_ports(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                     const struct port_spec *spec, struct ocib_strings *shown,
                     struct ocib_error **err)
{
    enum { PORT_BYTES = 64 };
    if (ocib_stage_charge(b, ins, (spec->last - spec->first + 1) * PORT_BYTES, err) < 0) {
        return -1;
    }
    for (uint64_t port = spec->first; port <= spec->last; port++) {
        char *text = ocib_format("%u/%s", (unsigned)port, spec->protocol);
        ocib_scope_set(&b->ports, ocib_str(text), NULL);
        ocib_strings_take(shown, text);
    }
    return 0;
}

static int by_text(const void *a, const void *b)
{
    const struct ocib_str x = ((const struct ocib_arg *)a)->text;
    const struct ocib_str y = ((const struct ocib_arg *)b)->text;
    int order = memcmp(x.s, y.s, x.len < y.len ? x.len : y.len);
    return order ? order : (x.len > y.len) - (x.len < y.len);
}

static int expose_all(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                      const struct ocib_args *args, struct ocib_strings *shown,
                      struct ocib_error **err)
{
    struct ocib_words words = ocib_stage_words(b);
    for (size_t i = 0; i < args->len; i++) {
        OCIB_AUTO_STRINGS struct ocib_strings specs = {0};
        if (ocib_words_split(&words, &args->items[i], &specs, err) < 0) {
            return -1;
        }
        for (size_t k = 0; k < specs.len; k++) {
            struct port_spec spec;
            if (parse_spec(b->plan->log, specs.items[k], &args->items[i], &spec, err) < 0 ||
                add_ports(b, ins, &spec, shown, err) < 0) {
                return -1;
            }
        }
    }
    return 0;
}

int ocib_stage_expose(struct ocib_stage_builder *b, const struct ocib_instruction *ins,
                      struct ocib_error **err)
{
    OCIB_AUTO_STRINGS struct ocib_strings shown = {0};
    struct ocib_args sorted = {0};
    /* The history lists ports in the order of the words' texts, before expansion. */
    for (size_t i = 0; i < ins->args.len; i++) {
        ocib_vec_push(&sorted, ins->args.items[i]);
    }
    qsort(sorted.items, sorted.len, sizeof(*sorted.items), by_text);
    int result = expose_all(b, ins, &sorted, &shown, err);
    ocib_vec_release(&sorted);
    if (result < 0) {
        return -1;
    }
    struct ocib_buf text = {0};
    ocib_buf_puts(&text, "EXPOSE ");
    ocib_go_list(&text, &shown, 0);
    ocib_stage_add(b, OCIB_OP_CONFIG, ins, ocib_buf_take(&text));
    return 0;
}
